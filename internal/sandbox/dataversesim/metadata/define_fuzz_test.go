package metadata

import (
	"errors"
	"testing"
)

// Whatever a request holds, it is carried out or refused with a code, and the
// model it was carried out on stays as it was.
func FuzzDefinitions(f *testing.F) {
	label := `{"LocalizedLabels":[{"Label":"x","LanguageCode":1033}]}`
	for _, seed := range []string{
		`{"@odata.type":"Microsoft.Dynamics.CRM.EntityMetadata","SchemaName":"new_T","DisplayName":` + label + `,"DisplayCollectionName":` + label + `,"HasNotes":true,"HasActivities":true,"Attributes":[{"@odata.type":"#Microsoft.Dynamics.CRM.StringAttributeMetadata","IsPrimaryName":true,"SchemaName":"new_N","DisplayName":` + label + `}]}`,
		`{"@odata.type":"Microsoft.Dynamics.CRM.MoneyAttributeMetadata","SchemaName":"new_M","DisplayName":` + label + `,"Precision":2}`,
		`{"@odata.type":"Microsoft.Dynamics.CRM.PicklistAttributeMetadata","SchemaName":"new_P","DisplayName":` + label + `,"OptionSet":{"Options":[{"Value":1,"Label":` + label + `}]}}`,
		`{"@odata.type":"Microsoft.Dynamics.CRM.OneToManyRelationshipMetadata","SchemaName":"new_r","ReferencedEntity":"contact","ReferencingEntity":"account","Lookup":{"SchemaName":"new_L","DisplayName":` + label + `}}`,
		`{"@odata.type":"Microsoft.Dynamics.CRM.ManyToManyRelationshipMetadata","SchemaName":"new_r","Entity1LogicalName":"contact","Entity2LogicalName":"account"}`,
		`{"Name":"new_c","Options":[{"Label":` + label + `}]}`, `{"SchemaName":"new_K","KeyAttributes":["employeeid"]}`,
		`{"EntityLogicalName":"contact","AttributeLogicalName":"statuscode","StateCode":1,"Value":9,"Label":` + label + `,"Values":[2,1]}`, `{}`, `[]`, `{"Lookup":1}`, `{"Attributes":null}`,
	} {
		f.Add([]byte(seed))
	}
	m := Standard()
	t := m.Table("contact")
	f.Fuzz(func(t2 *testing.T, text []byte) {
		columns, version := len(t.Columns), m.Version()
		try := func(do func(b *Body) error) {
			b, err := ParseBody(text)
			if err == nil {
				err = do(b)
			}
			var refused *Refused
			if err != nil && (!errors.As(err, &refused) || refused.Code == "" || refused.Status < 400) {
				t2.Errorf("%v", err)
			}
		}
		try(func(b *Body) error {
			out, _, err := m.MakeTable(b, Origin{})
			if err == nil {
				out.CSDL()
			}
			return err
		})
		try(func(b *Body) error { _, _, err := m.MakeColumn(t, b, Origin{}); return err })
		try(func(b *Body) error { _, _, err := m.MakeRelationship(b, Origin{}); return err })
		try(func(b *Body) error { _, _, _, err := m.MakeLookup(b, true, Origin{}); return err })
		try(func(b *Body) error {
			_, err := m.NewChoice(b, Origin{Prefix: "new", Options: 10000, Strict: true})
			return err
		})
		try(func(b *Body) error { _, _, err := m.MakeKey(t, b, Origin{}); return err })
		try(func(b *Body) error { _, _, err := m.InsertOption(b, true, Origin{}); return err })
		try(func(b *Body) error { _, err := m.UpdateOption(b); return err })
		try(func(b *Body) error { _, err := m.DeleteOption(b); return err })
		try(func(b *Body) error { _, err := m.OrderOptions(b); return err })
		try(func(b *Body) error { _, err := m.ReplaceTable(t, b, true); return err })
		for _, name := range []string{"lastname", "creditlimit", "birthdate", "gendercode", "numberofchildren", "donotemail", "ownerid"} {
			try(func(b *Body) error { _, err := m.ReplaceColumn(t, t.Column(name), b, false); return err })
		}
		if len(m.Table("contact").Columns) != columns || m.Version() != version || m.Table("contact") != t {
			t2.Error("the model was changed")
		}
	})
}
