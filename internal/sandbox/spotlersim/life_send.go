package spotlersim

import (
	"time"
)

// How long receivers take at most.
const (
	bounceWithin = 20 * time.Minute
	openWithin   = 72 * time.Hour
	againWithin  = 48 * time.Hour
	clickWithin  = 2 * time.Minute
	leaveWithin  = 24 * time.Hour
)

// send delivers m and draws what its receiver will do with it.
func (s *Sim) send(a *account, m *mailing, to *contact, when moment, rates Rates) *delivery {
	had := len(m.deliveries)
	d := a.deliver(m, to, when)
	if len(m.deliveries) == had {
		return d // had it already
	}
	a.life.count("sent")
	l := a.life
	fate := l.rand.Float64()
	switch {
	case fate < rates.Hard:
		l.plan(when.at.Add(l.within(bounceWithin)), func(at moment) { a.tallied("bounced", func() { a.comeBack(d, true, at) }) })
	case fate < rates.Hard+rates.Soft:
		l.plan(when.at.Add(l.within(bounceWithin)), func(at moment) { a.tallied("bounced", func() { a.comeBack(d, false, at) }) })
	default:
		d.arrive()
		if !m.sms {
			s.read(a, d, when.at, rates)
		}
	}
	return d
}

// read plans what somebody who got a mail does with it.
func (s *Sim) read(a *account, d *delivery, sent time.Time, rates Rates) {
	l := a.life
	opens := l.chance(rates.Open)
	at := sent.Add(l.within(openWithin))
	if opens {
		s.planOpens(a, d, at, rates)
	}
	if opens && l.chance(rates.Click) || !opens && l.chance(rates.Blind) {
		s.planClicks(a, d, at)
	}
	if opens && l.chance(rates.Profile) {
		l.plan(at.Add(l.within(leaveWithin)), func(now moment) { s.fillProfile(a, d, now) })
	}
	switch {
	case l.chance(rates.Complain):
		l.plan(at.Add(l.within(leaveWithin)), func(now moment) { a.tallied("complained", func() { a.leave(d, now) }) })
	case l.chance(rates.Unsubscribe):
		byForm := l.chance(0.7)
		l.plan(at.Add(l.within(leaveWithin)), func(now moment) { a.unsubscribeBy(d, byForm, now) })
	}
}

func (s *Sim) planOpens(a *account, d *delivery, at time.Time, rates Rates) {
	l := a.life
	for {
		l.plan(at, func(now moment) { a.tallied("opened", func() { a.open(d, now, s.assume.Load().OpenedEach) }) })
		if !l.chance(rates.Again) {
			return
		}
		at = at.Add(l.within(againWithin))
	}
}

func (s *Sim) planClicks(a *account, d *delivery, at time.Time) {
	l := a.life
	var plain []int32
	for _, link := range d.of.links {
		if link.Type != linkUnsubscribe && link.Type != linkEditProfile {
			plain = append(plain, link.ID)
		}
	}
	for len(plain) > 0 {
		link := plain[l.rand.IntN(len(plain))]
		at = at.Add(l.within(clickWithin))
		l.plan(at, func(now moment) { a.tallied("clicked", func() { a.click(d, link, now) }) })
		if !l.chance(0.3) {
			return
		}
	}
}

// unsubscribeBy leaves through the form, which the link of that type leads to,
// or through the header of the mail, which needs no click.
func (a *account) unsubscribeBy(d *delivery, form bool, now moment) {
	a.tallied("unsubscribed", func() {
		if link := d.of.linkOf(linkUnsubscribe); form && link != nil && a.present(d.to) {
			a.click(d, link.ID, now)
		}
		if a.leave(d, now) && form {
			a.fillIn("unSubscribe", d.to, now)
		}
	})
}

func (a *account) tallied(name string, do func()) {
	a.life.count(name)
	do()
}
