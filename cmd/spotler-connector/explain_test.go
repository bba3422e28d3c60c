package main

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/spotler-connector/connector/internal/api/openapi"
	"github.com/spotler-connector/connector/internal/sandbox"
)

// explains runs the command against the house of a story.
func (s *story) explains(n int, more ...string) (openapi.Explanation, string) {
	s.Helper()
	environ := []string{serverEnviron + "=http://" + s.house.listener.Addr().String(), tokenEnviron + "=" + s.house.firstTok}
	read := typing(s.T, environ, append([]string{"explain", "contact/" + id(n)}, more...)...)
	told := typing(s.T, environ, append([]string{"explain", "--json", "contact/" + id(n)}, more...)...)
	if read.code != exitOK || told.code != exitOK {
		s.Fatalf("explain: %+v, %+v", read, told)
	}
	var x openapi.Explanation
	if err := json.Unmarshal([]byte(told.out), &x); err != nil {
		s.Fatal(err)
	}
	if strings.Contains(read.out+told.out, sandbox.ClientSecret) || strings.Contains(read.out+told.out, sandbox.SpotlerSecret) {
		s.Error("the explanation tells a secret")
	}
	return x, read.out
}

// An explanation says what every rule saw, what the mapping makes of the record, what a
// sync would do about every permission, and what would change the verdict; asking
// changes nothing on either side.
func TestExplain(t *testing.T) {
	t.Parallel()
	s := begin(t, "sqlite:"+t.TempDir()+"/connector.db", nil)
	s.crm(person(1, map[string]any{"jobtitle": "Buyer"}), permission(101, 1, "Nieuwsbrief", true), permission(102, 1, "Acties", false))
	s.quiet() // the first who has an address stands for it
	s.crm(person(2, map[string]any{"emailaddress1": "ann1@example.test"}), person(3, nil))
	s.quiet()
	x, text := s.explains(1)
	if x.Verdict == nil || x.Verdict.Action != "update" || !x.Link.InSpotler || !x.Link.Owner || x.Link.Remembers == nil || len(x.Jobs) == 0 || len(x.Ledger) != 2 {
		t.Fatalf("somebody in Spotler: %s", text)
	}
	decides := slices.IndexFunc(x.Rules, func(r openapi.RuleSeen) bool { return r.Decides })
	if decides < 0 || x.Rules[decides].Rule != "update" || len(x.Rules) < 15 {
		t.Errorf("the rules are %+v", x.Rules)
	}
	if i := slices.IndexFunc(x.Mapping, func(l openapi.MappingLine) bool { return value(l.Spotler) == "lastName" }); i < 0 || value(x.Mapping[i].Source) != "Jansen1" || value(x.Mapping[i].Converted) != "Jansen1" {
		t.Errorf("the mapping is %+v", x.Mapping)
	}
	if i := slices.IndexFunc(x.WouldChange, func(w openapi.WouldChange) bool { return w.If == "Do Not Email is set" }); i < 0 || x.WouldChange[i].Verdict.Action != "anonymize" {
		t.Errorf("what would change: %+v", x.WouldChange)
	}
	for _, want := range []string{"A sync would update the contact (rule update)", "If Do Not Email is set, it would anonymise the contact", "RULE", "PERMISSION", "Jansen1"} {
		if !strings.Contains(text, want) {
			t.Errorf("it reads without %q: %s", want, text)
		}
	}
	if x, text = s.explains(1, "--no-values"); strings.Contains(text, "Jansen1") || strings.Contains(text, "example.test") || value(x.Mapping[0].Source) != "" {
		t.Errorf("without values: %s", text)
	}

	s.control(http.MethodPost, s.sandbox.SpotlerURL+"/control/contacts/permission", map[string]any{"external_id": id(1), "bit": 2, "enabled": false}, nil)
	s.silently(edit{Set: "dh_spotlerpermissions", ID: id(102), Body: map[string]any{"dh_subscribed": true}})
	before := s.spotler()[id(1)]
	x, _ = s.explains(1)
	if i := slices.IndexFunc(x.Permissions, func(p openapi.PermissionSeen) bool { return p.Name == "Acties" }); i < 0 || x.Permissions[i].Row != "on" || value(x.Permissions[i].Agreed) != "off" || value(x.Permissions[i].Spotler) != "off" || x.Permissions[i].Does != "turns it on in Spotler" {
		t.Errorf("the permissions are %+v", x.Permissions)
	}
	if after := s.spotler()[id(1)]; after.bits()["Acties"] != before.bits()["Acties"] || s.permissions(1)["Acties"] != true {
		t.Errorf("explaining wrote: %v", after)
	}

	if x, text = s.explains(2); x.Verdict.Rule != "shares-address" || value(x.Link.OwnedBy) != "contact/"+id(1) || x.Link.Owner {
		t.Errorf("somebody who shares an address: %s", text)
	}
	s.crm(edit{Set: "contacts", ID: id(3), Body: map[string]any{"donotemail": true}})
	s.quiet()
	if x, text = s.explains(3); x.Verdict.Rule != "do-not-email" || len(x.Receipts) != 1 || x.Link.ErasedAt == nil || !strings.Contains(text, "Erased ") {
		t.Errorf("somebody who was erased: %s", text)
	}
	if x, _ = s.explains(9); x.Verdict.Rule != "deleted" || x.Link.Linked {
		t.Errorf("nobody: %+v", x.Verdict)
	}
}
