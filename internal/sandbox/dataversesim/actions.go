package dataversesim

import (
	"net/http"
	"slices"
	"strings"

	connector "github.com/spotler-connector/connector"
)

// merge answers POST Merge: the subordinate becomes inactive, is marked as
// merged and points at the row that stays (reference: dataverse-api 2.8; house
// rule: a merged loser is not "inactive").
func merge(s *Sim, r *request) (*response, *failure) {
	if r.method != http.MethodPost {
		return nil, wrongMethod(r)
	}
	body, err := parseObject(r.body)
	if err != nil {
		return nil, badSyntax("%s", err)
	}
	f := s.within(r, func(tx *transaction) *failure {
		t, winner, f := tx.party(body, "Target")
		if f != nil {
			return f
		}
		other, loser, f := tx.party(body, "Subordinate")
		if f != nil {
			return f
		}
		if other != t || winner.id == loser.id {
			return badArgument("Merge needs two different rows of one table.")
		}
		return tx.merge(t, winner, loser, body)
	})
	if f != nil {
		return nil, f
	}
	return &response{status: noContent}, nil
}

// party reads an entity of the request: {"@odata.type":"…contact","contactid":"…"}.
func (tx *transaction) party(body object, name string) (*table, *row, *failure) {
	v, _ := body.get(name)
	entity, ok := v.(object)
	if !ok {
		return nil, nil, badArgument("The parameter %s is missing.", name)
	}
	kind := entity.text("@odata.type")
	t := tx.sim.tables[kind[strings.LastIndexByte(kind, '.')+1:]]
	if t == nil || !connector.Table(t.name).IsPerson() {
		return nil, nil, badArgument("The type of %s cannot be merged.", name)
	}
	id, ok := parseGUID(entity.text(t.key))
	if !ok {
		return nil, nil, badArgument("%s has no %s.", name, t.key)
	}
	found := t.find(id)
	if found == nil {
		return nil, nil, missingRow(t, id)
	}
	return t, found, nil
}

func (tx *transaction) merge(t *table, winner, loser *row, body object) *failure {
	if v, _ := body.get("UpdateContent"); v != nil {
		content, ok := v.(object)
		if !ok {
			return badArgument("UpdateContent is not an entity.")
		}
		content = slices.DeleteFunc(slices.Clone(content), func(m member) bool { return m.key == t.key })
		sets, _, f := tx.assignments(t, content, nil)
		if f == nil && len(sets) > 0 {
			_, f = tx.update(t, winner, sets)
		}
		if f != nil {
			return f
		}
	}
	col := t.shape.byName
	state := int64(1)
	if t.name == string(connector.Lead) {
		state = 2
	}
	_, f := tx.update(t, loser, []assignment{
		{col["statecode"], state},
		{col["statuscode"], defaultStatus(col["statuscode"], state)},
		{col["merged"], true},
		{col["masterid"], ref{t, winner.id}},
	})
	return f
}

// qualifyLead answers POST leads(id)/Microsoft.Dynamics.CRM.QualifyLead: the
// lead becomes Qualified and, when asked, a contact is made from it.
func qualifyLead(s *Sim, r *request, id guid) (*response, *failure) {
	body, err := parseObject(r.body)
	if err != nil {
		return nil, badSyntax("%s", err)
	}
	if v, _ := body.get("CreateOpportunity"); v == true {
		return nil, notSimulated("Making an opportunity from a lead")
	}
	var made *row
	var madeIn *table
	f := s.within(r, func(tx *transaction) *failure {
		leads := s.tables[string(connector.Lead)]
		lead := leads.find(id)
		if lead == nil {
			return missingRow(leads, id)
		}
		var f *failure
		if v, _ := body.get("CreateContact"); v == true {
			madeIn = s.tables[string(connector.Contact)]
			made, f = tx.contactOf(leads, lead)
		}
		if f != nil {
			return f
		}
		return tx.qualify(leads, lead, made)
	})
	if f != nil {
		return nil, f
	}
	b := append(appendString([]byte(`{"@odata.context":`), r.base+"$metadata#Collection(Microsoft.Dynamics.CRM.crmbaseentity)"), `,"value":[`...)
	if made != nil {
		b = append(made.id.append(append(b, `{"@odata.type":"#Microsoft.Dynamics.CRM.`+madeIn.name+`","`+madeIn.key+`":"`...)), `"}`...)
	}
	return &response{status: http.StatusOK, body: append(b, "]}"...), contentType: jsonMinimal}, nil
}

func (tx *transaction) qualify(leads *table, lead, contact *row) *failure {
	col := leads.shape.byName
	if lead.get(col["statecode"]) != int64(0) {
		return badArgument("The lead is already closed.")
	}
	sets := []assignment{{col["statecode"], int64(1)}, {col["statuscode"], int64(3)}}
	if contact != nil {
		sets = append(sets, assignment{col["parentcontactid"], ref{tx.sim.tables[string(connector.Contact)], contact.id}})
	}
	_, f := tx.update(leads, lead, sets)
	return f
}

// contactOf makes a contact from a lead: the columns that both have, and where
// it came from.
func (tx *transaction) contactOf(leads *table, lead *row) (*row, *failure) {
	contacts := tx.sim.tables[string(connector.Contact)]
	var sets []assignment
	for _, c := range leads.shape.cols {
		to := contacts.shape.byName[c.name]
		if to == nil || to.index < 0 || to.fixed || computed(contacts, to) || c.name == "statecode" || c.name == "statuscode" || c.name == "dh_spotlerinfo" {
			continue
		}
		if v := lead.get(c); v != nil {
			sets = append(sets, assignment{to, v})
		}
	}
	sets = append(sets, assignment{contacts.shape.byName["originatingleadid"], ref{leads, lead.id}})
	return tx.create(contacts, guid{}, sets)
}
