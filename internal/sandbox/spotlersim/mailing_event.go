package spotlersim

import "time"

// moment is when something happened and when the service came to know it. The
// second is the changeDate of the streams; it is never before the first.
type moment struct{ at, known time.Time }

// deliver sends m to one contact. A bulk mailing reaches a contact once: the
// second time deliver returns the delivery that there is.
func (a *account) deliver(m *mailing, to *contact, when moment) *delivery {
	if d := m.to[to]; d != nil && m.kind == bulkMailing {
		return d
	}
	d := &delivery{of: m, to: to}
	if m.kind != bulkMailing {
		a.post.runs++
		d.run = a.post.runs
	}
	d.sent = a.record(streamSent, d, when)
	m.deliveries = append(m.deliveries, d)
	m.to[to] = d
	m.recipients = append(m.recipients, mailEvent{at: when.at.UnixMilli(), of: d})
	a.post.received[to] = append(a.post.received[to], d)
	return d
}

// arrive says that the mail was accepted: soft bounces are counted anew.
func (d *delivery) arrive() { d.to.soft = 0 }

// open loads the images of a mail. The stream has one record per delivery,
// which later opens change, unless each is assumed to be a record of its own.
func (a *account) open(d *delivery, when moment, each bool) {
	if d.of.sms || d.bounced != nil {
		return
	}
	d.of.opens = append(d.of.opens, mailEvent{at: when.at.UnixMilli(), of: d})
	if d.opened != nil && !each {
		a.post.streams[streamOpened].move(d.opened, a.stamp(when.known))
		return
	}
	d.opened = a.record(streamOpened, d, when)
}

// click follows a link of a mail. Every click is a record of its own.
func (a *account) click(d *delivery, link int32, when moment) {
	if d.of.sms || d.bounced != nil || d.of.link(link) == nil {
		return
	}
	d.clicked = true
	if d.on == nil {
		d.on = map[int32]bool{}
	}
	d.on[link] = true
	if d.mpid == "" {
		d.mpid = a.opaque() + a.opaque()
		a.post.clicks[d.mpid] = d
	}
	d.of.clicks = append(d.of.clicks, mailEvent{at: when.at.UnixMilli(), of: d, link: link})
	a.record(streamClicked, d, when)
}

// comeBack returns a mail to its sender: the contact's state moves as it does
// for every bounce. A mail that was read, or came back already, does not.
func (a *account) comeBack(d *delivery, hard bool, when moment) {
	if d.bounced != nil || d.opened != nil || d.clicked {
		return
	}
	d.of.bounces = append(d.of.bounces, mailEvent{at: when.at.UnixMilli(), of: d, hard: hard})
	d.bounced = a.record(streamBounced, d, when)
	d.bounced.hard = hard
	if !a.present(d.to) {
		d.lost = hard
		return
	}
	a.bounce(d.to, hard, d.of.ref, when.known)
	d.lost = hard || d.to.soft >= softBouncesInARow
}

// leave unsubscribes the receiver of a mail from everything: through a form,
// the header for it, or a spam alert. It counts once in an account: who has
// left cannot leave again, and a stop made by hand is no leaving. It reports
// whether the receiver left.
func (a *account) leave(d *delivery, when moment) bool {
	if d.bounced != nil || !a.present(d.to) || d.to.state == OptedOut || d.to.state == Permanent {
		return false
	}
	a.optOut(d.to, when.known)
	d.left = true
	a.record(streamUnsubscribed, d, when)
	return true
}

// present reports whether the contact is still in the account.
func (a *account) present(who *contact) bool {
	return who.place < len(a.contacts) && a.contacts[who.place] == who
}

// record adds a record to a stream.
func (a *account) record(name streamName, d *delivery, when moment) *record {
	r := &record{at: when.at.UnixMilli(), of: d}
	a.post.streams[name].add(r, a.stamp(when.known))
	return r
}
