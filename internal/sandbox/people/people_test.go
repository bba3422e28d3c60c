package people_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/spotler-connector/connector/internal/sandbox/dataversesim"
	"github.com/spotler-connector/connector/internal/sandbox/people"
	"github.com/spotler-connector/connector/internal/sandbox/spotlersim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type stage struct {
	testing.TB
	*people.World
	spotler *spotlersim.Sim
}

// set sets up both simulators on real ports.
func set(t testing.TB) *stage {
	t.Helper()
	dv := dataversesim.New(dataversesim.Config{Seed: 1, ClientID: "app", ClientSecret: "secret"})
	sp, err := spotlersim.New(spotlersim.Config{Seed: 1, Accounts: []spotlersim.Account{{Name: "demo", Key: "k", Secret: "s"}}})
	if err != nil {
		t.Fatal(err)
	}
	dvs, sps := httptest.NewServer(dv.Handler()), httptest.NewServer(sp.Handler())
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}
	t.Cleanup(func() {
		client.CloseIdleConnections()
		dvs.Close()
		sps.Close()
		dv.Close()
	})
	return &stage{t, &people.World{Dataverse: dvs.URL, Spotler: sps.URL, ClientID: "app", ClientSecret: "secret", HTTP: client}, sp}
}

// control calls a control plane and returns what it answers.
func (s *stage) control(base, method, path string, body any) string {
	s.Helper()
	text, _ := json.Marshal(body)
	req, err := http.NewRequest(method, base+path, strings.NewReader(string(text)))
	if err != nil {
		s.Fatal(err)
	}
	resp, err := s.HTTP.Do(req)
	if err != nil {
		s.Fatal(err)
	}
	defer resp.Body.Close()
	var out json.RawMessage
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil && resp.StatusCode != 204 {
		s.Fatalf("%s %s: %v", method, path, err)
	}
	if resp.StatusCode >= 300 {
		s.Fatalf("%s %s: %d %s", method, path, resp.StatusCode, out)
	}
	return string(out)
}

// copyist is the plainest possible connector: it reads the tables once and
// puts into Spotler what they say. It knows nothing of package people.
func (s *stage) copyist() {
	s.Helper()
	read := func(set string) (rows []map[string]any) {
		if err := json.Unmarshal([]byte(s.control(s.Dataverse, "GET", "/control/rows/"+set, nil)), &rows); err != nil {
			s.Fatal(err)
		}
		return rows
	}
	bit := map[any]int{"Nieuwsbrief": 1, "Productinfo": 2, "Acties": 4, "Evenementen": 8}
	permissions := map[any][]map[string]any{}
	for _, p := range read("dh_spotlerpermissions") {
		for _, who := range []any{p["_dh_customer_value"], p["_dh_lead_value"]} {
			if who != nil {
				permissions[who] = append(permissions[who], p)
			}
		}
	}
	taken := map[string]bool{}
	var contacts []map[string]any
	for set, key := range map[string]string{"contacts": "contactid", "leads": "leadid", "accounts": "accountid"} {
		for _, r := range read(set) {
			address, _ := r["emailaddress1"].(string)
			if r["statecode"] != 0.0 || r["donotemail"] == true || !strings.Contains(address, "@") || taken[address] || r["lastname"] == people.Refused {
				continue
			}
			taken[address] = true
			p := map[string]any{"email": address, "customerType": strings.TrimSuffix(set, "s")}
			for column, property := range map[string]string{"firstname": "firstName", "middlename": "infix", "lastname": "lastName", "jobtitle": "profileField1",
				"birthdate": "birthday", "address1_line1": "street", "address1_city": "city", "address1_country": "country"} {
				if v := r[column]; v != nil {
					p[property] = v
				}
			}
			if set == "accounts" {
				p["organisation"] = r["name"]
			}
			if code, _ := r["address1_postalcode"].(string); len(code) == 7 {
				p["postalCode"] = code
			}
			var set []map[string]any
			for _, row := range permissions[r[key]] {
				set = append(set, map[string]any{"bit": bit[row["dh_name"]], "enabled": row["dh_subscribed"] == true && r["donotbulkemail"] != true})
			}
			if set != nil {
				p["permissions"] = set
			}
			contacts = append(contacts, map[string]any{"external_id": r[key], "properties": p})
		}
	}
	s.control(s.Spotler, "POST", "/control/contacts", map[string]any{"contacts": contacts})
}

func (s *stage) compare() *people.Report {
	s.Helper()
	r, err := s.Compare(s.Context(), people.Rules{})
	if err != nil {
		s.Fatal(err)
	}
	return r
}

func TestCastIsSeeded(t *testing.T) {
	a, b, c := people.Populate(3, 400), people.Populate(3, 400), people.Populate(4, 400)
	if !reflect.DeepEqual(a, b) || reflect.DeepEqual(a, c) {
		t.Error("a cast is made by its seed")
	}
	if !reflect.DeepEqual(a.Day(people.Plan{}), b.Day(people.Plan{})) {
		t.Error("a day is made by the seed of its cast")
	}
	tables, addresses, with := map[string]int{}, map[string]int{}, 0
	for _, p := range a.People {
		tables[string(p.Table)]++
		addresses[fmt.Sprint(p.Row["emailaddress1"])]++
		if len(p.Permissions) > 0 {
			with++
		}
	}
	shared := 0
	for address, n := range addresses {
		if !strings.HasSuffix(address, ".example") {
			t.Errorf("address %q could be somebody's", address)
		}
		if n > 1 {
			shared += n - 1
		}
	}
	if tables["contact"] < 280 || tables["lead"] < 20 || tables["account"] < 10 || shared != 8 || with < 300 {
		t.Errorf("%v, %d shared, %d with permissions", tables, shared, with)
	}
}

// A whole day goes through the Web API; a copy of what it leaves is identical,
// and what is spoiled afterwards is found again.
func TestDay(t *testing.T) {
	s := set(t)
	ctx := t.Context()
	cast := people.Populate(5, 300)
	if err := cast.Plant(ctx, s.World); err != nil {
		t.Fatal(err)
	}
	if err := s.Watch(ctx); err != nil {
		t.Fatal(err)
	}
	day := cast.Day(people.Plan{Outage: time.Millisecond})
	kinds := map[string]int{}
	var last people.Progress
	err := s.Run(ctx, day, people.Pace{Tell: func(p people.Progress) { last = p; kinds[p.Kind]++ }})
	if err != nil {
		t.Fatal(err)
	}
	if last.Changes < 2000 || last.Done != len(day) {
		t.Errorf("the day: %+v", last)
	}
	for _, kind := range []string{"create", "edit", "subscription", "first subscriptions", "do not bulk email", "do not email", "deactivate", "comes back", "delete",
		"new address", "address removed", "bulk edit of everybody", "wrong address", "refused value", "outage begins", "outage ends"} {
		if kinds[kind] == 0 {
			t.Errorf("nothing of kind %q happened", kind)
		}
	}
	if faults := s.control(s.Spotler, "GET", "/control/faults", nil); strings.TrimSpace(faults) != "[]" {
		t.Errorf("the outage did not end: %s", faults)
	}
	if r := s.compare(); len(r.Lost) == 0 || r.Contacts != 0 || r.Good() {
		t.Errorf("before anything was synchronised: %s", r)
	}
	s.copyist()
	r := s.compare()
	if !r.Good() || r.Identical != r.People {
		t.Errorf("copied: %s\n%+v", r, r)
	}
	for _, want := range []people.Want{people.Held, people.Shared, people.Erased, people.Untouched} {
		if r.Wants[want] == 0 {
			t.Errorf("nobody is %s: %v", want, r.Wants)
		}
	}
	spoiled, err := s.Tamper(ctx, 12, 9, people.Rules{})
	if err != nil || len(spoiled) != 12 {
		t.Fatal(len(spoiled), err)
	}
	found := s.compare()
	var got []string
	for _, d := range found.Different {
		got = append(got, d.ID)
	}
	got = append(got, found.Lost...)
	var want []string
	for _, sp := range spoiled {
		want = append(want, sp.ID)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) || found.Identical != r.Identical-12 {
		t.Errorf("spoiled %v, found %v", want, got)
	}
}

func TestCompareEveryWay(t *testing.T) {
	s := set(t)
	id := func(n int) string { return fmt.Sprintf("6f0c1d9e-0000-4000-8000-%012d", n) }
	rows := []map[string]any{
		{"contactid": id(1), "lastname": "Goed", "emailaddress1": "goed@a.example"},
		{"contactid": id(2), "lastname": "Anders", "emailaddress1": "anders@a.example"},
		{"contactid": id(3), "lastname": "Weg", "emailaddress1": "weg@a.example"},
		{"contactid": id(4), "lastname": "Stil", "emailaddress1": "stil@a.example", "donotemail": true},
		{"contactid": id(5), "lastname": "Fout", "emailaddress1": "fout"},
		{"contactid": id(6), "lastname": "Samen", "emailaddress1": "samen@a.example"},
		{"contactid": id(7), "lastname": "Samen", "emailaddress1": "SAMEN@a.example"},
		{"contactid": id(8), "lastname": "Leeg"},
		{"contactid": id(9), "lastname": "Niet", "emailaddress1": "niet@a.example", "statecode": 1, "statuscode": 2},
		{"contactid": id(10), "lastname": "Bulk", "emailaddress1": "bulk@a.example", "donotbulkemail": true},
		{"contactid": id(11), "lastname": "Buiten", "emailaddress1": "buiten@a.example", "address1_postalcode": "B-9000"},
		{"contactid": id(12), "lastname": "Uit", "emailaddress1": "uit@a.example"},
	}
	s.control(s.Dataverse, "POST", "/control/rows/contacts", rows)
	s.control(s.Dataverse, "POST", "/control/rows/dh_spotlerpermissions", []map[string]any{
		{"dh_name": "Acties", "dh_subscribed": true, "dh_Customer_contact@odata.bind": "/contacts(" + id(10) + ")"},
		{"dh_name": "Acties", "dh_subscribed": true, "dh_Customer_contact@odata.bind": "/contacts(" + id(6) + ")"},
	})
	seed := func(n int, properties map[string]any) map[string]any {
		properties["customerType"] = "contact"
		return map[string]any{"external_id": strings.ToUpper(id(n)), "properties": properties}
	}
	optout := seed(12, map[string]any{"email": "uit@a.example", "lastName": "Anders"})
	optout["state"] = "opted_out"
	on := []map[string]any{{"bit": 4, "enabled": true}}
	s.control(s.Spotler, "POST", "/control/contacts", map[string]any{"contacts": []any{
		seed(1, map[string]any{"email": "goed@a.example", "lastName": "Goed"}),
		seed(2, map[string]any{"email": "anders@a.example", "lastName": "Andres"}),
		seed(4, map[string]any{"email": "stil@a.example"}),
		seed(5, map[string]any{"email": "oud@a.example", "lastName": "Oud"}),
		seed(7, map[string]any{"email": "samen@a.example", "lastName": "Samen"}),
		seed(9, map[string]any{"email": "niet@a.example"}),
		seed(10, map[string]any{"email": "bulk@a.example", "lastName": "Bulk", "permissions": on}),
		seed(11, map[string]any{"email": "buiten@a.example", "lastName": "Buiten"}),
		optout,
		seed(99, map[string]any{"email": "verwijderd@a.example"}),
		map[string]any{"external_id": "winkel-1", "properties": map[string]any{"email": "ander@a.example"}},
	}})
	r := s.compare()
	want := &people.Report{People: 12, Contacts: 10, Identical: 7,
		Different:  []people.Difference{{ID: id(2), Fields: []string{"lastName"}}, {ID: id(10), Fields: []string{"permissions: Acties"}}},
		Lost:       []string{id(3)},
		Kept:       []string{id(4), id(9)},
		Unexpected: []string{id(99)}, OutOfOrder: []string{},
		Wants: map[people.Want]int{people.Held: 6, people.Shared: 2, people.Erased: 3, people.Untouched: 1}}
	if !reflect.DeepEqual(r, want) {
		t.Errorf("got  %+v\nwant %+v", r, want)
	}
	keep, err := s.Compare(t.Context(), people.Rules{KeepInactive: true})
	if err != nil || len(keep.Kept) != 1 {
		t.Errorf("with the setting off: %+v %v", keep, err)
	}
}

// Trouble on the way is repeated.
func TestRunWithTrouble(t *testing.T) {
	s := set(t)
	cast := people.Populate(6, 30)
	if err := cast.Plant(t.Context(), s.World); err != nil {
		t.Fatal(err)
	}
	s.control(s.Dataverse, "POST", "/control/tokens/expire", nil)
	for _, f := range []map[string]any{
		{"name": "busy", "kind": "status", "status": 503, "path": "/api/", "probability": 0.05},
		{"name": "lost", "kind": "drop_after_commit", "path": "/api/", "probability": 0.05},
	} {
		s.control(s.Dataverse, "POST", "/control/faults", f)
	}
	if err := s.Run(t.Context(), cast.Day(people.Plan{Changes: 150, Quiet: true}), people.Pace{}); err != nil {
		t.Fatal(err)
	}
}

// A day that is cut short leaves Spotler whole.
func TestDayCutShort(t *testing.T) {
	s := set(t)
	cast := people.Populate(6, 30)
	if err := cast.Plant(t.Context(), s.World); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	day := cast.Day(people.Plan{Changes: 60, Outage: time.Hour})
	err := s.Run(ctx, day, people.Pace{Tell: func(p people.Progress) {
		if p.Kind == "outage begins" {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the day was not cut short: %v", err)
	}
	if faults := s.control(s.Spotler, "GET", "/control/faults", nil); strings.TrimSpace(faults) != "[]" {
		t.Errorf("the outage did not end: %s", faults)
	}
}
