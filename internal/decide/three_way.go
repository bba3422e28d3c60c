package decide

import (
	"time"

	connector "github.com/spotler-connector/connector"
)

// Preference says which side a "<->" row believes when both moved apart.
type Preference string

// The preferences. The zero value reads as PreferAsk: nobody's value is lost unasked.
const (
	PreferCRM     Preference = "crm"
	PreferSpotler Preference = "spotler"
	PreferNewest  Preference = "newest"
	PreferAsk     Preference = "ask"
)

// Outcome is what a comparison of one field asks for.
type Outcome string

// The outcomes.
const (
	Echo      Outcome = "echo"       // both sides still are what was agreed on: nothing to write
	Agree     Outcome = "agree"      // both sides mean the same: only the shadow is brought up to date
	ToSpotler Outcome = "to spotler" // the CRM value is written to Spotler; empty clears
	ToCRM     Outcome = "to crm"     // the Spotler value is written to the CRM; empty clears
	Ask       Outcome = "ask"        // a person must choose
	Hold      Outcome = "hold"       // the facts do not suffice: this field alone waits
	Ignore    Outcome = "ignore"     // the side that moved is not the one that the row listens to
)

// TwoSided holds the facts of one field of one person. All texts are keyed
// hashes, "" for empty, as in Sides.
type TwoSided struct {
	Direction connector.Direction
	Prefer    Preference

	Was   Sides // the shadow
	Known bool  // there is a shadow

	CRM  string // the CRM value, in its own stable text
	Wire string // the CRM value as Spotler would hold it
	// Spotler is the value read from Spotler, in the text of Wire. It counts only
	// when Present; an absent property is empty only when Listed.
	Spotler string
	Present bool
	// Listed: the schema read in the same window has the property with the type
	// that it had before.
	Listed bool

	CRMAt, SpotlerAt time.Time // when each side was changed; zero when unknown
}

// Comparison is the answer of ThreeWay. Rule is a stable id for counting,
// Reason one plain sentence without values.
type Comparison struct {
	Outcome Outcome
	Rule    string
	Reason  string
}

// ThreeWay compares both sides of one field with what they last agreed on. The
// side that moved wins; both moved apart is for the preference of the row. skew
// is how far the clocks may differ: times closer than that tell nothing, so
// PreferNewest asks.
func ThreeWay(f TwoSided, skew time.Duration) Comparison {
	if !f.Direction.Outward() && !f.Direction.Inward() {
		return Comparison{Hold, "no-direction", "the row has no direction; use ->, <- or <->"}
	}
	if !f.Listed {
		return Comparison{Hold, "not-listed", "the Spotler field is gone or has another type; correct the row"}
	}
	if !f.Present {
		f.Spotler = ""
	}
	if !f.Known {
		return f.first(skew)
	}
	crm := f.CRM != f.Was.CRM && f.Wire != f.Was.Spotler
	spotler := f.Spotler != f.Was.Spotler
	switch {
	case !crm && !spotler && f.CRM != f.Was.CRM:
		return Comparison{Agree, "respelled", "the CRM value is spelled in another way and means the same in Spotler"}
	case !crm && !spotler:
		return Comparison{Echo, "echo", "neither side moved"}
	case f.Wire == f.Spotler:
		return Comparison{Agree, "same", "both sides have the same value now"}
	case crm && spotler:
		return f.apart(skew)
	case crm:
		return f.outward("crm-moved", "only the CRM moved")
	}
	return f.inward("spotler-moved", "only Spotler moved")
}

// first compares a field that was never agreed on. Without a shadow an empty
// side was not emptied by anybody, so the filled one wins.
func (f TwoSided) first(skew time.Duration) Comparison {
	switch {
	case f.Wire == f.Spotler:
		return Comparison{Agree, "same", "both sides have the same value already"}
	case f.Spotler == "":
		return f.outward("first-crm", "only the CRM has a value and nothing was agreed on before")
	case f.Wire == "" && f.CRM != "":
		return Comparison{Hold, "not-convertible", "the CRM value has no form in Spotler; correct the value or the row"}
	case f.Wire == "":
		return f.inward("first-spotler", "only Spotler has a value and nothing was agreed on before")
	}
	return f.apart(skew)
}

// apart decides between two values that differ.
func (f TwoSided) apart(skew time.Duration) Comparison {
	if f.Direction != connector.BothWays {
		if f.Direction.Outward() {
			return f.outward("one-way", "the row listens to the CRM only")
		}
		return f.inward("one-way", "the row listens to Spotler only")
	}
	switch f.Prefer {
	case PreferCRM:
		return f.outward("prefer-crm", "both sides moved and the row prefers the CRM")
	case PreferSpotler:
		return f.inward("prefer-spotler", "both sides moved and the row prefers Spotler")
	case PreferNewest:
		return f.newest(skew)
	}
	return Comparison{Ask, "ask", "both sides moved and the row asks a person"}
}

func (f TwoSided) newest(skew time.Duration) Comparison {
	if f.CRMAt.IsZero() || f.SpotlerAt.IsZero() {
		return Comparison{Ask, "newest-unknown", "both sides moved and it is not known which one moved last"}
	}
	switch ahead := f.CRMAt.Sub(f.SpotlerAt); {
	case ahead > skew:
		return f.outward("newest-crm", "both sides moved and the CRM moved last")
	case -ahead > skew:
		return f.inward("newest-spotler", "both sides moved and Spotler moved last")
	}
	return Comparison{Ask, "newest-skew", "both sides moved so close together that the clocks do not tell which was last"}
}

func (f TwoSided) outward(rule, reason string) Comparison {
	if !f.Direction.Outward() {
		return Comparison{Ignore, "not-outward", "the CRM moved and the row listens to Spotler only"}
	}
	return Comparison{ToSpotler, rule, reason}
}

func (f TwoSided) inward(rule, reason string) Comparison {
	if !f.Direction.Inward() {
		return Comparison{Ignore, "not-inward", "Spotler moved and the row listens to the CRM only"}
	}
	return Comparison{ToCRM, rule, reason}
}
