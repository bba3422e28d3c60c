package people

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Report is how the two sides compare. No personal data is in it: records are
// named by their GUID, and differences by the name of the field.
type Report struct {
	People     int          `json:"people"`    // records in Dataverse
	Contacts   int          `json:"contacts"`  // in Spotler, with a GUID as external id
	Identical  int          `json:"identical"` // records for which Spotler is as it should be
	Different  []Difference `json:"different"`
	Lost       []string     `json:"lost"`       // should be in Spotler and are not
	Kept       []string     `json:"kept"`       // should have been erased and are still there
	Unexpected []string     `json:"unexpected"` // in Spotler, but no longer a record in Dataverse
	OutOfOrder []string     `json:"out_of_order"`
	Wants      map[Want]int `json:"wants"` // how many records are expected to be what
}

// Difference is a contact whose data is not what the record says.
type Difference struct {
	ID     string   `json:"id"`
	Fields []string `json:"fields"` // Spotler's names; a permission is "permissions: Nieuwsbrief"
}

// Good reports whether everybody is identical and nothing came out of order.
func (r *Report) Good() bool {
	return len(r.Different)+len(r.Lost)+len(r.Kept)+len(r.Unexpected)+len(r.OutOfOrder) == 0
}

// String tells the numbers in one line.
func (r *Report) String() string {
	return fmt.Sprintf("%d people: %d identical, %d different, %d lost, %d kept, %d unexpected, %d out of order",
		r.People, r.Identical, len(r.Different), len(r.Lost), len(r.Kept), len(r.Unexpected), len(r.OutOfOrder))
}

// held is a contact as Spotler's control plane shows it.
type held struct {
	ExternalID string                     `json:"external_id"`
	State      string                     `json:"state"`
	Properties map[string]json.RawMessage `json:"properties"`
}

// Watch tells Spotler to check the order in which versions arrive. Call it
// before anything is synchronised.
func (w *World) Watch(ctx context.Context) error {
	return w.spotler(ctx, controlCall{method: http.MethodPost, path: "/control/order", body: map[string]string{"property": VersionProperty}})
}

// Compare holds every record in Dataverse against its contact in Spotler. Both
// are read over HTTP, at the moment of the call: wait until the connector has
// nothing to do.
func (w *World) Compare(ctx context.Context, rules Rules) (*Report, error) {
	refused, err := w.refusedValues(ctx)
	if err != nil {
		return nil, err
	}
	expectations, err := w.Expect(ctx, rules, refused)
	if err != nil {
		return nil, err
	}
	contacts, err := w.contacts(ctx)
	if err != nil {
		return nil, err
	}
	r := &Report{People: len(expectations), Contacts: len(contacts), Wants: map[Want]int{},
		Different: []Difference{}, Lost: []string{}, Kept: []string{}, Unexpected: []string{}}
	if r.OutOfOrder, err = w.outOfOrder(ctx); err != nil {
		return nil, err
	}
	r.compare(expectations, contacts)
	return r, nil
}

func (r *Report) compare(expectations []*Expectation, contacts map[string]held) {
	groups := map[string][]*Expectation{}
	known := map[string]bool{}
	for _, e := range expectations {
		known[e.ID] = true
		r.Wants[e.Want]++
		c, there := contacts[e.ID]
		switch {
		case e.Want == Untouched, e.Want == Erased && !there:
			r.Identical++
		case e.Want == Erased:
			r.Kept = append(r.Kept, e.ID)
		case e.Want == Shared:
			groups[e.address] = append(groups[e.address], e)
		case !there:
			r.Lost = append(r.Lost, e.ID)
		default:
			r.judge(e, c)
		}
	}
	for _, address := range slices.Sorted(maps.Keys(groups)) {
		r.sharers(groups[address], contacts)
	}
	for _, id := range slices.Sorted(maps.Keys(contacts)) {
		if !known[id] {
			r.Unexpected = append(r.Unexpected, id)
		}
	}
}

// sharers are alright when one of them is in Spotler with its own data and the
// others are not there with that address.
func (r *Report) sharers(group []*Expectation, contacts map[string]held) {
	var holders []*Expectation
	for _, e := range group {
		if c, there := contacts[e.ID]; there && fold(c.text("email")) == e.address {
			holders = append(holders, e)
		}
	}
	r.Identical += len(group) - max(1, len(holders))
	switch len(holders) {
	case 0:
		r.Lost = append(r.Lost, group[0].ID)
	case 1:
		r.judge(holders[0], contacts[holders[0].ID])
	default:
		for _, e := range holders {
			r.Different = append(r.Different, Difference{e.ID, []string{"email"}})
		}
	}
}

func (r *Report) judge(e *Expectation, c held) {
	if fields := e.differences(c); len(fields) > 0 {
		r.Different = append(r.Different, Difference{e.ID, fields})
		return
	}
	r.Identical++
}

// differences names what is not as it should be. Nothing is asked of somebody
// who opted out in Spotler: the connector leaves him alone.
func (e *Expectation) differences(c held) []string {
	if c.State == "opted_out" {
		return nil
	}
	var out []string
	for property, want := range e.Fields {
		got := c.text(property)
		if got != want && !(property == "email" && fold(got) == fold(want)) {
			out = append(out, property)
		}
	}
	on := c.permissions()
	for name, want := range e.Bits {
		if want == On && !on[name] || want == Off && on[name] {
			out = append(out, "permissions: "+name)
		}
	}
	slices.Sort(out)
	return out
}

// text is a property as text; absent is empty.
func (c held) text(property string) string {
	raw := c.Properties[property]
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

// permissions are the ones that are on, by name.
func (c held) permissions() map[string]bool {
	var options []struct {
		Description string `json:"description"`
		Enabled     bool   `json:"enabled"`
	}
	_ = json.Unmarshal(c.Properties["permissions"], &options) // absent: none is on
	out := map[string]bool{}
	for _, o := range options {
		out[o.Description] = o.Enabled
	}
	return out
}

// contacts reads everybody in Spotler whose external id is a GUID.
func (w *World) contacts(ctx context.Context) (map[string]held, error) {
	var dump struct {
		Contacts []held `json:"contacts"`
	}
	if err := w.spotler(ctx, controlCall{method: http.MethodGet, path: "/control/contacts", into: &dump}); err != nil {
		return nil, err
	}
	out := map[string]held{}
	for _, c := range dump.Contacts {
		if id, ok := guid(c.ExternalID); ok {
			out[id] = c
		}
	}
	return out, nil
}

// guid is the id in lower case without braces; false when it is none.
func guid(s string) (string, bool) {
	s = strings.ToLower(strings.Trim(s, "{}"))
	if len(s) != 36 {
		return "", false
	}
	for i, c := range []byte(s) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		hex := c >= '0' && c <= '9' || c >= 'a' && c <= 'f'
		if dash && c != '-' || !dash && !hex {
			return "", false
		}
	}
	return s, true
}

// outOfOrder lists the contacts for which a lower version came after a higher one.
func (w *World) outOfOrder(ctx context.Context) ([]string, error) {
	var track struct {
		Violators map[string]int `json:"violators"`
	}
	err := w.spotler(ctx, controlCall{method: http.MethodGet, path: "/control/order?" + url.Values{"property": {VersionProperty}}.Encode(), into: &track})
	out := slices.Sorted(maps.Keys(track.Violators))
	if out == nil {
		out = []string{}
	}
	return out, err
}

func (w *World) refusedValues(ctx context.Context) (map[string][]string, error) {
	var rejects []struct {
		Property string `json:"property"`
		Value    string `json:"value"`
	}
	if err := w.spotler(ctx, controlCall{method: http.MethodGet, path: "/control/rejects", into: &rejects}); err != nil {
		return nil, err
	}
	out := map[string][]string{}
	for _, r := range rejects {
		out[r.Property] = append(out[r.Property], r.Value)
	}
	return out, nil
}
