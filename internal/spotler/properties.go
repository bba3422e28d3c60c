package spotler

import (
	"context"
	"encoding/json"
	"errors"
)

// The property types that Spotler had in 2022 (Mail+ API section 4.2). Others
// are kept as they come.
const (
	TypeString    = "string"
	TypeEmail     = "email"
	TypeMobile    = "mobNr"
	TypePostcode  = "postcode"
	TypeGender    = "gender"
	TypeInt       = "int"
	TypeMoney     = "money"
	TypeDate      = "date"
	TypeBirthdate = "birthdate"
	TypeDateTime  = "dateTime"
	TypeSet       = "set"
)

// Property is a field of Spotler's contact database that the account shows.
type Property struct {
	Name        string  `json:"name"`        // internal name; stays when the label changes
	Description string  `json:"description"` // the label
	Type        string  `json:"type"`        // TypeString … or one we do not know
	Entries     []Entry `json:"entries"`     // the options of a TypeSet
}

// Entry is one option of a set.
type Entry struct {
	Bit         int64  `json:"bit"` // identifies the option; not always a power of two
	Description string `json:"description"`
	Rank        int    `json:"rank"`
}

// Properties lists the visible fields of a contact (Mail+ API 5.1 no. 1). An
// empty list is fault.Garbled: every account has at least an address field, and
// a missing field would be read as removed.
func (c *Client) Properties(ctx context.Context) ([]Property, error) {
	return read(ctx, c, call{op: "spotler.Properties", path: "contact.properties"}, decodeProperties)
}

func decodeProperties(body []byte) ([]Property, error) {
	var list []Property
	if json.Unmarshal(body, &list) != nil {
		return nil, errors.New("the list of properties has another shape than expected")
	}
	if len(list) == 0 {
		return nil, errors.New("the list of properties is empty")
	}
	for _, p := range list {
		if p.Name == "" || p.Type == "" {
			return nil, errors.New("a property has no name or no type")
		}
	}
	return list, nil
}
