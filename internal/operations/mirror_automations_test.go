package operations

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/dataverse"
	"github.com/spotler-connector/connector/internal/schema"
)

func TestMirror(t *testing.T) {
	const code = "bc0a8795-536c-432b-83ef-bcb46944eb0f"
	welcome := automationRow{name: "🚀 Welcome: New", trigger: code, flow: "a1", active: true, template: "x=<STRING>"}
	old := automationRow{name: "📢 Old: Start", trigger: "Zx9", flow: "c1", campaign: true, active: true}
	row := func(a automationRow, id string) automationRow { a.id = connector.RecordID(id); return a }
	with := func(a automationRow, change func(*automationRow)) automationRow { change(&a); return a }
	inactive := dataverse.Fields{"statecode": 1, "statuscode": 2}
	for _, c := range []struct {
		name        string
		there, rows []automationRow
		unlisted    bool
		want        []dataverse.Fields
	}{
		{"nothing", nil, nil, false, nil},
		{"new", []automationRow{welcome, old}, nil, false, []dataverse.Fields{
			{"dh_name": "🚀 Welcome: New", "dh_triggercode": code, "dh_automationid": "a1", "dh_type": schema.FlowAutomation, "dh_automationfields": "x=<STRING>"},
			{"dh_name": "📢 Old: Start", "dh_triggercode": "Zx9", "dh_automationid": "c1", "dh_type": schema.FlowCampaign, "dh_automationfields": ""}}},
		{"new and inactive is not made", []automationRow{with(welcome, func(a *automationRow) { a.active = false })}, nil, false, nil},
		{"the same", []automationRow{welcome, old}, []automationRow{row(old, "2"), row(welcome, "1")}, false, nil},
		{"renamed", []automationRow{with(welcome, func(a *automationRow) { a.name = "🚀 Hello" })}, []automationRow{row(welcome, "1")}, false, []dataverse.Fields{{"dh_name": "🚀 Hello"}}},
		{"other fields", []automationRow{with(welcome, func(a *automationRow) { a.template = "" })}, []automationRow{row(welcome, "1")}, false, []dataverse.Fields{{"dh_automationfields": ""}}},
		{"gone", nil, []automationRow{row(welcome, "1"), row(old, "2")}, false, []dataverse.Fields{inactive, inactive}},
		{"gone before", nil, []automationRow{row(with(welcome, func(a *automationRow) { a.active = false }), "1")}, false, nil},
		{"stopped", []automationRow{with(welcome, func(a *automationRow) { a.active = false })}, []automationRow{row(welcome, "1")}, false, []dataverse.Fields{inactive}},
		{"back", []automationRow{welcome}, []automationRow{row(with(welcome, func(a *automationRow) { a.active = false }), "1")}, false, []dataverse.Fields{{"statecode": 0, "statuscode": 1}}},
		{"automations are not listed", []automationRow{old}, []automationRow{row(welcome, "1"), row(old, "2")}, true, nil},
		{"campaigns are", nil, []automationRow{row(welcome, "1"), row(old, "2")}, true, []dataverse.Fields{inactive}},
		{"a row of an earlier installation", []automationRow{welcome}, []automationRow{row(automationRow{name: "🚀 Welcome: New", trigger: code, active: true}, "1")}, false,
			[]dataverse.Fields{{"dh_automationid": "a1", "dh_type": schema.FlowAutomation, "dh_automationfields": "x=<STRING>"}}},
		{"one trigger, two automations", []automationRow{welcome, with(welcome, func(a *automationRow) { a.flow = "a2" })}, []automationRow{row(welcome, "1")}, false, []dataverse.Fields{
			{"dh_name": "🚀 Welcome: New", "dh_triggercode": code, "dh_automationid": "a2", "dh_type": schema.FlowAutomation, "dh_automationfields": "x=<STRING>"}}},
		{"twice in Dynamics", []automationRow{welcome}, []automationRow{row(welcome, "1"), row(welcome, "2")}, false, []dataverse.Fields{inactive}},
	} {
		m := mirror(c.there, c.rows, !c.unlisted)
		var got []dataverse.Fields
		for _, w := range m.writes {
			got = append(got, w.fields)
			if w.create != (w.row.id == "") {
				t.Errorf("%s: %+v", c.name, w)
			}
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s:\n%s", c.name, d)
		}
		if n := m.added + m.changed + m.deactivated; n != len(c.want) {
			t.Errorf("%s: counted %d", c.name, n)
		}
		if len(c.rows) > 0 && len(c.there) > 0 && !c.unlisted { // what was written is the same the next time
			if n := len(mirror(c.there, after(c.rows, m.writes), true).writes); n > 0 {
				t.Errorf("%s: %d rows are written again", c.name, n)
			}
		}
	}
}

// after is the table when the writes are done.
func after(rows []automationRow, writes []automationWrite) []automationRow {
	out := append([]automationRow(nil), rows...)
	for n, w := range writes {
		if w.create {
			w.row.id = connector.RecordID(string(rune('a' + n)))
			out = append(out, w.row)
			continue
		}
		for i := range out {
			if out[i].id == w.row.id {
				out[i] = w.row
			}
		}
	}
	return out
}
