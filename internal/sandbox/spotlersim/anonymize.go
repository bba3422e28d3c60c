package spotlersim

import "net/http"

// goneContact is what is left of an anonymised contact: that there was one.
type goneContact struct {
	ExternalID  string `json:"external_id,omitempty"`
	EncryptedID string `json:"encrypted_id"`
	At          int64  `json:"at"` // epoch milliseconds
}

// anonymize is PUT /contact/anonymize/{externalId}: the contact is gone, and
// its external id is free again. The first call answers 410 (or 204, see the
// assumption anonymize_status), later ones do not find it.
func (c *call) anonymize() (any, *refusal) {
	drain(c.Request)
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	who := a.byID[c.key.field][c.args[0]]
	if who == nil {
		return nil, c.rules.notFound()
	}
	at := a.stamp(c.sim.clock())
	a.gone = append(a.gone, goneContact{c.args[0], who.encrypted, at})
	a.remove(who)
	c.note(&draft{id: c.args[0]}, CodeOK, nil)
	if c.rules.AnonymizeStatus == http.StatusNoContent {
		return noContent{}, nil
	}
	return bareStatus(c.rules.AnonymizeStatus), nil
}
