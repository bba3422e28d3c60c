package spotlersim_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// updated reads who changed in a window, every page of it.
func (s *rig) updated(from, to time.Time) map[string]person {
	s.Helper()
	out := map[string]person{}
	q := url.Values{"fromDate": {from.Format(time.RFC3339Nano)}, "toDate": {to.Format(time.RFC3339Nano)}, "pageSize": {"25"}}
	for after := 0; ; {
		q.Set("after", fmt.Sprint(after))
		var p struct {
			Paging   struct{ Next string }
			Contacts []person
		}
		decode(s, s.want(200, "GET", "/contact/updates/list?"+q.Encode(), ""), &p)
		for _, c := range p.Contacts {
			out[c.EncryptedID] = c
		}
		after += len(p.Contacts)
		if p.Paging.Next == "" {
			return out
		}
	}
}

// state is a contact as a poller would keep it: what it can see.
func (p person) state() string {
	b, _ := json.Marshal([]any{p.ExternalID, p.Properties, p.Channels})
	return string(b)
}

// A poller that reads the updates by time, window after window, knows everybody
// as they are in the end, whatever people do and however the clock is moved; and
// who unsubscribed has no permission left and no open channel.
func TestPollerSeesEverything(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := start(t)
		s.assume(`{"clock_skew":0}`)
		s.people(20)
		s.ok("PUT", "/control/life/rates", `{"hard":0.05,"soft":0.3,"unsubscribe":0.1,"complain":0.02,"profile":0.3,"open":0.8}`, nil)
		s.ok("POST", "/control/life/days", fmt.Sprintf(`{"days":6,"subscribers":%d,"foreign":0.5,"changes":%d,"leavers":1}`, rapid.IntRange(0, 5).Draw(rt, "new"), rapid.IntRange(0, 9).Draw(rt, "changes")), nil)
		known, at, ahead := map[string]person{}, begin, time.Duration(0)
		for range rapid.IntRange(3, 12).Draw(rt, "steps") {
			if rapid.Bool().Draw(rt, "mail") {
				s.sendTo(`,"after_seconds":3600`)
			}
			step := time.Duration(rapid.IntRange(1, 2000).Draw(rt, "minutes")) * time.Minute
			switch rapid.IntRange(0, 2).Draw(rt, "how") {
			case 0:
				s.live(step)
				ahead += step
			case 1:
				s.ok("POST", "/control/time", fmt.Sprintf(`{"advance_seconds":%f}`, step.Seconds()), nil)
				ahead += step
			default:
				s.add(step)
			}
			now := s.now().Add(ahead)
			for id, p := range s.updated(at, now) {
				known[id] = p
			}
			at = now
		}
		s.add(time.Second)
		for id, p := range s.updated(at, s.now().Add(ahead)) {
			known[id] = p
		}
		all := s.updated(begin, s.now().Add(ahead))
		for id, p := range all {
			if known[id].state() != p.state() {
				rt.Fatalf("the poller knows %s, and it is %s", known[id].state(), p.state())
			}
		}
		s.stateOf(rt, all)
	})
}

// stateOf compares what the API shows with the states that the control plane tells.
func (s *rig) stateOf(rt *rapid.T, shown map[string]person) {
	var told struct {
		Contacts []struct {
			EncryptedID string `json:"encrypted_id"`
			State       string
		}
	}
	s.ok("GET", "/control/contacts", "", &told)
	if len(told.Contacts) != len(shown) {
		rt.Fatalf("%d contacts, %d in the updates", len(told.Contacts), len(shown))
	}
	for _, c := range told.Contacts {
		p := shown[c.EncryptedID]
		if (c.State == "active") != p.Channels[0].Value || c.State == "opted_out" && len(p.on("permissions")) > 0 {
			rt.Fatalf("state %s shows as %+v", c.State, p)
		}
	}
}

// New subscribers have no external id, or one of another system.
func TestSubscribers(t *testing.T) {
	s := start(t)
	s.people(1)
	s.add(time.Minute)
	s.ok("POST", "/control/life/subscribers", `{"number":2}`, nil)
	s.ok("POST", "/control/life/subscribers", `{"number":3,"foreign":true}`, nil)
	none, foreign := 0, 0
	for _, p := range s.updated(begin.Add(time.Second), begin.Add(time.Hour)) {
		switch {
		case p.ExternalID == "":
			none++
		case strings.HasPrefix(p.ExternalID, "shop-1-"):
			foreign++
		}
		if !strings.Contains(fmt.Sprint(p.Properties["email"]), "@life1.example") || p.Properties["firstName"] == nil {
			t.Errorf("subscriber %+v", p)
		}
	}
	if none != 2 || foreign != 3 {
		t.Errorf("%d without id, %d with another's", none, foreign)
	}
}

// The same seed, calls and clock give the same life, to the letter.
func TestSameSeedSameLife(t *testing.T) {
	life := func() string {
		s := start(t)
		s.ok("POST", "/control/life/days", `{"days":3,"subscribers":40,"foreign":0.3,"changes":20,"leavers":2}`, nil)
		refs := s.world(80, 5, `{}`)
		text := s.want(200, "GET", "/mailing-interaction/opened", "") + s.want(200, "GET", "/mailing-interaction/clicked", "")
		for _, ref := range refs {
			text += s.want(200, "GET", "/mailing/"+ref+"/statistics", "")
		}
		_, contacts := s.control("GET", "/control/contacts", "")
		return strings.ReplaceAll(text, s.url, "") + contacts
	}
	a, b := life(), life()
	if a != b || len(a) < 50_000 {
		t.Errorf("two lives of %d and %d bytes differ", len(a), len(b))
	}
}

func TestLifeRefuses(t *testing.T) {
	s := start(t)
	ref := s.mailed(1, "")
	for path, bodies := range map[string][]string{
		"POST /control/life/mailings": {`{}`, `{"name":"x","kind":"odd","to":{}}`, `{"name":"x","type":"FAX","to":{}}`, `{"name":"x","to":{"property":"odd"}}`, `{"name":"x","to":{"audience":"odd"}}`,
			`{"name":"x","to":{},"rates":{"open":2}}`, `{"name":"x","to":{},"trend_report":4}`, `{"name":"x","to":{},"links":[{"id":1,"name":"a","url":"u","type":"odd"}]}`, `{"name":"x","to":{},"after_seconds":-1}`,
			`{"name":"x","to":{},"kind":"automation"}`},
		"POST /control/life/mailings/" + ref + "/act": {`{"external_id":"p0","act":"dance"}`, `{"external_id":"p0","act":"click","link":99}`, `{"external_id":"p0","act":"open","late_seconds":-1}`},
		"POST /control/life/advance":                  {`{"seconds":-1}`},
		"PUT /control/life/rates":                     {`{"hard":0.7,"soft":0.7}`, `{"open":-1}`},
		"POST /control/life/days":                     {`{"days":0}`, `{"days":1,"foreign":2}`, `{"days":1,"changes":-1}`},
		"POST /control/life/subscribers":              {`{"number":0}`},
		"POST /control/life/trends":                   {`{}`, `{"name":"x","target":"ODD"}`},
	} {
		method, path, _ := strings.Cut(path, " ")
		for _, body := range bodies {
			if status, text := s.control(method, path, body); status != 400 || !strings.Contains(text, `"error"`) {
				t.Errorf("%s %s: %d %s", path, body, status, text)
			}
		}
	}
	for path, body := range map[string]string{"/control/life/mailings/none/act": `{"external_id":"p0","act":"open"}`, "/control/life/automations/a/enter": `{"external_id":"nobody"}`} {
		if status, _ := s.control("POST", path, body); status != 404 {
			t.Errorf("%s: %d", path, status)
		}
	}
	var life struct {
		Happened map[string]int
		Pending  int
	}
	s.ok("GET", "/control/life", "", &life)
	if life.Happened["sent"] != 1 || life.Pending != 0 {
		t.Errorf("life %+v", life)
	}
}
