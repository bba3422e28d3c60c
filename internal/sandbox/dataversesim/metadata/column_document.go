package metadata

// typeNames is AttributeTypeName by type; what is not here is the type with "Type" behind it.
var typeNames = map[Type]string{Key: "UniqueidentifierType", Boolean: "BooleanType", MultiSelect: "MultiSelectPicklistType"}

// typeCodes is AttributeType by type; what is not here is the type itself.
// Newer types have none of their own.
var typeCodes = map[Type]string{MultiSelect: "Virtual", Image: "Virtual", File: "Virtual"}

// castNames is the @odata.type of a column without AttributeMetadata, where it is
// not the type itself.
var castNames = map[Type]string{Key: "UniqueIdentifier", Customer: "Lookup", Owner: "Lookup", PartyList: "Lookup"}

// CastName is the derived type of a column: PicklistAttributeMetadata.
func (c *Column) CastName() string {
	name := castNames[c.Type]
	if name == "" {
		name = string(c.Type)
	}
	return name + "AttributeMetadata"
}

// ColumnDocuments are the columns of a table; cast picks those of one derived
// type, empty all.
func (m *Model) ColumnDocuments(t *Table, cast string) []*Document {
	out := []*Document{}
	for i := range t.Columns {
		if c := t.Columns[i]; cast == "" || c.CastName() == cast {
			d := m.ColumnDocument(t, c)
			d.Typed = cast == ""
			out = append(out, d)
		}
	}
	return out
}

// ColumnDocument is an AttributeMetadata as the metadata service writes it.
func (m *Model) ColumnDocument(t *Table, c *Column) *Document {
	kind, code := typeNames[c.Type], typeCodes[c.Type]
	if kind == "" {
		kind = string(c.Type) + "Type"
	}
	if code == "" {
		code = string(c.Type)
	}
	key := c.Name == t.Key
	required := c.Required
	if key {
		required = "SystemRequired"
	}
	d := doc(c.CastName(),
		"AttributeOf", nil, "AttributeType", code, "ColumnNumber", t.place(c), "DeprecatedVersion", nil, "IntroducedVersion", "5.0.0.0", "EntityLogicalName", t.Name,
		"IsCustomAttribute", c.Custom, "IsPrimaryId", key, "IsValidODataAttribute", true, "IsPrimaryName", c.Name == t.Primary, "IsValidForCreate", !c.ReadOnly,
		"IsValidForRead", !c.Secret, "IsValidForUpdate", !c.ReadOnly && !c.CreateOnly && !key, "CanBeSecuredForRead", false, "CanBeSecuredForCreate", false, "CanBeSecuredForUpdate", false,
		"IsSecured", false, "IsRetrievable", !c.Secret, "IsFilterable", !c.Secret, "IsSearchable", false, "IsManaged", !c.Custom, "LinkedAttributeId", nil, "LogicalName", c.Name,
		"IsValidForForm", true, "IsRequiredForForm", false, "IsValidForGrid", true, "SchemaName", c.Schema, "ExternalName", nil, "IsLogical", false, "IsDataSourceSecret", false,
		"InheritsFrom", nil, "CreatedOn", aged, "ModifiedOn", aged, "SourceType", c.Source, "AutoNumberFormat", "", "MetadataId", c.ID, "HasChanged", nil,
		"AttributeTypeName", doc("", "Value", kind), "Description", label(c.Description, !c.Custom), "DisplayName", label(c.Label, !c.Custom),
		"IsAuditEnabled", managed(true, true, "canmodifyauditsettings"), "IsGlobalFilterEnabled", managed(false, true, "canmodifyglobalfiltersettings"),
		"IsSortableEnabled", managed(false, true, "canmodifyissortablesettings"), "IsCustomizable", managed(true, false, "iscustomizable"),
		"IsRenameable", managed(true, false, "isrenameable"), "IsValidForAdvancedFind", managed(true, true, "canmodifysearchsettings"),
		"RequiredLevel", managed(required, required != "SystemRequired", "canmodifyrequirementlevelsettings"), "CanModifyAdditionalSettings", managed(true, true, "canmodifyadditionalsettings"),
		"Settings", []*Document{})
	d.addTyped(c)
	return d
}

func (t *Table) place(c *Column) int {
	for i, o := range t.Columns {
		if o == c {
			return i + 1
		}
	}
	return 0
}

// addTyped adds what the type of the column has beside what all have.
func (d *Document) addTyped(c *Column) {
	switch c.Type {
	case String, Memo:
		d.add("Format", c.Format, "ImeMode", "Auto", "MaxLength", c.Max, "IsLocalizable", false, "FormatName", doc("", "Value", c.Format))
		if c.Type == String {
			d.add("YomiOf", nil, "DatabaseLength", 2*c.Max, "FormulaDefinition", c.Formula, "SourceTypeMask", 0)
		}
	case Integer:
		d.add("Format", "None", "MaxValue", int(c.Top), "MinValue", int(c.Min), "FormulaDefinition", c.Formula, "SourceTypeMask", 0)
	case BigInt:
		d.add("MaxValue", 9223372036854775807, "MinValue", -9223372036854775807)
	case Decimal, Double, Money:
		d.add("MaxValue", c.Top, "MinValue", c.Min, "Precision", c.Precision, "ImeMode", "Disabled")
		if c.Type == Money {
			d.add("PrecisionSource", c.PrecisionSource, "CalculationOf", nil, "IsBaseCurrency", c.ReadOnly)
		}
	case DateTime:
		d.add("MinSupportedValue", "1753-01-01T00:00:00Z", "MaxSupportedValue", "9999-12-30T23:59:59Z", "Format", c.Format, "ImeMode", "Auto", "SourceTypeMask", 0, "FormulaDefinition", c.Formula,
			"DateTimeBehavior", doc("", "Value", c.Behavior), "CanChangeDateTimeBehavior", managed(c.Custom, false, "canchangedatetimebehavior"))
	case Lookup, Customer, Owner, PartyList:
		d.add("Targets", c.Targets, "Format", "None")
	case Boolean:
		d.add("DefaultValue", c.Default != nil && *c.Default != 0)
	case Picklist, MultiSelect, State, Status:
		d.add("DefaultFormValue", defaultOf(c), "ParentPicklistLogicalName", nil, "ChildPicklistLogicalNames", []*Document{})
	case Image:
		d.add("IsPrimaryImage", true, "MaxHeight", 144, "MaxWidth", 144, "MaxSizeInKB", 10240, "CanStoreFullImage", false)
	case File:
		d.add("MaxSizeInKB", 32768)
	}
	if c.Choice != nil {
		d.lead("OptionSet", func() any {
			if c.Choice.Global {
				return (*Document)(nil)
			}
			return choiceDocument(c.Choice, c.Type)
		})
		d.lead("GlobalOptionSet", func() any {
			if !c.Choice.Global {
				return (*Document)(nil)
			}
			return choiceDocument(c.Choice, c.Type)
		})
	}
}

func defaultOf(c *Column) any {
	if c.Default == nil {
		return -1
	}
	return *c.Default
}
