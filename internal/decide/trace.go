package decide

import (
	connector "github.com/spotler-connector/connector"
)

// Look is one rule of Contact with what it saw of a person.
type Look struct {
	Rule    string
	Sees    string // what the rule looks at, with its value, without personal data
	Applies bool
	// Decides: it is the first that applies. What later rules say is only told.
	Decides bool
	Verdict Verdict // what it says where it applies
}

// Trace is Contact with every rule and what it saw, in the order in which they are tried.
func Trace(p Person, c Policy) (Verdict, []Look) {
	var looks []Look
	decided := false
	for _, r := range contactRules {
		l := Look{Rule: r.id, Sees: r.sees(p, c), Applies: r.applies(p, c)}
		if l.Applies {
			l.Verdict = r.verdict(p)
			l.Verdict.Rule = r.id
			l.Decides, decided = !decided, true
		}
		looks = append(looks, l)
	}
	return Contact(p, c), looks
}

// Change is one thing that could be otherwise, and what Contact would say then.
type Change struct {
	Says    string // what changes, as a sentence would go on after "if"
	Verdict Verdict
}

// changes are single changes of the facts or of the policy; each returns false when
// the fact is that way already, or means nothing.
var changes = []struct {
	says  string
	apply func(p *Person, c *Policy) bool
}{
	{"Do Not Email is cleared", func(p *Person, _ *Policy) bool { return turn(&p.DoNotEmail, false, p.Exists) }},
	{"Do Not Email is set", func(p *Person, _ *Policy) bool { return turn(&p.DoNotEmail, true, p.Exists) }},
	{"the row is activated", func(p *Person, _ *Policy) bool { return turn(&p.Active, true, p.Exists) }},
	{"the row is deactivated", func(p *Person, _ *Policy) bool { return turn(&p.Active, false, p.Exists) }},
	{"a valid e-mail address is filled in", func(p *Person, _ *Policy) bool {
		was := p.Email
		p.Email, p.AddressChanged = connector.EmailValid, true
		return p.Exists && was != connector.EmailValid
	}},
	{"the e-mail address is removed", func(p *Person, _ *Policy) bool {
		was := p.Email
		p.Email, p.AddressChanged = connector.EmailNone, true
		return p.Exists && was != connector.EmailNone
	}},
	{"the record passes the filters of the mapping", func(p *Person, _ *Policy) bool {
		was := p.Excluded
		p.Excluded = ""
		return p.Exists && was != ""
	}},
	{"the record that stands for the address gives it up", func(p *Person, _ *Policy) bool { return turn(&p.OwnerElsewhere, false, true) }},
	{"the contact becomes active again in Spotler", func(p *Person, _ *Policy) bool {
		was := p.Status
		p.Status = connector.StatusActive
		return was == connector.StatusOptOut || was == connector.StatusPermanent
	}},
	{"the person consents again after the erasure", func(p *Person, _ *Policy) bool { return turn(&p.NewConsent, true, p.ErasedBefore) }},
	{"the row is deleted", func(p *Person, _ *Policy) bool {
		was := p.Exists
		p.Deleted, p.Exists, p.Hidden = true, false, false
		return was
	}},
	{"the row is shown to the connector", func(p *Person, _ *Policy) bool {
		was := p.Hidden
		p.Hidden, p.Exists = false, true
		p.Active, p.Email = true, connector.EmailValid
		return was
	}},
	{"the setting anonymize_when_inactive is turned off", func(_ *Person, c *Policy) bool { return turn(&c.AnonymizeInactive, false, true) }},
	{"the setting anonymize_when_inactive is turned on", func(_ *Person, c *Policy) bool { return turn(&c.AnonymizeInactive, true, true) }},
	{"the setting readmit becomes when-valid", func(p *Person, c *Policy) bool {
		was := c.Readmit
		c.Readmit = ReadmitWhenValid
		return was == ReadmitNewConsent
	}},
}

// Instead returns the single changes after which Contact would do something else, or
// show another status.
func Instead(p Person, c Policy) []Change {
	now := Contact(p, c)
	var out []Change
	for _, change := range changes {
		q, d := p, c
		if !change.apply(&q, &d) {
			continue
		}
		if v := Contact(q, d); v.Action != now.Action || v.Status != now.Status {
			out = append(out, Change{change.says, v})
		}
	}
	return out
}

// turn sets a fact, and reports whether that changes it.
func turn(fact *bool, to, counts bool) bool {
	was := *fact
	*fact = to
	return counts && was != to
}

func yes(what string, is bool) string {
	if is {
		return what + ": yes"
	}
	return what + ": no"
}

func seesRow(p Person, _ Policy) string {
	switch {
	case p.Deleted && p.Exists:
		return "the row: deleted and read"
	case p.Deleted:
		return "the row: deleted"
	case p.Hidden:
		return "the row: hidden from the connector, or gone"
	case p.Exists:
		return "the row: there"
	}
	return "the row: not read"
}

func seesState(p Person, c Policy) string {
	return yes("active", p.Active) + "; " + yes("anonymize_when_inactive", c.AnonymizeInactive)
}

func seesAddress(p Person, _ Policy) string {
	state := string(p.Email)
	if state == "" {
		state = "not read"
	}
	return "the e-mail address: " + state
}

func seesStatus(p Person, _ Policy) string {
	status := string(p.Status)
	if status == "" {
		status = "not known"
	}
	return "the status in Spotler: " + status
}

func seesErasure(p Person, c Policy) string {
	readmit := c.Readmit
	if readmit == "" {
		readmit = ReadmitWhenValid
	}
	return yes("erased before", p.ErasedBefore || p.Status == connector.StatusAnonymized) + "; readmit: " + string(readmit) + "; " + yes("a newer consent", p.NewConsent)
}
