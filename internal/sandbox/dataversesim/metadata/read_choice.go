package metadata

import "strings"

// readOptions reads the Options of a choice.
func (b *Body) readOptions(c *Choice, o Origin) {
	for _, in := range b.List("Options") {
		in.readOption(c, o)
	}
}

// readOption adds one option to c; without a value it gets the next that is free.
func (b *Body) readOption(c *Choice, o Origin) int {
	opt := Option{Value: o.nextOption(c), Color: b.Text("Color"), State: b.Whole("State", 0), Default: b.Whole("DefaultStatus", 0)}
	if b.Has("Value") {
		if opt.Value = b.Whole("Value", 0); !c.hasOption(opt.Value) {
			if r := o.checkOption(opt.Value); r != nil {
				b.refuse(r)
			}
		}
	}
	opt.Label, _ = b.Label("Label")
	opt.Description, _ = b.Label("Description")
	if c.hasOption(opt.Value) {
		b.refuse(exists("The option value %d is there already in the choice '%s'.", opt.Value, c.Name))
	}
	if len(opt.Label) == 0 {
		b.refuse(invalid("The option %d needs a Label.", opt.Value))
	}
	c.Options = append(c.Options, opt)
	return opt.Value
}

func (c *Choice) hasOption(value int) bool { return c.option(value) != nil }

// readBoolean reads the TrueOption and FalseOption of a two-option column.
func (b *Body) readBoolean(c *Choice) {
	for at, name := range []string{"FalseOption", "TrueOption"} {
		in := b.Object(name)
		if in == nil {
			continue
		}
		if given := in.Whole("Value", at); given != at {
			b.refuse(invalid("The value of %s must be %d.", name, at))
		}
		opt := c.option(at)
		if l, ok := in.Label("Label"); ok && len(l) > 0 {
			opt.Label = l
		}
		opt.Description, _ = in.Label("Description")
		opt.Color = in.Text("Color")
	}
}

// NewChoice reads a global choice that is to be made.
func (m *Model) NewChoice(b *Body, o Origin) (*Choice, error) {
	c := &Choice{Name: b.Text("Name"), Global: true, Custom: true}
	if b.Type != "" && b.Type != "OptionSetMetadata" {
		b.refuse(invalid("A global choice is an OptionSetMetadata, not a %s.", b.Type))
	}
	b.check(m.ChoiceDocument(c))
	if r := o.checkName(c.Name, "choice"); r != nil {
		b.refuse(invalidName(r, "Name"))
	}
	if kind := b.Text("OptionSetType"); kind != "" && kind != "Picklist" {
		b.refuse(invalid("A global choice of the OptionSetType %s cannot be made; make a Picklist.", kind))
	}
	if m.Choice(c.Name) != nil {
		b.refuse(exists("A choice with the name %s is there already.", c.Name))
	}
	c.Label, _ = b.Label("DisplayName")
	c.Description, _ = b.Label("Description")
	b.readOptions(c, o)
	return c, b.Err()
}

// invalidName says Name where the rule for schema names says SchemaName.
func invalidName(r *Refused, name string) *Refused {
	same := *r
	same.Message = strings.Replace(same.Message, "a SchemaName", "a "+name, 1)
	return &same
}
