package dataversesim

import (
	"net/http"
	"strings"
)

// associate pairs two rows in an N:N relation; who is paired stays so.
func (tx *transaction) associate(r relation, here, there ref) *failure {
	if r.through.name == memberTable {
		return tx.associateInList(r, here, there)
	}
	if r.paired(here.id, there.id) != nil {
		return nil
	}
	pair := &row{id: newGUID(tx.sim.rand), seq: tx.sim.nextSeq(), version: tx.sim.nextVersion(), vals: make([]any, r.through.shape.stored)}
	pair.put(r.here, here)
	pair.put(r.there, there)
	tx.apply(change{table: r.through, after: pair, message: "Create", quiet: true})
	return nil
}

// associateInList is associate for the members of a list, which have rules of their own.
func (tx *transaction) associateInList(r relation, here, there ref) *failure {
	list, member := here, there
	if here.table.name != listTable {
		list, member = there, here
	}
	found, f := tx.staticList(list.id)
	if f != nil {
		return f
	}
	if tx.sim.membersOf(found) != member.table {
		return badArgument("A '%s' cannot be a member of this list.", member.table.name)
	}
	_, f = tx.enrol(found, member.id)
	return f
}

// disassociate ends a pair; who is none is no trouble (assumption missing_pair).
func (tx *transaction) disassociate(r relation, here, there ref) *failure {
	if r.through.name != memberTable {
		if pair := r.paired(here.id, there.id); pair != nil {
			tx.apply(change{table: r.through, before: pair, message: "Delete", gone: tx.sim.nextVersion(), quiet: true})
			return nil
		}
		return tx.noPair(r.through, there.id)
	}
	list, member := here, there
	if here.table.name != listTable {
		list, member = there, here
	}
	found, f := tx.staticList(list.id)
	if f == nil {
		f = tx.expel(found, member.id)
	}
	return f
}

// noPair is what taking apart rows that are no pair comes to.
func (tx *transaction) noPair(pairs *table, id guid) *failure {
	if tx.sim.assume.Load().MissingPair == "404" {
		return missingRow(pairs, id)
	}
	return nil
}

// relationOf reads a path below a row that goes through a collection to a
// reference: systemuserroles_association/$ref or …(id)/$ref.
func relationOf(t *table, rest string) (r relation, key string, ok bool) {
	path, found := strings.CutSuffix(rest, "/$ref")
	if !found {
		return relation{}, "", false
	}
	a, found := parseAddress(path)
	if !found || a.rest != "" {
		return relation{}, "", false
	}
	r, ok = t.relations[a.set]
	return r, a.key, ok
}

// references answers POST and DELETE of …/$ref through a collection (reference:
// dataverse-api 2.1, 2.3): pairs rows, or sets the lookup of the other row.
func (s *Sim) references(r *request, t *table, id guid, rel relation, key string) (*response, *failure) {
	if r.method != http.MethodPost && r.method != http.MethodDelete {
		return nil, wrongMethod(r)
	}
	address, f := r.referred(key)
	if f != nil {
		return nil, f
	}
	f = s.within(r, func(tx *transaction) *failure {
		if t.find(id) == nil {
			return missingRow(t, id)
		}
		if key != "" {
			address = "/" + rel.of.set + "(" + key + ")"
		}
		far, f := s.resolve(t, address, r.links)
		if f != nil {
			return f
		}
		if far.table != rel.of {
			return badArgument("A '%s' cannot be in '%s', which holds rows of '%s'.", far.table.name, rel.name, rel.of.name)
		}
		here := ref{t, id}
		switch {
		case rel.through != nil && r.method == http.MethodPost:
			return tx.associate(rel, here, far)
		case rel.through != nil:
			return tx.disassociate(rel, here, far)
		}
		var value any
		if r.method == http.MethodPost {
			value = here
		}
		_, f = tx.update(far.table, far.table.find(far.id), []assignment{{rel.via, value}})
		return f
	})
	if f != nil {
		return nil, f
	}
	return &response{status: noContent}, nil
}
