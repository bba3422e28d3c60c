package fetchxml

import (
	"strconv"

	"github.com/spotler-connector/connector/internal/sandbox/dataversesim/query"
)

// place is where an element stands: the table asked, or a link.
type place struct {
	table query.Table
	link  *query.Link // nil for the table asked
	where *query.And
	links *[]*query.Link
	// silent links only ask whether there are rows and show nothing.
	silent bool
}

// body reads what an entity or a link-entity has inside.
func (r *reading) body(e *element, p place) error {
	for _, c := range e.children {
		if err := r.part(c, p); err != nil {
			return err
		}
	}
	return nil
}

func (r *reading) part(c *element, p place) error {
	if p.silent && c.name != "filter" && c.name != "link-entity" {
		return bad("A link that only filters has no element '%s'.", c.name)
	}
	switch c.name {
	case "attribute":
		return r.attribute(c, p)
	case "all-attributes":
		return r.allAttributes(p)
	case "no-attrs":
		return nil
	case "order":
		return r.order(c, p)
	case "link-entity":
		return r.link(c, p)
	case "filter":
		r.filters = append(r.filters, func() error {
			n, err := r.filter(c, p)
			*p.where = append(*p.where, n)
			return err
		})
		return nil
	}
	return bad("The element '%s' has no place here.", c.name)
}

func (r *reading) allAttributes(p place) error {
	if r.aggregated {
		return bad("An aggregate cannot have all-attributes.")
	}
	if p.link == nil {
		r.query.Whole = true
		return nil
	}
	for _, c := range p.table.Columns() {
		r.query.Select = append(r.query.Select, query.Selected{Ref: query.Ref{Link: p.link, Column: c}, Alias: p.link.Alias + "." + c.Title()})
	}
	return nil
}

// attribute reads a column to show, to group by or to add up.
func (r *reading) attribute(e *element, p place) error {
	if err := e.only("name", "alias", "aggregate", "groupby", "dategrouping", "distinct", "rowaggregate", "usertimezone", "build", "addedby"); err != nil {
		return err
	}
	name, err := e.need("name")
	if err != nil {
		return err
	}
	c, err := column(p.table, name)
	if err != nil {
		return err
	}
	ref := query.Ref{Link: p.link, Column: c}
	alias := e.attrs["alias"]
	if alias != "" && !validAlias(alias) {
		return bad("The alias of '%s' has characters other than letters, digits and _.", name)
	}
	if r.aggregated {
		return r.aggregate(e, ref, alias)
	}
	if e.attrs["aggregate"] != "" || e.attrs["groupby"] != "" {
		return bad("The attribute '%s' aggregates; then fetch needs aggregate='true'.", name)
	}
	if alias == "" && p.link != nil {
		alias = p.link.Alias + "." + name
	}
	r.query.Select = append(r.query.Select, query.Selected{Ref: ref, Alias: alias})
	return nil
}

func validAlias(s string) bool {
	for i, c := range s {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
		if !letter && (i == 0 || (c < '0' || c > '9') && c != '.' && c != '-') {
			return false
		}
	}
	return len(s) <= 128
}

func (r *reading) aggregate(e *element, ref query.Ref, alias string) error {
	name := ref.Column.Title()
	if alias == "" {
		return bad("The attribute '%s' of an aggregate needs an alias.", name)
	}
	for _, g := range r.query.Groups {
		if g.Alias == alias {
			return bad("The alias '%s' is used twice.", alias)
		}
	}
	for _, s := range r.query.Sums {
		if s.Alias == alias {
			return bad("The alias '%s' is used twice.", alias)
		}
	}
	if e.attrs["rowaggregate"] != "" {
		return query.Errorf(query.Unsupported, "The attribute rowaggregate is not simulated.")
	}
	grouped, err := e.flag("groupby")
	if err != nil {
		return err
	}
	if grouped {
		part := query.Part(e.attrs["dategrouping"])
		switch part {
		case query.WholeValue, query.ByDay, query.ByWeek, query.ByMonth, query.ByQuarter, query.ByYear, query.ByFiscalTerm, query.ByFiscalYear:
		default:
			return bad("The dategrouping '%s' of '%s' is not known.", string(part), name)
		}
		r.query.Groups = append(r.query.Groups, query.Group{Ref: ref, Alias: alias, Part: part})
		return nil
	}
	do := query.Total(e.attrs["aggregate"])
	switch do {
	case query.CountRows, query.CountColumn, query.Add, query.Mean, query.Least, query.Most:
	case "":
		return bad("The attribute '%s' of an aggregate needs aggregate or groupby.", name)
	default:
		return bad("The aggregate '%s' of '%s' is not known.", string(do), name)
	}
	distinct, err := e.flag("distinct")
	r.query.Sums = append(r.query.Sums, query.Sum{Ref: ref, Alias: alias, Do: do, Distinct: distinct})
	return err
}

// order reads one part of the order; entityname names a link.
func (r *reading) order(e *element, p place) error {
	if err := e.only("attribute", "alias", "descending", "entityname"); err != nil {
		return err
	}
	down, err := e.flag("descending")
	if err != nil {
		return err
	}
	if alias := e.attrs["alias"]; r.aggregated {
		if alias == "" {
			return bad("The order of an aggregate needs an alias.")
		}
		r.query.Order = append(r.query.Order, query.Order{Alias: alias, Down: down})
		return nil
	}
	name, err := e.need("attribute")
	if err != nil {
		return err
	}
	at := len(r.query.Order)
	r.query.Order = append(r.query.Order, query.Order{Down: down})
	r.filters = append(r.filters, func() error {
		t, link, err := r.named(e.attrs["entityname"], p)
		if err != nil {
			return err
		}
		c, err := column(t, name)
		r.query.Order[at].Ref = query.Ref{Link: link, Column: c}
		return err
	})
	return nil
}

// named finds the link that entityname names; an empty one is the place itself.
func (r *reading) named(name string, p place) (query.Table, *query.Link, error) {
	if name == "" {
		return p.table, p.link, nil
	}
	if l := r.aliases[name]; l != nil {
		return l.Table, l, nil
	}
	return nil, nil, bad("The entityname '%s' is not the alias of a link-entity.", name)
}

func linkKind(name string) (query.LinkKind, bool) {
	switch name {
	case "", "inner":
		return query.Inner, true
	case "outer":
		return query.Outer, true
	case "matchfirstrowusingcrossapply":
		return query.First, true
	case "exists", "in", "any", "not all":
		return query.Exist, true
	case "not any":
		return query.NotAny, true
	case "all":
		return query.All, true
	}
	return 0, false
}

// link reads a link-entity that stands in an entity or in a link-entity.
func (r *reading) link(e *element, p place) error {
	switch e.attrs["link-type"] {
	case "any", "not any", "all", "not all":
		return bad("A link-entity with the link-type '%s' stands in a filter.", e.attrs["link-type"])
	}
	l, err := r.newLink(e, p)
	if err != nil {
		return err
	}
	*p.links = append(*p.links, l)
	return nil
}

// newLink reads a link-entity and what it has inside.
func (r *reading) newLink(e *element, p place) (*query.Link, error) {
	if err := e.only("name", "from", "to", "alias", "link-type", "visible", "intersect", "enableprefiltering", "prefilterparametername"); err != nil {
		return nil, err
	}
	if r.links++; r.links > maxLinks {
		return nil, bad("A query joins at most %d tables.", maxLinks)
	}
	kind, ok := linkKind(e.attrs["link-type"])
	if !ok {
		return nil, bad("The link-type '%s' is not known.", e.attrs["link-type"])
	}
	t, err := r.table(e)
	if err != nil {
		return nil, err
	}
	l := &query.Link{Kind: kind, Alias: e.attrs["alias"]}
	if l.Hop, err = hop(e, p.table, t); err != nil {
		return nil, err
	}
	if l.Alias == "" {
		l.Alias = t.Title() + strconv.Itoa(r.links)
	} else if !validAlias(l.Alias) {
		return nil, bad("The alias of a link-entity has characters other than letters, digits and _.")
	}
	silent := p.silent || kind >= query.Exist
	if r.aliases[l.Alias] != nil {
		return nil, bad("The alias '%s' is used twice.", l.Alias)
	}
	r.aliases[l.Alias] = l
	if e.attrs["alias"] == "" && r.aliases[t.Title()] == nil {
		r.aliases[t.Title()] = l // a link without an alias goes by its table's name
	}
	var where query.And
	if err := r.body(e, place{table: t, link: l, where: &where, links: &l.Links, silent: silent}); err != nil {
		return nil, err
	}
	r.filters = append(r.filters, func() error { l.Where = where; return nil })
	return l, nil
}

// hop reads from, a column of the linked table, and to, one of the table above.
func hop(e *element, above, linked query.Table) (h query.Hop, err error) {
	h.Table = linked
	to, err := e.need("to")
	if err != nil {
		return h, err
	}
	from, err := e.need("from")
	if err != nil {
		return h, err
	}
	if h.From, err = column(above, to); err != nil {
		return h, err
	}
	h.To, err = column(linked, from)
	return h, err
}
