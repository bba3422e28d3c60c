package query

// Query is a question to one table and those linked to it.
type Query struct {
	Table Table
	// Select is what the answer shows, after every column of Table when Whole is set.
	Select []Selected
	Whole  bool
	Where  Node
	Order  []Order
	Links  []*Link
	Expand []*Expand
	// Distinct leaves out rows that show the same values as an earlier one.
	Distinct bool
	// Groups and Sums make the answer one of aggregates.
	Groups []Group
	Sums   []Sum
	// Size is how many rows the answer may have; Fixed says that no page follows.
	Size  int
	Fixed bool
	// Page counts from 1; After is where the page before ended, which is more
	// exact than the number.
	Page  int
	After *Mark
	// Count asks how many rows there are on all pages.
	Count bool
}

// Aggregated says whether the answer has aggregates instead of rows.
func (q *Query) Aggregated() bool { return len(q.Groups)+len(q.Sums) > 0 }

// Ref names a value: a column of Link's table (nil is the table in which the
// reference stands), or of the row at the end of Hops.
type Ref struct {
	Link   *Link
	Hops   []Hop
	Column Column
}

// Selected is a value to show. Alias is empty where the column's own name is meant.
type Selected struct {
	Ref
	Alias string
}

// Order is one part of the order of the answer. Alias orders aggregates by
// their name and leaves Ref empty.
type Order struct {
	Ref
	Alias string
	Down  bool
}

// LinkKind says what a link does to the rows.
type LinkKind int

// Kinds of links. The semantics are Microsoft's (Learn: "Join tables using
// FetchXml", link-type options).
const (
	Inner  LinkKind = iota // the row with each row it is linked to
	Outer                  // the same, and the row alone when it is linked to none
	First                  // the row with the first it is linked to
	Exist                  // the row, if it is linked to one; exists, in and any
	NotAny                 // the row, if it is linked to none
	All                    // the row, if it is linked to rows of which none pass the filter
)

// Link is a table joined to the one above it.
type Link struct {
	Hop
	Alias string
	Kind  LinkKind
	Where Node
	Links []*Link
}

// Expand is a navigation property shown within a row. Of Query the members
// Select, Where, Order, Expand and Size are used.
type Expand struct {
	Name  string
	Way   Way
	Query *Query
	// Reference asks for the address of the row instead of what is in it.
	Reference bool
	// Written is its options as those of an address, for the link to its rows.
	Written string
}

// Node is a part of a filter: And, Or, Not, Condition or Exists.
type Node interface{ node() }

// And holds when all its parts do, also when it has none.
type And []Node

// Or holds when one of its parts does.
type Or []Node

// Not holds when its part does not.
type Not struct{ Node }

// Condition compares a value.
type Condition struct {
	Ref    Ref
	Op     Op
	Values []any
	// Other is a second column, instead of a value.
	Other *Ref
}

// Exists holds when the link has rows, in the way of the link's kind: Exist,
// NotAny or All.
type Exists struct{ Link *Link }

func (And) node()       {}
func (Or) node()        {}
func (Not) node()       {}
func (Condition) node() {}
func (Exists) node()    {}

// Group is a value by which rows are put together; Part cuts dates.
type Group struct {
	Ref
	Alias string
	Part  Part
}

// Sum is one aggregate. A count of rows has no Ref.
type Sum struct {
	Ref
	Alias    string
	Do       Total
	Distinct bool
}

// Total is what an aggregate does with the values it gets.
type Total string

// The aggregates, by their names in FetchXML.
const (
	CountRows   Total = "count"
	CountColumn Total = "countcolumn"
	Add         Total = "sum"
	Mean        Total = "avg"
	Least       Total = "min"
	Most        Total = "max"
)

// Part is the part of a date by which rows are grouped.
type Part string

// The parts of dates, by their names in FetchXML. Fiscal periods are quarters
// of the calendar year (*assumed*: the default of a new organisation).
const (
	WholeValue   Part = ""
	ByDay        Part = "day"
	ByWeek       Part = "week"
	ByMonth      Part = "month"
	ByQuarter    Part = "quarter"
	ByYear       Part = "year"
	ByFiscalTerm Part = "fiscal-period"
	ByFiscalYear Part = "fiscal-year"
)

// Tables lists every table that the query reads, some more than once.
func (q *Query) Tables() []Table {
	out := []Table{q.Table}
	refs := func(r Ref) {
		for _, h := range r.Hops {
			out = append(out, h.Table)
		}
	}
	out = append(out, nodeTables(q.Where)...)
	for _, l := range q.Links {
		out = append(out, l.tables()...)
	}
	for _, x := range q.Expand {
		for _, h := range x.Way.Hops {
			out = append(out, h.Table)
		}
		out = append(out, x.Query.Tables()...)
	}
	for _, s := range q.Select {
		refs(s.Ref)
	}
	for _, o := range q.Order {
		refs(o.Ref)
	}
	for _, g := range q.Groups {
		refs(g.Ref)
	}
	for _, s := range q.Sums {
		refs(s.Ref)
	}
	return out
}

func (l *Link) tables() []Table {
	out := append(nodeTables(l.Where), l.Table)
	for _, below := range l.Links {
		out = append(out, below.tables()...)
	}
	return out
}

func nodeTables(n Node) (out []Table) {
	switch n := n.(type) {
	case And:
		for _, part := range n {
			out = append(out, nodeTables(part)...)
		}
	case Or:
		for _, part := range n {
			out = append(out, nodeTables(part)...)
		}
	case Not:
		return nodeTables(n.Node)
	case Exists:
		return n.Link.tables()
	case Condition:
		for _, h := range n.Ref.Hops {
			out = append(out, h.Table)
		}
		if n.Other != nil {
			for _, h := range n.Other.Hops {
				out = append(out, h.Table)
			}
		}
	}
	return out
}
