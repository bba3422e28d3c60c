package decide

import connector "github.com/spotler-connector/connector"

// Person is what is known of one contact, lead or account at the moment of
// deciding. The facts of the row (Active to Excluded) count only when Exists.
type Person struct {
	// Exists: the row was found by a read in this run.
	Exists bool
	// Deleted is certain: a Delete message, a $deletedEntity entry, or "does not
	// exist" on a single GET by id made right before.
	Deleted bool
	// Hidden: missing from a query result, which may be a lack of rights.
	Hidden bool

	Active         bool // state Active; for a lead Open
	Merged         bool // the losing row of a merge
	Qualified      bool // a lead that became a contact or account
	DoNotEmail     bool
	DoNotBulkEmail bool // no rule here uses it: it only turns bits off
	Email          connector.EmailState
	Excluded       string // why a mapping filter holds the row back; "" when none does

	Linked         bool                    // we wrote this row to Spotler and did not erase it since
	Status         connector.SpotlerStatus // last known in Spotler
	OwnerElsewhere bool                    // another active linked record owns the address
	ErasedBefore   bool                    // the address or record was erased earlier
	NewConsent     bool                    // a consent newer than that erasure is known
	AddressChanged bool                    // the address differs from the one last written
}

// Readmit says when an erased person may come back.
type Readmit string

// The ways to come back (manual: "After Anonymization" gives the first).
const (
	ReadmitWhenValid  Readmit = "when-valid"  // active and a valid address
	ReadmitNewConsent Readmit = "new-consent" // only a consent newer than the erasure
)

// Policy is what an environment may choose.
type Policy struct {
	AnonymizeInactive bool    // manual: "Anonymize Contact When Inactive"
	Readmit           Readmit // "" reads as ReadmitWhenValid
}

// DefaultPolicy is the policy of an environment that chose nothing.
func DefaultPolicy() Policy { return Policy{AnonymizeInactive: true, Readmit: ReadmitWhenValid} }

// Action is what a sync does in Spotler.
type Action string

// The actions. Leave is a decision, Park is the lack of one: it waits for better facts.
const (
	Create    Action = "create"
	Update    Action = "update"
	Anonymize Action = "anonymize"
	Leave     Action = "leave"
	Park      Action = "park"
)

// Verdict is the decision about one person. Reason is one plain sentence
// without personal data; Rule is a stable id for counting and for help pages.
type Verdict struct {
	Action Action
	Status connector.SpotlerStatus // what Spotler Info should show after the action
	Reason string
	Rule   string
}

type contactRule struct {
	id      string
	applies func(Person, Policy) bool
	verdict func(Person) Verdict
	sees    func(Person, Policy) string // what applies looks at, in words, for Trace
}

// contactRules are tried from top to bottom; the first that applies decides.
// The order: certainty first, then rows that do not speak for the person, then
// erase, then refuse, then write (manual: "What the Connector Checks",
// "Automatic Anonymization"). A reason to erase holds for an opted-out, filtered
// or wrongly addressed person as well. The facts of a deleted row are not asked:
// nothing was read, so a deleted row is erased even if it once lost a merge.
var contactRules = []contactRule{
	{"contradiction", func(p Person, _ Policy) bool { return p.Deleted && p.Exists },
		park("the row was reported as deleted and yet it was read; look again before erasing anything"), seesRow},
	{"deleted", func(p Person, _ Policy) bool { return p.Deleted }, erase("the row was deleted in Dynamics 365"), seesRow},
	{"hidden", func(p Person, _ Policy) bool { return p.Hidden },
		park("the row was not in the answer of Dynamics 365; it may be hidden from the connector, so nothing is erased: check the connector's security role"), seesRow},
	{"unread", func(p Person, _ Policy) bool { return !p.Exists }, park("the row was not read, so nothing can be decided"), seesRow},
	{"merged", func(p Person, _ Policy) bool { return p.Merged }, leaveAsIs("the row was merged into another one, which now speaks for the person"),
		func(p Person, _ Policy) string { return yes("merged into another row", p.Merged) }},
	{"qualified", func(p Person, _ Policy) bool { return p.Qualified }, leaveAsIs("the lead was qualified; its contact or account now speaks for the person"),
		func(p Person, _ Policy) string { return yes("a qualified lead", p.Qualified) }},
	{"do-not-email", func(p Person, _ Policy) bool { return p.DoNotEmail }, erase("Do Not Email is set"),
		func(p Person, _ Policy) string { return yes("Do Not Email", p.DoNotEmail) }},
	{"no-address", func(p Person, _ Policy) bool { return p.Email == connector.EmailNone }, erase("there is no e-mail address"), seesAddress},
	{"inactive", func(p Person, c Policy) bool { return !p.Active && c.AnonymizeInactive }, erase("the row is inactive"), seesState},
	{"inactive-kept", func(p Person, _ Policy) bool { return !p.Active },
		leaveAsIs("the row is inactive, and the settings keep inactive people as they are in Spotler"), seesState},
	{"address-unread", func(p Person, _ Policy) bool {
		return p.Email != connector.EmailValid && p.Email != connector.EmailInvalid
	},
		park("the e-mail address was not in the answer of Dynamics 365; check the connector's rights on that column"), seesAddress},
	{"invalid-address", func(p Person, _ Policy) bool { return p.Email == connector.EmailInvalid },
		leave(connector.StatusInvalidEmail, "the e-mail address is not valid; correct it in Dynamics 365"), seesAddress},
	{"shares-address", func(p Person, _ Policy) bool { return p.OwnerElsewhere },
		leave(connector.StatusSharesAddress, "another active record has the same e-mail address and stands for it in Spotler"),
		func(p Person, _ Policy) string { return yes("another record stands for the address", p.OwnerElsewhere) }},
	{"opted-out", func(p Person, _ Policy) bool { return p.Status == connector.StatusOptOut },
		leave(connector.StatusOptOut, "the person opted out in Spotler"), seesStatus},
	{"permanent", func(p Person, _ Policy) bool { return p.Status == connector.StatusPermanent },
		leave(connector.StatusPermanent, "the contact is permanently inactive in Spotler"), seesStatus},
	{"excluded", func(p Person, _ Policy) bool { return p.Excluded != "" },
		func(p Person) Verdict { return leave(connector.StatusNotSynced, p.Excluded)(p) },
		func(p Person, _ Policy) string { return yes("held back by a filter of the mapping", p.Excluded != "") }},
	{"needs-consent", func(p Person, c Policy) bool { return needsConsent(p, c) },
		leave(connector.StatusAnonymized, "the person was erased and may only come back with a newer consent"), seesErasure},
	{"update", func(p Person, _ Policy) bool { return inSpotler(p) }, update,
		func(p Person, _ Policy) string { return yes("linked to a contact in Spotler", inSpotler(p)) }},
	{"create", func(Person, Policy) bool { return true },
		func(Person) Verdict {
			return Verdict{Action: Create, Status: connector.StatusActive, Reason: "the person is new in Spotler"}
		},
		func(Person, Policy) string { return "nothing speaks against it" }},
}

// Contact decides what a sync does about p under policy c.
func Contact(p Person, c Policy) Verdict {
	for _, r := range contactRules {
		if r.applies(p, c) {
			v := r.verdict(p)
			v.Rule = r.id
			return v
		}
	}
	return Verdict{Action: Park, Status: p.Status, Reason: "no rule applies", Rule: "none"}
}

// inSpotler reports whether a write would find our contact: a contact that was
// anonymised in Spotler itself is gone, although the link is still here.
func inSpotler(p Person) bool { return p.Linked && p.Status != connector.StatusAnonymized }

func needsConsent(p Person, c Policy) bool {
	erased := p.ErasedBefore || p.Status == connector.StatusAnonymized
	return erased && !inSpotler(p) && c.Readmit == ReadmitNewConsent && !p.NewConsent
}

func park(reason string) func(Person) Verdict {
	return func(p Person) Verdict { return Verdict{Action: Park, Status: p.Status, Reason: reason} }
}

func leave(status connector.SpotlerStatus, reason string) func(Person) Verdict {
	return func(Person) Verdict { return Verdict{Action: Leave, Status: status, Reason: reason} }
}

// leaveAsIs keeps the status of a person who is in Spotler.
func leaveAsIs(reason string) func(Person) Verdict {
	return func(p Person) Verdict {
		status := p.Status
		if !p.Linked && status == connector.StatusUnknown {
			status = connector.StatusNotSynced
		}
		return Verdict{Action: Leave, Status: status, Reason: reason}
	}
}

// erase anonymises what we wrote, and nothing else: a contact that another
// record owns is not touched, and where we never wrote there is nothing to erase.
func erase(reason string) func(Person) Verdict {
	return func(p Person) Verdict {
		switch {
		case p.OwnerElsewhere:
			return Verdict{Action: Leave, Status: connector.StatusSharesAddress,
				Reason: reason + ", but another active record stands for the same address, so nothing in Spotler is touched"}
		case !p.Linked:
			status := connector.StatusNotSynced
			if p.ErasedBefore || p.Status == connector.StatusAnonymized {
				status = connector.StatusAnonymized
			}
			return Verdict{Action: Leave, Status: status, Reason: reason + "; the person is not in Spotler, so there is nothing to erase"}
		}
		return Verdict{Action: Anonymize, Status: connector.StatusAnonymized, Reason: reason}
	}
}

// update keeps a bounce on the status until the address changes, which
// activates the contact again (manual: "How to solve bounces?").
func update(p Person) Verdict {
	bounced := p.Status == connector.StatusHardBounce || p.Status == connector.StatusSoftBounce
	switch {
	case bounced && p.AddressChanged:
		return Verdict{Action: Update, Status: connector.StatusActive, Reason: "the address changed, so the bounced contact becomes active again"}
	case bounced:
		return Verdict{Action: Update, Status: p.Status, Reason: "the contact is kept up to date; its address bounced, so correct it"}
	}
	return Verdict{Action: Update, Status: connector.StatusActive, Reason: "the contact is kept up to date"}
}
