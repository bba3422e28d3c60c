package mapping

import connector "github.com/spotler-connector/connector"

// Use is how a sheet uses a property of Spotler for the rows of one table.
type Use struct {
	Direction connector.Direction
	Scale     Scale // of a money property
}

// use is the key of a Use.
type use struct {
	table    connector.Table
	property string
}

// use notes that row r of the sheet maps its property for rows of t. Rows of both
// directions together make both ways.
func (b *Bound) use(t connector.Table, r Row) {
	if r.Spotler == "" {
		return
	}
	if b.uses == nil {
		b.uses = map[use]Use{}
	}
	key := use{t, r.Spotler}
	u, again := b.uses[key]
	if again && u.Direction != r.Direction {
		u.Direction = connector.BothWays
	} else {
		u = Use{Direction: r.Direction, Scale: r.Scale}
	}
	b.uses[key] = u
}

// Use tells how the sheet uses a property for rows of t; false when it does not map it.
// A row that is held back is not used.
func (b *Bound) Use(t connector.Table, property string) (Use, bool) {
	u, mapped := b.uses[use{t, property}]
	return u, mapped
}
