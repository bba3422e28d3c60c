package decide_test

import (
	"slices"
	"testing"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/decide"
)

// C-104 C-105 C-106 C-108 to C-113 C-116 C-117 C-118
func TestNewSubscriber(t *testing.T) {
	const guid = "5f0c1a52-0000-4000-8000-00000000000"
	day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	candidate := func(n string, linked, active bool, days int) decide.Candidate {
		return decide.Candidate{Record: connector.Record{Table: connector.Contact, ID: connector.RecordID(guid + n)}, Linked: linked, Active: active, Created: day.AddDate(0, 0, days)}
	}
	old, recent := candidate("1", false, true, 1), candidate("2", false, true, 2)
	linked, inactive, twin := candidate("3", true, true, 0), candidate("4", false, false, 9), candidate("5", false, true, 2)
	list := func(c ...decide.Candidate) []decide.Candidate { return c }
	for _, c := range []struct {
		name    string
		s       decide.Subscriber
		arrival decide.Arrival
		record  connector.Record
		writes  bool
		rule    string
	}{
		{"C-115 off by default", decide.Subscriber{Read: true}, decide.ArriveLeave, connector.Record{}, false, "off"},
		{"trouble is no absence", decide.Subscriber{Strategy: decide.StrategyLead}, decide.ArrivePark, connector.Record{}, false, "unread"},
		{"an unknown strategy creates nobody", decide.Subscriber{Read: true, Strategy: "people"}, decide.ArrivePark, connector.Record{}, false, "unknown-strategy"},
		{"C-109 a Lead is always new", decide.Subscriber{Read: true, Strategy: decide.StrategyLead, Candidates: list(old)}, decide.ArriveCreate, connector.Record{}, true, "create"},
		{"C-118 a Membership Entry is always new", decide.Subscriber{Read: true, Strategy: decide.StrategyMembershipEntry, Candidates: list(old)}, decide.ArriveCreate, connector.Record{}, true, "create"},
		{"C-112 a Contact nobody has", decide.Subscriber{Read: true, Strategy: decide.StrategyContact}, decide.ArriveCreate, connector.Record{}, true, "create"},
		{"C-110 C-111 a Contact that exists", decide.Subscriber{Read: true, Strategy: decide.StrategyContact, Candidates: list(old)}, decide.ArriveUpdate, old.Record, true, "match"},
		{"C-113 other columns", decide.Subscriber{Read: true, Strategy: decide.StrategyMatch, Candidates: list(old)}, decide.ArriveUpdate, old.Record, true, "match"},
		{"the newest active wins", decide.Subscriber{Read: true, Strategy: decide.StrategyContact, Candidates: list(inactive, old, recent)}, decide.ArriveUpdate, recent.Record, true, "match"},
		{"the linked one wins", decide.Subscriber{Read: true, Strategy: decide.StrategyContact, Candidates: list(recent, linked, inactive)}, decide.ArriveUpdate, linked.Record, true, "match"},
		{"a tie is settled by id", decide.Subscriber{Read: true, Strategy: decide.StrategyContact, Candidates: list(twin, recent)}, decide.ArriveUpdate, recent.Record, true, "match"},
		{"only inactive ones", decide.Subscriber{Read: true, Strategy: decide.StrategyContact, Candidates: list(inactive)}, decide.ArriveAsk, connector.Record{}, false, "only-inactive"},
		{"C-117 a foreign id is kept", decide.Subscriber{Read: true, Strategy: decide.StrategyLead, ExternalID: "K-1001"}, decide.ArriveCreate, connector.Record{}, false, "create"},
		{"C-117 a foreign id is taken over", decide.Subscriber{Read: true, Strategy: decide.StrategyLead, ExternalID: "K-1001", TakeOver: true}, decide.ArriveCreate, connector.Record{}, true, "create"},
		{"a kept foreign id is linked already", decide.Subscriber{Read: true, Strategy: decide.StrategyLead, ExternalID: "K-1001", Link: old.Record}, decide.ArriveLink, old.Record, false, "linked"},
		{"two of one window are one person", decide.Subscriber{Read: true, Strategy: decide.StrategyLead, Earlier: old.Record}, decide.ArriveUpdate, old.Record, true, "same-window"},
		{"a known GUID links, even when off", decide.Subscriber{Read: true, ExternalID: guid + "1", Candidates: list(old)}, decide.ArriveLink, old.Record, false, "known-id"},
		{"an unknown GUID is an orphan", decide.Subscriber{Read: true, Strategy: decide.StrategyLead, ExternalID: guid + "1"}, decide.ArriveOrphan, connector.Record{}, false, "orphan"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := decide.NewSubscriber(c.s)
			slices.Reverse(c.s.Candidates)
			if again := decide.NewSubscriber(c.s); again != got {
				t.Errorf("the order of the candidates counts: %+v and %+v", got, again)
			}
			if got.Arrival != c.arrival || got.Record != c.record || got.WriteID != c.writes || got.Rule != c.rule || got.Reason == "" {
				t.Errorf("got %+v, want %s %v %v by %s", got, c.arrival, c.record, c.writes, c.rule)
			}
		})
	}
}
