package dataversesim

const (
	pointerTable = "activitypointer"
	listTable    = "list"
)

// pointerStatus translates what an activity's own state is to the state of its
// pointer, whose statuses are fewer: the first status of the same state.
func pointerStatus(state int64) int64 { return state + 1 }

// mirror keeps the pointer of an activity: every activity appears in
// activitypointers under the same id (reference: dataverse-api 5.4).
func (tx *transaction) mirror(c *change) {
	tx.countMember(c)
	if !c.table.meta.Activity {
		return
	}
	t := tx.sim.tables[pointerTable]
	before := t.find(rowID(c.after, c.before))
	if c.after == nil {
		if before != nil {
			tx.apply(change{table: t, before: before, message: "Delete", gone: tx.sim.nextVersion(), quiet: true})
		}
		return
	}
	after := &row{id: c.after.id, seq: c.after.seq, version: c.after.version, vals: make([]any, 0, t.shape.usual)}
	for _, col := range t.shape.cols {
		from := c.table.shape.byName[col.name]
		if from == nil || col.index < 0 || from.index < 0 {
			continue
		}
		if v := c.after.get(from); v != nil {
			after.put(col, v)
		}
	}
	if state, ok := c.after.get(c.table.shape.platform.state).(int64); ok {
		after.put(t.shape.byName["statuscode"], pointerStatus(state))
	}
	tx.apply(change{table: t, before: before, after: after, message: "Update", quiet: true})
}

// deriveActivity gives a new activity, note or party what the platform knows of it.
func deriveActivity(c *change) {
	if c.before != nil {
		return
	}
	if c.table.meta.Activity {
		c.put("activitytypecode", c.table.name)
	}
	if to, ok := c.value("objectid").(ref); ok && c.table.name == "annotation" {
		c.put("objecttypecode", to.table.name)
	}
}
