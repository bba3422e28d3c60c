package metadata

import "slices"

// apps are the tables that come with Dynamics 365 apps: a plain Power Apps
// organisation has none of them (reference: dataverse-api 1.6).
var apps = []string{"lead", "list", "listmember", "campaign", "campaignresponse", "campaignactivity", "opportunity"}

// Light is m as a plain Power Apps organisation has it: without the tables of Dynamics
// 365 apps, and without the lookups that point at nothing else.
func (m *Model) Light() *Model {
	out := m
	for _, r := range m.Relationships() {
		if r.ManyToMany() && (slices.Contains(apps, r.One) || slices.Contains(apps, r.Two)) {
			out = out.WithoutTable(r.Intersect)
		}
	}
	for _, name := range apps {
		if out.Table(name) != nil {
			out = out.WithoutTable(name)
		}
	}
	for _, t := range out.Tables() {
		for _, c := range t.Columns {
			left := slices.DeleteFunc(slices.Clone(c.Targets), func(to string) bool { return slices.Contains(apps, to) })
			switch {
			case !c.IsLookup() || len(left) == len(c.Targets):
			case len(left) == 0:
				out = out.WithoutColumn(t.Name, c.Name)
			default:
				fewer := *c
				fewer.Targets = left
				out = out.WithColumn(t.Name, &fewer)
			}
		}
	}
	return out
}
