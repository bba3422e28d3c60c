package dataverse

import (
	"maps"
	"slices"

	"github.com/spotler-connector/connector/internal/schema"
)

// liveKinds says which of our kinds a type of column is; types that are not here, such
// as files and images, cannot be mapped.
var liveKinds = map[string]schema.Kind{
	"String": schema.String, "Memo": schema.Memo, "Integer": schema.Int, "BigInt": schema.BigInt, "Decimal": schema.Decimal, "Double": schema.Double,
	"Money": schema.Money, "Boolean": schema.Bool, "DateTime": schema.DateTime, "Picklist": schema.Choice, "MultiSelectPicklist": schema.Choices,
	"State": schema.State, "Status": schema.Status, "Lookup": schema.Lookup, "Customer": schema.Customer, "Owner": schema.Owner, "Uniqueidentifier": schema.PrimaryKey,
}

// behaviours refine a DateTime (reference: dataverse-api 2.4).
var behaviours = map[string]schema.Kind{"DateOnly": schema.DateOnly, "TimeZoneIndependent": schema.LocalTime}

// kind is what the column is for us; "" when it cannot be mapped or read.
func (c ColumnDefinition) kind() schema.Kind {
	if c.CompanionOf != "" || !c.Read {
		return ""
	}
	if k, refined := behaviours[c.Behavior]; refined && c.Type == "DateTime" {
		return k
	}
	return liveKinds[c.Type]
}

// Onto is base as the organisation really has it: columns that it has no more are left
// out, types are those of today, and columns of its own are added. options are those
// of Client.Options, nil when they could not be read; labels are in the first of the
// languages that has one.
func (t TableDefinition) Onto(base schema.Table, options map[string][]Choice, languages ...int) schema.Table {
	out := base
	out.Set, out.Key, out.Columns = t.Set, t.Key, nil
	if t.Primary != "" {
		out.Primary = t.Primary
	}
	known := map[string]bool{}
	for _, c := range base.Columns {
		known[c.Name] = true
		if live, there := t.Columns[c.Name]; there && live.kind() != "" {
			out.Columns = append(out.Columns, live.onto(c, options[c.Name], languages))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t.Columns)) {
		if c := t.Columns[name]; !known[name] && c.kind() != "" {
			out.Columns = append(out.Columns, c.onto(schema.Column{Name: name, Label: c.Labels.In(languages...)}, options[name], languages))
		}
	}
	return out
}

// onto is base as c describes it. What c does not say, base keeps.
func (c ColumnDefinition) onto(base schema.Column, choices []Choice, languages []int) schema.Column {
	if !alike(base.Kind, c.kind()) {
		base.Kind, base.Options = c.kind(), nil
	}
	if c.SchemaName != "" {
		base.Schema = c.SchemaName
	}
	if c.MaxLength > 0 {
		base.Max = c.MaxLength
	}
	if len(c.Targets) > 0 {
		base.Targets = c.Targets
	}
	if len(choices) == 0 || base.Kind == schema.Bool {
		return base
	}
	base.Options = make([]schema.Option, 0, len(choices))
	for _, o := range choices {
		label := o.Labels.In(languages...)
		option := schema.Option{Value: o.Value, Label: label, State: o.State}
		for _, n := range slices.Sorted(maps.Keys(o.Labels)) {
			if l := o.Labels[n]; l != "" && l != label && !slices.Contains(option.Labels, l) {
				option.Labels = append(option.Labels, l)
			}
		}
		base.Options = append(base.Options, option)
	}
	return base
}

// alike reports whether two kinds are read and written alike, so that base may keep
// its own: a customer is a lookup with two targets.
func alike(base, live schema.Kind) bool {
	return base == live || base == schema.Customer && live == schema.Lookup
}
