package query

// runtime is what one run of a query shares: its work so far and the rows it
// has found by value.
type runtime struct {
	env   Env
	steps int
	// spent says that the query did more work than it may.
	spent bool
}

func newRuntime(env Env) *runtime {
	if env.Steps == 0 {
		env.Steps = maxSteps
	}
	return &runtime{env: env}
}

// step counts work and says whether there may be more.
func (run *runtime) step() bool {
	run.steps++
	run.spent = run.spent || run.steps > run.env.Steps
	return !run.spent
}

func (run *runtime) trouble() error {
	if run.spent {
		return Errorf(TooMuch, "The query looks at more than %d rows: ask for less at a time.", run.env.Steps)
	}
	return nil
}

// finder finds the rows at the end of a hop: by primary key, by index, or by a
// table of values made on first use.
func (run *runtime) finder(h Hop) func(any) []Row {
	if h.To == h.Table.Identifier() {
		return func(v any) []Row {
			id, ok := v.(GUID)
			if !ok {
				return nil
			}
			if r := h.Table.Find(id); r != nil {
				return []Row{r}
			}
			return nil
		}
	}
	if _, ok := h.Table.Pointing(h.To, GUID{}); ok {
		return func(v any) []Row {
			id, ok := v.(GUID)
			if !ok {
				return nil
			}
			found, _ := h.Table.Pointing(h.To, id)
			return found
		}
	}
	var by map[any][]Row
	return func(v any) []Row {
		if by == nil {
			by = map[any][]Row{}
			for r := range h.Table.All(-1) {
				if v := r.Value(h.To); v != nil && run.step() {
					by[Fold(v)] = append(by[Fold(v)], r)
				}
			}
		}
		if v == nil {
			return nil
		}
		return by[Fold(v)]
	}
}

// joined is a link made ready.
type joined struct {
	kind   LinkKind
	at     int // the place of its row
	above  int // the place of the row above
	end    int // the place past those of the links below it
	from   Column
	find   func(any) []Row
	passes test
	below  []*joined
}

// links makes links ready and gives each a place among the rows; n is the next
// free one. Links that only ask whether there are rows have no place: they are
// tests of the row above.
func (c *compiler) links(links []*Link, above int, n *int) (out []*joined, tests []test, err error) {
	for _, l := range links {
		if l.Kind >= Exist {
			p, err := c.exists(l, above)
			if err != nil {
				return nil, nil, err
			}
			tests = append(tests, p)
			continue
		}
		j := &joined{kind: l.Kind, above: above, at: *n, from: l.From, find: c.run.finder(l.Hop)}
		c.places[l] = j.at
		*n++
		own, err := c.node(l.Where, j.at, l.Table)
		if err != nil {
			return nil, nil, err
		}
		below, inner, err := c.links(l.Links, j.at, n)
		if err != nil {
			return nil, nil, err
		}
		j.below, j.end, j.passes = below, *n, all(append([]test{own}, inner...))
		out = append(out, j)
	}
	return out, tests, nil
}

func all(tests []test) test {
	if len(tests) == 1 {
		return tests[0]
	}
	return func(r rows) bool {
		for _, p := range tests {
			if !p(r) {
				return false
			}
		}
		return true
	}
}

// exists compiles a link that only asks: is there a row that passes?
func (c *compiler) exists(l *Link, above int) (test, error) {
	inside := &compiler{run: c.run, places: map[*Link]int{l: 0}}
	own, err := inside.node(l.Where, 0, l.Table)
	if err != nil {
		return nil, err
	}
	n := 1
	links, tests, err := inside.links(l.Links, 0, &n)
	if err != nil {
		return nil, err
	}
	passes := all(append([]test{own}, tests...))
	find, from, kind, run := c.run.finder(l.Hop), l.From, l.Kind, c.run
	return func(t rows) bool {
		if t[above] == nil {
			return false
		}
		found := find(t[above].Value(from))
		hit := false
		for _, r := range found {
			if !run.step() || hit {
				break
			}
			buffer := make(rows, n)
			buffer[0] = r
			if passes(buffer) {
				run.join(links, buffer, func(rows) bool { hit = true; return false })
			}
		}
		switch kind {
		case NotAny:
			return !hit
		case All:
			return !hit && len(found) > 0
		}
		return hit
	}, nil
}

// join fills the places of the links in buffer in every possible way and
// yields it each time, until yield says no.
func (run *runtime) join(links []*joined, buffer rows, yield func(rows) bool) bool {
	if len(links) == 0 {
		return yield(buffer)
	}
	l, rest := links[0], links[1:]
	further := func(rows) bool { return run.join(rest, buffer, yield) }
	for i := l.at; i < l.end; i++ {
		buffer[i] = nil
	}
	if buffer[l.above] != nil {
		hit, more := run.joinOne(l, buffer, further)
		if hit || !more {
			return more
		}
	}
	if l.kind != Outer {
		return true
	}
	for i := l.at; i < l.end; i++ {
		buffer[i] = nil
	}
	return further(buffer)
}

// joinOne tries the rows of one link; hit says that one was joined.
func (run *runtime) joinOne(l *joined, buffer rows, further func(rows) bool) (hit, more bool) {
	for _, r := range l.find(buffer[l.above].Value(l.from)) {
		if !run.step() {
			return hit, false
		}
		buffer[l.at] = r
		if !l.passes(buffer) {
			continue
		}
		more := run.join(l.below, buffer, func(t rows) bool { hit = true; return further(t) })
		if !more {
			return hit, false
		}
		if hit && l.kind == First {
			break
		}
	}
	return hit, true
}
