package dataversesim

import (
	"net/http"

	connector "github.com/spotler-connector/connector"
)

// qualifyLead answers POST leads(id)/Microsoft.Dynamics.CRM.QualifyLead: the
// lead becomes Qualified and, when asked, an account, a contact and an
// opportunity are made from it (reference: dataverse-api 5.1).
func qualifyLead(s *Sim, r *request, id guid) (*response, *failure) {
	body, err := parseObject(r.body)
	if err != nil {
		return nil, badSyntax("%s", err)
	}
	if s.tableNamed("opportunity") == nil && asked(body, "CreateOpportunity") {
		return nil, notSimulated("Making an opportunity from a lead without the table opportunity")
	}
	var made []ref
	f := s.within(r, func(tx *transaction) *failure {
		leads := s.tables[string(connector.Lead)]
		lead := leads.find(id)
		if lead == nil {
			return missingRow(leads, id)
		}
		if leads.val(lead, "statecode") != int64(0) {
			return badArgument("The lead is already closed.")
		}
		var f *failure
		if made, f = tx.makeFrom(leads, lead, body); f != nil {
			return f
		}
		return tx.qualify(leads, lead, made, body)
	})
	if f != nil {
		return nil, f
	}
	b := append(appendString([]byte(`{"@odata.context":`), r.base+"$metadata#Collection(Microsoft.Dynamics.CRM.crmbaseentity)"), `,"value":[`...)
	for i, to := range made {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(to.id.append(append(b, `{"@odata.type":"#Microsoft.Dynamics.CRM.`+to.table.name+`","`+to.table.key+`":"`...)), `"}`...)
	}
	return &response{status: http.StatusOK, body: append(b, "]}"...), contentType: jsonMinimal, rows: 1 + len(made)}, nil
}

func asked(body object, name string) bool {
	v, _ := body.get(name)
	return v == true
}

// makeFrom makes what the request asks for: an account first, to which the
// contact belongs, then the opportunity.
func (tx *transaction) makeFrom(leads *table, lead *row, body object) ([]ref, *failure) {
	var made []ref
	for _, want := range []struct{ flag, table string }{{"CreateAccount", "account"}, {"CreateContact", "contact"}, {"CreateOpportunity", "opportunity"}} {
		if !asked(body, want.flag) {
			continue
		}
		t := tx.sim.tables[want.table]
		sets := copied(leads, lead, t)
		put := func(name string, v any) {
			if c := t.shape.byName[name]; c != nil && v != nil {
				sets = assign(sets, assignment{c, v})
			}
		}
		put("originatingleadid", ref{leads, lead.id})
		switch want.table {
		case "account":
			put("name", leads.val(lead, "companyname"))
		case "opportunity":
			put("name", leads.val(lead, "subject"))
		}
		for _, owner := range made {
			put("parentcustomerid", owner)
			put("parent"+owner.table.name+"id", owner)
		}
		r, f := tx.create(t, guid{}, sets)
		if f != nil {
			return nil, f
		}
		made = append(made, ref{t, r.id})
	}
	return made, nil
}

// copied are the columns that both tables have.
func copied(from *table, r *row, t *table) []assignment {
	var sets []assignment
	for _, c := range from.shape.cols {
		to := t.shape.byName[c.name]
		if to == nil || to.index < 0 || to.fixed || to.kind != c.kind || c.name == "statecode" || c.name == "statuscode" || c.name == "dh_spotlerinfo" {
			continue
		}
		if v := r.get(c); v != nil {
			sets = append(sets, assignment{to, v})
		}
	}
	return sets
}

// qualify closes the lead with the status that the request gives; 3 is Qualified.
func (tx *transaction) qualify(leads *table, lead *row, made []ref, body object) *failure {
	col := leads.shape.byName
	sets := []assignment{{col["statecode"], int64(1)}, {col["statuscode"], int64(3)}}
	if v, given := body.get("Status"); given && v != nil {
		status, f := col["statuscode"].fromJSON(leads, v)
		if f != nil {
			return f
		}
		if status != int64(-1) { // asks for the default
			sets[1].val = status
		}
	}
	for _, to := range made {
		if c := col["parent"+to.table.name+"id"]; c != nil {
			sets = append(sets, assignment{c, to})
		}
	}
	_, f := tx.update(leads, lead, sets)
	return f
}
