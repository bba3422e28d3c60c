package decide

import connector "github.com/spotler-connector/connector"

// Bounced is how the last message to a person came back.
type Bounced string

// The ways. A soft bounce counts only once Spotler has closed the way: it tries
// four times (manual: "Bounces").
const (
	NoBounce   Bounced = ""
	SoftBounce Bounced = "soft"
	HardBounce Bounced = "hard"
)

// Reach holds what Spotler tells of how a person can be reached.
type Reach struct {
	Was connector.SpotlerStatus // the status known before
	// Gone: the contact has no address any more, so it was anonymised in Spotler.
	Gone bool
	// Known: Spotler told whether e-mail is open, and Open is what it told.
	Known, Open bool
	AnyOn       bool // a permission is on
	Bounced     Bounced
}

// Standing is where a person stands in Spotler, with the reason for Spotler Info.
type Standing struct {
	Status connector.SpotlerStatus
	Reason string // one plain sentence; "" while nothing changed
	Rule   string
}

// InSpotler decides where a person stands after a look at Spotler. There is no status
// in Spotler's contact: a closed e-mail channel with no permission left is an
// opt-out, one with permissions was closed by hand (reference: spotler-api 4.5,
// inferred).
func InSpotler(r Reach) Standing {
	bounced := r.Was == connector.StatusHardBounce || r.Was == connector.StatusSoftBounce
	switch {
	case r.Gone:
		return standing(r, connector.StatusAnonymized, "gone", "the contact was anonymised in Spotler")
	case r.Bounced == HardBounce:
		return standing(r, connector.StatusHardBounce, "hard-bounce", "a message came back for good: the address does not exist or is wrong; correct it, and the contact becomes active again")
	case r.Bounced == SoftBounce && r.Known && !r.Open:
		return standing(r, connector.StatusSoftBounce, "soft-bounce", "four messages in a row could not be delivered; check the address, and the contact becomes active again when it changes")
	case !r.Known:
		return Standing{Status: r.Was}
	case r.Open && (bounced || r.Was == connector.StatusOptOut || r.Was == connector.StatusPermanent):
		return standing(r, connector.StatusActive, "reachable", "Spotler can reach the person again")
	case r.Open, bounced, r.Was == connector.StatusPermanent, r.Was == connector.StatusAnonymized:
		return Standing{Status: r.Was}
	case r.AnyOn:
		return standing(r, connector.StatusPermanent, "closed", "the contact was made inactive in Spotler")
	}
	return standing(r, connector.StatusOptOut, "unsubscribed", "the person unsubscribed from everything in Spotler")
}

func standing(r Reach, s connector.SpotlerStatus, rule, reason string) Standing {
	if r.Was == s {
		return Standing{Status: s}
	}
	return Standing{Status: s, Reason: reason, Rule: rule}
}
