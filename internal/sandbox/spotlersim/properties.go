package spotlersim

import (
	"fmt"
	"slices"
	"strconv"
)

// PropertyType is the type of a contact property, in the API's spelling.
type PropertyType string

// The complete enumeration (reference: section 4.2).
const (
	TypeBirthdate PropertyType = "birthdate"
	TypeDate      PropertyType = "date"
	TypeDateTime  PropertyType = "dateTime"
	TypeEmail     PropertyType = "email"
	TypeGender    PropertyType = "gender"
	TypeInt       PropertyType = "int"
	TypeMobile    PropertyType = "mobNr"
	TypeMoney     PropertyType = "money"
	TypePostcode  PropertyType = "postcode"
	TypeSet       PropertyType = "set"
	TypeString    PropertyType = "string"
)

// Property is one field of an account's contact database, as data.
type Property struct {
	Name        string       `json:"name"` // never changes, unlike the description
	Description string       `json:"description"`
	Type        PropertyType `json:"type"`
	Entries     []Entry      `json:"entries,omitempty"` // for a set only
	Hidden      bool         `json:"hidden,omitempty"`  // the API does not know it

	known uint64 // the bits of the entries
}

// Entry is one option of a set.
type Entry struct {
	Bit         int64  `json:"bit"`
	Description string `json:"description"`
	Rank        int32  `json:"rank"`
}

// emailProperty and permissionsProperty are the names with a meaning of their own.
const (
	emailProperty       = "email"
	permissionsProperty = "permissions"
)

// schema is an account's properties at one moment.
type schema struct {
	list   []*Property
	byName map[string]*Property
}

func newSchema(properties []Property) (*schema, error) {
	s := &schema{byName: make(map[string]*Property, len(properties))}
	for _, p := range properties {
		if p.Name == "" || s.byName[p.Name] != nil {
			return nil, fmt.Errorf("property %q is unnamed or there twice", p.Name)
		}
		if err := p.prepare(); err != nil {
			return nil, err
		}
		s.list = append(s.list, &p)
		s.byName[p.Name] = &p
	}
	if e := s.byName[emailProperty]; e == nil || e.Type != TypeEmail {
		return nil, fmt.Errorf("property %q of type %q is missing", emailProperty, TypeEmail)
	}
	return s, nil
}

func (p *Property) prepare() error {
	switch p.Type {
	case TypeBirthdate, TypeDate, TypeDateTime, TypeEmail, TypeGender, TypeInt, TypeMobile, TypeMoney, TypePostcode, TypeSet, TypeString:
	default:
		return fmt.Errorf("property %q has the unknown type %q", p.Name, p.Type)
	}
	if (p.Type == TypeSet) != (len(p.Entries) > 0) {
		return fmt.Errorf("property %q: entries belong to a set, and a set needs them", p.Name)
	}
	p.Entries = slices.Clone(p.Entries)
	slices.SortStableFunc(p.Entries, func(a, b Entry) int { return int(a.Rank) - int(b.Rank) })
	for _, e := range p.Entries {
		bit := uint64(e.Bit)
		if e.Bit <= 0 || bit&(bit-1) != 0 || p.known&bit != 0 {
			return fmt.Errorf("property %q: bit %d is no power of two, or there twice", p.Name, e.Bit)
		}
		p.known |= bit
	}
	return nil
}

// visible returns the property that the API knows by that name, or nil.
func (s *schema) visible(name string) *Property {
	if p := s.byName[name]; p != nil && !p.Hidden {
		return p
	}
	return nil
}

// propertiesList is GET /contact/properties/list.
func (c *call) propertiesList() (any, *refusal) {
	out := []Property{}
	for _, p := range c.account.schema.Load().list {
		if !p.Hidden {
			out = append(out, *p)
		}
	}
	return out, nil
}

// StandardProperties returns the fields of a usual account: the names that
// public clients are known to use, four permissions and some custom fields.
func StandardProperties() []Property {
	text := func(name, description string) Property {
		return Property{Name: name, Description: description, Type: TypeString}
	}
	out := []Property{
		{Name: emailProperty, Description: "E-mailadres", Type: TypeEmail},
		text("firstName", "Voornaam"), text("infix", "Tussenvoegsel"), text("lastName", "Achternaam"), text("initials", "Voorletters"),
		{Name: "gender", Description: "Geslacht", Type: TypeGender},
		{Name: "birthday", Description: "Geboortedatum", Type: TypeBirthdate},
		text("customerType", "Klanttype"), text("organisation", "Organisatie"),
		text("street", "Straat"), text("houseNumber", "Huisnummer"),
		{Name: "postalCode", Description: "Postcode", Type: TypePostcode},
		text("city", "Plaats"), text("country", "Land"), text("phoneNumber", "Telefoonnummer"),
		{Name: "mobileNumber", Description: "Mobiel nummer", Type: TypeMobile},
		text("taal", "Taal"),
		{Name: "firstPurchaseDate", Description: "Eerste aankoop", Type: TypeDateTime},
		{Name: "lastPurchaseDate", Description: "Laatste aankoop", Type: TypeDateTime},
		{Name: "freeField1", Description: "Vrij veld 1", Type: TypeInt},
		{Name: "freeField2", Description: "Vrij veld 2", Type: TypeMoney},
		{Name: "freeField3", Description: "Vrij veld 3", Type: TypeDate},
		set(permissionsProperty, "Permissies", "Nieuwsbrief", "Productinfo", "Acties", "Evenementen"),
		set("profileFields", "Profielvelden", "Sport", "Cultuur", "Reizen", "Koken"),
		set("list1", "Lijst 1", "Optie A", "Optie B", "Optie C", "Optie D"),
	}
	for i := 1; i <= 10; i++ {
		n := strconv.Itoa(i)
		out = append(out, text("profileField"+n, "Profielveld "+n))
	}
	return out
}

// set returns a set property whose options have the bits 1, 2, 4, 8 and so on.
func set(name, description string, options ...string) Property {
	p := Property{Name: name, Description: description, Type: TypeSet}
	for i, o := range options {
		p.Entries = append(p.Entries, Entry{Bit: 1 << i, Description: o, Rank: int32(i + 1)})
	}
	return p
}
