package spotlersim

import (
	"fmt"
	"net/http"
	"strings"
)

// search is GET /contact/search?MPSearchQuery=name=value: whoever has that value
// in a visible property, or that external id, without regard to case.
func (c *call) search() (any, *refusal) {
	name, value, found := strings.Cut(c.URL.Query().Get("MPSearchQuery"), "=")
	if !found || name == "" {
		return nil, refuse(http.StatusBadRequest, InvalidParams, "Invalid MPSearchQuery or no MPSearchQuery given")
	}
	p, no := c.page(c.rules.needsPageSize(c.base))
	if no != nil {
		return nil, no
	}
	if name != "externalId" && c.account.schema.Load().visible(name) == nil {
		return nil, refuse(http.StatusBadRequest, InvalidProperty, "Property is invalid")
	}
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	out := []outgoing{}
	for _, who := range c.candidates(name, value) {
		if p.done() {
			break
		}
		if who != nil && who.has(c.key.field, name, value) && p.take() {
			out = append(out, c.show(who))
		}
	}
	return c.paged("contacts", out, len(out), p), nil
}

// candidates narrows the search down where an index can.
func (c *call) candidates(name, value string) []*contact {
	if name == emailProperty {
		return c.account.byEmail[strings.ToLower(value)]
	}
	if name == "externalId" {
		if who := c.account.byID[c.key.field][value]; who != nil {
			return []*contact{who}
		}
	}
	return c.account.contacts
}

func (c *contact) has(field, name, value string) bool {
	if name == "externalId" {
		return strings.EqualFold(c.ids[field], value)
	}
	v, has := c.values[name]
	return has && strings.EqualFold(scalarOf(v), value)
}

// scalarOf is a stored value as text; sets have none.
func scalarOf(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case int64:
		return fmt.Sprint(v)
	}
	return ""
}
