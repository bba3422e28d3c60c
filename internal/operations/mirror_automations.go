package operations

import (
	"fmt"

	"github.com/spotler-connector/connector/internal/dataverse"
	"github.com/spotler-connector/connector/internal/schema"
)

// automationWrite is one row of Spotler Automation that must be made or changed.
type automationWrite struct {
	row    automationRow
	create bool
	fields dataverse.Fields
}

// mirroring is what makes the table show what Spotler has.
type mirroring struct {
	writes                      []automationWrite
	automations, campaigns      int // that can be started
	added, changed, deactivated int
}

// key is what tells two rows apart: one trigger may start several automations.
func (a automationRow) key() string { return a.trigger + "/" + a.flow }

// mirror compares what Spotler has with the rows: new ones are made, changed ones
// corrected, and those that are gone, or cannot be started, become inactive. When
// Spotler did not list its automations, the rows of automations are left alone.
func mirror(there, rows []automationRow, listed bool) (m mirroring) {
	find := rowFinder(rows)
	kept := map[int]bool{}
	for _, flow := range there {
		if flow.active && flow.campaign {
			m.campaigns++
		} else if flow.active {
			m.automations++
		}
		i, found := find(flow, kept)
		if !found && flow.active {
			m.added++
			m.writes = append(m.writes, automationWrite{row: flow, create: true, fields: flow.shown(automationRow{}, true)})
		}
		if !found {
			continue
		}
		kept[i] = true
		flow.id = rows[i].id
		if fields := flow.shown(rows[i], false); len(fields) > 0 {
			m.count(flow, rows[i])
			m.writes = append(m.writes, automationWrite{row: flow, fields: fields})
		}
	}
	for i, r := range rows {
		if kept[i] || !r.active || !r.campaign && !listed {
			continue
		}
		gone := r
		gone.active = false
		m.count(gone, r)
		m.writes = append(m.writes, automationWrite{row: gone, fields: gone.shown(r, false)})
	}
	return m
}

func (m *mirroring) count(now, was automationRow) {
	if was.active && !now.active {
		m.deactivated++
	} else {
		m.changed++
	}
}

// rowFinder finds the row of a flow: by trigger and automation, or a row of an
// earlier installation, which has the trigger only. An active row comes before an
// inactive one.
func rowFinder(rows []automationRow) func(flow automationRow, taken map[int]bool) (int, bool) {
	return func(flow automationRow, taken map[int]bool) (best int, found bool) {
		rank := 0
		for i, r := range rows {
			if taken[i] || r.trigger != flow.trigger || r.flow != "" && r.flow != flow.flow {
				continue
			}
			of := 1
			if r.active {
				of = 2
			}
			if r.flow != "" {
				of += 2
			}
			if of > rank {
				best, found, rank = i, true, of
			}
		}
		return best, found
	}
}

// shown are the columns of a row that differ from was; all of them for a new row,
// which is active from the start.
func (a automationRow) shown(was automationRow, all bool) dataverse.Fields {
	f := dataverse.Fields{}
	set := func(column string, differs bool, value any) {
		if all || differs {
			f[column] = value
		}
	}
	set("dh_name", a.name != was.name, a.name)
	set("dh_triggercode", a.trigger != was.trigger, a.trigger)
	set("dh_automationid", a.flow != was.flow, a.flow)
	kind := schema.FlowAutomation
	if a.campaign {
		kind = schema.FlowCampaign
	}
	set("dh_type", a.campaign != was.campaign || was.flow != a.flow, kind)
	set("dh_automationfields", a.template != was.template, a.template)
	if a.active != was.active && !all {
		f["statecode"], f["statuscode"] = 1, 2
		if a.active {
			f["statecode"], f["statuscode"] = 0, 1
		}
	}
	return f
}

// says tells a person what was found and done.
func (m mirroring) says(listed bool) string {
	text := fmt.Sprintf("%d automations and %d campaigns can be started. Rows of Spotler Automation: %d added, %d changed, %d made inactive.", m.automations, m.campaigns, m.added, m.changed, m.deactivated)
	if !listed {
		text += " This Spotler account does not list its automations, so their rows were left as they are: the path of that call is assumed; spotler-connector probe tells."
	}
	return text
}
