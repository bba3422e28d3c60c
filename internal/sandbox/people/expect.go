package people

import (
	"context"
	"net/mail"
	"regexp"
	"slices"
	"strings"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/schema"
)

// Want says what should have become of a record in Spotler.
type Want string

// What the manual wants for a record.
const (
	Held      Want = "held"      // a contact with the record's data (Synchronize Contacts)
	Shared    Want = "shared"    // exactly one of those who share the address is held
	Erased    Want = "erased"    // no contact (Anonymizing / GDPR)
	Untouched Want = "untouched" // whatever was there before: the record cannot be synchronised
)

// Expectation is what Spotler should hold for one record.
type Expectation struct {
	Table  connector.Table
	ID     string // GUID, lower case
	Want   Want
	Why    string
	Fields map[string]string // Spotler property → value; empty is absent
	Bits   map[string]Bit    // name of a permission → on or off; others are free

	address string // folded
}

// Bit is what a permission should be.
type Bit int

// The values of a Bit.
const (
	Free Bit = iota // either will do
	Off
	On
)

// Rules are the settings of the connector that change what is right, and the
// mapping in force.
type Rules struct {
	KeepInactive bool    // "Anonymize Contact When Inactive" is off
	Mapping      []Field // nil is DefaultMapping
}

// Field is one row of the mapping sheet: the column of each table, "" when the
// table has none.
type Field struct{ Spotler, Contact, Lead, Account string }

// DefaultMapping is the simple mapping an environment starts with (manual:
// "Field Mapping"): name, e-mail, job title, birthdate and address.
func DefaultMapping() []Field {
	all := func(spotler, column string) Field { return Field{spotler, column, column, column} }
	human := func(spotler, column string) Field { return Field{spotler, column, column, ""} }
	return []Field{
		all("email", "emailaddress1"), human("firstName", "firstname"), human("infix", "middlename"), human("lastName", "lastname"),
		{"organisation", "", "", "name"}, human(VersionProperty, "jobtitle"), {"birthday", "birthdate", "", ""},
		all("street", "address1_line1"), all("postalCode", "address1_postalcode"), all("city", "address1_city"), all("country", "address1_country"),
	}
}

// VersionProperty holds the job title, and with it the version.
const VersionProperty = "profileField1"

func (f Field) column(t connector.Table) string {
	switch t {
	case connector.Contact:
		return f.Contact
	case connector.Lead:
		return f.Lead
	case connector.Account:
		return f.Account
	}
	return ""
}

// dutchPostcode is the only kind that Spotler's postcode property takes.
var dutchPostcode = regexp.MustCompile(`^[1-9][0-9]{3} ?[A-Za-z]{2}$`)

// Expect reads Dataverse over the Web API and states what Spotler should hold
// for every person in it. refused lists the values that Spotler refuses, by
// property: who has one is left as he was.
func (w *World) Expect(ctx context.Context, rules Rules, refused map[string][]string) ([]*Expectation, error) {
	if rules.Mapping == nil {
		rules.Mapping = DefaultMapping()
	}
	permissions, err := w.permissionRows(ctx)
	if err != nil {
		return nil, err
	}
	var out []*Expectation
	for _, t := range []connector.Table{connector.Contact, connector.Lead, connector.Account} {
		rows, err := w.all(ctx, t, rules.columns(t))
		if err != nil {
			return nil, err
		}
		table, _ := schema.Of(t)
		for _, r := range rows {
			id := strings.ToLower(r.text(table.Key))
			out = append(out, rules.expect(t, id, r, permissions[id], refused))
		}
	}
	share(out)
	return out, nil
}

func (r Rules) columns(t connector.Table) []string {
	table, _ := schema.Of(t)
	out := []string{table.Key, "statecode", "donotemail", "donotbulkemail", "emailaddress1", "merged"}
	for _, f := range r.Mapping {
		if c := f.column(t); c != "" && !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}

// permissionRows reads the Spotler Permission rows by person: name → subscribed.
func (w *World) permissionRows(ctx context.Context) (map[string]map[string]bool, error) {
	rows, err := w.all(ctx, schema.SpotlerPermissionTable, []string{"dh_name", "dh_subscribed", "_dh_customer_value", "_dh_lead_value", "statecode"})
	if err != nil {
		return nil, err
	}
	out := map[string]map[string]bool{}
	for _, r := range rows {
		who := strings.ToLower(r.text("_dh_customer_value") + r.text("_dh_lead_value"))
		if who == "" || r.text("statecode") != "0" {
			continue
		}
		if out[who] == nil {
			out[who] = map[string]bool{}
		}
		before, twice := out[who][r.text("dh_name")] // after a merge there are two: No wins
		out[who][r.text("dh_name")] = r.yes("dh_subscribed") && (before || !twice)
	}
	return out, nil
}

// expect states it for one record, as if nobody shared its address.
func (r Rules) expect(t connector.Table, id string, row row, permissions map[string]bool, refused map[string][]string) *Expectation {
	e := &Expectation{Table: t, ID: id, address: fold(row.text("emailaddress1"))}
	e.Fields, e.Bits = r.fields(t, row), bits(row, permissions)
	e.Want, e.Why = r.verdict(t, row)
	if e.Want == Held {
		for property, values := range refused {
			if slices.Contains(values, e.Fields[property]) {
				e.Want, e.Why = Untouched, "Spotler refuses a value"
			}
		}
	}
	return e
}

// verdict is the manual's: "What the Connector Checks" and "Automatic
// Anonymization". A qualified lead has not left, it has become somebody else.
func (r Rules) verdict(t connector.Table, row row) (Want, string) {
	address := strings.TrimSpace(row.text("emailaddress1"))
	state := row.text("statecode")
	switch {
	case row.yes("merged"):
		return Untouched, "the record was merged into another one"
	case row.yes("donotemail"):
		return Erased, "Do Not Email is set"
	case t == connector.Lead && state == "1":
		return Untouched, "the lead is qualified"
	case state != "0" && r.KeepInactive:
		return Untouched, "the record is inactive, and the setting leaves it alone"
	case state != "0":
		return Erased, "the record is inactive"
	case address == "":
		return Erased, "there is no e-mail address"
	case !valid(address):
		return Untouched, "the e-mail address is not valid"
	}
	return Held, "the record is active and has a valid address"
}

func valid(address string) bool {
	a, err := mail.ParseAddress(address)
	return err == nil && a.Address == address && strings.Contains(address[strings.LastIndexByte(address, '@')+1:], ".")
}

func fold(address string) string { return strings.ToLower(strings.TrimSpace(address)) }

func (r Rules) fields(t connector.Table, row row) map[string]string {
	out := map[string]string{"customerType": string(t)}
	for _, f := range r.Mapping {
		c := f.column(t)
		if c == "" {
			continue
		}
		v := row.text(c)
		if f.Spotler == "postalCode" && !dutchPostcode.MatchString(strings.TrimSpace(v)) {
			v = ""
		}
		out[f.Spotler] = v
	}
	return out
}

// bits are the permissions of the rows; Do Not Bulk Email turns all of them off.
func bits(row row, permissions map[string]bool) map[string]Bit {
	out := map[string]Bit{}
	for name, on := range permissions {
		out[name] = Off
		if on && !row.yes("donotbulkemail") {
			out[name] = On
		}
	}
	if row.yes("donotbulkemail") {
		for _, name := range Permissions {
			out[name] = Off
		}
	}
	return out
}

// share loosens the expectations of those who have one address in common: the
// first that was linked owns it, which cannot be told from the outside, so any
// one of them will do. An opt-out of one of them may count for the owner.
func share(all []*Expectation) {
	at := map[string][]*Expectation{}
	for _, e := range all {
		if e.address != "" {
			at[e.address] = append(at[e.address], e)
		}
	}
	for _, group := range at {
		wishes := slices.DeleteFunc(slices.Clone(group), func(e *Expectation) bool { return e.Want != Held })
		for _, e := range wishes {
			if len(group) > 1 {
				loosen(e, group)
			}
			if len(wishes) > 1 {
				e.Want, e.Why = Shared, "the address is shared"
			}
		}
	}
}

func loosen(e *Expectation, group []*Expectation) {
	for name, bit := range e.Bits {
		for _, other := range group {
			if bit == On && other != e && (other.Bits[name] == Off || other.Want == Erased) {
				e.Bits[name] = Free
			}
		}
	}
}
