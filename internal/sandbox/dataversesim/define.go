package dataversesim

import (
	"errors"
	"net/http"
	"strings"

	"github.com/spotler-connector/connector/internal/sandbox/dataversesim/metadata"
)

// definition is a request that changes the metadata (reference: dataverse-api
// 6.1). It runs under the write lock: definitions are changed one at a time.
type definition struct {
	sim      *Sim
	r        *request
	body     *metadata.Body
	origin   metadata.Origin
	solution *row // in which what is made goes; nil is the default solution
	merge    bool // labels keep the languages that the request does not have
}

// define answers a request that changes the metadata below one of its sets.
func (s *Sim) define(r *request, path []segment) (*response, *failure) {
	if r.tx != nil {
		return nil, notSimulated("A change of a definition in a change set")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d := &definition{sim: s, r: r, merge: strings.EqualFold(r.header.Get("Mscrm.mergelabels"), "true")}
	cast := ""
	if last := path[len(path)-1].name; len(path) > 1 && strings.HasPrefix(last, functionPrefix) {
		cast, path = last[len(functionPrefix):], path[:len(path)-1]
	}
	if f := d.open(cast); f != nil {
		return nil, f
	}
	switch {
	case path[0].name == setTables && len(path) == 1:
		return d.tables(path[0])
	case path[0].name == setTables && len(path) == 2:
		return d.below(path[0], path[1])
	case path[0].name == setChoices && len(path) == 1:
		return d.choices(path[0])
	case path[0].name == setRelationships && len(path) == 1:
		return d.relationships(path[0])
	}
	return nil, wrongMethod(r)
}

// open reads the body and the solution; cast is the type that the address says.
func (d *definition) open(cast string) *failure {
	if f := d.sim.customizer(); f != nil {
		return f
	}
	if d.r.method == http.MethodPatch {
		return wrongMethod(d.r) // definitions are replaced (reference: 6.1)
	}
	if d.r.method != http.MethodPost && d.r.method != http.MethodPut {
		return nil
	}
	var err error
	if d.body, err = metadata.ParseBody(d.r.body); err != nil {
		return refusal(err)
	}
	if d.body.Type == "" {
		d.body.Type = cast
	}
	var f *failure
	d.solution, d.origin, f = d.sim.solutionOf(d.r)
	return f
}

// refusal is what the metadata refused as the Web API says it.
func refusal(err error) *failure {
	var r *metadata.Refused
	if errors.As(err, &r) {
		return fail(r.Status, r.Code, "%s", r.Message)
	}
	return badSyntax("%s", err)
}

// settle takes a changed model over.
func (d *definition) settle(m *metadata.Model) { d.sim.settleModel(m) }

// settleModel adopts a model; where labels need no publishing they are published.
func (s *Sim) settleModel(m *metadata.Model) {
	if !s.assume.Load().LabelsWait {
		m = m.Publish(true, nil, nil)
	}
	s.adopt(m)
}

// made answers a creation: 204 with the address of what was made.
func (d *definition) made(address string) *response {
	resp := &response{status: noContent}
	resp.set("OData-EntityId", d.r.base+address)
	return resp
}

func (d *definition) tables(at segment) (*response, *failure) {
	s := d.sim
	if d.r.method == http.MethodPost && !at.hasKey {
		m, t, err := s.model.MakeTable(d.body, d.origin)
		if err != nil {
			return nil, refusal(err)
		}
		d.settle(m)
		s.welcome(s.tables[t.Name])
		s.join(d.solution, componentTable, t.ID)
		return d.made(setTables + "(" + t.ID + ")"), nil
	}
	t, f := d.table(at)
	if f != nil {
		return nil, f
	}
	switch d.r.method {
	case http.MethodPut:
		m, err := s.model.ReplaceTable(t, d.body, d.merge)
		if err != nil {
			return nil, refusal(err)
		}
		d.settle(m)
		return &response{status: noContent}, nil
	case http.MethodDelete:
		m, err := s.model.DropTable(t)
		if err != nil {
			return nil, refusal(err)
		}
		gone := []string{t.ID}
		for _, c := range t.Columns {
			gone = append(gone, c.ID)
		}
		for _, k := range t.Keys {
			gone = append(gone, k.ID)
		}
		s.dismiss(s.tables[t.Name])
		d.settle(m)
		s.leave(gone...)
		return &response{status: noContent}, nil
	}
	return nil, wrongMethod(d.r)
}

// table finds the table that a segment means by its key.
func (d *definition) table(at segment) (*metadata.Table, *failure) {
	if !at.hasKey {
		return nil, wrongMethod(d.r)
	}
	want := at.value()
	t := d.sim.model.Table(strings.ToLower(want))
	if t == nil {
		t = d.sim.model.TableOf(want)
	}
	if t == nil {
		return nil, missingDefinition("EntityMetadata", want)
	}
	return t, nil
}

// below answers what is changed below one table: its columns and its keys.
func (d *definition) below(at, what segment) (*response, *failure) {
	t, f := d.table(at)
	if f != nil {
		return nil, f
	}
	switch what.name {
	case "Attributes":
		return d.columns(t, what)
	case "Keys":
		return d.keys(t, what)
	}
	return nil, wrongMethod(d.r)
}

func (d *definition) columns(t *metadata.Table, at segment) (*response, *failure) {
	s := d.sim
	if d.r.method == http.MethodPost && !at.hasKey {
		m, c, err := s.model.MakeColumn(t, d.body, d.origin)
		if err != nil {
			return nil, refusal(err)
		}
		d.settle(m)
		s.join(d.solution, componentColumn, c.ID)
		return d.made(setTables + "(" + t.ID + ")/Attributes(" + c.ID + ")"), nil
	}
	c := t.ColumnOf(at.value())
	if c == nil {
		return nil, missingDefinition("AttributeMetadata", at.value())
	}
	var m *metadata.Model
	var err error
	switch d.r.method {
	case http.MethodPut:
		m, err = s.model.ReplaceColumn(t, c, d.body, d.merge)
	case http.MethodDelete:
		if m, err = s.model.DropColumn(t, c); err == nil {
			defer s.leave(c.ID)
		}
	default:
		return nil, wrongMethod(d.r)
	}
	if err != nil {
		return nil, refusal(err)
	}
	d.settle(m)
	return &response{status: noContent}, nil
}

func (d *definition) keys(t *metadata.Table, at segment) (*response, *failure) {
	s := d.sim
	switch {
	case d.r.method == http.MethodPost && !at.hasKey:
		m, k, err := s.model.MakeKey(t, d.body, d.origin)
		if err != nil {
			return nil, refusal(err)
		}
		d.settle(m)
		s.indexLater(t.Name, k.Name)
		s.join(d.solution, componentKey, s.model.Table(t.Name).KeyOf(k.Name).ID)
		return d.made(setTables + "(" + t.ID + ")/Keys(" + k.ID + ")"), nil
	case d.r.method == http.MethodDelete && at.hasKey:
		k := t.KeyOf(at.value())
		if k == nil {
			return nil, missingDefinition("EntityKeyMetadata", at.value())
		}
		d.settle(s.model.WithoutKey(t.Name, k.Name))
		s.leave(k.ID)
		return &response{status: noContent}, nil
	}
	return nil, wrongMethod(d.r)
}

func (d *definition) choices(at segment) (*response, *failure) {
	s := d.sim
	if d.r.method == http.MethodPost && !at.hasKey {
		c, err := s.model.NewChoice(d.body, d.origin)
		if err != nil {
			return nil, refusal(err)
		}
		d.settle(s.model.WithChoice(c))
		s.join(d.solution, componentChoice, c.ID)
		return d.made(setChoices + "(" + c.ID + ")"), nil
	}
	c := s.model.Choice(at.value())
	if c == nil {
		c = s.model.ChoiceOf(at.value())
	}
	if c == nil {
		return nil, missingDefinition("OptionSetMetadataBase", at.value())
	}
	var m *metadata.Model
	var err error
	switch d.r.method {
	case http.MethodPut:
		m, err = s.model.ReplaceChoice(c, d.body, d.merge)
	case http.MethodDelete:
		if m, err = s.model.DropChoice(c); err == nil {
			defer s.leave(c.ID)
		}
	default:
		return nil, wrongMethod(d.r)
	}
	if err != nil {
		return nil, refusal(err)
	}
	d.settle(m)
	return &response{status: noContent}, nil
}

func (d *definition) relationships(at segment) (*response, *failure) {
	s := d.sim
	if d.r.method == http.MethodPost && !at.hasKey {
		m, r, err := s.model.MakeRelationship(d.body, d.origin)
		if err != nil {
			return nil, refusal(err)
		}
		d.settle(m)
		s.join(d.solution, componentRelationship, r.ID)
		return d.made(setRelationships + "(" + r.ID + ")"), nil
	}
	r := s.model.Relationship(at.value())
	if r == nil {
		r = s.model.RelationshipOf(at.value())
	}
	if r == nil {
		return nil, missingDefinition("RelationshipMetadataBase", at.value())
	}
	var m *metadata.Model
	var err error
	switch d.r.method {
	case http.MethodPut:
		m, err = s.model.ReplaceRelationship(r, d.body)
	case http.MethodDelete:
		if m, err = s.model.DropRelationship(r); err == nil {
			defer s.leave(r.ID)
		}
	default:
		return nil, wrongMethod(d.r)
	}
	if err != nil {
		return nil, refusal(err)
	}
	d.settle(m)
	return &response{status: noContent}, nil
}
