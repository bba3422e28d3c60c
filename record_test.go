package connector_test

import (
	"testing"

	connector "github.com/spotler-connector/connector"
)

func FuzzParseRecord(f *testing.F) {
	f.Add("contact/6f0c1d9e-0000-4000-8000-000000000001")
	f.Add("lead/{6F0C1D9E-0000-4000-8000-000000000001}")
	f.Fuzz(func(t *testing.T, s string) {
		r, err := connector.ParseRecord(s)
		if err != nil {
			return
		}
		again, err := connector.ParseRecord(r.String())
		if err != nil || again != r {
			t.Errorf("%q reads as %v, which reads as %v (%v)", s, r, again, err)
		}
	})
}

func TestReadEmail(t *testing.T) {
	for text, want := range map[string]connector.EmailState{
		"": connector.EmailNone, "  ": connector.EmailNone, "ann@example.test": connector.EmailValid, " ann@example.test ": connector.EmailValid,
		"Ann <ann@example.test>": connector.EmailInvalid, "ann@localhost": connector.EmailInvalid, "ann@@example.test": connector.EmailInvalid,
		"ann@example.test; jan@example.test": connector.EmailInvalid, "ann@-example.test": connector.EmailInvalid, "ann\x00@example.test": connector.EmailInvalid,
	} {
		if e, got := connector.ReadEmail(text); got != want || (want == connector.EmailValid) == e.IsZero() {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
}

func TestOperationNumbers(t *testing.T) {
	for i, s := range connector.Operations {
		if int(s.Operation) != 480000000+i {
			t.Errorf("%s stands at %d", s.Label, i)
		}
	}
	if _, ok := connector.Operation(480000017).Spec(); ok {
		t.Error("480000017 is an operation")
	}
	if _, ok := connector.Operation(0).Spec(); ok {
		t.Error("0 is an operation")
	}
}

func TestJobCheck(t *testing.T) {
	ann := connector.Record{Table: connector.Contact, ID: "6f0c1d9e-0000-4000-8000-000000000001"}
	for name, c := range map[string]struct {
		job connector.Job
		ok  bool
	}{
		"a sync of somebody":       {connector.Job{Operation: connector.SyncContact, Customer: ann}, true},
		"a sync of nobody":         {connector.Job{Operation: connector.SyncContact}, false},
		"a tag without a customer": {connector.Job{Operation: connector.AddTag, Name: "vip"}, true},
		"a tag without a name":     {connector.Job{Operation: connector.AddTag, Customer: ann, Name: " "}, false},
		"a score without a value":  {connector.Job{Operation: connector.SetScore, Customer: ann, Name: "Lead"}, false},
		"a customer and a lead":    {connector.Job{Operation: connector.SyncContact, Customer: ann, Lead: ann}, false},
		"a list as a customer":     {connector.Job{Operation: connector.SyncContact, Customer: connector.Record{Table: connector.MarketingList, ID: ann.ID}}, false},
		"an unknown operation":     {connector.Job{Operation: 1, Customer: ann}, false},
		"stopping a run by its id": {connector.Job{Operation: connector.StopAutomation, AutomationContactIDs: "x"}, true},
		"a sync of no list":        {connector.Job{Operation: connector.SyncList}, false},
	} {
		if err := c.job.Check(); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}
