package spotlersim

import (
	"reflect"
	"strings"
)

// docsModels are the models of one declaration, by name. They are read from the
// very types that requests are decoded into and answers written from.
type docsModels map[string]docsModel

type docsModel struct {
	ID         string         `json:"id"`
	Properties map[string]any `json:"properties"`
}

// published are the names that the published contract has for types that are
// called otherwise here.
var published = map[string]string{
	"refusal": "ErrorResponse", "incoming": "ContactRequestContact", "outgoing": "Contact", "contactResult": "AddContactResponse",
	"contactsRequest": "AddContactsRequest", "bounceOut": "ContactBounce", "audienceOut": "Audience", "audienceRequest": "AudienceRequest",
	"temporaryOut": "TemporaryList", "triggerResult": "ExternalTriggerValidationResult", "campaignOut": "Campaign", "formPage": "FormResponse",
	"formResultOut": "FormResult", "formOut": "Form", "formHistoryOut": "FormHistory", "shopOrder": "Order", "customProperty": "ProductPropertyDefinition",
	"mailingOut": "Mailing", "mailingStats": "MailingStats", "identifier": "ContactIdentifier", "Entry": "PropertyEntry",
}

// name adds the type of v, a struct, and returns what it is called.
func (m docsModels) name(v any) string { return m.add(reflect.TypeOf(v)) }

// answer is the type of an answer: an array, a page or one object.
func (m docsModels) answer(v any, path string) (kind string, items map[string]any) {
	if page, ok := v.(pageOf); ok {
		id := strings.ToUpper(page.name[:1]) + page.name[1:] + "Page"
		if strings.HasPrefix(path, "campaign-mailing/") {
			id = "Campaign" + id
		}
		m[id] = docsModel{id, map[string]any{
			"paging":  map[string]any{"$ref": m.name(paging{})},
			page.name: map[string]any{"type": "array", "items": m.kind(reflect.TypeOf(page.element))},
		}}
		return id, nil
	}
	t := reflect.TypeOf(v)
	if t.Kind() == reflect.Slice {
		return "array", m.kind(t.Elem())
	}
	return m.add(t), nil
}

func (m docsModels) add(t reflect.Type) string {
	name := t.Name()
	if known, ok := published[name]; ok {
		name = known
	}
	name = strings.ToUpper(name[:1]) + name[1:]
	if _, done := m[name]; done {
		return name
	}
	model := docsModel{name, map[string]any{}}
	m[name] = model
	for i := range t.NumField() {
		f := t.Field(i)
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.IsExported() && tag != "" && tag != "-" {
			model.Properties[tag] = m.kind(f.Type)
		}
	}
	return name
}

// kind is a type as a property or an item has it.
func (m docsModels) kind(t reflect.Type) map[string]any {
	switch t {
	case reflect.TypeFor[text]():
		return map[string]any{"type": "string"}
	case reflect.TypeFor[properties]():
		return map[string]any{"type": "object"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return m.kind(t.Elem())
	case reflect.Slice:
		return map[string]any{"type": "array", "items": m.kind(t.Elem())}
	case reflect.Struct:
		return map[string]any{"$ref": m.add(t)}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int, reflect.Int32:
		return map[string]any{"type": "integer", "format": "int32"}
	case reflect.Int64:
		return map[string]any{"type": "integer", "format": "int64"}
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Interface:
		return map[string]any{"type": "date-time"} // the only members that may be one thing or another
	default:
		return map[string]any{"type": "object"}
	}
}
