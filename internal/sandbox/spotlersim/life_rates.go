package spotlersim

import (
	"encoding/json"
	"fmt"
)

// Rates are the chances, from 0 to 1, of what a receiver does with a mail.
type Rates struct {
	Hard        float64 `json:"hard"`        // the mail bounces for good
	Soft        float64 `json:"soft"`        // the mail bounces for now
	Open        float64 `json:"open"`        // of those who got it: images are loaded
	Again       float64 `json:"again"`       // of those who opened: once more, and again
	Click       float64 `json:"click"`       // of those who opened: a link is followed
	Blind       float64 `json:"blind"`       // of those who did not open: a link is followed, images blocked
	Unsubscribe float64 `json:"unsubscribe"` // of those who got it: through the form or the header
	Complain    float64 `json:"complain"`    // of those who got it: as spam
	Profile     float64 `json:"profile"`     // of those who opened: they change their profile through the form
}

// DefaultRates are those of an ordinary newsletter.
func DefaultRates() Rates {
	return Rates{Hard: 0.01, Soft: 0.02, Open: 0.35, Again: 0.3, Click: 0.15, Blind: 0.01, Unsubscribe: 0.005, Complain: 0.001, Profile: 0.01}
}

// Check returns which chance is none, or nil.
func (r Rates) Check() error {
	b, _ := json.Marshal(r)
	chances := map[string]float64{}
	_ = json.Unmarshal(b, &chances)
	for name, p := range chances {
		if p < 0 || p > 1 {
			return fmt.Errorf("rate %s is %g: give a chance from 0 to 1", name, p)
		}
	}
	if r.Hard+r.Soft > 1 {
		return fmt.Errorf("rates hard and soft add up to more than 1")
	}
	return nil
}
