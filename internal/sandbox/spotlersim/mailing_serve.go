package spotlersim

import "net/http"

// mailingOut is the object Mailing, and with its last members MailingDetails
// (reference: section 5.8).
type mailingOut struct {
	Ref         string        `json:"encryptedId"`
	Name        string        `json:"name"`
	Start       string        `json:"scheduledStartDate"`
	Type        string        `json:"type"` // EMAIL or SMS
	Archive     string        `json:"archiveLink,omitempty"`
	Sent        int           `json:"sentCount"`
	Sender      string        `json:"sender,omitempty"`
	TargetGroup string        `json:"targetGroup,omitempty"`
	Message     *message      `json:"message,omitempty"`
	Links       []mailingLink `json:"links,omitempty"`
}

func (m *mailing) show() mailingOut {
	return mailingOut{Ref: m.ref, Name: m.name, Start: isoDate(m.start), Type: m.medium(), Archive: m.archive(), Sent: len(m.deliveries)}
}

// mailingsList is GET /mailing: the bulk mailings that were sent, by the date
// for which they were planned.
func (c *call) mailingsList() (any, *refusal) {
	q := c.URL.Query()
	for _, name := range []string{"fromDate", "toDate"} {
		if _, err := parseTime(q.Get(name)); err != nil {
			return nil, refuse(http.StatusBadRequest, InvalidParams, "Invalid "+name+" or no "+name+" given")
		}
	}
	when, no := c.span("fromDate", "toDate")
	if no != nil {
		return nil, no
	}
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	out := []mailingOut{}
	for _, m := range a.post.mailings {
		if m.kind == bulkMailing && len(m.deliveries) > 0 && when.has(m.start) {
			out = append(out, m.show())
		}
	}
	return out, nil
}

// mailing finds the mailing of the call's first argument, which must be of one
// of the kinds. The caller holds the account's mutex.
func (c *call) mailing(kind mailingKind) (*mailing, *refusal) {
	m := c.account.post.byRef[c.args[0]]
	switch {
	case m == nil && kind == bulkMailing:
		return nil, refuse(http.StatusNotFound, MailingNotFound, "Given mailing not found")
	case m == nil:
		return nil, refuse(http.StatusNotFound, MailingNotFound, "Mailing not found")
	case m.kind != kind:
		return nil, wrongMailing()
	}
	return m, nil
}

func wrongMailing() *refusal {
	return refuse(http.StatusBadRequest, InvalidMailing, "Invalid param: Mailing type invalid")
}

// mailingDetails is GET /mailing/{encryptedMailingId}.
func (c *call) mailingDetails() (any, *refusal) {
	c.account.mu.Lock()
	defer c.account.mu.Unlock()
	m, no := c.mailing(bulkMailing)
	if no != nil {
		return nil, no
	}
	out := m.show()
	said := m.message
	out.Sender, out.TargetGroup, out.Message, out.Links = m.sender, m.targetGroup, &said, m.links
	return out, nil
}

// mailingStatistics is GET /mailing/{encryptedMailingId}/statistics.
func (c *call) mailingStatistics() (any, *refusal) {
	c.account.mu.Lock()
	defer c.account.mu.Unlock()
	m, no := c.mailing(bulkMailing)
	if no != nil {
		return nil, no
	}
	return m.statistics(), nil
}
