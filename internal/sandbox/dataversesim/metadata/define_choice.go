package metadata

import (
	"slices"
	"strings"
)

// ReplaceChoice returns m with a global choice as the body describes it. Only
// its labels can be changed so; they wait for Publish. Options have messages of their own.
func (m *Model) ReplaceChoice(c *Choice, b *Body, merge bool) (*Model, error) {
	if b.Type != "" && b.Type != "OptionSetMetadata" {
		return nil, invalid("The choice %s is not a %s.", c.Name, b.Type)
	}
	b.check(m.ChoiceDocument(c))
	if given := b.Text("Name"); given != "" && !strings.EqualFold(given, c.Name) {
		b.refuse(invalid("The Name of the choice %s cannot be changed.", c.Name))
	}
	same := *c
	same.Next = b.reword(Wording{Label: c.Label, Description: c.Description}, c.Next, merge)
	if err := b.Err(); err != nil {
		return nil, err
	}
	return m.WithChoice(&same), nil
}

// DropChoice returns m without a customer's global choice that no column uses.
func (m *Model) DropChoice(c *Choice) (*Model, error) {
	if !c.Custom {
		return nil, ofPlatform("The choice %s belongs to the platform and cannot be deleted.", c.Name)
	}
	if users := m.ChoiceUsers(c.Name); len(users) > 0 {
		return nil, needed("The OptionSet(%s) component cannot be deleted because it is referenced by %d other components: %s.", c.ID, len(users), strings.Join(users, ", "))
	}
	return m.WithoutChoice(c.Name), nil
}

// options is the choice that a message on options means, and how to give a model back
// that has another in its place.
type options struct {
	choice *Choice
	column *Column
	put    func(*Choice) *Model
}

// optionsOf finds them by OptionSetName, or by EntityLogicalName and AttributeLogicalName.
func (m *Model) optionsOf(b *Body) (options, *Refused) {
	if name := b.Text("OptionSetName"); name != "" {
		c := m.Choice(name)
		if c == nil {
			return options{}, invalid("There is no global choice '%s'.", name)
		}
		return options{c, nil, func(c *Choice) *Model { return m.WithChoice(c) }}, nil
	}
	t := m.Table(b.Text("EntityLogicalName"))
	if t == nil {
		return options{}, invalid("The message needs an OptionSetName, or an EntityLogicalName and an AttributeLogicalName.")
	}
	c := t.Column(b.Text("AttributeLogicalName"))
	if c == nil || c.Choice == nil || c.Type == Boolean {
		return options{}, invalid("The table %s has no choice column '%s'.", t.Name, b.Text("AttributeLogicalName"))
	}
	if c.Choice.Global {
		return options{}, invalid("The options of '%s' belong to the global choice %s: name it as OptionSetName.", c.Name, c.Choice.Name)
	}
	return options{c.Choice, c, func(choice *Choice) *Model {
		same := *c
		same.Choice = choice
		return m.WithColumn(t.Name, &same)
	}}, nil
}

// changed is a copy of the choice whose options may be changed.
func (o options) changed() *Choice {
	same := *o.choice
	same.Options = slices.Clone(o.choice.Options)
	return &same
}

// InsertOption carries out InsertOptionValue, and InsertStatusValue with status
// set; it returns the value of the new option, which can be used at once.
func (m *Model) InsertOption(b *Body, status bool, origin Origin) (*Model, int, error) {
	o, refused := m.optionsOf(b)
	if refused != nil {
		return nil, 0, refused
	}
	isStatus := o.column != nil && o.column.Type == Status
	if isStatus != status || o.column != nil && o.column.Type == State {
		return nil, 0, invalid("InsertStatusValue is for status columns, InsertOptionValue for choices; a state column takes neither.")
	}
	same := o.changed()
	if status && !b.Has("StateCode") {
		return nil, 0, invalid("The parameter StateCode is missing: the state that the status belongs to.")
	}
	value := b.readOption(same, origin)
	if status {
		same.option(value).State = b.Whole("StateCode", 0)
	}
	if err := b.Err(); err != nil {
		return nil, 0, err
	}
	return o.put(same), value, nil
}

// UpdateOption carries out UpdateOptionValue: the label of an option, which
// waits for Publish.
func (m *Model) UpdateOption(b *Body) (*Model, error) {
	o, refused := m.optionsOf(b)
	if refused != nil {
		return nil, refused
	}
	same := o.changed()
	value := b.Whole("Value", -1)
	opt := same.option(value)
	if opt == nil {
		return nil, invalid("The choice '%s' has no option %d.", same.Name, value)
	}
	l, given := b.Label("Label")
	if !given {
		return nil, invalid("The parameter Label is missing.")
	}
	merge := b.Flag("MergeLabels", false)
	next := Wording{Label: opt.Label, Description: opt.Description}
	if opt.Next != nil {
		next = *opt.Next
	}
	if merge {
		l = next.Label.Merge(l)
	}
	next.Label = l
	if d, ok := b.Label("Description"); ok {
		next.Description = d
	}
	if opt.Next = &next; b.Err() != nil {
		return nil, b.Err()
	}
	return o.put(same), nil
}

// DeleteOption carries out DeleteOptionValue. Rows keep a value that they have.
func (m *Model) DeleteOption(b *Body) (*Model, error) {
	o, refused := m.optionsOf(b)
	if refused != nil {
		return nil, refused
	}
	value := b.Whole("Value", -1)
	same := o.changed()
	if same.option(value) == nil {
		return nil, invalid("The choice '%s' has no option %d.", same.Name, value)
	}
	if o.column != nil && (o.column.Type == State || o.column.Type == Status && m.isDefaultStatus(o.column, value)) {
		return nil, ofPlatform("The option %d of %s is needed by the platform.", value, o.column.Name)
	}
	same.Options = slices.DeleteFunc(same.Options, func(x Option) bool { return x.Value == value })
	return o.put(same), b.Err()
}

// isDefaultStatus tells whether a status is the only one of its state.
func (m *Model) isDefaultStatus(status *Column, value int) bool {
	state := status.Choice.option(value).State
	others := 0
	for _, o := range status.Choice.Options {
		if o.State == state {
			others++
		}
	}
	return others == 1
}

// OrderOptions carries out OrderOption: Values has all of them in their new order.
func (m *Model) OrderOptions(b *Body) (*Model, error) {
	o, refused := m.optionsOf(b)
	if refused != nil {
		return nil, refused
	}
	var values []int
	b.into("Values", &values, "Collection(Edm.Int32)")
	same := o.changed()
	if len(values) != len(same.Options) {
		return nil, invalid("Values must hold each of the %d options once.", len(same.Options))
	}
	for i, v := range values {
		opt := o.choice.option(v)
		if opt == nil || slices.Contains(values[:i], v) {
			return nil, invalid("Values must hold each of the %d options once; see %d.", len(same.Options), v)
		}
		same.Options[i] = *opt
	}
	return o.put(same), b.Err()
}
