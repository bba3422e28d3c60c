package dataversesim

import (
	"net/http"
	"slices"
	"strings"
)

// expansion is one navigation property of $expand: the row behind a lookup, or
// the rows that point here through a lookup of theirs.
type expansion struct {
	name string
	view view
	to   *column // single-valued: the lookup here
	from *column // collection-valued: the lookup there
}

// expansions reads $expand=nav($select=a,b),nav2. Options other than $select
// are refused rather than ignored.
func (s *Sim) expansions(t *table, text string, notes annotations) ([]expansion, *failure) {
	var out []expansion
	for text != "" {
		var item string
		item, text = cutExpansion(text)
		name, inner, _ := strings.Cut(strings.TrimSuffix(item, ")"), "(")
		selects, ok := strings.CutPrefix(inner, "$select=")
		if inner != "" && !ok {
			return nil, notSimulated("An option of $expand other than $select")
		}
		if strings.Contains(selects, ";") {
			return nil, notSimulated("A second option of $expand")
		}
		e, f := s.expansion(t, strings.TrimSpace(name))
		if f != nil {
			return nil, f
		}
		if e.view, f = viewOf(e.view.table, selects, notes); f != nil {
			return nil, f
		}
		out = append(out, e)
	}
	return out, nil
}

func cutExpansion(s string) (item, rest string) {
	depth := 0
	for i := range len(s) {
		switch s[i] {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				return s[:i], s[i+1:]
			}
		}
	}
	return s, ""
}

func (s *Sim) expansion(t *table, name string) (expansion, *failure) {
	if nav, ok := t.shape.navs[name]; ok && nav.target != "" && s.tables[nav.target] != nil {
		return expansion{name: name, to: nav.col, view: view{table: s.tables[nav.target]}}, nil
	}
	// A collection is called after the table it stands on and the table it holds:
	// serviceendpoint_sdkmessageprocessingstep.
	if child, ok := strings.CutPrefix(name, t.name+"_"); ok && s.tables[child] != nil {
		for _, c := range s.tables[child].shape.cols {
			if c.indexed && slices.Contains(c.targets, t.name) {
				return expansion{name: name, from: c, view: view{table: s.tables[child]}}, nil
			}
		}
	}
	return expansion{}, unknownProperty(t, name)
}

// appendExpanded adds a row with the rows its expansions lead to.
func (s *Sim) appendExpanded(b []byte, r *row, v view, expand []expansion, context string) []byte {
	b = s.appendRow(b, r, v, context)
	if len(expand) == 0 {
		return b
	}
	b = b[:len(b)-1]
	for _, e := range expand {
		b = append(appendString(append(b, ','), e.name), ':')
		if e.from != nil {
			b = s.appendChildren(b, r, e)
			continue
		}
		to, _ := r.get(e.to).(ref)
		var far *row
		if to.table == e.view.table {
			far = to.table.find(to.id)
		}
		if far == nil {
			b = append(b, "null"...)
			continue
		}
		b = s.appendRow(b, far, e.view, "")
	}
	return append(b, '}')
}

func (s *Sim) appendChildren(b []byte, r *row, e expansion) []byte {
	b = append(b, '[')
	for i, child := range e.children(r) {
		if i > 0 {
			b = append(b, ',')
		}
		b = s.appendRow(b, child, e.view, "")
	}
	return append(b, ']')
}

// children are the rows that point at r, oldest first.
func (e expansion) children(r *row) []*row {
	var rows []*row
	for _, id := range e.view.table.indexes[e.from.name].of(nil, r.id) {
		rows = append(rows, e.view.table.find(id))
	}
	slices.SortFunc(rows, func(a, b *row) int { return inOrder(a.seq, b.seq) })
	return rows
}

// navigate finds the navigation property that a path below a row names.
func (s *Sim) navigate(r *request, t *table, name string) (expansion, bool) {
	defer s.reading(r)()
	e, f := s.expansion(t, name)
	return e, f == nil
}

// follow answers GET of a navigation property: the row behind a lookup, or the
// rows that point here.
func (s *Sim) follow(r *request, t *table, id guid, e expansion) (*response, *failure) {
	if f := s.permitted(e.view.table, r.method); f != nil {
		return nil, f
	}
	q, f := r.query()
	if f != nil {
		return nil, f
	}
	if f := refuseOptions(q, "$select"); f != nil {
		return nil, f
	}
	defer s.reading(r)()
	from := t.find(id)
	if from == nil {
		return nil, missingRow(t, id)
	}
	if e.view, f = viewOf(e.view.table, q.Get("$select"), r.prefs.notes); f != nil {
		return nil, f
	}
	resp := &response{status: http.StatusOK, contentType: jsonMinimal}
	if e.from != nil {
		b := append(s.openList(r, e.view.table, e.view, ""), `"value":`...)
		resp.body = append(s.appendChildren(b, from, e), '}')
		return resp, nil
	}
	to, _ := from.get(e.to).(ref)
	if to.table != e.view.table || to.table.find(to.id) == nil {
		return &response{status: noContent}, nil
	}
	resp.body = s.appendRow(nil, to.table.find(to.id), e.view, r.context(to.table, e.view, "/$entity"))
	return resp, nil
}
