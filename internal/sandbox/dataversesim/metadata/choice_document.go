package metadata

// ChoiceDocument is a global choice as the metadata service writes it.
func (m *Model) ChoiceDocument(c *Choice) *Document {
	d := choiceDocument(c, Picklist)
	d.Typed = true
	return d
}

// ChoiceDocuments are the global choices.
func (m *Model) ChoiceDocuments() []*Document {
	out := []*Document{}
	for _, c := range m.Choices() {
		out = append(out, m.ChoiceDocument(c))
	}
	return out
}

// choiceDocument writes a choice of a column of that type.
func choiceDocument(c *Choice, of Type) *Document {
	kind := string(of)
	if of == MultiSelect {
		kind = "Picklist"
	}
	d := doc("OptionSetMetadata", "IsCustomOptionSet", c.Custom, "IsGlobal", c.Global, "IsManaged", !c.Custom, "Name", c.Name, "ExternalTypeName", nil,
		"OptionSetType", kind, "IntroducedVersion", "5.0.0.0", "ParentOptionSetName", nil, "MetadataId", c.ID, "HasChanged", nil,
		"Description", label(c.Description, !c.Custom), "DisplayName", label(c.Label, !c.Custom), "IsCustomizable", managed(true, false, "iscustomizable"))
	if of == Boolean {
		d.Type = "BooleanOptionSetMetadata"
		d.add("TrueOption", optionDocument(c, 1, of), "FalseOption", optionDocument(c, 0, of))
		return d
	}
	options := []*Document{}
	for i := range c.Options {
		options = append(options, writeOption(c, &c.Options[i], of))
	}
	d.add("Options", options)
	return d
}

func optionDocument(c *Choice, value int, of Type) *Document {
	if o := c.option(value); o != nil {
		return writeOption(c, o, of)
	}
	return nil
}

func writeOption(c *Choice, o *Option, of Type) *Document {
	d := doc("", "Value", o.Value, "Color", text(o.Color), "IsManaged", !c.Custom, "ExternalValue", nil, "ParentValues", []*Document{}, "Tag", nil, "IsHidden", false, "MetadataId", nil, "HasChanged", nil)
	switch of {
	case State:
		d.Type, d.Typed = "StateOptionMetadata", true
		d.add("DefaultStatus", o.Default, "InvariantName", o.Label.String())
	case Status:
		d.Type, d.Typed = "StatusOptionMetadata", true
		d.add("State", o.State, "TransitionData", nil)
	}
	d.add("Label", label(o.Label, !c.Custom), "Description", label(o.Description, !c.Custom))
	return d
}
