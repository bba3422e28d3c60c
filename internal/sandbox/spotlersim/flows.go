package spotlersim

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// flows are the campaigns and automations of an account, in order of creation.
// They are guarded by the account's mutex.
type flows struct {
	campaigns   []*campaign
	automations []*automation
	runs        map[string]*run // of automations, by automationContactId
}

// clear forgets who went through them; they stay.
func (f *flows) clear() {
	f.runs = map[string]*run{}
	for _, c := range f.campaigns {
		c.in = map[*contact]bool{}
	}
	for _, a := range f.automations {
		a.runs = map[*contact][]*run{}
	}
}

// forget ends what a contact that is gone was going through.
func (f *flows) forget(who *contact) {
	for _, c := range f.campaigns {
		delete(c.in, who)
	}
	for _, a := range f.automations {
		for _, r := range a.runs[who] {
			delete(f.runs, r.id)
		}
		delete(a.runs, who)
	}
}

// givenField is a value that a trigger brings along; it is not stored with the
// contact (reference: section 5.5 and G2).
type givenField struct {
	Name   text   `json:"name"`
	Type   string `json:"type,omitempty"` // one of fieldTypes; STRING when empty
	Value  text   `json:"value,omitempty"`
	Values []text `json:"values,omitempty"` // external ids of products
}

// fieldTypes is the complete enumeration of the types of fields.
var fieldTypes = []string{"STRING", "PRODUCTLIST", "URL"}

// checkFields returns what is wrong with the fields of a trigger, or nil.
func (a *account) checkFields(fields []givenField) *refusal {
	seen := map[text]bool{}
	for _, f := range fields {
		kind := strings.ToUpper(f.Type)
		if f.Name == "" || strings.ContainsAny(string(f.Name), " \t\r\n") || seen[f.Name] || kind != "" && !slices.Contains(fieldTypes, kind) {
			return refuse(http.StatusBadRequest, InvalidParams, "A field has no name, a name with a blank, a name that is there twice, or an unknown type")
		}
		seen[f.Name] = true
		if kind != "PRODUCTLIST" {
			continue
		}
		for _, id := range f.Values {
			if a.shop.products[string(id)] == nil {
				return refuse(http.StatusBadRequest, ProductNotFound, fmt.Sprintf("product not found with externalProductId: %s", id))
			}
		}
	}
	return nil
}

// uuid returns an identifier in the form of a UUID of version 4.
func (a *account) uuid() string {
	hi, lo := a.rand.Uint64(), a.rand.Uint64()
	hi = hi&^0xf000 | 0x4000
	lo = lo&^(3<<62) | 2<<62
	return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", hi>>32, hi>>16&0xffff, hi&0xffff, lo>>48, lo&0xffffffffffff)
}
