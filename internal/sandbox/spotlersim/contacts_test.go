package spotlersim_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spotler-connector/connector/internal/sandbox/spotlersim"
)

// upsert posts one contact.
func (s *rig) upsert(status int, id, properties string) {
	s.Helper()
	s.want(status, "POST", "/contact", fmt.Sprintf(`{"update":true,"contact":{"externalId":%q,"properties":%s}}`, id, properties))
}

func TestProperties(t *testing.T) {
	s := start(t)
	list := s.want(200, "GET", "/contact/properties/list", "")
	for _, want := range []string{`{"name":"email","description":"E-mailadres","type":"email"}`, `{"bit":8,"description":"Evenementen","rank":4}`, `"name":"freeField1","description":"Vrij veld 1","type":"int"`} {
		if !strings.Contains(list, want) {
			t.Errorf("%s is missing in %s", want, list)
		}
	}
	s.control("PUT", "/control/properties/city/visible", `{"visible":false}`)
	if list := s.want(200, "GET", "/contact/properties/list", ""); strings.Contains(list, "city") {
		t.Error("a hidden property is listed")
	}
	s.refused(400, "INVALID_PROPERTY", "POST", "/contact", `{"update":true,"contact":{"externalId":"a","properties":{"email":"a@b.example","city":"x"}}}`)
}

func TestValues(t *testing.T) {
	s := start(t)
	cases := []struct {
		property, value string
		ok              bool
		read            any // nil: absent
	}{
		{"firstName", `"Jan"`, true, "Jan"},
		{"firstName", `"J\u00e4n"`, true, "Jän"},
		{"firstName", `12`, true, "12"},
		{"firstName", `""`, true, nil},
		{"firstName", `null`, true, nil},
		{"firstName", `[]`, false, nil},
		{"gender", `"M"`, true, "M"},
		{"gender", `"MALE"`, false, nil},
		{"postalCode", `"1234 AB"`, true, "1234 AB"},
		{"postalCode", `"1234ab"`, true, "1234ab"},
		{"postalCode", `"0234 AB"`, false, nil},
		{"postalCode", `"SW1A 1AA"`, false, nil},
		{"birthday", `"1980-02-29"`, true, "1980-02-29"},
		{"birthday", `"1981-02-29"`, false, nil},
		{"birthday", `"29-02-1980"`, false, nil},
		{"freeField3", `"2024-05-06T00:00:00+02:00"`, true, "2024-05-06"},
		{"lastPurchaseDate", `"2024-05-06T07:08:09+02:00"`, true, "2024-05-06T07:08:09.000+02:00"},
		{"lastPurchaseDate", `"soon"`, false, nil},
		{"freeField1", `12`, true, 12.0},
		{"freeField1", `"-12"`, true, -12.0},
		{"freeField1", `1.5`, false, nil},
		{"freeField1", `3000000000`, false, nil},
		{"freeField2", `3000000000`, true, 3e9},
		{"mobileNumber", `"+31 6 12345678"`, true, "+31 6 12345678"},
		{"mobileNumber", `"call me"`, false, nil},
		{"email", `"nobody"`, false, nil},
		{"email", `null`, false, nil},
		{"permissions", `[{"bit":3,"enabled":true}]`, false, nil},
		{"permissions", `[{"bit":16,"enabled":true}]`, false, nil},
		{"permissions", `[{"bit":1}]`, false, nil},
		{"permissions", `true`, false, nil},
		{"nonsense", `"x"`, false, nil},
	}
	for i, c := range cases {
		id := fmt.Sprint("v", i)
		s.upsert(204, id, fmt.Sprintf(`{"email":"v%d@b.example"}`, i))
		status := 400
		if c.ok {
			status = 204
		}
		s.upsert(status, id, fmt.Sprintf(`{%q:%s}`, c.property, c.value))
		got := s.get(id).Properties[c.property]
		if c.property == "email" {
			continue
		}
		if fmt.Sprint(got) != fmt.Sprint(c.read) {
			t.Errorf("%s %s reads as %v, want %v", c.property, c.value, got, c.read)
		}
	}
	s.assume(`{"foreign_postcodes":true}`)
	s.upsert(204, "v0", `{"postalCode":"SW1A 1AA"}`)
}

func TestUpsert(t *testing.T) {
	s := start(t)
	s.refused(404, "CONTACT_NOT_FOUND", "GET", "/contact/a", "")
	s.refused(404, "CONTACT_NOT_FOUND", "PUT", "/contact/a", `{"contact":{"externalId":"a","properties":{"email":"a@b.example"}}}`)
	s.refused(400, "INVALID_PROPERTY", "POST", "/contact", `{"update":true,"contact":{"externalId":"a","properties":{"firstName":"A"}}}`)
	s.upsert(204, "a", `{"email":"a@b.example","firstName":"A","lastName":"B","permissions":[{"bit":1,"enabled":true},{"bit":4,"enabled":true}]}`)
	s.refused(400, "CONTACT_ALREADY_EXISTS", "POST", "/contact", `{"contact":{"externalId":"a","properties":{"email":"a@b.example"}}}`)
	s.want(204, "POST", "/contact/", `{"update":true,"purge":false,"contact":{"externalId":"a","encryptedId":"zzz","created":1,"testGroup":true,
		"channels":[{"name":"EMAIL","value":false}],"properties":{"firstName":"C","permissions":[{"bit":1,"enabled":false},{"bit":2,"enabled":true,"description":"x"}]}}}`)
	p := s.get("a")
	if p.Properties["firstName"] != "C" || p.Properties["lastName"] != "B" || !slices.Equal(p.on("permissions"), []int{2, 4}) {
		t.Errorf("merge: %v", p.Properties)
	}
	if p.EncryptedID == "zzz" || !p.TestGroup || !p.Channels[0].Value || p.Created == 1.0 {
		t.Errorf("read-only members: %+v", p)
	}
	s.want(204, "PUT", "/contact/a", `{"purge":true,"contact":{"externalId":"a","properties":{"lastName":"D"}}}`)
	p = s.get("a")
	if p.Properties["firstName"] != nil || p.Properties["lastName"] != "D" || p.Properties["email"] != "a@b.example" || len(p.on("permissions")) != 0 {
		t.Errorf("purge: %v", p.Properties)
	}
	if len(p.Properties["permissions"].([]any)) != 4 {
		t.Errorf("a set lists its options: %v", p.Properties)
	}
	s.refused(400, "INVALID_PARAMS", "POST", "/contact", `{"contact":{"properties":{}}}`)
	s.refused(400, "INVALID_PARAMS", "POST", "/contact", `{"contact":null}`)
	s.refused(400, "INVALID_PARAMS", "POST", "/contact", `nonsense`)
	s.refused(404, "RESOURCE_NOT_FOUND", "GET", "/nonsense", "")
	s.refused(405, "RESOURCE_NOT_FOUND", "DELETE", "/contact/a", "")
	xml := s.request("POST", "/contact", "<contact/>")
	xml.Header.Set("Content-Type", "application/xml")
	if status, _ := s.send(xml); status != 415 {
		t.Errorf("XML: %d", status)
	}
}

func TestDuplicates(t *testing.T) {
	s := start(t)
	s.upsert(204, "a", `{"email":"Same@b.example","firstName":"A"}`)
	s.upsert(204, "b", `{"email":"same@B.example","lastName":"B"}`)
	s.refused(404, "CONTACT_NOT_FOUND", "GET", "/contact/a", "")
	p := s.get("b")
	if p.Properties["firstName"] != "A" || p.Properties["lastName"] != "B" || p.Properties["email"] != "same@B.example" {
		t.Errorf("merged: %v", p.Properties)
	}
	s.upsert(204, "c", `{"email":"c@b.example"}`)
	s.refused(400, "INVALID_PROPERTY", "PUT", "/contact/c", `{"contact":{"externalId":"c","properties":{"email":"same@b.example"}}}`)
	s.refused(400, "ID_NOTUNIQUE", "PUT", "/contact/c", `{"contact":{"externalId":"b","properties":{}}}`)
	s.want(204, "PUT", "/contact/c", `{"contact":{"externalId":"d","properties":{}}}`)
	s.get("d")
	s.assume(`{"email_clash":"merge"}`)
	s.upsert(204, "d", `{"email":"same@b.example"}`)
	s.refused(404, "CONTACT_NOT_FOUND", "GET", "/contact/b", "")
	s.assume(`{"dedupe_email":false}`)
	s.upsert(204, "e", `{"email":"same@b.example"}`)
	s.get("d")
	s.assume(`{"update_creates":false}`)
	s.refused(404, "CONTACT_NOT_FOUND", "POST", "/contact", `{"update":true,"contact":{"externalId":"f","properties":{"email":"f@b.example"}}}`)
}

// Two systems know the same contact by ids in fields of their own.
func TestKeysAndFields(t *testing.T) {
	s := start(t, spotlersim.Account{Key: "one", Secret: "x", Also: []spotlersim.Key{{Key: "two", Secret: "y", IDField: "shopId"}}},
		spotlersim.Account{Key: "other", Secret: "z"})
	s.upsert(204, "crm-1", `{"email":"a@b.example"}`)
	s.key, s.secret = "two", "y"
	s.refused(404, "CONTACT_NOT_FOUND", "GET", "/contact/crm-1", "")
	s.upsert(204, "shop-1", `{"email":"a@b.example"}`)
	s.get("shop-1")
	s.key, s.secret = "one", "x"
	s.get("crm-1")
	s.key, s.secret = "other", "z"
	s.refused(404, "CONTACT_NOT_FOUND", "GET", "/contact/crm-1", "")
}

func TestList(t *testing.T) {
	s := start(t)
	s.upsert(204, "optout", `{"email":"o@b.example","permissions":[{"bit":1,"enabled":true}]}`)
	s.upsert(204, "still", `{"email":"s@b.example"}`)
	s.control("POST", "/control/contacts/unsubscribe", `{"external_id":"optout"}`)
	s.want(204, "PUT", "/contact/inactivate/still", "")
	s.control("POST", "/control/items", `{"external_id":"err","code":"ERROR","times":1}`)
	s.control("POST", "/control/items", `{"external_id":"gone","code":"omit","commit":true}`)
	s.control("POST", "/control/rejects", `{"property":"firstName","value":"Nemo"}`)
	body := `{"update":true,"contacts":[
		{"externalId":"ok","properties":{"email":"k@b.example"}},
		{"externalId":"bad","properties":{"email":"nobody"}},
		{"externalId":"nemo","properties":{"email":"n@b.example","firstName":"Nemo"}},
		{"externalId":"optout","properties":{"firstName":"X"}},
		{"externalId":"still","properties":{"firstName":"X"}},
		{"externalId":"err","properties":{"email":"e@b.example"}},
		{"externalId":"gone","properties":{"email":"g@b.example"}},
		{"externalId":"ok","properties":{"lastName":"K"}}]}`
	var results []struct {
		ExternalID, Code string
		Message          *string
	}
	decode(t, s.want(200, "POST", "/contact/list", body), &results)
	var got []string
	for _, r := range results {
		got = append(got, r.ExternalID+" "+r.Code)
		if (r.Message == nil) != (r.Code == "OK") {
			t.Errorf("message of %v", r)
		}
	}
	want := []string{"ok OK", "bad PROPERTY_INVALID", "nemo PROPERTY_INVALID", "optout CONTACT_OPTOUT", "still NO_ACTIVE_CHANNEL", "err ERROR", "ok OK"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	s.get("gone")
	if s.get("still").Properties["firstName"] != "X" || s.get("optout").Properties["firstName"] != nil {
		t.Error("inactive takes data, opted out does not")
	}
	s.refused(404, "CONTACT_NOT_FOUND", "GET", "/contact/err", "")
	decode(t, s.want(200, "POST", "/contact/list", `{"contacts":[{"externalId":"ok","properties":{}}]}`), &results)
	if results[0].Code != "CONTACT_ALREADY_EXISTS" {
		t.Errorf("without update: %v", results)
	}
	s.refused(400, "INVALID_PARAMS", "POST", "/contact/list", `{"contacts":[{"properties":{}}]}`)
	s.refused(400, "INVALID_PARAMS", "POST", "/contact/list", `{"contacts":[null]}`)
	s.refused(400, "INVALID_PARAMS", "POST", "/contact/list", many(101))
	s.want(200, "POST", "/contact/list", many(100))
	if got := s.want(200, "POST", "/contact/list", `{"contacts":[]}`); got != "[]" {
		t.Errorf("nobody: %s", got)
	}
}

// many is a list of n contacts of a usual size.
func many(n int) string {
	var b strings.Builder
	b.WriteString(`{"update":true,"contacts":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"externalId":"6f0c1d9e-0000-4000-8000-%012d","properties":{"email":"p%d@b.example","firstName":"Jan","infix":"de","lastName":"Vries",`+
			`"birthday":"1980-01-02","street":"Straat 1","postalCode":"1234 AB","city":"Utrecht","customerType":"Contact","freeField1":%d,"profileField1":"Engineer v1",`+
			`"permissions":[{"bit":1,"enabled":true},{"bit":2,"enabled":false},{"bit":4,"enabled":true}]}}`, i, i, i)
	}
	b.WriteString(`]}`)
	return b.String()
}

func TestInactive(t *testing.T) {
	s := start(t)
	bounce := func(id, kind string) {
		if status, body := s.control("POST", "/control/contacts/bounce", fmt.Sprintf(`{"external_id":%q,"type":%q,"mailing":"m1"}`, id, kind)); status != 204 {
			t.Fatal(status, body)
		}
	}
	for _, id := range []string{"hard", "soft", "out", "still"} {
		s.upsert(204, id, fmt.Sprintf(`{"email":"%s@b.example","permissions":[{"bit":1,"enabled":true}]}`, id))
	}
	bounce("hard", "HARD")
	for range 3 {
		bounce("soft", "SOFT")
	}
	if !s.get("soft").Channels[0].Value {
		t.Error("three soft bounces already stop the channel")
	}
	s.control("POST", "/control/contacts/delivered", `{"external_id":"soft"}`)
	for range 4 {
		bounce("soft", "SOFT")
	}
	s.control("POST", "/control/contacts/unsubscribe", `{"external_id":"out"}`)
	s.want(204, "PUT", "/contact/inactivate/still", "")
	s.want(204, "PUT", "/contact/inactivate/still", "")
	s.refused(404, "CONTACT_NOT_FOUND", "PUT", "/contact/inactivate/nobody", "")
	for _, id := range []string{"hard", "soft", "out", "still"} {
		if s.get(id).Channels[0].Value {
			t.Errorf("%s still has a channel", id)
		}
	}
	if len(s.get("out").on("permissions")) != 0 {
		t.Error("an opt-out keeps permissions")
	}
	s.assume(`{"optout_writes":"accept"}`)
	for id, active := range map[string]bool{"hard": true, "soft": true, "out": false, "still": false} {
		s.upsert(204, id, fmt.Sprintf(`{"email":"%s2@b.example","permissions":[{"bit":1,"enabled":true}]}`, id))
		if got := s.get(id); got.Channels[0].Value != active {
			t.Errorf("%s with a new address: active %v", id, got.Channels[0].Value)
		}
	}
	if len(s.get("out").on("permissions")) != 0 {
		t.Error("a write undid an opt-out")
	}
	s.control("POST", "/control/contacts/permission", `{"external_id":"out","bit":2,"enabled":true}`)
	if p := s.get("out"); !p.Channels[0].Value || !slices.Equal(p.on("permissions"), []int{2}) {
		t.Errorf("the person came back: %v", p)
	}
}

func TestAnonymize(t *testing.T) {
	s := start(t)
	s.upsert(204, "a", `{"email":"a@b.example"}`)
	s.want(410, "PUT", "/contact/anonymize/a", "")
	s.refused(404, "CONTACT_NOT_FOUND", "PUT", "/contact/anonymize/a", "")
	s.refused(404, "CONTACT_NOT_FOUND", "GET", "/contact/a", "")
	s.upsert(204, "a", `{"email":"a@b.example"}`)
	s.assume(`{"anonymize_status":204,"contract_2022":true}`)
	s.want(204, "PUT", "/contact/anonymize/a", "")
	s.refused(404, "RESOURCE_NOT_FOUND", "PUT", "/contact/inactivate/a", "")
	_, dump := s.control("GET", "/control/contacts", "")
	if !strings.Contains(dump, `"contacts":[]`) || strings.Count(dump, `"external_id":"a"`) != 2 {
		t.Errorf("dump: %s", dump)
	}
}

func TestRateLimit(t *testing.T) {
	s := start(t)
	s.assume(`{"rate_per_second":2}`)
	s.want(200, "GET", "/contact/properties/list", "")
	s.want(200, "GET", "/contact/properties/list", "")
	s.refused(429, "BACKEND_EXCEPTION", "GET", "/contact/properties/list", "")
	s.add(time.Second)
	s.want(200, "GET", "/contact/properties/list", "")
}
