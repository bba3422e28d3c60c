package spotlersim

// subscribeContact is POST /subscription/subscribe: a bare contact, whose
// external id may be missing. A known address is that contact, which keeps its
// external id unless another is given.
func (c *call) subscribeContact() (any, *refusal) {
	var in incoming
	if no := c.read(&in); no != nil {
		return nil, no
	}
	return c.writeOne(&contactRequest{Contact: &in}, func(d *draft) (Code, *problem) {
		a := c.account
		if d.email == "" {
			return "", badEmail()
		}
		if known := a.withEmail(d.email); known != nil && d.id == "" && c.rules.DedupeEmail {
			d.id = known.ids[c.key.field]
			return c.update(known, d, false)
		}
		if d.id == "" {
			fresh := a.create(a.stamp(c.sim.clock()))
			a.apply(fresh, d, false)
			a.touch(fresh, c.sim.clock(), c.rules.EchoUpdates)
			return CodeOK, nil
		}
		return c.upsert(d, flags{update: true})
	})
}
