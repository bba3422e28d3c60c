package mapping

import (
	"slices"
	"strconv"
	"strings"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/schema"
)

// boundSet is one @map(permissions) or @map(periodiek): consents, each an option of a
// list in Spotler.
type boundSet struct {
	row           int
	property      string
	direction     connector.Direction
	entries       []Entry
	byName        map[string]int64 // folded description; ambiguous ones are not in it
	subscriptions *subscriptions   // nil: the Spotler Permission rows
}

// noun is what its rows are called in a Problem.
func (s *boundSet) noun() string {
	if s.subscriptions != nil {
		return "periodiek"
	}
	return "permission"
}

// relatedPart compiles @map(…).
func (b *binding) relatedPart(n int, r Row, c cell, property Property) (*part, string, string) {
	if property.Type != typeSet {
		return nil, "spotler", "the options of " + c.source.String() + " need a Spotler field of type List (set), this one is " + property.Type
	}
	byName := bitsByName(property.Entries)
	switch c.source {
	case Lists:
		if property.Name == permissionProperty {
			return nil, "spotler", "permissions come from Spotler Permission rows only; use @map(permissions)"
		}
		ask := membershipAsk()
		return &part{needs: needs{asks: []Ask{ask}}, member: &boundMembership{row: n, property: property.Name, direction: r.Direction, entries: property.Entries, byName: byName}}, "", ""
	case Periodieken:
		s, ask, says := b.subscriptions(c.table)
		if says != "" {
			return nil, c.name, says
		}
		return &part{needs: needs{asks: []Ask{ask}}, set: &boundSet{row: n, property: property.Name, direction: r.Direction, entries: property.Entries, byName: byName, subscriptions: s}}, "", ""
	}
	return &part{set: &boundSet{row: n, property: property.Name, direction: r.Direction, entries: property.Entries, byName: byName}}, "", ""
}

// bitsByName finds options by their folded description; those that share one are
// nobody's.
func bitsByName(entries []Entry) map[string]int64 {
	out, twice := map[string]int64{}, map[string]bool{}
	for _, e := range entries {
		name := foldName(e.Description)
		if _, again := out[name]; again || twice[name] {
			twice[name] = true
			delete(out, name)
			continue
		}
		out[name] = e.Bit
	}
	return out
}

// subscriptions reads the periodieken of a person (manual: "iFunds Engage 365").
type subscriptions struct {
	name, subscribed reader
}

func (b *binding) subscriptions(t connector.Table) (*subscriptions, Ask, string) {
	table := b.engage.Subscription
	match, says := matchOf(table, t, "")
	if says != "" {
		return nil, Ask{}, says
	}
	name, named := table.Column(b.engage.Periodiek)
	subscribed, known := table.Column(b.engage.Subscribed)
	if !named || !known {
		return nil, Ask{}, "the profile of Engage 365 names a column that its table has not"
	}
	s := &subscriptions{newReader(name), newReader(subscribed)}
	return s, Ask{Cell: Periodieken.String(), Table: table, Select: []string{s.name.key, s.subscribed.key}, By: match, Labels: true}, ""
}

// read returns what the rows say; a column that did not come is trouble, not a No.
func (s *subscriptions) read(values map[string]any) ([]connector.Permission, string) {
	rows, there := values[Periodieken.String()].([]map[string]any)
	if !there {
		return nil, saysUnread
	}
	out := make([]connector.Permission, 0, len(rows))
	for _, row := range rows {
		name, says := s.name.read(row)
		if says != "" {
			return nil, says
		}
		on, says := s.subscribed.read(row)
		if says != "" {
			return nil, says
		}
		out = append(out, connector.Permission{Name: name.text, Subscribed: on.number == 1})
	}
	return out, ""
}

// boundMembership is one @map(list): an option is on while the record is a member of
// the marketing list with its name.
type boundMembership struct {
	row       int
	property  string
	direction connector.Direction
	entries   []Entry
	byName    map[string]int64
}

// The members of static lists (reference: dataverse-api 4.3). A dynamic list has no
// such rows.
const (
	memberKey  = "_entityid_value"
	memberList = "_listid_value"
)

func membershipAsk() Ask {
	return Ask{Cell: Lists.String(), Select: []string{memberKey, memberList}, By: memberKey, Labels: true,
		Table: schema.Table{Name: "listmember", Set: "listmembers", Key: "listmemberid", Columns: []schema.Column{{Name: "listmemberid", Kind: schema.PrimaryKey},
			{Name: "entityid", Kind: schema.Lookup, Targets: connector.People}, {Name: "listid", Kind: schema.Lookup, Targets: []connector.Table{connector.MarketingList}}}}}
}

// outward tells every option; that no list has its name is the same as not being a
// member of one.
func (m *boundMembership) outward(values map[string]any, r *Result) {
	rows, there := values[Lists.String()].([]map[string]any)
	on := map[int64]bool{}
	for _, row := range rows {
		name, named := row[memberList+formatted].(string)
		if !named {
			r.Problems = append(r.Problems, Problem{m.row, m.property, "list", saysNoName})
			return
		}
		if bit, known := m.byName[foldName(name)]; known {
			on[bit] = true
		}
	}
	if !there {
		r.Problems = append(r.Problems, Problem{m.row, m.property, "list", saysUnread})
		return
	}
	bits, text := make([]SetBit, len(m.entries)), []string{}
	for i, e := range m.entries {
		bits[i] = SetBit{Bit: e.Bit, Enabled: on[e.Bit]}
		if on[e.Bit] {
			text = append(text, strconv.FormatInt(e.Bit, 10))
		}
	}
	slices.Sort(text)
	stable := "," + strings.Join(text, ",") // never empty: a member of none is known to be one of none
	r.Fields = append(r.Fields, Field{Name: m.property, Value: bits, Direction: m.direction, Canonical: stable, Wire: stable, Row: m.row})
}
