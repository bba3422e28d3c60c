package decide_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/decide"
)

// good is a linked, active contact with a valid address.
func good(change ...func(*decide.Person)) decide.Person {
	p := decide.Person{Exists: true, Active: true, Email: connector.EmailValid, Linked: true, Status: connector.StatusActive}
	for _, c := range change {
		c(&p)
	}
	return p
}

func deleted(p *decide.Person)   { *p = decide.Person{Deleted: true, Linked: p.Linked, Status: p.Status} }
func hidden(p *decide.Person)    { *p = decide.Person{Hidden: true, Linked: p.Linked, Status: p.Status} }
func unlinked(p *decide.Person)  { p.Linked, p.Status = false, connector.StatusUnknown }
func inactive(p *decide.Person)  { p.Active = false }
func doNot(p *decide.Person)     { p.DoNotEmail = true }
func noAddress(p *decide.Person) { p.Email = connector.EmailNone }
func wrong(p *decide.Person)     { p.Email = connector.EmailInvalid }
func unread(p *decide.Person)    { p.Email = connector.EmailUnread }
func elsewhere(p *decide.Person) { p.OwnerElsewhere = true }
func optedOut(p *decide.Person)  { p.Status = connector.StatusOptOut }
func filtered(p *decide.Person)  { p.Excluded = "the mapping keeps the record out" }
func erased(p *decide.Person)    { p.ErasedBefore = true; unlinked(p) }
func merged(p *decide.Person)    { p.Merged = true; p.Active = false }
func qualified(p *decide.Person) { p.Qualified = true; p.Active = false }

func TestContact(t *testing.T) {
	keep := decide.Policy{AnonymizeInactive: false}
	consent := decide.Policy{AnonymizeInactive: true, Readmit: decide.ReadmitNewConsent}
	usual := decide.DefaultPolicy()
	for _, c := range []struct {
		name   string
		p      decide.Person
		policy decide.Policy
		action decide.Action
		status connector.SpotlerStatus
		rule   string
	}{
		{"C-053 a new record is created", good(unlinked), usual, decide.Create, connector.StatusActive, "create"},
		{"C-054 C-012 a known record is updated", good(), usual, decide.Update, connector.StatusActive, "update"},
		{"C-043 C-182 C-198 a deleted record is erased", good(deleted), usual, decide.Anonymize, connector.StatusAnonymized, "deleted"},
		{"C-198 an opted-out person who is deleted is erased", good(optedOut, deleted), usual, decide.Anonymize, connector.StatusAnonymized, "deleted"},
		{"a deleted record that never was in Spotler is left", good(unlinked, deleted), usual, decide.Leave, connector.StatusNotSynced, "deleted"},
		{"a hidden record is parked, never erased", good(hidden), usual, decide.Park, connector.StatusActive, "hidden"},
		{"deleted and read: look again", good(func(p *decide.Person) { p.Deleted = true }), usual, decide.Park, connector.StatusActive, "contradiction"},
		{"no facts at all", decide.Person{}, usual, decide.Park, connector.StatusUnknown, "unread"},
		{"a merged loser is left alone", good(merged), usual, decide.Leave, connector.StatusActive, "merged"},
		{"a merged loser with Do Not Email is left alone", good(merged, doNot), usual, decide.Leave, connector.StatusActive, "merged"},
		{"a qualified lead is left alone", good(qualified), usual, decide.Leave, connector.StatusActive, "qualified"},
		{"C-041 C-099 C-186 C-201 Do Not Email erases", good(doNot), usual, decide.Anonymize, connector.StatusAnonymized, "do-not-email"},
		{"C-222 Do Not Email keeps out", good(unlinked, doNot), usual, decide.Leave, connector.StatusNotSynced, "do-not-email"},
		{"C-220 the cause is still there after a re-creation", good(doNot, func(p *decide.Person) { p.ErasedBefore = true }), usual, decide.Anonymize, connector.StatusAnonymized, "do-not-email"},
		{"C-041 Do Not Email erases although the address is wrong", good(doNot, wrong), usual, decide.Anonymize, connector.StatusAnonymized, "do-not-email"},
		{"C-185 C-200 no address erases", good(noAddress), usual, decide.Anonymize, connector.StatusAnonymized, "no-address"},
		{"C-200 no address erases an inactive record that the setting keeps", good(noAddress, inactive), keep, decide.Anonymize, connector.StatusAnonymized, "no-address"},
		{"C-050 C-199 a wrong address leaves Spotler as it is", good(wrong), usual, decide.Leave, connector.StatusInvalidEmail, "invalid-address"},
		{"C-050 a new record with a wrong address is not made", good(unlinked, wrong), usual, decide.Leave, connector.StatusInvalidEmail, "invalid-address"},
		{"an address that was not read is no absence", good(unread), usual, decide.Park, connector.StatusActive, "address-unread"},
		{"C-042 C-049 C-183 C-206 inactive erases", good(inactive), usual, decide.Anonymize, connector.StatusAnonymized, "inactive"},
		{"C-046 C-184 C-205 C-207 inactive has no effect", good(inactive), keep, decide.Leave, connector.StatusActive, "inactive-kept"},
		{"C-221 inactive keeps out", good(unlinked, inactive), usual, decide.Leave, connector.StatusNotSynced, "inactive"},
		{"C-049 an inactive new record is not made", good(unlinked, inactive), keep, decide.Leave, connector.StatusNotSynced, "inactive-kept"},
		{"C-052 a filter holds the record back", good(filtered), usual, decide.Leave, connector.StatusNotSynced, "excluded"},
		{"a filtered record with Do Not Email is erased", good(filtered, doNot), usual, decide.Anonymize, connector.StatusAnonymized, "do-not-email"},
		{"C-051 C-230 an opt-out is not overwritten", good(optedOut), usual, decide.Leave, connector.StatusOptOut, "opted-out"},
		{"C-051 an opt-out stays when the address changes", good(optedOut, func(p *decide.Person) { p.AddressChanged = true }), usual, decide.Leave, connector.StatusOptOut, "opted-out"},
		{"C-231 permanently inactive is left", good(func(p *decide.Person) { p.Status = connector.StatusPermanent }), usual, decide.Leave, connector.StatusPermanent, "permanent"},
		{"a shared address is left to its owner", good(elsewhere), usual, decide.Leave, connector.StatusSharesAddress, "shares-address"},
		{"a sharer with Do Not Email does not erase the owner", good(elsewhere, doNot), usual, decide.Leave, connector.StatusSharesAddress, "do-not-email"},
		{"a deleted sharer does not erase the owner", good(deleted, elsewhere), usual, decide.Leave, connector.StatusSharesAddress, "deleted"},
		{"C-219 an erased person comes back when valid", good(erased), usual, decide.Create, connector.StatusActive, "create"},
		{"an erased person needs a new consent", good(erased), consent, decide.Leave, connector.StatusAnonymized, "needs-consent"},
		{"a new consent brings back", good(erased, func(p *decide.Person) { p.NewConsent = true }), consent, decide.Create, connector.StatusActive, "create"},
		{"a person who came back is updated", good(func(p *decide.Person) { p.ErasedBefore = true }), consent, decide.Update, connector.StatusActive, "update"},
		{"anonymised in Spotler by hand: made again", good(func(p *decide.Person) { p.Status = connector.StatusAnonymized }), usual, decide.Create, connector.StatusActive, "create"},
		{"C-232 a new address heals a bounce", good(func(p *decide.Person) { p.Status, p.AddressChanged = connector.StatusHardBounce, true }), usual, decide.Update, connector.StatusActive, "update"},
		{"C-229 a bounce stays while the address does", good(func(p *decide.Person) { p.Status = connector.StatusHardBounce }), usual, decide.Update, connector.StatusHardBounce, "update"},
		{"C-203 Do Not Bulk Email does not erase", good(func(p *decide.Person) { p.DoNotBulkEmail = true }), usual, decide.Update, connector.StatusActive, "update"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := decide.Contact(c.p, c.policy)
			if v.Action != c.action || v.Status != c.status || v.Rule != c.rule {
				t.Errorf("got %s, status %q by rule %s (%s); want %s, %q by %s", v.Action, v.Status, v.Rule, v.Reason, c.action, c.status, c.rule)
			}
		})
	}
}

func anyPerson(t *rapid.T) decide.Person {
	yes := func(name string) bool { return rapid.Bool().Draw(t, name) }
	return decide.Person{
		Exists: yes("exists"), Deleted: yes("deleted"), Hidden: yes("hidden"), Active: yes("active"), Merged: yes("merged"), Qualified: yes("qualified"),
		DoNotEmail: yes("do not email"), DoNotBulkEmail: yes("do not bulk email"),
		Email:    rapid.SampledFrom([]connector.EmailState{connector.EmailUnread, connector.EmailNone, connector.EmailInvalid, connector.EmailValid, "other"}).Draw(t, "email"),
		Excluded: rapid.SampledFrom([]string{"", "a filter"}).Draw(t, "excluded"),
		Linked:   yes("linked"), OwnerElsewhere: yes("owner elsewhere"), ErasedBefore: yes("erased"), NewConsent: yes("consent"), AddressChanged: yes("address changed"),
		Status: rapid.SampledFrom([]connector.SpotlerStatus{connector.StatusUnknown, connector.StatusActive, connector.StatusOptOut, connector.StatusHardBounce,
			connector.StatusSoftBounce, connector.StatusPermanent, connector.StatusAnonymized}).Draw(t, "status"),
	}
}

// The promises that hold for every combination of facts (claims C-041 to C-052,
// C-198 to C-203, and the design's "Rules that hold everywhere").
func TestContactPromises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := anyPerson(t)
		c := decide.Policy{AnonymizeInactive: rapid.Bool().Draw(t, "anonymize inactive"),
			Readmit: rapid.SampledFrom([]decide.Readmit{"", decide.ReadmitWhenValid, decide.ReadmitNewConsent}).Draw(t, "readmit")}
		v := decide.Contact(p, c)
		forbid := func(when bool, what string, actions ...decide.Action) {
			for _, a := range actions {
				if when && v.Action == a {
					t.Fatalf("%s: %s by rule %s for %+v", what, v.Action, v.Rule, p)
				}
			}
		}
		writes := []decide.Action{decide.Create, decide.Update}
		forbid(p.Deleted || p.Hidden || !p.Exists, "a write for a row that was not read", writes...)
		forbid(p.DoNotEmail || p.Email != connector.EmailValid || !p.Active || p.Merged || p.Qualified, "a write for a row that may not be in Spotler", writes...)
		forbid(p.Status == connector.StatusOptOut || p.Status == connector.StatusPermanent, "a write over an opt-out", writes...)
		forbid(p.Excluded != "" || p.OwnerElsewhere, "a write for a filtered row or a sharer", writes...)
		forbid(p.Hidden && !p.Deleted, "an erasure for a hidden row", decide.Anonymize)
		forbid(p.Exists && (p.Merged || p.Qualified || p.Deleted), "an erasure for a row that does not speak for the person", decide.Anonymize)
		forbid(p.OwnerElsewhere || !p.Linked, "an erasure of somebody else's contact", decide.Anonymize)
		forbid(p.Exists && !p.DoNotEmail && p.Active && p.Email != connector.EmailNone, "an erasure without a cause", decide.Anonymize)
		forbid(p.Exists && !p.DoNotEmail && !c.AnonymizeInactive && p.Email == connector.EmailInvalid, "an erasure for a wrong address", decide.Anonymize)
		if p.Deleted && !p.Exists && p.Linked && !p.OwnerElsewhere && v.Action != decide.Anonymize {
			t.Fatalf("a deleted linked person was not erased: %s by %s", v.Action, v.Rule)
		}
		if v.Reason == "" || v.Rule == "" || strings.Contains(v.Reason, "@") {
			t.Fatalf("no reason or no rule: %+v", v)
		}
		if v.Action == decide.Park && v.Status != p.Status {
			t.Fatalf("parking changed the status to %q", v.Status)
		}
	})
}
