package spotlersim

import "time"

// State says whether Spotler will send to a contact (reference: section 4.5).
type State string

// The states. Static contacts are Active with temporary set.
const (
	Active      State = "active"
	SoftBounced State = "soft_bounced" // four soft bounces in a row
	HardBounced State = "hard_bounced" // one hard bounce
	OptedOut    State = "opted_out"    // unsubscribed from everything, or complained
	Permanent   State = "permanent"    // made inactive by hand or by PUT /contact/inactivate
)

// softBouncesInARow is how many make a contact inactive.
const softBouncesInARow = 4

// channels is where a state shows: there is no other sign of it in a contact.
func (c *contact) channels() []channel {
	mobile, _ := c.values["mobileNumber"].(string)
	return []channel{{"EMAIL", c.state == Active}, {"SMS", c.state == Active && mobile != ""}}
}

// revive makes a bounced contact active; an opt-out and a permanent stop last.
func (c *contact) revive() {
	if c.state == SoftBounced || c.state == HardBounced {
		c.state = Active
	}
	c.soft = 0
}

// bounceEntry is one mail that came back.
type bounceEntry struct {
	at    int64
	kind  string // HARDBOUNCE or SOFTBOUNCE
	who   *contact
	actID string // the mailing, when known
}

// bounce records that a mail to who came back.
func (a *account) bounce(who *contact, hard bool, mailing string, now time.Time) {
	kind := "SOFTBOUNCE"
	before := who.state
	if hard {
		kind = "HARDBOUNCE"
	} else {
		who.soft++
	}
	switch {
	case who.state != Active: // it cannot become less active
	case hard:
		who.state = HardBounced
	case who.soft >= softBouncesInARow:
		who.state = SoftBounced
	}
	a.bounces = append(a.bounces, bounceEntry{a.stamp(now), kind, who, mailing})
	if who.state != before {
		a.touch(who, now, true)
	}
}

// optOut unsubscribes who from everything.
func (a *account) optOut(who *contact, now time.Time) {
	if who.state != Permanent {
		who.state = OptedOut
	}
	a.noPermissions(who)
	a.touch(who, now, true)
}

// noPermissions turns every permission off.
func (a *account) noPermissions(who *contact) {
	if a.schema.Load().byName[permissionsProperty] != nil {
		who.values[permissionsProperty] = bits(0)
	}
}
