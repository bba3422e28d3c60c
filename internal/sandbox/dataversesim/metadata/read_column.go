package metadata

import (
	"math"
	"slices"
	"strings"
)

// madeTypes are the types of columns that can be made, by the name of their
// definition (reference: dataverse-api 6.1).
var madeTypes = map[string]Type{
	"StringAttributeMetadata": String, "MemoAttributeMetadata": Memo, "IntegerAttributeMetadata": Integer, "BigIntAttributeMetadata": BigInt,
	"DecimalAttributeMetadata": Decimal, "DoubleAttributeMetadata": Double, "MoneyAttributeMetadata": Money, "BooleanAttributeMetadata": Boolean,
	"DateTimeAttributeMetadata": DateTime, "PicklistAttributeMetadata": Picklist, "MultiSelectPicklistAttributeMetadata": MultiSelect,
	"ImageAttributeMetadata": Image, "FileAttributeMetadata": File,
}

// NewColumn reads a column that is to be made on a table.
func (m *Model) NewColumn(t *Table, b *Body, o Origin) (*Column, error) {
	kind, ok := madeTypes[b.Type]
	switch {
	case b.Type == "":
		return nil, garbled("A column needs an '@odata.type', such as '%sStringAttributeMetadata'.", typePrefix)
	case b.Type == "LookupAttributeMetadata":
		return nil, invalid("A lookup column is made by its relationship: POST it to RelationshipDefinitions.")
	case !ok:
		return nil, invalid("A column of the type %s cannot be made.", b.Type)
	}
	c := &Column{Schema: b.Text("SchemaName"), Type: kind, Custom: true}
	c.Name = strings.ToLower(c.Schema)
	if r := o.checkName(c.Schema, "column"); r != nil && (!t.Activity || c.Name != "subject") {
		return nil, r
	}
	if t.Column(c.Name) != nil {
		return nil, exists("An attribute with the specified name %s already exists for entity %s.", c.Name, t.Name)
	}
	m.readColumn(t, b, c, o)
	return c, b.Err()
}

// readColumn fills c with what the body says; what it leaves out is the default.
func (m *Model) readColumn(t *Table, b *Body, c *Column, o Origin) {
	b.readCommon(c)
	switch c.Type {
	case String, Memo:
		b.readText(c)
	case Integer, Decimal, Double, Money:
		b.readNumber(c)
	case DateTime:
		b.readDate(c)
	case Boolean:
		c.Choice = &Choice{Custom: c.Custom, Options: []Option{{Value: 0, Label: In("No")}, {Value: 1, Label: In("Yes")}}}
		if in := b.Object("OptionSet"); in != nil {
			in.readBoolean(c.Choice)
		}
		if b.Flag("DefaultValue", false) {
			one := 1
			c.Default = &one
		}
	case Picklist, MultiSelect:
		m.readPicklist(b, c, o)
	case File, Image:
		c.Max = b.Whole("MaxSizeInKB", 0)
	}
	c.complete()
	if c.Choice != nil {
		c.seal(t)
	}
	d := m.ColumnDocument(t, c)
	b.check(d, "OptionSet", "GlobalOptionSet", "IsPrimaryName")
}

// readCommon reads what columns of all types have.
func (b *Body) readCommon(c *Column) {
	c.Label, _ = b.Label("DisplayName")
	c.Description, _ = b.Label("Description")
	if len(c.Label) == 0 {
		b.refuse(invalid("The column '%s' needs a DisplayName.", c.Name))
	}
	c.Required = b.Value("RequiredLevel")
	switch c.Required {
	case "", "None", "Recommended", "ApplicationRequired", "SystemRequired":
	default:
		b.refuse(garbled("Cannot convert the literal '%s' to the expected type '%sAttributeRequiredLevel'.", c.Required, typePrefix))
	}
	if c.Source = b.Whole("SourceType", 0); c.Source < 0 || c.Source > 3 {
		b.refuse(invalid("The SourceType of '%s' must be 0, 1, 2 or 3.", c.Name))
	}
	if c.Source == 1 || c.Source == 3 {
		b.refuse(notSimulated("The computing of a calculated column or a formula column"))
	}
	c.ReadOnly = c.ReadOnly || c.Source != 0 // calculated and rollup columns are read-only (2.4)
	c.Formula = b.Text("FormulaDefinition")
}

func (b *Body) readText(c *Column) {
	if b.Text("AutoNumberFormat") != "" {
		b.refuse(notSimulated("An automatic number"))
	}
	least, most, usual := 1, 4000, 100
	if c.Type == Memo {
		most, usual = 1048576, 2000
	}
	if c.Max = b.Whole("MaxLength", usual); c.Max < least || c.Max > most {
		b.refuse(invalid("The MaxLength %d of '%s' must be between %d and %d.", c.Max, c.Name, least, most))
	}
	if c.Format = b.Value("FormatName"); c.Format == "" {
		c.Format = b.Text("Format")
	}
	if c.Format != "" && !slices.Contains([]string{"Text", "Email", "TextArea", "Url", "TickerSymbol", "PhoneticGuide", "VersionNumber", "Phone", "Json", "RichText"}, c.Format) {
		b.refuse(invalid("The format '%s' of '%s' is not known.", c.Format, c.Name))
	}
}

// bounds are the least, greatest and usual values of numbers: how far they go
// from zero, how many digits they may have behind the point, how many they have.
var bounds = map[Type]struct {
	far         float64
	most, usual int
}{
	Integer: {math.MaxInt32, 0, 0}, Decimal: {100000000000, 10, 2}, Double: {100000000000, 5, 2}, Money: {922337203685477, 4, 2},
}

func (b *Body) readNumber(c *Column) {
	limit := bounds[c.Type]
	lowest := -limit.far
	if c.Type == Integer {
		lowest = math.MinInt32
	}
	c.Min, c.Top = b.Number("MinValue", lowest), b.Number("MaxValue", limit.far)
	if c.Min < lowest || c.Top > limit.far || c.Min > c.Top {
		b.refuse(invalid("The MinValue and MaxValue of '%s' must be in order, and between %.0f and %.0f.", c.Name, lowest, limit.far))
	}
	if c.Type == Integer {
		return
	}
	if c.Precision = b.Whole("Precision", limit.usual); c.Precision < 0 || c.Precision > limit.most {
		b.refuse(invalid("The Precision of '%s' must be between 0 and %d.", c.Name, limit.most))
	}
	c.Exact = true
	if c.Type == Money {
		if c.PrecisionSource = b.Whole("PrecisionSource", 0); c.PrecisionSource < 0 || c.PrecisionSource > 2 {
			b.refuse(invalid("The PrecisionSource of '%s' must be 0, 1 or 2.", c.Name))
		}
	}
}

func (b *Body) readDate(c *Column) {
	c.Format, c.Behavior = b.Text("Format"), b.Value("DateTimeBehavior")
	switch c.Behavior {
	case "", UserLocal, TimeZoneIndependent:
	case DateOnly:
		if c.Format == "" {
			c.Format = "DateOnly"
		}
	default:
		b.refuse(invalid("The DateTimeBehavior '%s' of '%s' is not known: choose UserLocal, DateOnly or TimeZoneIndependent.", c.Behavior, c.Name))
	}
	switch c.Format {
	case "", "DateOnly", "DateAndTime":
	default:
		b.refuse(invalid("The Format '%s' of '%s' is not known: choose DateOnly or DateAndTime.", c.Format, c.Name))
	}
	if c.Behavior == DateOnly && c.Format != "DateOnly" {
		b.refuse(invalid("The column '%s' with the behavior DateOnly must have the format DateOnly.", c.Name))
	}
}

// readPicklist reads the options of a choice column: its own, or those of a
// global choice.
func (m *Model) readPicklist(b *Body, c *Column, o Origin) {
	if address := b.Text("GlobalOptionSet@odata.bind"); address != "" {
		if c.Choice = m.boundChoice(address); c.Choice == nil {
			b.refuse(invalid("There is no global choice at '%s'.", address))
			return
		}
	} else if in := b.Object("OptionSet"); in != nil {
		c.Choice = &Choice{Custom: c.Custom}
		if in.Flag("IsGlobal", false) {
			if c.Choice = m.Choice(in.Text("Name")); c.Choice == nil {
				b.refuse(invalid("There is no global choice '%s'.", in.Text("Name")))
				return
			}
		} else {
			c.Choice.Name = in.Text("Name")
			in.readOptions(c.Choice, o)
		}
	} else {
		b.refuse(invalid("The column '%s' needs an OptionSet, or a GlobalOptionSet@odata.bind.", c.Name))
		return
	}
	if v := b.Whole("DefaultFormValue", -1); v != -1 {
		if !c.Choice.hasOption(v) {
			b.refuse(invalid("The DefaultFormValue %d of '%s' is not among its options.", v, c.Name))
		}
		c.Default = &v
	}
}

// boundChoice finds the global choice at /GlobalOptionSetDefinitions(<id>) or (Name='…').
func (m *Model) boundChoice(address string) *Choice {
	_, key, ok := strings.Cut(address, "GlobalOptionSetDefinitions(")
	key, closed := strings.CutSuffix(key, ")")
	if !ok || !closed {
		return nil
	}
	if name, named := strings.CutPrefix(key, "Name="); named {
		return m.Choice(strings.Trim(name, "'"))
	}
	return m.ChoiceOf(strings.Trim(key, "'"))
}
