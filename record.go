package connector

import (
	"fmt"
	"regexp"
	"strings"
)

// Table is the logical name of a table in Dataverse.
type Table string

// The tables whose rows are people to us (manual: "Synchronize Contacts").
const (
	Contact Table = "contact"
	Lead    Table = "lead"
	Account Table = "account"
)

// MarketingList is the Dataverse table of marketing lists; its rows have lanes too.
const MarketingList Table = "list"

// People lists the tables that can be synchronised as Spotler contacts.
var People = []Table{Contact, Lead, Account}

// IsPerson reports whether rows of t can be synchronised as Spotler contacts.
func (t Table) IsPerson() bool { return t == Contact || t == Lead || t == Account }

// RecordID is the GUID of a row in Dataverse: lower case, no braces.
type RecordID string

var guid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// NilRecordID is the GUID of nothing, which Dataverse sends where a row is missing.
const NilRecordID RecordID = "00000000-0000-0000-0000-000000000000"

// ParseRecordID returns the GUID in s, with or without braces, in any case.
// The nil GUID is refused: it names no row.
func ParseRecordID(s string) (RecordID, error) {
	id := RecordID(strings.ToLower(strings.Trim(strings.TrimSpace(s), "{}")))
	if !guid.MatchString(string(id)) || id == NilRecordID {
		return "", fmt.Errorf("%q is not the GUID of a row", s)
	}
	return id, nil
}

// Record points at one row in Dataverse. The zero value points at nothing.
type Record struct {
	Table Table
	ID    RecordID
}

// IsZero reports whether r points at nothing.
func (r Record) IsZero() bool { return r == Record{} }

// String is "contact/6f0c…", the form used in lanes, logs and the CLI.
func (r Record) String() string {
	if r.IsZero() {
		return ""
	}
	return string(r.Table) + "/" + string(r.ID)
}

// ParseRecord reads the form that String prints.
func ParseRecord(s string) (Record, error) {
	table, id, ok := strings.Cut(s, "/")
	if !ok || table == "" {
		return Record{}, fmt.Errorf("%q is not a record: write it as contact/<guid>, lead/<guid> or account/<guid>", s)
	}
	rid, err := ParseRecordID(id)
	if err != nil {
		return Record{}, err
	}
	return Record{Table: Table(strings.ToLower(table)), ID: rid}, nil
}
