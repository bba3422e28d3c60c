package dataversesim

import (
	"net/http"
	"strings"
)

// property answers GET, PUT and DELETE of one property of one row
// (reference: dataverse-api 2.3).
func (s *Sim) property(r *request, t *table, id guid, name string) (*response, *failure) {
	name, raw := strings.CutSuffix(name, "/$value")
	done := s.reading(r)
	c, found := t.shape.byWire[name], t.find(id)
	done()
	if c == nil || c.secret {
		return nil, missingSegment(name)
	}
	if found == nil {
		return nil, missingRow(t, id)
	}
	if c.kind == file {
		return nil, notSimulated("The file column '" + c.name + "'")
	}
	if r.method == http.MethodGet {
		return readProperty(r, t, found, c, raw)
	}
	var body object
	switch r.method {
	case http.MethodPut:
		given, err := parseObject(r.body)
		value, has := given.get("value")
		if err != nil || !has {
			return nil, badPayload(t, "The body must be an object with a member 'value'.")
		}
		body = object{{name, value}}
	case http.MethodDelete:
		body = object{{name, nil}}
	default:
		return nil, wrongMethod(r)
	}
	return s.patchExisting(r, t, id, body)
}

func readProperty(r *request, t *table, found *row, c *column, raw bool) (*response, *failure) {
	val := found.get(c)
	if val == nil {
		return &response{status: noContent}, nil
	}
	if raw {
		text := strings.Trim(string(appendValue(nil, val)), `"`)
		if s, ok := val.(string); ok {
			text = s
		}
		return &response{status: http.StatusOK, body: []byte(text), contentType: "text/plain"}, nil
	}
	b := appendString([]byte(`{"@odata.context":`), r.base+"$metadata#"+t.set+"("+found.id.String()+")/"+c.wire)
	b = append(appendValue(append(b, `,"value":`...), val), '}')
	return &response{status: http.StatusOK, body: b, contentType: jsonMinimal}, nil
}

// patchExisting changes a row that must be there.
func (s *Sim) patchExisting(r *request, t *table, id guid, body object) (*response, *failure) {
	f := s.within(r, func(tx *transaction) *failure {
		before := t.find(id)
		if before == nil {
			return missingRow(t, id)
		}
		sets, _, f := tx.assignments(t, body, r.links)
		if f == nil {
			_, f = tx.update(t, before, sets)
		}
		return f
	})
	if f != nil {
		return nil, f
	}
	return &response{status: noContent}, nil
}

// reference answers PUT and DELETE of the reference behind a single-valued
// navigation property.
func (s *Sim) reference(r *request, t *table, id guid, nav string) (*response, *failure) {
	done := s.reading(r)
	_, ok := t.shape.navs[nav]
	done()
	if !ok {
		return nil, missingSegment(nav)
	}
	switch r.method {
	case http.MethodDelete:
		return s.patchExisting(r, t, id, object{{nav + "@odata.bind", nil}})
	case http.MethodPut:
		body, err := parseObject(r.body)
		if err != nil || body.text("@odata.id") == "" {
			return nil, badPayload(t, "The body must be an object with a member '@odata.id'.")
		}
		return s.patchExisting(r, t, id, object{{nav + "@odata.bind", body.text("@odata.id")}})
	}
	return nil, wrongMethod(r)
}
