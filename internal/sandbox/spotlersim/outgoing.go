package spotlersim

// outgoing is a contact in an answer (reference: section 4.1).
type outgoing struct {
	ExternalID  string         `json:"externalId,omitempty"`
	Created     any            `json:"created"`
	EncryptedID string         `json:"encryptedId"`
	TestGroup   bool           `json:"testGroup"`
	LastChanged any            `json:"lastChanged"`
	Temporary   bool           `json:"temporary"`
	Properties  map[string]any `json:"properties"`
	Channels    []channel      `json:"channels"`
}

// channel is a way to reach a contact.
type channel struct {
	Name  string `json:"name"`
	Value bool   `json:"value"`
}

// option is one element of a set in an answer.
type option struct {
	Bit         int64  `json:"bit"`
	Description string `json:"description"`
	Enabled     bool   `json:"enabled"`
}

// show copies a contact into an answer: only visible properties, only those
// with data. The caller holds the account's mutex.
func (c *call) show(who *contact) outgoing {
	return outgoing{
		ExternalID: who.ids[c.key.field], EncryptedID: who.encrypted,
		Created: c.date(who.created), LastChanged: c.date(who.changed),
		TestGroup: who.testGroup, Temporary: who.temporary,
		Properties: c.account.schema.Load().show(who.values, false), Channels: who.channels(),
	}
}

// show writes values as the API does.
func (s *schema) show(values map[string]any, hidden bool) map[string]any {
	out := make(map[string]any, len(values))
	for name, v := range values {
		p := s.byName[name]
		if p == nil || p.Hidden && !hidden {
			continue
		}
		if on, isSet := v.(bits); isSet {
			out[name] = p.options(on)
		} else {
			out[name] = v
		}
	}
	return out
}

func (p *Property) options(on bits) []option {
	out := make([]option, len(p.Entries))
	for i, e := range p.Entries {
		out[i] = option{e.Bit, e.Description, uint64(on)&uint64(e.Bit) != 0}
	}
	return out
}

// getContact is GET /contact/{externalId}.
func (c *call) getContact() (any, *refusal) {
	c.account.mu.Lock()
	defer c.account.mu.Unlock()
	who := c.account.byID[c.key.field][c.args[0]]
	if who == nil {
		return nil, c.rules.notFound()
	}
	return c.show(who), nil
}
