package spotlersim

// inactivate is PUT /contact/inactivate/{externalId}. It cannot be undone:
// neither a later write nor a new address makes the contact active again.
func (c *call) inactivate() (any, *refusal) {
	drain(c.Request)
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	who := a.byID[c.key.field][c.args[0]]
	if who == nil {
		return nil, c.rules.notFound()
	}
	if who.state != Permanent {
		who.state = Permanent
		a.touch(who, c.sim.clock(), c.rules.EchoUpdates)
	}
	c.note(&draft{id: c.args[0]}, CodeOK, nil)
	return noContent{}, nil
}
