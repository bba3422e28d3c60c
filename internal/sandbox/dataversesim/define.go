package dataversesim

import (
	"net/http"
	"strings"

	"github.com/spotler-connector/connector/internal/sandbox/dataversesim/metadata"
)

// define answers a request that changes the metadata. The simulator changes
// alternate keys (reference: dataverse-api 6.1); further columns come through
// the control API.
func (s *Sim) define(r *request, path []segment) (*response, *failure) {
	if len(path) != 2 || path[0].name != setTables || path[1].name != "Keys" {
		return nil, notSimulated("A change of this definition")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tables[path[0].value()]
	if t == nil {
		return nil, missingDefinition("EntityMetadata", path[0].value())
	}
	switch {
	case r.method == http.MethodPost && !path[1].hasKey:
		return s.defineKey(r, t)
	case r.method == http.MethodDelete && path[1].hasKey:
		k := t.meta.KeyOf(path[1].value())
		if k == nil {
			return nil, missingDefinition("EntityKeyMetadata", path[1].value())
		}
		s.adopt(s.model.WithoutKey(t.name, k.Name))
		return &response{status: noContent}, nil
	}
	return nil, wrongMethod(r)
}

// defineKey makes an alternate key: at most ten of at most sixteen columns.
func (s *Sim) defineKey(r *request, t *table) (*response, *failure) {
	body, err := parseObject(r.body)
	if err != nil {
		return nil, badSyntax("%s", err)
	}
	k := &metadata.AlternateKey{Schema: body.text("SchemaName"), Name: strings.ToLower(body.text("SchemaName")), Label: metadata.In(body.text("SchemaName")), Custom: true}
	v, _ := body.get("KeyAttributes")
	list, _ := v.([]any)
	for _, v := range list {
		name, _ := v.(string)
		if c := t.shape.byName[name]; c == nil || c.index < 0 {
			return nil, badArgument("KeyAttributes: '%s' has no attribute '%s'.", t.name, name)
		}
		k.Columns = append(k.Columns, name)
	}
	switch {
	case k.Schema == "" || len(k.Columns) == 0 || len(k.Columns) > 16:
		return nil, badArgument("A key needs a SchemaName and one to sixteen KeyAttributes.")
	case t.meta.KeyOf(k.Name) != nil:
		return nil, fail(http.StatusPreconditionFailed, "0x80040237", "A key with the name %s already exists.", k.Name)
	case len(t.meta.Keys) >= 10:
		return nil, badArgument("A table has at most ten keys.")
	}
	next := s.model.WithKey(t.name, k)
	for _, a := range alternateKeys(next.Table(t.name), t.shape) {
		if a.meta == k && t.duplicates(a) {
			return nil, violated(a)
		}
	}
	s.adopt(next)
	resp := &response{status: noContent}
	resp.set("OData-EntityId", r.base+setTables+"("+t.meta.ID+")/Keys("+k.ID+")")
	return resp, nil
}
