package operations

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/spotler-connector/connector/internal/spotler"
)

// fieldTypes are the types of the fields of an automation (manual: "Automation
// Fields").
var fieldTypes = []string{spotler.FieldString, spotler.FieldURL, spotler.FieldProductList}

// automationTemplate is the text from which Automation Fields is prefilled: a line
// for every field, with its type as a hint in the place of the value.
func automationTemplate(fields []spotler.FieldKind) string {
	lines := make([]string, len(fields))
	for i, f := range fields {
		hint := "<" + f.Type + ">"
		if f.Type == spotler.FieldProductList {
			hint = "{" + hint + "}"
		}
		lines[i] = f.Name + "=" + hint
	}
	return strings.Join(lines, "\n")
}

// readTemplate reads what automationTemplate wrote; lines of another form, which a
// person may have written, are passed over.
func readTemplate(text string) []spotler.FieldKind {
	var out []spotler.FieldKind
	for _, part := range splitFields(text) {
		name, hint, ok := strings.Cut(part, "=")
		if name = strings.TrimSpace(name); ok && isFieldName(name) {
			out = append(out, spotler.FieldKind{Name: name, Type: strings.Trim(strings.TrimSpace(hint), "{<>}")})
		}
	}
	return out
}

// parseAutomationFields reads Automation Fields (manual: "Automation Fields"):
// name=value, separated by a semicolon or a line break. Fields without a value are
// left out. known are the fields that the automation takes; empty when Spotler does
// not tell them, and then a value in curly brackets is a list of products. An error
// names the field and never a value.
func parseAutomationFields(text string, known []spotler.FieldKind) ([]spotler.Field, error) {
	var out []spotler.Field
	seen := map[string]bool{}
	for i, part := range splitFields(text) {
		name, value, ok := strings.Cut(part, "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		switch {
		case !ok:
			return nil, fmt.Errorf("part %d of Automation Fields has no = in it; write name=value, separated by a semicolon or a line break, and no semicolon inside a value", i+1)
		case !isFieldName(name):
			return nil, fmt.Errorf("part %d of Automation Fields does not begin with the name of a field; a name has no blanks, as in invoiceCode=123", i+1)
		case seen[name]:
			return nil, fmt.Errorf("%s is given twice in Automation Fields; keep one", name)
		}
		seen[name] = true
		kind, err := kindOfField(name, known)
		if err != nil {
			return nil, err
		}
		f, given, err := automationField(name, kind, value)
		if err != nil {
			return nil, err
		}
		if given {
			out = append(out, f)
		}
	}
	return out, nil
}

// splitFields returns the parts of Automation Fields that are not blank.
func splitFields(text string) []string {
	parts := strings.FieldsFunc(text, func(r rune) bool { return r == ';' || r == '\n' || r == '\r' })
	return slices.DeleteFunc(parts, func(s string) bool { return strings.TrimSpace(s) == "" })
}

// maxFieldName bounds the names of fields, so that no text passes for one.
const maxFieldName = 100

func isFieldName(s string) bool {
	return s != "" && len(s) <= maxFieldName && !strings.ContainsFunc(s, func(r rune) bool { return r == '@' || unicode.IsSpace(r) || !unicode.IsPrint(r) })
}

func kindOfField(name string, known []spotler.FieldKind) (string, error) {
	if len(known) == 0 {
		return "", nil
	}
	names := make([]string, len(known))
	for i, k := range known {
		if k.Name == name {
			return k.Type, nil
		}
		names[i] = k.Name
	}
	return "", fmt.Errorf("the automation has no field %s; choose from %s (capitals count), or run Refresh Automations when the field is new", name, strings.Join(names, ", "))
}

// automationField checks a value against the type of its field. given is false when
// there is no value.
func automationField(name, kind, value string) (f spotler.Field, given bool, err error) {
	if value == "" {
		return f, false, nil
	}
	if isHint(value) {
		return f, false, fmt.Errorf("%s in Automation Fields still has its type in the place of its value; fill in the value, or leave it blank", name)
	}
	braced := strings.HasPrefix(value, "{") && strings.HasSuffix(value, "}") && len(value) > 1
	if kind == "" && braced {
		kind = spotler.FieldProductList
	}
	switch kind {
	case spotler.FieldProductList:
		if !braced {
			return f, false, fmt.Errorf("%s in Automation Fields is a list of products; write their ids in curly brackets, separated by commas, as in %s={123,567}", name, name)
		}
		ids := productIDs(value)
		return spotler.Field{Name: name, Type: kind, Values: ids}, len(ids) > 0, nil
	case spotler.FieldURL:
		if err := checkAddress(value); err != nil {
			return f, false, fmt.Errorf("%s in Automation Fields is not a web address: %w", name, err)
		}
	default:
		kind = spotler.FieldString
	}
	return spotler.Field{Name: name, Type: kind, Value: value}, true, nil
}

func productIDs(value string) []string {
	var out []string
	for _, id := range strings.Split(value[1:len(value)-1], ",") {
		if id = strings.TrimSpace(id); id != "" {
			out = append(out, id)
		}
	}
	return out
}

func checkAddress(value string) error {
	u, err := url.Parse(value)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return errors.New("write it whole, beginning with https:// or http://")
	}
	return nil
}

// isHint reports whether a value is the hint of a type, or a list with one in it.
func isHint(value string) bool {
	if slices.Contains(fieldTypes, value) {
		return true
	}
	inner := strings.TrimSuffix(strings.TrimPrefix(value, "{"), "}")
	for _, item := range strings.Split(inner, ",") {
		if item = strings.TrimSpace(item); len(item) > 2 && item[0] == '<' && item[len(item)-1] == '>' && slices.Contains(fieldTypes, item[1:len(item)-1]) {
			return true
		}
	}
	return inner != value && slices.Contains(fieldTypes, strings.TrimSpace(inner))
}
