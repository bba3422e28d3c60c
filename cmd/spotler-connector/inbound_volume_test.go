package main

import (
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/spotler-connector/connector/internal/store"
)

// wholeEnviron asks for the long form of a test (make soak).
const wholeEnviron = "SPOTLER_CONNECTOR_WHOLE"

// A window of many changed contacts costs Dataverse at most 0.05 requests each, the
// events of our own writes included, and the echoes that come with the next window
// cost it nothing. The long form is 10,000 contacts.
func TestWindowOfMany(t *testing.T) {
	t.Parallel()
	people := 300
	if os.Getenv(wholeEnviron) != "" {
		people = 10_000
	}
	s := beginTwoWay(t, "sqlite:"+t.TempDir()+"/c.db", map[string]string{"POLL_EMPTIES": "0"})
	for start := 1; start <= people; start += 500 {
		var rows []map[string]any
		for n := start; n < min(start+500, people+1); n++ {
			row := person(n, map[string]any{"jobtitle": "Buyer"}).Body
			row["contactid"] = id(n)
			rows = append(rows, row)
		}
		s.control(http.MethodPost, s.sandbox.DataverseURL+"/control/rows/contacts", rows, nil)
	}
	if got := s.types("load", "contact"); got.code != exitOK {
		t.Fatalf("load: %s%s", got.out, got.err)
	}
	s.settled()
	for n := 1; n <= people; n++ {
		s.profile(id(n), map[string]any{"profileField1": fmt.Sprint("Director ", n), "city": "Ede"})
	}
	asked := func() int64 {
		n, err := received(s.Context(), s.sandbox.DataverseURL)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	poll := func() (int64, time.Duration) {
		before, began := asked(), time.Now()
		if err := s.house.envs[0].poll(s.Context(), began.Add(-time.Hour), began.Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		s.settled()
		return asked() - before, time.Since(began)
	}
	requests, took := poll()
	t.Logf("%d contacts: %d requests to Dataverse, %.4f each, in %s", people, requests, float64(requests)/float64(people), took.Round(time.Millisecond))
	if limit := float64(people) * 0.05; float64(requests) > limit {
		t.Errorf("%d requests for %d contacts, more than %.0f", requests, people, limit)
	}
	wrong := 0
	for _, r := range s.rows("contacts") {
		var n int
		if _, err := fmt.Sscanf(r["jobtitle"].(string), "Director %d", &n); err != nil || id(n) != r["contactid"] || r["address1_city"] != "Ede" {
			wrong++
		}
	}
	if wrong > 0 {
		t.Errorf("%d rows are not as Spotler has them", wrong)
	}
	if echoes, _ := poll(); echoes != 0 {
		t.Errorf("the echoes cost %d requests", echoes)
	}
}

// settled waits as quiet does, for work that takes minutes.
func (s *story) settled() {
	s.Helper()
	s.within(10*time.Minute, "all is quiet", func() bool {
		var events struct {
			Queued   int `json:"queued"`
			InFlight int `json:"in_flight"`
		}
		s.control(http.MethodGet, s.sandbox.DataverseURL+"/control/events", nil, &events)
		n := s.count()
		return events.InFlight+events.Queued+n.Ops[store.OpQueued]+n.Ops[store.OpRunning]+n.Tellings == 0
	})
}
