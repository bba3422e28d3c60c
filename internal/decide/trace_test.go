package decide_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/decide"
)

// anybody draws a person, as nonsensical as facts can be.
func anybody(t *rapid.T) (decide.Person, decide.Policy) {
	is := func(name string) bool { return rapid.Bool().Draw(t, name) }
	p := decide.Person{Exists: is("exists"), Deleted: is("deleted"), Hidden: is("hidden"), Active: is("active"), Merged: is("merged"), Qualified: is("qualified"),
		DoNotEmail: is("do not email"), Linked: is("linked"), OwnerElsewhere: is("owner elsewhere"), ErasedBefore: is("erased"), NewConsent: is("new consent"), AddressChanged: is("address changed"),
		Email:    rapid.SampledFrom([]connector.EmailState{connector.EmailUnread, connector.EmailNone, connector.EmailInvalid, connector.EmailValid}).Draw(t, "email"),
		Status:   rapid.SampledFrom([]connector.SpotlerStatus{"", connector.StatusActive, connector.StatusOptOut, connector.StatusPermanent, connector.StatusAnonymized, connector.StatusHardBounce}).Draw(t, "status"),
		Excluded: rapid.SampledFrom([]string{"", "the mapping keeps the record out"}).Draw(t, "excluded")}
	return p, decide.Policy{AnonymizeInactive: is("anonymize"), Readmit: rapid.SampledFrom([]decide.Readmit{"", decide.ReadmitWhenValid, decide.ReadmitNewConsent}).Draw(t, "readmit")}
}

// What is explained is what is done: the trace decides as Contact does, by the first
// rule that applies, and every rule says what it saw.
func TestTraceIsTheDecision(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, c := anybody(t)
		verdict, looks := decide.Trace(p, c)
		if verdict != decide.Contact(p, c) {
			t.Fatalf("traced %+v", verdict)
		}
		first := slices.IndexFunc(looks, func(l decide.Look) bool { return l.Applies })
		for i, l := range looks {
			if l.Sees == "" || l.Decides != (i == first) || l.Decides && l.Verdict != verdict {
				t.Fatalf("rule %s: %+v, decided %+v", l.Rule, l, verdict)
			}
		}
		for _, change := range decide.Instead(p, c) {
			if change.Verdict.Action == verdict.Action && change.Verdict.Status == verdict.Status {
				t.Fatalf("%q changes nothing: %+v", change.Says, verdict)
			}
		}
	})
}

// What would change a verdict is what Contact says of the changed facts.
func TestInstead(t *testing.T) {
	consent := decide.Policy{AnonymizeInactive: true, Readmit: decide.ReadmitNewConsent}
	for _, c := range []struct {
		name   string
		p      decide.Person
		policy decide.Policy
		says   string
		want   decide.Action
	}{
		{"Do Not Email", good(doNot), decide.DefaultPolicy(), "Do Not Email is cleared", decide.Update},
		{"up to date", good(), decide.DefaultPolicy(), "Do Not Email is set", decide.Anonymize},
		{"up to date", good(), decide.DefaultPolicy(), "the row is deleted", decide.Anonymize},
		{"no address", good(noAddress, unlinked), decide.DefaultPolicy(), "a valid e-mail address is filled in", decide.Create},
		{"opted out", good(optedOut), decide.DefaultPolicy(), "the contact becomes active again in Spotler", decide.Update},
		{"filtered", good(filtered, unlinked), decide.DefaultPolicy(), "the record passes the filters of the mapping", decide.Create},
		{"inactive", good(inactive), decide.DefaultPolicy(), "the setting anonymize_when_inactive is turned off", decide.Leave},
		{"erased", good(erased), consent, "the setting readmit becomes when-valid", decide.Create},
		{"erased", good(erased), consent, "the person consents again after the erasure", decide.Create},
		{"shares", good(elsewhere, unlinked), decide.DefaultPolicy(), "the record that stands for the address gives it up", decide.Create},
	} {
		all := decide.Instead(c.p, c.policy)
		i := slices.IndexFunc(all, func(x decide.Change) bool { return x.Says == c.says })
		if i < 0 || all[i].Verdict.Action != c.want {
			t.Errorf("%s: if %s, %s; got %+v", c.name, c.says, c.want, all)
		}
	}
	for _, x := range decide.Instead(good(doNot, noAddress), decide.DefaultPolicy()) {
		if x.Says == "Do Not Email is cleared" {
			t.Errorf("without an address, clearing Do Not Email changes nothing: %+v", x)
		}
	}
}
