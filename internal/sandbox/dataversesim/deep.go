package dataversesim

// nested is a row inside the body of another: deep insert (reference:
// dataverse-api 2.3).
type nested struct {
	nav      navigation // single-valued: the row is made first
	relation relation   // collection-valued: the rows are made after
	bodies   []object
	links    map[string]string
}

// nest notes a member of a body that holds rows; deep is false when it does not.
func (tx *transaction) nest(t *table, m member, links map[string]string) (deep bool, f *failure) {
	if nav, ok := t.shape.navs[m.key]; ok && t.shape.byWire[m.key] == nil {
		body, ok := m.value.(object)
		if !ok || nav.target == "" {
			return true, badPayload(t, "The navigation property '%s' must hold an object, or be bound with @odata.bind.", m.key)
		}
		tx.nested = append(tx.nested, nested{nav: nav, bodies: []object{body}, links: links})
		return true, nil
	}
	relation, ok := t.relations[m.key]
	if !ok {
		return false, nil
	}
	list, ok := m.value.([]any)
	if !ok {
		return true, badPayload(t, "The navigation property '%s' must hold an array.", m.key)
	}
	n := nested{relation: relation, links: links}
	for _, v := range list {
		body, ok := v.(object)
		if !ok {
			return true, badPayload(t, "The navigation property '%s' must hold an array of objects.", m.key)
		}
		n.bodies = append(n.bodies, body)
	}
	tx.nested = append(tx.nested, n)
	return true, nil
}

// makeFirst makes the rows that a new row points at, and returns what to set.
func (tx *transaction) makeFirst(inner []nested, sets []assignment) ([]assignment, *failure) {
	for _, n := range inner {
		if n.nav.col == nil {
			continue
		}
		t := tx.sim.tables[n.nav.target]
		made, f := tx.makeInner(t, n.bodies[0], n.links, nil)
		if f != nil {
			return nil, f
		}
		sets = assign(sets, assignment{n.nav.col, ref{t, made.id}})
	}
	return sets, nil
}

// makeAfter makes the rows that belong to a new row.
func (tx *transaction) makeAfter(inner []nested, parent ref) *failure {
	for _, n := range inner {
		if n.nav.col != nil {
			continue
		}
		r := n.relation
		for _, body := range n.bodies {
			var extra []assignment
			if r.via != nil {
				extra = []assignment{{r.via, parent}}
			}
			made, f := tx.makeInner(r.of, body, n.links, extra)
			if f == nil && r.through != nil {
				f = tx.associate(r, parent, ref{r.of, made.id})
			}
			if f != nil {
				return f
			}
		}
	}
	return nil
}

func (tx *transaction) makeInner(t *table, body object, links map[string]string, extra []assignment) (*row, *failure) {
	if f := tx.sim.may(t, rightCreate); f != nil {
		return nil, f
	}
	sets, id, f := tx.assignments(t, body, links)
	if f != nil {
		return nil, f
	}
	for _, a := range extra {
		sets = assign(sets, a)
	}
	return tx.create(t, id, sets)
}
