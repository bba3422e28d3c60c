package dataversesim

import (
	"github.com/spotler-connector/connector/internal/sandbox/dataversesim/metadata"
	"github.com/spotler-connector/connector/internal/schema"
)

// shape is the set of columns of a table at one moment. It is never changed:
// adding a column makes a new one, so readers need no lock.
type shape struct {
	cols     []*column
	byName   map[string]*column
	byWire   map[string]*column
	navs     map[string]navigation
	indexed  []*column
	initial  []*column // columns with a default
	monies   []*column // money columns that have a companion
	platform platformColumns
	keys     []alternateKey
	stored   int // number of values in a row that has them all
	usual    int // number of values that nearly every row has; they come first
}

// platformColumns are the columns that the platform fills in every row; nil
// where a table has none.
type platformColumns struct {
	createdon, modifiedon, createdby, modifiedby  *column
	owner, owningUnit, owningUser, owningTeam     *column
	state, status, fullname, yomifullname, exrate *column
}

// usualNames have a value in nearly every row.
var usualNames = map[string]bool{"createdon": true, "modifiedon": true, "createdby": true, "modifiedby": true, "ownerid": true, "owningbusinessunit": true,
	"owninguser": true, "statecode": true, "statuscode": true, "fullname": true, "yomifullname": true}

// shapeOf lays the columns of a table out: which value of a row belongs to
// which column. Columns that old has keep their places, and no place is used
// twice, so rows that exist need no change.
func shapeOf(t *metadata.Table, old *shape) *shape {
	s := &shape{byName: map[string]*column{}, byWire: map[string]*column{}, navs: map[string]navigation{}}
	if old != nil {
		s.stored, s.usual = old.stored, old.usual
	}
	for _, m := range t.Columns {
		if c := newColumn(t, m); c != nil {
			s.cols = append(s.cols, c)
			s.byName[c.name], s.byWire[c.wire] = c, c
		}
	}
	s.place(old, func(c *column) bool { return usualNames[c.name] || c.initial != nil })
	if old == nil {
		s.usual = s.stored
	}
	s.place(old, func(*column) bool { return true })
	for _, c := range s.cols {
		for _, n := range c.navigations() {
			s.navs[n.name] = n
		}
		s.note(c)
	}
	s.findPlatform()
	s.keys = alternateKeys(t, s)
	return s
}

// place gives the columns that wanted picks their places.
func (s *shape) place(old *shape, wanted func(*column) bool) {
	for _, c := range s.cols {
		if c.index >= 0 || c.kind == schema.PrimaryKey || c.kind == version || !wanted(c) {
			continue
		}
		if old != nil {
			if same := old.byName[c.name]; same != nil && same.kind == c.kind {
				c.index = same.index
				continue
			}
		}
		c.index = s.stored
		s.stored++
	}
}

// note enters a column in the lists that spare a walk over all columns.
func (s *shape) note(c *column) {
	if c.indexed {
		s.indexed = append(s.indexed, c)
	}
	if c.initial != nil {
		s.initial = append(s.initial, c)
	}
	if c.kind == schema.Money {
		if c.base = s.byName[c.name+"_base"]; c.base != nil {
			s.monies = append(s.monies, c)
		}
	}
}

func (s *shape) findPlatform() {
	s.platform = platformColumns{
		createdon: s.byName["createdon"], modifiedon: s.byName["modifiedon"], createdby: s.byName["createdby"], modifiedby: s.byName["modifiedby"],
		owner: s.byName["ownerid"], owningUnit: s.byName["owningbusinessunit"], owningUser: s.byName["owninguser"], owningTeam: s.byName["owningteam"],
		state: s.byName["statecode"], status: s.byName["statuscode"], exrate: s.byName["exchangerate"],
	}
	if c := s.byName["fullname"]; c != nil && c.fixed && s.byName["lastname"] != nil {
		s.platform.fullname, s.platform.yomifullname = c, s.byName["yomifullname"]
	}
}

// primaryColumn is the column with the row's display name, or nil.
func (s *shape) primaryColumn(t *table) *column { return s.byName[t.primary] }
