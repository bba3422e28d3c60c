package dataversesim

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func (o *org) report() LimitReport {
	o.t.Helper()
	var out LimitReport
	if err := json.Unmarshal([]byte(o.must(200, "GET", "/control/limits/report", "").body), &out); err != nil {
		o.t.Fatal(err)
	}
	return out
}

// The execution time is what the settings say that requests and rows cost.
func TestExecutionBudget(t *testing.T) {
	now := time.Date(2026, 5, 10, 12, 0, 0, 0, time.UTC)
	o := newOrg(t, Config{Seed: 1, Now: func() time.Time { return now }})
	o.must(200, "PUT", "/control/limits", `{"execution_millis":1000,"window_seconds":15,"request_millis":100,"row_millis":50,"dop_hint":4}`)
	if got := o.must(200, "GET", "WhoAmI", "").header.Get("X-Ms-Dop-Hint"); got != "4" {
		t.Errorf("x-ms-dop-hint %q", got)
	}
	now = now.Add(5 * time.Second)
	r := o.must(200, "POST", "contacts/Microsoft.Dynamics.CRM.CreateMultiple", `{"Targets":[{`+ofContact+`,"lastname":"a"},{`+ofContact+`,"lastname":"b"},{`+ofContact+`,"lastname":"c"}]}`)
	if got := r.header.Get("X-Ms-Ratelimit-Time-Remaining-Xrm-Requests"); got != "600" { // 1000 - 150 - 250
		t.Errorf("%s ms remain", got)
	}
	if r.header.Get("X-Ms-Ratelimit-Burst-Remaining-Xrm-Requests") != "" {
		t.Error("a limit that is off has no header")
	}
	o.must(200, "GET", "contacts", "")
	o.must(200, "GET", "contacts", "")
	o.must(200, "GET", "WhoAmI", "") // the last that fits: 50 of 150 ms
	r = o.must(429, "GET", "WhoAmI", "")
	if r.code() != codeExecution || r.header.Get("Retry-After") != "10" || !strings.Contains(r.body, "limit of 1,000 milliseconds over time window of 15 seconds") {
		t.Errorf("%v %s", r.header, r.body)
	}
	now = now.Add(10 * time.Second) // the first request leaves the window
	o.must(200, "GET", "WhoAmI", "")
	got := o.report()
	want := []LimitWindow{{Index: 1, Accepted: 5, RefusedExecution: 1, ExecutionMillis: 1050}, {Index: 2, Accepted: 1, ExecutionMillis: 150}}
	if len(got.Windows) != 2 || got.Windows[0] != want[0] || got.Windows[1] != want[1] {
		t.Errorf("%+v", got.Windows)
	}
	if got.Entitlement != (Entitlement{Day: "2026-05-10", Used: 8, Allowed: 500000}) {
		t.Errorf("%+v", got.Entitlement)
	}
}

// The window slides: what was used leaves it one by one, not all at once.
func TestWindowSlides(t *testing.T) {
	var l limiter
	start := time.Unix(1_000_000, 0)
	l.configure(Limits{Requests: 15, WindowSeconds: 15})
	for i := range 15 {
		if f := l.enter(start.Add(time.Duration(i) * time.Second)); f != nil {
			t.Fatalf("request %d: %v", i, f)
		}
	}
	at := start.Add(14500 * time.Millisecond)
	if f := l.enter(at); f == nil || f.code != codeRequests || f.retryAfter != 1 {
		t.Errorf("full: %+v", f)
	}
	at = start.Add(15 * time.Second)
	if f := l.enter(at); f != nil {
		t.Errorf("one has left: %v", f)
	}
	if f := l.enter(at); f == nil {
		t.Error("only one has left")
	}
	for range 20 {
		_ = l.enter(at)
	}
	if f := l.enter(at); f == nil || f.retryAfter <= 1 {
		t.Errorf("pressing on lengthens the wait: %+v", f)
	}
}

func TestBatchCountsItsItems(t *testing.T) {
	o := newOrg(t, Config{Seed: 1})
	o.must(200, "PUT", "/control/limits", `{"requests":100,"execution_millis":100000,"request_millis":10,"row_millis":1}`)
	o.batch(200, multipart("b1", part("GET contacts", ""), part("GET contacts", ""), changeSet(part("POST contacts", `{"lastname":"x"}`), part("POST contacts", `{"lastname":"y"}`))))
	got := o.report()
	if got.Entitlement.Used != 4 || got.Windows[0].Accepted != 1 || got.Windows[0].ExecutionMillis != 14 {
		t.Errorf("%+v", got)
	}
}
