package dataversesim

import (
	connector "github.com/spotler-connector/connector"
)

const memberTable = "listmember"

// memberKind says which rows a list holds (reference: dataverse-api 4.1, createdfromcode).
type memberKind struct {
	code  int64
	table string
}

var memberKinds = []memberKind{{1, "account"}, {2, "contact"}, {4, "lead"}}

// Codes of what a list refuses, *assumed*: the reference only knows numbers like these.
const (
	codeListLocked  = "0x80043b10"
	codeListDynamic = "0x80048544"
)

// deriveList gives a new list its defaults, and keeps what cannot change.
func deriveList(c *change) *failure {
	if c.table.name != string(connector.MarketingList) {
		return nil
	}
	if c.before != nil {
		for _, name := range []string{"type", "createdfromcode"} {
			if c.asks(name) && c.table.val(c.before, name) != nil && c.value(name) != c.table.val(c.before, name) {
				return badArgument("The attribute '%s' of a list cannot be changed.", name)
			}
		}
		return nil
	}
	if code, ok := c.value("createdfromcode").(int64); ok {
		c.put("membertype", code)
	}
	c.put("membercount", int64(0))
	return nil
}

// membersOf is the table whose rows a list holds. A list that does not say
// holds contacts (*assumed*).
func (s *Sim) membersOf(list *row) *table {
	code := s.tables[string(connector.MarketingList)].val(list, "createdfromcode")
	for _, k := range memberKinds {
		if code == k.code {
			return s.tables[k.table]
		}
	}
	return s.tables[string(connector.Contact)]
}

// membership finds the listmember row of a member, nil when it is none.
func (s *Sim) membership(list, member guid) *row {
	t := s.tables[memberTable]
	for _, id := range t.indexes["entityid"].of(nil, member) {
		r := t.find(id)
		if to, _ := t.val(r, "listid").(ref); to.id == list {
			return r
		}
	}
	return nil
}

// staticList refuses a list whose members cannot be changed by hand.
func (tx *transaction) staticList(id guid) (*row, *failure) {
	t := tx.sim.tables[string(connector.MarketingList)]
	list := t.find(id)
	switch {
	case list == nil:
		return nil, missingRow(t, id)
	case t.val(list, "type") == true:
		return nil, fail(400, codeListDynamic, "The operation cannot be performed on a dynamic list.")
	case t.val(list, "lockstatus") == true:
		return nil, fail(400, codeListLocked, "The list is locked; its members cannot be changed.")
	}
	return list, nil
}

// enrol makes a row a member and returns the listmember; who is one already stays.
func (tx *transaction) enrol(list *row, member guid) (*row, *failure) {
	s := tx.sim
	of := s.membersOf(list)
	if of.find(member) == nil {
		return nil, missingRow(of, member)
	}
	if r := s.membership(list.id, member); r != nil {
		return r, nil
	}
	return tx.insert(memberTable, map[string]any{"listid": ref{s.tables[string(connector.MarketingList)], list.id}, "entityid": ref{of, member}, "entitytype": of.name})
}

// expel ends a membership; who is none is no trouble (assumption missing_pair).
func (tx *transaction) expel(list *row, member guid) *failure {
	members := tx.sim.tables[memberTable]
	r := tx.sim.membership(list.id, member)
	if r == nil {
		return tx.noPair(members, member)
	}
	tx.remove(members, r)
	return nil
}

// countMember keeps membercount when a member comes or goes, by whatever way.
func (tx *transaction) countMember(c *change) {
	if c.table.name != memberTable || c.before != nil && c.after != nil {
		return
	}
	by, line := int64(1), c.after
	if line == nil {
		by, line = -1, c.before
	}
	to, _ := c.table.val(line, "listid").(ref)
	tx.recount(to.id, by)
}

// recount is no change that anybody is told of. The list may be gone already.
func (tx *transaction) recount(id guid, by int64) {
	t := tx.sim.tables[string(connector.MarketingList)]
	before, c := t.find(id), t.shape.byName["membercount"]
	if before == nil {
		return
	}
	after := before.successor(tx.sim.nextVersion(), c.index+1)
	n, _ := before.get(c).(int64)
	after.vals[c.index] = max(0, n+by)
	tx.apply(change{table: t, before: before, after: after, message: "Update", quiet: true})
}
