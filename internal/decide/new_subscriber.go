package decide

import (
	"cmp"
	"slices"
	"time"

	connector "github.com/spotler-connector/connector"
)

// Strategy says what a new subscriber of Spotler becomes (manual: "New
// Subscribers"). The zero value is off: nobody is created unasked.
type Strategy string

// The strategies. A custom one, on other columns than the address, is StrategyMatch:
// the caller looks for candidates by those columns.
const (
	StrategyOff             Strategy = ""
	StrategyLead            Strategy = "lead"             // always a new Lead
	StrategyContact         Strategy = "contact"          // the Contact with this address, else a new one
	StrategyMembershipEntry Strategy = "membership-entry" // always a new Membership Entry (Engage 365)
	StrategyMatch           Strategy = "match"            // the record with these columns, else a new one
)

// matches reports whether s looks for existing records before it creates one.
func (s Strategy) matches() bool { return s == StrategyContact || s == StrategyMatch }

// Candidate is a record that may be the subscriber.
type Candidate struct {
	Record  connector.Record
	Linked  bool // we wrote it to Spotler and did not erase it since
	Active  bool
	Created time.Time
}

// Subscriber holds the facts of one changed Spotler contact.
type Subscriber struct {
	ExternalID connector.ExternalID
	// Link is the record that our store already links to this very contact of
	// Spotler; zero when none. A kept foreign id is known by it, or every change of
	// the contact would create one more record.
	Link     connector.Record
	Strategy Strategy
	TakeOver bool // setting take-over-ids: a foreign id may be overwritten
	// Read: the candidates were read without trouble. By GUID they are the
	// contacts, leads and accounts with that id; else the matches of the strategy.
	Read       bool
	Candidates []Candidate
	// Earlier is the record that an identical subscriber of the same window came
	// to; the zero Record when there was none.
	Earlier connector.Record
}

// Arrival is what happens to a subscriber.
type Arrival string

// The arrivals.
const (
	ArriveLink   Arrival = "link"   // Record is the person: changes are compared with it
	ArriveUpdate Arrival = "update" // Record is the person: it takes the values and the external id
	ArriveCreate Arrival = "create" // a new record, whose id becomes the external id
	ArriveOrphan Arrival = "orphan" // a GUID that nobody has: reported, never created
	ArriveLeave  Arrival = "leave"
	ArriveAsk    Arrival = "ask"  // a person must choose
	ArrivePark   Arrival = "park" // waits for better facts
)

// Reception is the decision about one subscriber. WriteID tells that the external
// id in Spotler becomes the id of the record.
type Reception struct {
	Arrival Arrival
	Record  connector.Record // of link and update
	WriteID bool
	Rule    string
	Reason  string // one plain sentence without personal data
}

// NewSubscriber decides what becomes of a changed Spotler contact. A GUID is a
// link and never a reason to create; an empty or foreign external id makes a new
// subscriber (manual: "New Subscribers", the warning).
func NewSubscriber(s Subscriber) Reception {
	_, ours := s.ExternalID.RecordID()
	switch {
	case !ours && !s.Link.IsZero():
		return Reception{Arrival: ArriveLink, Record: s.Link, Rule: "linked", Reason: "the contact of Spotler is linked to a record already"}
	case !s.Read:
		return Reception{Arrival: ArrivePark, Rule: "unread", Reason: "the records could not be read; this is no proof that there is none"}
	case ours:
		return s.byID()
	case s.Strategy == StrategyOff:
		return Reception{Arrival: ArriveLeave, Rule: "off", Reason: "new subscribers are not taken into Dynamics 365; choose a strategy to change that"}
	case !slices.Contains([]Strategy{StrategyLead, StrategyContact, StrategyMembershipEntry, StrategyMatch}, s.Strategy):
		return Reception{Arrival: ArrivePark, Rule: "unknown-strategy", Reason: "the strategy for new subscribers is not known; use lead, contact, membership-entry or match"}
	case !s.Earlier.IsZero():
		return s.update(s.Earlier, "same-window", "an identical subscriber came just before")
	case s.Strategy.matches() && len(s.Candidates) > 0:
		return s.best()
	}
	return Reception{Arrival: ArriveCreate, WriteID: s.mayWriteID(), Rule: "create", Reason: "the subscriber is new"}
}

func (s Subscriber) byID() Reception {
	if len(s.Candidates) == 0 {
		return Reception{Arrival: ArriveOrphan, Rule: "orphan", Reason: "no contact, lead or account has the external id; correct it in Spotler"}
	}
	return Reception{Arrival: ArriveLink, Record: winner(s.Candidates).Record, Rule: "known-id", Reason: "the external id names the record"}
}

// best chooses among matches. When only inactive records match, which are not
// linked, neither a duplicate nor a link that the next sync would erase is right.
func (s Subscriber) best() Reception {
	best := winner(s.Candidates)
	if !best.Linked && !best.Active {
		return Reception{Arrival: ArriveAsk, Rule: "only-inactive", Reason: "only inactive records match; activate one, or create the person by hand"}
	}
	return s.update(best.Record, "match", "the subscriber matches an existing record")
}

func (s Subscriber) update(r connector.Record, rule, reason string) Reception {
	return Reception{Arrival: ArriveUpdate, Record: r, WriteID: s.mayWriteID(), Rule: rule, Reason: reason}
}

func (s Subscriber) mayWriteID() bool { return s.ExternalID == "" || s.TakeOver }

// winner is the linked candidate, else the newest active one; the lower id
// settles a tie, so that every look gives the same answer. There is at least one.
func winner(all []Candidate) Candidate {
	return slices.MinFunc(all, func(a, b Candidate) int {
		return cmp.Or(first(a.Linked, b.Linked), first(a.Active, b.Active), b.Created.Compare(a.Created),
			cmp.Compare(a.Record.String(), b.Record.String()))
	})
}

// first orders true before false.
func first(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}
