package operations

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/dataverse"
	"github.com/spotler-connector/connector/internal/decide"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/schema"
	"github.com/spotler-connector/connector/internal/store"
)

// writeArrivals writes what differs: the person's row only while it still is as it
// was read, and the permission rows. Whoever brings nothing new costs nothing.
func (b *run) writeArrivals(ctx context.Context, all []*arrival) error {
	var requests []dataverse.BatchRequest
	var whose []*arrival
	flush := func() error {
		if len(requests) == 0 {
			return nil
		}
		answers, err := b.sendArrivals(ctx, requests, whose)
		if err != nil {
			return err
		}
		for i, answer := range answers {
			if answer.Err != nil && !whose[i].done {
				whose[i].fail(answer.Err)
			}
		}
		requests, whose = requests[:0], whose[:0]
		return nil
	}
	for _, a := range all {
		own, err := b.writesOf(a)
		if err != nil {
			a.fail(err)
			continue
		}
		if len(requests)+len(own) > dataverse.MaxBatch {
			if err := flush(); err != nil {
				return err
			}
		}
		for _, r := range own {
			requests, whose = append(requests, r), append(whose, a)
		}
	}
	return flush()
}

// sendArrivals writes rows without being told of it. Where the security role does not
// allow that, all is sent again, and we are told from then on.
func (b *run) sendArrivals(ctx context.Context, requests []dataverse.BatchRequest, whose []*arrival) ([]dataverse.BatchResponse, error) {
	skip := b.env.updateSteps.Load()
	if skip == nil {
		return b.env.CRM.Batch(ctx, requests, true)
	}
	quiet := slices.Clone(requests)
	for i, r := range quiet {
		t := whose[i].record.Table
		if step, known := (*skip)[t]; known && strings.HasPrefix(r.Path, b.env.Tables[t].Set+"(") {
			quiet[i] = dataverse.SkippingSteps(r, step)
		}
	}
	answers, err := b.env.CRM.Batch(ctx, quiet, true)
	if err != nil || !slices.ContainsFunc(answers, func(r dataverse.BatchResponse) bool { return fault.Of(r.Err) == fault.Denied }) {
		return answers, err
	}
	b.env.updateSteps.CompareAndSwap(skip, nil)
	b.Log.InfoContext(ctx, "what comes from Spotler is told back to us: give the connector's role the privilege prvBypassCustomBusinessLogic to save these events", "environment", b.env.Name)
	again, err := b.env.CRM.Batch(ctx, requests, true)
	if err != nil {
		return nil, err
	}
	for i, r := range again { // what was written before the refusal has another version now
		if answers[i].Err == nil && fault.Of(r.Err) == fault.Conflict {
			again[i] = answers[i]
		}
	}
	return again, nil
}

// writesOf are the writes of one arrival.
func (b *run) writesOf(a *arrival) ([]dataverse.BatchRequest, error) {
	var out []dataverse.BatchRequest
	if len(a.body) > 0 {
		body, err := a.body.JSON()
		if err != nil {
			return nil, err
		}
		out = append(out, dataverse.IfUnchanged(b.env.CRM.UpdateRequest(b.env.Tables[a.record.Table], a.record.ID, body), a.row.Version))
	}
	for _, bit := range a.set {
		body := []byte(fmt.Sprintf(`{"dh_subscribed":%t}`, bit.On))
		for _, row := range a.rowsOf(bit.Name) {
			out = append(out, b.env.CRM.UpdateRequest(schema.SpotlerPermission(), row, body))
		}
	}
	for _, bit := range a.made {
		r, err := b.newPermission(a.record, bit)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// rowsOf are the ids of the permission rows with that name.
func (p *person) rowsOf(name string) []connector.RecordID {
	var out []connector.RecordID
	for n, rows := range p.rows {
		if strings.EqualFold(strings.TrimSpace(n), strings.TrimSpace(name)) {
			out = append(out, rows...)
		}
	}
	return out
}

// newPermission makes a permission row; repeating it makes no second one.
func (b *run) newPermission(of connector.Record, bit decide.Bit) (dataverse.BatchRequest, error) {
	table := schema.SpotlerPermission()
	fields := dataverse.Fields{"dh_name": bit.Name, "dh_subscribed": bit.On}
	b.bindPerson(fields, table, of)
	body, err := fields.JSON()
	return b.env.CRM.UpsertRequest(table, b.env.rowID("permission/"+of.String()+"/"+bit.Key.String()), body), err
}

// settleArrivals ends the arrivals: link, shadow, Spotler Info, ledger, and a sync
// where Spotler must hear of something.
func (b *run) settleArrivals(_ context.Context, all []*arrival) error {
	for _, a := range all {
		consents := b.arrivalConsents(a)
		link := a.agreed(b.env)
		moved := a.standing.Reason != ""
		if moved {
			link.Status, link.Reason, link.Rule = a.standing.Status, sentence(a.standing.Reason), "spotler-"+a.standing.Rule
			a.result.tellings = append(a.result.tellings, append(b.infoTellings(&link, false), b.bounceTask(a)...)...)
		}
		if moved || len(a.next) > 0 || len(a.marks) > 0 || a.in.Adopt {
			a.result.links = []store.Link{link}
		}
		a.result.consents = consents
		if a.back || moved && link.Status == connector.StatusActive || !a.linked || a.in.Adopt {
			a.result.follow = append(a.result.follow, PutSync(b.env.Name, a.record, store.Consent, fmt.Sprintf("inbound/%d", a.work.ID), "inbound"))
		}
		a.end(a.outcome())
	}
	return nil
}

// agreed is the link with what both sides agree on now.
func (a *arrival) agreed(e *Environment) store.Link {
	l := a.link
	shadow := make(map[string]store.Sides, len(l.Shadow)+len(a.next))
	for name, sides := range l.Shadow {
		shadow[name] = sides
	}
	for name, sides := range a.next {
		shadow[name] = store.Sides{CRM: sides.CRM, Spotler: sides.Spotler}
	}
	if len(a.body) > 0 {
		a.mark(backEntry, &decide.Sides{CRM: "ours"})
	}
	a.marked(shadow)
	l.Shadow = shadow
	switch {
	case a.in.Adopt:
		l.ExternalID = connector.ExternalIDOf(a.record.ID)
		delete(shadow, "email") // the sync must send the address, by which Spotler finds the contact
	case l.ExternalID == "":
		l.ExternalID = a.in.ExternalID
	}
	if l.AddressHash == "" {
		l.AddressHash = e.addressHash(a.mapped.Email)
	}
	return l
}

// outcome says what was done, without values.
func (a *arrival) outcome() connector.Outcome {
	left := ""
	if len(a.notes) > 0 {
		left = " Left out: " + strings.Join(a.notes[:min(len(a.notes), 5)], "; ") + "."
	}
	changed := len(a.body) + len(a.set) + len(a.made)
	switch {
	case changed > 0:
		return connector.Done(fmt.Sprintf("Taken from Spotler: %d columns, %d permissions.", len(a.body), len(a.set)+len(a.made)) + left)
	case a.standing.Reason != "":
		return connector.Done(sentence(a.standing.Reason) + left)
	case len(a.next) > 0:
		return connector.Skipped("Both sides have the same values; this was noted." + left)
	}
	return connector.Skipped("Nothing differs from what both sides agreed on." + left)
}

// arrivalConsents are the entries of the ledger that an arrival makes.
func (b *run) arrivalConsents(a *arrival) []store.ConsentChange {
	var out []store.ConsentChange
	shadow := decide.BitShadowOf(shadowOf(a.link), b.knownBits(a.person), b.env.fieldHash)
	for _, bit := range append(a.set[:len(a.set):len(a.set)], a.made...) {
		out = append(out, store.ConsentChange{Record: a.record, Permission: bit.Name, Was: position(shadow[bit.Key].CRM), Becomes: onOff(bit.On),
			Who: byPerson, Origin: inSpotler, ChangedAt: a.in.Changed, Why: "the person chose so in Spotler"})
	}
	if a.standing.Status == connector.StatusOptOut && a.standing.Reason != "" {
		out = append(out, b.optOutSeen(a.person)...)
	}
	return out
}

// few runs f for people, some at the same time.
func (b *run) few(people []*person, f func(*person)) {
	slots := make(chan struct{}, lookers)
	var all sync.WaitGroup
	for _, p := range people {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			f(p)
		})
	}
	all.Wait()
}
