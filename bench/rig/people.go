package rig

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
)

// The population of a run, and where its version travels.
const (
	People          = 2500
	Versions        = 4
	VersionColumn   = "dh_version"
	VersionProperty = "freeField1"
)

// RecordID is the id of contact number i.
func RecordID(i int) string { return fmt.Sprintf("c0a7ac70-0000-4000-8000-%012x", i) }

// Populate adds the column of the version to Dataverse and makes the people,
// without events.
func (s *Sandbox) Populate(ctx context.Context) error {
	column := map[string]any{"name": VersionColumn, "schema": "dh_Version", "label": "Version", "kind": "int"}
	if err := s.CRM.Do(ctx, "POST", "/control/columns/contact", column, nil); err != nil {
		return err
	}
	rows := make([]map[string]any, People)
	for i := range rows {
		rows[i] = map[string]any{
			"contactid": RecordID(i), "firstname": "Voornaam" + strconv.Itoa(i%97), "middlename": "van der", "lastname": "Achternaam" + strconv.Itoa(i),
			"emailaddress1": fmt.Sprintf("person%d@example.org", i), "jobtitle": "Engineer", "birthdate": fmt.Sprintf("19%02d-0%d-1%d", 40+i%60, 1+i%9, i%10),
			"address1_line1": fmt.Sprintf("Dorpsstraat %d", i), "address1_postalcode": "1234 AB", "address1_city": "Utrecht", "address1_country": "Nederland",
			"telephone1": "+31 30 1234567", "mobilephone": "+31 6 12345678", VersionColumn: 0,
		}
	}
	return s.CRM.Do(ctx, "POST", "/control/rows/contacts", rows, nil)
}

// Shape is the order of the edits.
type Shape string

// Spread puts the versions of one contact as far apart as can be; burst makes them
// adjacent.
const (
	Spread Shape = "spread"
	Burst  Shape = "burst"
)

// Edit is one change: contact and version.
type Edit struct {
	Person  int
	Version int64
}

// Edits lists the changes of a run; versions begin above first.
func Edits(shape Shape, first int64) []Edit {
	out := make([]Edit, 0, People*Versions)
	for v := range Versions {
		for i := range People {
			out = append(out, Edit{i, first + int64(v) + 1})
		}
	}
	if shape == Burst {
		slices.SortStableFunc(out, func(a, b Edit) int { return a.Person - b.Person })
	}
	return out
}

// EditBody is the body that makes these edits in the simulated Dataverse.
func EditBody(edits []Edit) []byte {
	b := []byte{'['}
	for i, e := range edits {
		if i > 0 {
			b = append(b, ',')
		}
		b = fmt.Appendf(b, `{"set":"contacts","id":%q,"body":{%q:%d}}`, RecordID(e.Person), VersionColumn, e.Version)
	}
	return append(b, ']')
}

// Edit makes edits in Dataverse, as a person would, with the events they raise.
func (s *Sandbox) Edit(ctx context.Context, body []byte) error {
	var out struct {
		Failed []json.RawMessage `json:"failed"`
	}
	if err := s.CRM.Do(ctx, "POST", "/control/edits", body, &out); err != nil {
		return err
	}
	if len(out.Failed) > 0 {
		return fmt.Errorf("%d edits were refused, the first: %s", len(out.Failed), out.Failed[0])
	}
	return nil
}
