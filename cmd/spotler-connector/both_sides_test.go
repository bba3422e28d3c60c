package main

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/sandbox/people"
	"github.com/spotler-connector/connector/internal/store"
)

// agreeing is a mapping with every direction and policy.
const agreeing = `version: 1
rows:
  - {spotler: email, contact: emailaddress1, direction: "->"}
  - {spotler: firstName, contact: firstname, direction: "<->", policy: spotler}
  - {spotler: lastName, contact: lastname, direction: "<->", policy: crm}
  - {spotler: profileField1, contact: jobtitle, direction: "<->", policy: newest}
  - {spotler: profileField2, contact: salutation, direction: "<->", policy: ask}
  - {spotler: city, contact: address1_city, direction: "<-"}
  - {spotler: street, contact: address1_line1, direction: "->"}
  - {spotler: permissions, contact: "@map(permissions)", direction: "<->"}
`

// sharedFields are the columns and properties of the rows that both sides may change,
// then one of either side alone.
var sharedFields = [][2]string{{"firstname", "firstName"}, {"lastname", "lastName"}, {"jobtitle", "profileField1"}, {"salutation", "profileField2"}, {"address1_city", "city"}, {"address1_line1", "street"}}

// move is one thing that somebody does, or that goes wrong.
type move struct {
	Kind   string
	Person int
	Field  int
	Value  string
	On     bool
}

// moves draws them: mostly edits of both sides, sometimes a person's choice, a fault, a
// restart or a clock that runs ahead.
var moves = rapid.Custom(func(t *rapid.T) move {
	kinds := []string{"crm field", "crm field", "crm field", "form", "form", "form", "row", "row", "bit", "bit", "score", "bulk", "poll", "poll", "fault", "fault", "unsubscribe", "erase", "clock", "restart"}
	return move{rapid.SampledFrom(kinds).Draw(t, "kind"), rapid.IntRange(1, 1000).Draw(t, "person"), rapid.IntRange(0, 3).Draw(t, "field"),
		rapid.SampledFrom([]string{"", "Ann", "Bea", "Cor", "Dirk"}).Draw(t, "value"), rapid.Bool().Draw(t, "on")}
})

// twoSides is a story with random edits on both sides, and what must hold after it.
type twoSides struct {
	*story
	database string
	settings map[string]string
	people   int   // so many there ever were, numbered from 1
	acting   []int // those who are still in Spotler
	next     int   // id of the next row

	gone, out map[int]bool     // erased; unsubscribed from everything
	rows      map[int][]string // ids of permission rows by person, one per permission
	onActs    map[[2]int]bool  // since all was quiet, by person and permission
	offActs   map[[2]int]bool
	rested    map[[2]int]bool // what the row said when all was quiet
	jobs      map[string]scoreJob
	restarts  int
}

type scoreJob struct {
	person int
	points int64
}

// seedEnviron repeats the edits of an earlier run.
const seedEnviron = "SPOTLER_CONNECTOR_SEED"

// A model of both sides: whatever people edit on either side, with faults, restarts and
// a clock that runs ahead, once all is quiet both sides agree under the policies, no
// score was counted twice, nobody who was erased is back, no permission is on that
// nobody turned on, and nothing goes on by itself. The long form is 10,000 edits.
func TestBothSidesAgree(t *testing.T) {
	t.Parallel()
	rounds, edits, crowd, seed := 3, 40, 6, 1
	if os.Getenv(wholeEnviron) != "" {
		rounds, edits, crowd, seed = 50, 200, 40, int(time.Now().UnixNano()&0xffffff)
	}
	if n, err := strconv.Atoi(os.Getenv(seedEnviron)); err == nil { // to repeat a run
		seed = n
	}
	t.Logf("%d rounds of %d edits by %d people, seed %d", rounds, edits, crowd, seed)
	file := t.TempDir() + "/mapping.yaml"
	if err := os.WriteFile(file, []byte(agreeing), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &twoSides{database: "sqlite:" + t.TempDir() + "/c.db", next: 10_000,
		settings: map[string]string{"MAPPING": file, "POLL_EVERY": "24h", "POLL_EMPTIES": "0", "JOB_LOG": "none", "FENCE_LIMIT": "0"},
		gone:     map[int]bool{}, out: map[int]bool{}, rows: map[int][]string{}, rested: map[[2]int]bool{}, jobs: map[string]scoreJob{}}
	s.story = begin(t, s.database, s.settings)
	s.key()
	for round := range rounds {
		s.populate(crowd)
		s.settle(fmt.Sprintf("before round %d", round))
		s.onActs, s.offActs, s.restarts = map[[2]int]bool{}, map[[2]int]bool{}, 0
		for _, m := range rapid.SliceOfN(moves, edits, edits).Example(seed*1000 + round) {
			m.Person = s.acting[m.Person%len(s.acting)]
			s.do(m)
		}
		s.settle(fmt.Sprintf("round %d", round))
		if t.Failed() {
			t.Fatalf("seed %d, round %d", seed, round)
		}
	}
	before := s.count().Ops
	for range 2 {
		s.pollAll()
		s.quietly(3 * time.Minute)
	}
	if after := s.count().Ops; fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("it goes on by itself: %v, then %v", before, after)
	}
}

// populate makes new people, with their permissions, in place of those who left.
func (s *twoSides) populate(crowd int) {
	s.Helper()
	s.acting = slices.DeleteFunc(s.acting, func(n int) bool { return s.gone[n] || s.out[n] })
	for len(s.acting) < crowd {
		s.people++
		n := s.people
		s.acting = append(s.acting, n)
		all := []edit{person(n, map[string]any{"jobtitle": "Buyer", "salutation": "Ms", "address1_line1": "Church Street 1"})}
		for i, name := range people.Permissions {
			s.next++
			all = append(all, permission(s.next, n, name, i%2 == 0))
			s.rows[n] = append(s.rows[n], id(s.next))
		}
		s.crm(all...)
	}
}

// do makes one move.
func (s *twoSides) do(m move) {
	s.Helper()
	column, property := sharedFields[m.Field][0], sharedFields[m.Field][1]
	active := !s.gone[m.Person] && !s.out[m.Person]
	switch m.Kind {
	case "crm field":
		if m.On && m.Field == 0 {
			column = "address1_line1"
		}
		if !s.gone[m.Person] && (m.Value != "" || column != "lastname") {
			s.crm(edit{Set: "contacts", ID: id(m.Person), Body: map[string]any{column: empty(m.Value)}})
		}
	case "form":
		if m.On && m.Field == 0 {
			property = "city"
		}
		if active && (m.Value != "" || property != "lastName") {
			s.profile(id(m.Person), map[string]any{property: m.Value})
		}
	case "row":
		s.row_(m)
	case "bit":
		s.bit(m)
	case "bulk":
		if active {
			s.crm(edit{Set: "contacts", ID: id(m.Person), Body: map[string]any{"donotbulkemail": m.On && m.Field == 0}})
		}
	case "score":
		if active {
			s.next++
			s.jobs[id(s.next)] = scoreJob{m.Person, int64(m.Field + 1)}
			s.crm(edit{Method: http.MethodPost, Set: "dh_spotlerjobs", ID: id(s.next), Body: map[string]any{"dh_name": "score", "dh_operation": int(connector.IncreaseScore),
				"dh_parametername": "visits", "dh_parametervalue": fmt.Sprint(m.Field + 1), "dh_Customer_contact@odata.bind": "/contacts(" + id(m.Person) + ")"}})
		}
	case "unsubscribe":
		if active && m.Field == 0 {
			s.control(http.MethodPost, s.sandbox.SpotlerURL+"/control/contacts/unsubscribe", map[string]any{"external_id": id(m.Person)}, nil)
			s.out[m.Person] = true
		}
	case "erase":
		if !s.gone[m.Person] && m.Field == 0 && m.On {
			s.crm(edit{Set: "contacts", ID: id(m.Person), Body: map[string]any{"donotemail": true}})
			s.gone[m.Person] = true
		}
	default:
		s.disturb(m)
	}
}

// disturb is what nobody does.
func (s *twoSides) disturb(m move) {
	s.Helper()
	switch m.Kind {
	case "poll":
		now := time.Now()
		_ = s.house.envs[0].poll(s.Context(), now.Add(-time.Hour), now.Add(time.Minute)) // it may meet a fault
	case "clock":
		s.control(http.MethodPost, s.sandbox.SpotlerURL+"/control/time", map[string]any{"advance_seconds": 0.2}, nil)
	case "fault":
		kinds := []string{"status", "drop_before", "drop_after_commit", "html", "truncate", "garble"}
		at, path := s.sandbox.SpotlerURL, []string{"*/contact/list", "*/contact/*", "*/tag*", "*/updates*"}[m.Field]
		if m.On {
			at, path = s.sandbox.DataverseURL, "*/$batch"
		}
		s.control(http.MethodPost, at+"/control/faults", map[string]any{"name": "f", "path": path, "kind": kinds[m.Person%len(kinds)], "status": 0, "times": 1}, nil)
	case "restart":
		if s.restarts++; s.restarts > 1 || m.Field != 0 {
			return
		}
		s.end()
		s.open(s.database, with(s.settings, map[string]string{"HOOK_ID": "", "DATA_DIR": s.house.settings.DataDir}))
	}
}

// row_ changes a permission row in Dynamics, if that changes it.
func (s *twoSides) row_(m move) {
	s.Helper()
	row := s.rows[m.Person][m.Field]
	if s.gone[m.Person] || s.out[m.Person] || s.row("dh_spotlerpermissions", row)["dh_subscribed"] == m.On {
		return
	}
	s.acts(m)
	s.crm(edit{Set: "dh_spotlerpermissions", ID: row, Body: map[string]any{"dh_subscribed": m.On}})
}

// bit changes a permission in Spotler, if that changes it.
func (s *twoSides) bit(m move) {
	s.Helper()
	name := people.Permissions[m.Field]
	c, there := s.spotler()[id(m.Person)]
	if s.gone[m.Person] || s.out[m.Person] || !there || c.bits()[name] == m.On {
		return
	}
	s.acts(m)
	s.chooses(id(m.Person), 1<<m.Field, m.On)
}

func (s *twoSides) acts(m move) {
	if m.On {
		s.onActs[[2]int{m.Person, m.Field}] = true
	} else {
		s.offActs[[2]int{m.Person, m.Field}] = true
	}
}

func (s *twoSides) pollAll() {
	s.Helper()
	now := time.Now()
	if err := s.house.envs[0].poll(s.Context(), now.Add(-6*time.Hour), now.Add(10*time.Minute)); err != nil {
		s.Fatal(err)
	}
}

// safetyNet finds the events that were lost while the connector was away.
func (s *twoSides) safetyNet() {
	s.Helper()
	for _, step := range s.house.envs[0].clockwork().Steps() {
		if step.Name != "changes" && step.Name != "pull_jobs" {
			continue
		}
		if err := step.Once(s.Context()); err != nil {
			s.Fatal(err)
		}
	}
}

// settle ends all trouble, polls and answers until nothing is left, and compares.
func (s *twoSides) settle(when string) {
	s.Helper()
	for _, at := range []string{s.sandbox.SpotlerURL, s.sandbox.DataverseURL} {
		s.control(http.MethodDelete, at+"/control/faults", nil, nil)
	}
	for _, g := range []string{store.GateSpotler, store.GateDataverse} {
		if err := s.house.store.Resume(s.Context(), s.env, g); err != nil {
			s.Fatal(err)
		}
	}
	for i := 0; ; i++ {
		s.quietly(3 * time.Minute)
		s.safetyNet()
		s.pollAll()
		s.quietly(3 * time.Minute)
		open := s.questions()
		if len(open) == 0 {
			break
		}
		if i == 10 {
			s.Fatalf("%s: questions stay open: %v", when, open)
		}
		for n, question := range open {
			if got := s.types("reviews", "answer", question, []string{"crm", "spotler"}[n%2], "--wait"); got.code != exitOK {
				s.Fatalf("%s: the answer to %s: %s%s", when, question, got.out, got.err)
			}
		}
	}
	s.compare(when)
}

// compare looks at both sides.
func (s *twoSides) compare(when string) {
	s.Helper()
	if n := s.count().Ops; n[store.OpDead] > 0 {
		s.Errorf("%s: work was given up: %v", when, n)
	}
	in, rows := s.spotler(), map[string]map[string]any{}
	for _, set := range []string{"contacts", "dh_spotlerpermissions"} {
		for _, r := range s.rowsOf(set) {
			key, _ := r[strings.TrimSuffix(set, "s")+"id"].(string)
			rows[key] = r
		}
	}
	for n := 1; n <= s.people; n++ {
		c, there := in[id(n)]
		if there == s.gone[n] {
			s.Errorf("%s: person %d is in Spotler: %t, erased: %t", when, n, there, s.gone[n])
		}
		if s.gone[n] || !there {
			continue
		}
		if !s.out[n] {
			s.compareFields(when, n, rows[id(n)], c)
		}
		s.compareBits(when, n, rows, c)
	}
	s.compareScores(when)
}

func (s *twoSides) compareFields(when string, n int, row map[string]any, c inSpotler) {
	s.Helper()
	for _, f := range sharedFields {
		crm, _ := row[f[0]].(string)
		mail, _ := c.Properties[f[1]].(string)
		if crm != mail {
			s.Errorf("%s: person %d, %s: %q in Dynamics and %q in Spotler", when, n, f[1], crm, mail)
		}
	}
}

func (s *twoSides) compareBits(when string, n int, rows map[string]map[string]any, c inSpotler) {
	s.Helper()
	bulk := rows[id(n)]["donotbulkemail"] == true
	for i, name := range people.Permissions {
		key := [2]int{n, i}
		row, bit := rows[s.rows[n][i]]["dh_subscribed"] == true, c.bits()[name]
		if bit != (row && !bulk) {
			s.Errorf("%s: person %d, %s: the row says %t, Do Not Bulk Email %t, Spotler %t", when, n, name, row, bulk, bit)
		}
		before, known := s.rested[key]
		if known && !before && row && !s.onActs[key] || bit && s.offActs[key] && !s.onActs[key] {
			s.Errorf("%s: person %d, %s is on and nobody turned it on", when, n, name)
		}
		if known && before && !row && !s.offActs[key] && !s.out[n] {
			s.Errorf("%s: person %d, %s is off and nobody turned it off", when, n, name)
		}
		s.rested[key] = row
	}
}

// compareScores: each job that says Completed counted once, and none counted twice.
func (s *twoSides) compareScores(when string) {
	s.Helper()
	least, most := map[int]int64{}, map[int]int64{}
	for _, r := range s.rowsOf("dh_spotlerjobs") {
		key, _ := r["dh_spotlerjobid"].(string)
		j, ours := s.jobs[key]
		if !ours || s.gone[j.person] {
			continue
		}
		switch state(r) {
		case connector.Completed:
			if r["dh_resultcode"] != connector.CodeOK {
				continue
			}
			least[j.person] += j.points
			most[j.person] += j.points
		case connector.Failed: // it may have been done, and says so
			most[j.person] += j.points
		}
	}
	for n := 1; n <= s.people; n++ {
		if s.gone[n] {
			continue
		}
		if _, scores := s.tags(n); scores["visits"] < least[n] || scores["visits"] > most[n] {
			s.Errorf("%s: person %d has %d points, want %d to %d", when, n, scores["visits"], least[n], most[n])
		}
	}
}

// rowsOf reads all rows of a set in Dynamics.
func (s *twoSides) rowsOf(set string) []map[string]any { return s.story.rows(set) }

// empty is nothing, as Dynamics takes it.
func empty(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// with is a copy of settings with some others.
func with(settings, more map[string]string) map[string]string {
	out := map[string]string{}
	for _, m := range []map[string]string{settings, more} {
		for k, v := range m {
			out[k] = v
		}
	}
	return out
}
