package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spotler-connector/connector/internal/api/openapi"
)

// policied is a mapping with a policy on each row.
const policied = `version: 1
rows:
  - {spotler: email, contact: emailaddress1, direction: "->"}
  - {spotler: firstName, contact: firstname, direction: "<->", policy: spotler}
  - {spotler: lastName, contact: lastname, direction: "<->", policy: newest}
  - {spotler: profileField1, contact: jobtitle, direction: "<->", policy: crm}
  - {spotler: city, contact: address1_city, direction: "<->", policy: ask}
`

// beginPolicied starts a house with that mapping.
func beginPolicied(t *testing.T, database string, more map[string]string) *story {
	t.Helper()
	file := filepath.Join(t.TempDir(), "mapping.yaml")
	if err := os.WriteFile(file, []byte(policied), 0o600); err != nil {
		t.Fatal(err)
	}
	values := map[string]string{"MAPPING": file, "POLL_EVERY": "1h"}
	for k, v := range more {
		values[k] = v
	}
	return begin(t, database, values)
}

// types runs a command line against the house.
func (s *story) types(args ...string) typed {
	s.Helper()
	return typing(s.T, []string{serverEnviron + "=" + s.house.Addr(), tokenEnviron + "=" + s.key()}, args...)
}

// key is the token of the first start.
func (s *story) key() string {
	if s.house.firstTok != "" {
		s.token = s.house.firstTok
	}
	return s.token
}

// questions are the ids of the open questions.
func (s *story) questions() []string {
	s.Helper()
	list, code := parsed[openapi.ReviewList](s, "reviews", "list")
	if code != exitOK {
		s.Fatalf("reviews list: exit %d", code)
	}
	var out []string
	for _, r := range list.Reviews {
		out = append(out, r.Id)
	}
	return out
}

func parsed[T any](s *story, args ...string) (T, int) {
	s.Helper()
	d := &desk{T: s.T, url: s.house.Addr(), token: s.key()}
	return asJSON[T](d, args...)
}

// same checks that both sides have a value.
func (s *story) same(column, property, want string) {
	s.Helper()
	if crm, mail := s.row("contacts", id(1))[column], s.spotler()[id(1)].Properties[property]; crm != want || mail != want {
		s.Errorf("%s: %v in Dynamics and %v in Spotler, want %s", property, crm, mail, want)
	}
}

// C-020, C-023: when both sides changed a two-way field, the policy of its row decides,
// also when Dynamics was saved before anybody polled Spotler: what changed there is not
// overwritten unseen. A question is answered by a command, or falls away when both
// sides agree.
func TestPolicies(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, database string) {
		s := beginPolicied(t, database, nil)
		s.crm(person(1, map[string]any{"jobtitle": "Buyer", "address1_city": "Ede"}))
		s.quiet()
		s.profile(id(1), map[string]any{"firstName": "Bea", "lastName": "Smit", "profileField1": "Clerk", "city": "Epe"})
		s.crm(edit{Set: "contacts", ID: id(1), Body: map[string]any{"firstname": "Cor", "lastname": "Vos", "jobtitle": "Director", "address1_city": "Ulft"}})
		s.quiet()
		s.same("firstname", "firstName", "Bea")
		s.same("jobtitle", "profileField1", "Director")
		s.poll()
		s.same("firstname", "firstName", "Bea")
		s.same("jobtitle", "profileField1", "Director")
		city, last := "contact:"+id(1)+":city", "contact:"+id(1)+":lastName"
		if open := s.questions(); len(open) != 2 || !strings.Contains(strings.Join(open, " "), city) || !strings.Contains(strings.Join(open, " "), last) {
			t.Fatalf("questions: %v", open)
		}
		if c, m := s.row("contacts", id(1))["address1_city"], s.spotler()[id(1)].Properties["city"]; c != "Ulft" || m != "Epe" {
			t.Errorf("while a person is asked: %v and %v", c, m)
		}
		if got := s.types("status"); !strings.Contains(got.out, "2 questions for a person") {
			t.Errorf("status shows\n%s", got.out)
		}
		if got := s.types("reviews", "list"); strings.Contains(got.out, "Ulft") || !strings.Contains(got.out, city) {
			t.Errorf("the list shows\n%s", got.out)
		}
		if got := s.types("reviews", "show", city); !strings.Contains(got.out, "crm: Ulft") || !strings.Contains(got.out, "spotler: Epe") {
			t.Errorf("the question shows\n%s%s", got.out, got.err)
		}
		if got := s.types("reviews", "answer", city, "dismiss"); got.code == exitOK {
			t.Error("a conflict was dismissed")
		}
		for question, side := range map[string]string{city: "crm", last: "spotler"} {
			if got := s.types("reviews", "answer", question, side, "--wait"); got.code != exitOK {
				t.Fatalf("the answer: %s%s", got.out, got.err)
			}
		}
		s.quiet()
		s.same("address1_city", "city", "Ulft")
		s.same("lastname", "lastName", "Smit")
		if open := s.questions(); len(open) != 0 {
			t.Errorf("still open: %v", open)
		}
		if got := s.types("reviews", "answer", city, "spotler"); got.code == exitOK {
			t.Error("a question was answered twice")
		}
		s.profile(id(1), map[string]any{"city": "Aalten"})
		s.crm(edit{Set: "contacts", ID: id(1), Body: map[string]any{"address1_city": "Zwolle"}})
		s.quiet()
		if open := s.questions(); len(open) != 1 {
			t.Fatalf("questions: %v", open)
		}
		s.crm(edit{Set: "contacts", ID: id(1), Body: map[string]any{"address1_city": "Aalten"}})
		s.quiet()
		if r, _ := parsed[openapi.Review](s, "reviews", "show", city); value(r.Choice) != "agreed" || r.ResolvedAt == nil {
			t.Errorf("after both agreed: %+v", r)
		}
		s.profile(id(1), map[string]any{"city": "Borne"})
		s.crm(edit{Set: "contacts", ID: id(1), Body: map[string]any{"address1_city": nil}})
		s.quiet()
		if got := s.types("reviews", "answer", city, "crm", "--wait"); got.code != exitOK {
			t.Fatalf("the answer: %s%s", got.out, got.err)
		}
		s.quiet()
		if crm, mail := s.row("contacts", id(1))["address1_city"], s.spotler()[id(1)].Properties["city"]; crm != nil || mail != nil {
			t.Errorf("nothing was chosen: %v in Dynamics and %v in Spotler", crm, mail)
		}
	})
}

// Of two changes that are further apart than the clocks may be, the newest wins; the
// poll by command brings what changed, once.
func TestNewestWinsAndPollNow(t *testing.T) {
	t.Parallel()
	s := beginPolicied(t, "sqlite:"+t.TempDir()+"/c.db", nil)
	s.crm(person(1, nil))
	s.quiet()
	if _, code := parsed[openapi.Polled](s, "poll", "now"); code != exitOK { // a first reading only begins
		t.Fatalf("poll now: exit %d", code)
	}
	s.crm(edit{Set: "contacts", ID: id(1), Body: map[string]any{"lastname": "Vos"}})
	s.quiet()
	s.control(http.MethodPost, s.sandbox.SpotlerURL+"/control/time", map[string]any{"advance_seconds": 200}, nil)
	s.profile(id(1), map[string]any{"lastName": "Later"})
	s.crm(edit{Set: "contacts", ID: id(1), Body: map[string]any{"lastname": "Sooner"}})
	s.quiet()
	s.same("lastname", "lastName", "Later")
	s.house.now = func() time.Time { return time.Now().Add(201 * time.Second) }
	s.profile(id(1), map[string]any{"firstName": "Bea"})
	polled, code := parsed[openapi.Polled](s, "poll", "now")
	if code != exitOK || polled.Contacts != 1 || polled.New != 1 {
		t.Errorf("exit %d, polled %+v", code, polled)
	}
	s.quiet()
	s.same("firstname", "firstName", "Bea")
	if again, _ := parsed[openapi.Polled](s, "poll", "now"); again.New != 0 {
		t.Errorf("polled again %+v", again)
	}
}

// A field that two writers change to and fro is frozen for both sides and reported
// with both of them, until a person chooses; then it travels again.
func TestPingPongFreezes(t *testing.T) {
	t.Parallel()
	s := beginPolicied(t, "sqlite:"+t.TempDir()+"/c.db", map[string]string{"POLL_FREEZE": "3"})
	s.crm(person(1, map[string]any{"jobtitle": "Buyer"}))
	s.quiet()
	title := func(v string) { // one side writes, the other corrects it
		s.crm(edit{Set: "contacts", ID: id(1), Body: map[string]any{"jobtitle": v}})
		s.quiet()
	}
	form := func(v string) {
		s.profile(id(1), map[string]any{"profileField1": v})
		s.poll()
	}
	form("Clerk")
	title("Buyer")
	form("Clerk")
	s.same("jobtitle", "profileField1", "Clerk")
	title("Buyer") // the third turn
	question := "contact:" + id(1) + ":profileField1"
	if open := s.questions(); len(open) != 1 || open[0] != question {
		t.Fatalf("questions: %v", open)
	}
	r, _ := parsed[openapi.Review](s, "reviews", "show", question)
	if r.Kind != openapi.ReviewKindFrozen || r.Sides == nil || value(r.Sides.Crm) != "Buyer" || value(r.Sides.Spotler) != "Clerk" || value(r.Sides.CrmBy) == "" || value(r.Sides.SpotlerBy) == "" {
		t.Errorf("the question: %+v %+v", r, r.Sides)
	}
	form("Farmer")
	title("Baker")
	if crm, mail := s.row("contacts", id(1))["jobtitle"], s.spotler()[id(1)].Properties["profileField1"]; crm != "Baker" || mail != "Farmer" {
		t.Errorf("frozen: %v in Dynamics, %v in Spotler", crm, mail)
	}
	s.crm(edit{Set: "contacts", ID: id(1), Body: map[string]any{"lastname": "Vos"}})
	s.quiet()
	s.same("lastname", "lastName", "Vos") // other fields go on
	if got := s.types("reviews", "answer", question, "crm", "--wait"); got.code != exitOK {
		t.Fatalf("the answer: %s%s", got.out, got.err)
	}
	s.quiet()
	s.same("jobtitle", "profileField1", "Baker")
	form("Farmer")
	s.same("jobtitle", "profileField1", "Farmer")
	if open := s.questions(); len(open) != 0 {
		t.Errorf("still open: %v", open)
	}
}
