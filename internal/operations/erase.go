package operations

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/decide"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/schema"
	"github.com/spotler-connector/connector/internal/store"
)

// errHeld says that the fence holds an irreversible operation back.
var errHeld = errors.New("held by the fence")

// erase anonymises those about whom that was decided (manual: "Anonymizing").
func (b *run) erase(ctx context.Context, people []*person) error {
	for _, p := range people {
		if p.verdict.Action != decide.Anonymize {
			continue
		}
		status, err := b.anonymize(ctx, p.work, p.record, p.externalID())
		if errors.Is(err, errHeld) {
			p.done, p.result = true, b.held(p.work)
			continue
		}
		if err != nil {
			p.fail(err)
			continue
		}
		b.works(ctx, store.GateSpotler)
		follow, err := b.erased(ctx, p, status)
		if err != nil {
			p.fail(err)
			continue
		}
		p.result.follow = follow
		p.result.gone = p.deleted
		p.end(connector.Done(sentence("The contact was anonymised in Spotler, because " + p.verdict.Reason)).Answered(status))
	}
	return nil
}

// anonymize passes the fence and erases a contact. 410, 404 and 204 all mean that
// it is gone; the status is what Spotler answered.
func (b *run) anonymize(ctx context.Context, t store.Taken, record connector.Record, id connector.ExternalID) (int, error) {
	if err := b.passFence(ctx, t, record); err != nil {
		return 0, err
	}
	return b.env.Mail.Anonymize(ctx, id)
}

// passFence counts an irreversible operation, or closes the gate with an alert
// when too many come at once: a wrong mass change in the CRM must not erase
// everybody before somebody looks.
func (b *run) passFence(ctx context.Context, t store.Taken, record connector.Record) error {
	if b.now.Before(t.CreatedAt.Add(b.env.Hold)) {
		return errHeld
	}
	since := b.now.Add(-b.env.FenceWindow)
	gates, err := b.Store.Gates(ctx)
	if err != nil {
		return err
	}
	for _, g := range gates {
		if g.Environment != b.env.Name || g.API != store.GateIrreversible {
			continue
		}
		if g.Closed(b.now) {
			return errHeld
		}
		if g.UpdatedAt.After(since) {
			since = g.UpdatedAt // a person let the earlier ones pass
		}
	}
	base, err := b.Store.CountLinks(ctx, b.env.Name)
	if err != nil {
		return err
	}
	at := b.Now()
	if at.Before(since) {
		at = since // or an erasure of a batch that began before the fence was opened would not count
	}
	if err := b.Store.CountErasure(ctx, b.env.Name, record, at); err != nil {
		return err
	}
	counted, err := b.Store.Erasures(ctx, b.env.Name, since)
	if err != nil {
		return err
	}
	recent := max(counted-1, 0) // without this one
	if pass, why := decide.Fence(recent, base, b.env.Fence); !pass {
		if err := b.Store.UncountErasure(ctx, b.env.Name, record); err != nil {
			return err
		}
		b.Log.ErrorContext(ctx, "irreversible operations are held", "environment", b.env.Name, "recent", recent, "linked", base)
		if err := b.Store.Pause(ctx, store.Gate{Environment: b.env.Name, API: store.GateIrreversible, PausedUntil: store.Forever, Reason: why, Alert: true}); err != nil {
			return err
		}
		return errHeld
	}
	return nil
}

// erased fills in link, tellings and receipt of a person who is no longer in Spotler:
// a keyed hash stays, no data. The next who has the address is asked in. status is
// what Spotler answered.
func (b *run) erased(ctx context.Context, p *person, status int) ([]store.Put, error) {
	hash, id := p.link.AddressHash, p.externalID()
	if _, guid := id.RecordID(); !guid {
		p.link.ExternalID = "" // another system's id may be an address
	}
	p.link.ErasedAt, p.link.Shadow, p.link.Owner = b.now, nil, false
	p.link.Status, p.link.Reason, p.link.Rule = connector.StatusAnonymized, sentence(p.verdict.Reason), p.verdict.Rule
	p.link.Version = p.row.Version
	p.result.tellings = b.infoTellings(&p.link, p.deleted)
	p.result.links = []store.Link{p.link}
	p.result.consents = append(p.result.consents, erasureChange(p))
	p.result.receipts = []store.Receipt{b.receipt(p, id, goneBy(status), status)}
	if hash == "" {
		return nil, nil
	}
	p.result.release = []store.Claim{{Hash: hash, Record: p.record}}
	return b.successor(ctx, p, hash)
}

// receipt proves that somebody was erased; with it, the store forgets what it keeps.
// says and status are what Spotler answered.
func (b *run) receipt(p *person, id connector.ExternalID, says string, status int) store.Receipt {
	return store.Receipt{Environment: b.env.Name, Record: p.record, At: b.now, Rule: p.verdict.Rule, Why: p.link.Reason, ExternalID: id,
		Answers: []store.Answer{{System: "spotler", Says: says, Status: status, At: b.Now().UTC()}}, Lanes: b.arrivals(p), Rows: b.rowsOf}
}

// forget ends what is kept about a row that was deleted and whose contact is another's
// by now, or that has none: nothing in Spotler is touched.
func (b *run) forget(p *person) {
	if !handsOver(p.link.Rule) && len(p.link.Shadow) == 0 {
		return // nothing was ever written for it, or it was erased before
	}
	p.link.Shadow, p.link.Rule, p.link.Reason = nil, p.verdict.Rule, sentence(p.verdict.Reason)
	p.result.receipts = []store.Receipt{b.receipt(p, connector.ExternalIDOf(p.record.ID), "the row had no contact of its own, so nothing was anonymised", 0)}
}

// arrivals are the lanes in which somebody came from Spotler before the link was known.
func (b *run) arrivals(p *person) []store.Lane {
	out := []store.Lane{store.AddressLane(b.env.Name, b.env.hash("id\x1f"+string(p.record.ID)))}
	for _, hash := range []string{p.link.AddressHash, p.hash} {
		if hash != "" {
			out = append(out, store.AddressLane(b.env.Name, hash))
		}
	}
	return out
}

// rowsOf are the rows that we make in Dataverse about an op: one that stands for its
// job, and a line on a timeline.
func (b *run) rowsOf(op int64) []string {
	n := strconv.FormatInt(op, 10)
	return []string{target(schema.SpotlerJobTable, b.env.rowID("op/"+n)), target(schema.PostTable, b.env.rowID("post/"+n))}
}

// goneBy says in words what Spotler's answer to an erasure means (manual: "Explicit
// Anonymization").
func goneBy(status int) string {
	if status == http.StatusNotFound {
		return "the contact was not there any more"
	}
	return "the contact was anonymised"
}

// subject is a person as a command needs it: its link, and who owns its address.
func (b *run) subject(ctx context.Context, t store.Taken, job connector.Job) (*person, error) {
	p := &person{work: t, record: job.Subject()}
	links, err := b.Store.Links(ctx, b.env.Name, []connector.Record{p.record})
	if err != nil {
		return nil, err
	}
	if p.link, p.linked = links[p.record]; !p.linked {
		p.link = store.Link{Environment: b.env.Name, Record: p.record}
	}
	return p, nil
}

// sharesOnly reports whether another record stands for the address of p in Spotler.
func sharesOnly(p *person) bool {
	return p.linked && p.link.Status == connector.StatusSharesAddress && !p.link.InSpotler()
}

// held leaves an op waiting: until its hold ends, or until a person opens the fence.
func (b *run) held(t store.Taken) result {
	if ends := t.CreatedAt.Add(b.env.Hold); b.now.Before(ends) {
		return result{again: ends}
	}
	return result{again: b.now.Add(time.Minute)}
}

// notOwner is the end of a command for a record that only shares an address.
func notOwner(what string) result {
	return result{outcome: connector.Skipped(fmt.Sprintf("Another record has the same e-mail address and stands for it in Spotler, so nothing was %s. Make the job for that record.", what))}
}

// asNotFound ends a command whose contact is not in Spotler.
func asNotFound(err error, why string) (result, bool) {
	if !errors.Is(err, fault.NotFound) {
		return result{}, false
	}
	status := 0
	if e := fault.As(err); e != nil {
		status = e.Status
	}
	return result{outcome: connector.Refused("CONTACT_NOT_FOUND", why).Answered(status)}, true
}
