package dataversesim

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/spotler-connector/connector/internal/sandbox/dataversesim/metadata"
)

// The entity sets of the metadata service (reference: dataverse-api 6.1).
const (
	setTables        = "EntityDefinitions"
	setRelationships = "RelationshipDefinitions"
	setChoices       = "GlobalOptionSetDefinitions"
)

// isDefinition tells whether a path leads into the metadata service.
func isDefinition(path string) bool {
	return strings.HasPrefix(path, setTables) || strings.HasPrefix(path, setRelationships) || strings.HasPrefix(path, setChoices)
}

// segment is one part of a path: a name with, perhaps, a key in brackets.
type segment struct {
	name, key string
	hasKey    bool
}

// segments cuts a path at its slashes outside brackets.
func segments(path string) ([]segment, bool) {
	var out []segment
	for path = strings.Trim(path, "/"); path != ""; path = strings.TrimPrefix(path, "/") {
		end := strings.IndexAny(path, "/(")
		if end < 0 || path[end] == '/' {
			if end < 0 {
				end = len(path)
			}
			out = append(out, segment{name: path[:end]})
			path = path[end:]
			continue
		}
		closing := strings.IndexByte(path[end:], ')')
		if closing < 0 {
			return nil, false
		}
		out = append(out, segment{name: path[:end], key: path[end+1 : end+closing], hasKey: true})
		path = path[end+closing+1:]
		if path != "" && path[0] != '/' {
			return nil, false
		}
	}
	return out, len(out) > 0
}

// value is the key without its name and quotes: LogicalName='x' and 'x' are x.
func (g segment) value() string {
	if _, v, named := strings.Cut(g.key, "="); named {
		return strings.Trim(v, "'")
	}
	return strings.Trim(g.key, "'")
}

// definitions answers a request to the metadata service.
func (s *Sim) definitions(r *request) (*response, *failure) {
	path, ok := segments(r.path)
	if !ok {
		return nil, badSyntax("Bad Request - Error in query syntax.")
	}
	if r.method != http.MethodGet {
		return s.define(r, path)
	}
	q, f := r.query()
	if f != nil {
		return nil, f
	}
	if f := refuseOptions(q, "$select", "$filter", "$expand", "$count", "LabelLanguages"); f != nil {
		return nil, f
	}
	options, err := metadata.ParseOptions(q.Get("$select"), q.Get("$filter"), q.Get("$expand"))
	if err != nil {
		return nil, badQuery(err)
	}
	done := s.reading(r)
	m := s.model
	done()
	at, f := walk(m, path)
	if f != nil {
		return nil, f
	}
	return at.answer(r, options, q.Get("$count") == "true")
}

// badQuery is a query over definitions that cannot be answered.
func badQuery(err error) *failure {
	var unknown metadata.UnknownProperty
	if errors.As(err, &unknown) {
		return fail(http.StatusBadRequest, "0x80060888", "%s", unknown.Error())
	}
	return badSyntax("%s", err)
}

// place is where a path into the metadata has come to: a collection of
// documents, one document, or a value of one.
type place struct {
	many    []*metadata.Document
	one     *metadata.Document
	value   []byte
	kind    string // the type of what is here, without Microsoft.Dynamics.CRM.
	context string // behind $metadata#
	// count says that the number of what is here was asked for.
	count bool
}

// walk follows a path from its set.
func walk(m *metadata.Model, path []segment) (*place, *failure) {
	root := path[0]
	at := &place{context: root.name}
	switch root.name {
	case setTables:
		at.kind, at.many = "EntityMetadata", m.TableDocuments()
	case setRelationships:
		at.kind, at.many = "RelationshipMetadataBase", m.RelationshipDocuments("")
	case setChoices:
		at.kind, at.many = "OptionSetMetadataBase", m.ChoiceDocuments()
	default:
		return nil, missingSegment(root.name)
	}
	if f := at.pick(root); f != nil {
		return nil, f
	}
	for _, g := range path[1:] {
		if f := at.step(g); f != nil {
			return nil, f
		}
	}
	return at, nil
}

// pick takes one document of a collection by its key.
func (at *place) pick(g segment) *failure {
	if !g.hasKey {
		return nil
	}
	name := "MetadataId"
	if given, _, named := strings.Cut(g.key, "="); named {
		name = given
	}
	switch name {
	case "MetadataId", "LogicalName", "SchemaName", "Name":
	default:
		return badSyntax("The key '%s' is not known.", name)
	}
	want := g.value()
	for _, d := range at.many {
		if v, ok := d.Property(name); ok && strings.EqualFold(string(v), `"`+want+`"`) {
			at.one, at.many = d, nil
			at.context += "('" + want + "')"
			return nil
		}
	}
	return missingDefinition(at.kind, want)
}

// missingDefinition is how the platform says that a definition does not exist;
// the code is *assumed* to be the one of rows.
func missingDefinition(kind, name string) *failure {
	if kind == "EntityMetadata" {
		return fail(http.StatusNotFound, "0x80060888", "Could not find an entity with name %s and id %s in the metadata cache.", name, name)
	}
	return fail(http.StatusNotFound, "0x80040217", "%s With Id = %s Does Not Exist", kind, name)
}

// step goes one segment further: a cast, a count, a navigation property or a value.
func (at *place) step(g segment) *failure {
	if cast, ok := strings.CutPrefix(g.name, functionPrefix); ok {
		return at.cast(cast)
	}
	if g.name == "$count" && at.many != nil {
		at.count = true
		return nil
	}
	if at.one == nil {
		return missingSegment(g.name)
	}
	if to, ok := at.one.Below(g.name); ok {
		at.context += "/" + g.name
		switch to := to.(type) {
		case []*metadata.Document:
			at.many, at.one, at.kind = to, nil, kindsBelow[g.name]
			return at.pick(g)
		case *metadata.Document:
			if to == nil {
				return missingSegment(g.name)
			}
			at.one, at.kind = to, to.Type
			return nil
		}
	}
	v, ok := at.one.Property(g.name)
	if !ok {
		return missingSegment(g.name)
	}
	at.value, at.context = v, at.context+"/"+g.name
	return nil
}

var kindsBelow = map[string]string{"Attributes": "AttributeMetadata", "Keys": "EntityKeyMetadata", "OneToManyRelationships": "OneToManyRelationshipMetadata",
	"ManyToOneRelationships": "OneToManyRelationshipMetadata", "ManyToManyRelationships": "ManyToManyRelationshipMetadata"}

// cast narrows to one derived type.
func (at *place) cast(to string) *failure {
	if at.one != nil {
		if at.one.Type != to {
			return fail(http.StatusNotFound, "0x80060888", "Resource not found for the segment '%s%s'.", functionPrefix, to)
		}
		at.one.Typed = false
	}
	at.many = slices.DeleteFunc(at.many, func(d *metadata.Document) bool { return d.Type != to })
	for _, d := range at.many {
		d.Typed = false
	}
	at.kind, at.context = to, at.context+"/"+functionPrefix+to
	return nil
}

// answer writes what is at a place.
func (at *place) answer(r *request, o metadata.Options, counted bool) (*response, *failure) {
	resp := &response{status: http.StatusOK, contentType: jsonMinimal}
	switch {
	case at.value != nil:
		resp.body = append(appendString([]byte(`{"@odata.context":`), r.base+"$metadata#"+at.context), `,"value":`...)
		resp.body = append(append(resp.body, at.value...), '}')
		return resp, nil
	case at.one != nil:
		shown, err := o.Show(at.one, at.kind)
		if err != nil {
			return nil, badQuery(err)
		}
		context := at.context
		if set, _, ok := strings.Cut(context, "("); ok && !strings.Contains(context, "/") {
			context = set
		}
		resp.body = shown.Append(nil, r.base+"$metadata#"+context+o.Context()+"/$entity")
		return resp, nil
	}
	docs, err := o.Apply(at.many, at.kind)
	if err != nil {
		return nil, badQuery(err)
	}
	if at.count {
		return &response{status: http.StatusOK, contentType: "text/plain", body: appendInt(nil, len(docs))}, nil
	}
	b := appendString([]byte(`{"@odata.context":`), r.base+"$metadata#"+at.context+o.Context())
	if counted {
		b = appendInt(append(b, `,"@odata.count":`...), len(docs))
	}
	b = append(b, `,"value":[`...)
	for i, d := range docs {
		if i > 0 {
			b = append(b, ',')
		}
		b = d.Append(b, "")
	}
	resp.body, resp.rows = append(b, "]}"...), 1
	return resp, nil
}
