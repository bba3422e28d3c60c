package operations

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/decide"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/spotler"
	"github.com/spotler-connector/connector/internal/store"
)

// write sends those who were decided to be created or updated with one call of
// POST /contact/list (Mail+ API 5.1 no. 5). One whom Spotler did not answer for
// the last time travels alone. Those who are new, and whom nobody looked for in
// Spotler, are only created: somebody who is there after all may be another system's.
func (b *run) write(ctx context.Context, people []*person) error {
	var together, unseen []*person
	for _, p := range people {
		switch {
		case !writes(p.verdict):
		case b.unseen(p) && alone(p):
			together = append(together, b.create(ctx, []*person{p})...)
		case b.unseen(p):
			unseen = append(unseen, p)
		case alone(p):
			b.post(ctx, []*person{p}, spotler.Write{Update: true, Purge: b.env.Purge})
		default:
			together = append(together, p)
		}
	}
	if len(unseen) > 0 {
		together = append(together, b.create(ctx, unseen)...)
	}
	if len(together) > 0 {
		b.post(ctx, together, spotler.Write{Update: true, Purge: b.env.Purge})
	}
	return nil
}

// alone reports whether Spotler did not answer for a person the last time.
func alone(p *person) bool { return p.work.Attempt > 1 && p.work.Cause == string(fault.Garbled) }

// unseen reports whether a person is new, and nobody looked for them in Spotler.
func (b *run) unseen(p *person) bool {
	return p.verdict.Action == decide.Create && p.seen == nil && !b.env.Subscribers.TakeOver
}

// create sends people who must not be in Spotler yet, and returns those who are, with
// the id under which they stay.
func (b *run) create(ctx context.Context, people []*person) []*person {
	b.post(ctx, people, spotler.Write{})
	var there []*person
	for _, p := range people {
		if p.exists {
			there = append(there, p)
		}
	}
	b.few(there, func(p *person) {
		found, _, err := b.looked(ctx, p)
		if err != nil {
			p.fail(err)
			return
		}
		b.keepForeignID(p, found)
	})
	return slices.DeleteFunc(there, func(p *person) bool { return p.done })
}

// post sends people in one call. A call that is refused, or fails, as a whole is
// halved down to singles, so that one bad contact fails alone. A lost answer is
// not: the old body is never sent again, the rows are read anew.
func (b *run) post(ctx context.Context, people []*person, w spotler.Write) {
	contacts := make([]spotler.Contact, len(people))
	for i, p := range people {
		contacts[i] = p.contact()
	}
	results, err := b.env.Mail.PostContacts(ctx, contacts, w)
	if err != nil && halves(err) && len(people) > 1 {
		middle := len(people) / 2
		b.post(ctx, people[:middle], w)
		b.post(ctx, people[middle:], w)
		return
	}
	if err != nil {
		for _, p := range people {
			p.fail(err)
		}
		return
	}
	b.works(ctx, store.GateSpotler)
	for i, p := range people {
		if p.exists = !w.Update && results[i].Code == spotler.CodeContactAlreadyExists; !p.exists {
			b.accept(ctx, p, results[i])
		}
	}
}

// halves reports whether a failure of the whole call may be one contact's fault.
func halves(err error) bool {
	e := fault.As(err)
	return e != nil && (e.Status == http.StatusBadRequest || e.Status == http.StatusInternalServerError || e.Status == http.StatusRequestEntityTooLarge)
}

// accept turns Spotler's answer for one contact into the end of its op.
func (b *run) accept(ctx context.Context, p *person, r spotler.ContactResult) {
	switch r.Code {
	case spotler.CodeOK:
		o := connector.Done(done(p) + p.leftOut() + spaced(p.twoRows())).Answered(http.StatusOK)
		b.written(ctx, p, p.verdict.Status, o)
	case spotler.CodeContactOptout:
		p.verdict.Reason = "Spotler says that the person opted out; nothing was changed"
		b.written(ctx, p, connector.StatusOptOut, connector.Skipped(sentence(p.verdict.Reason)).WithCode(string(r.Code)).Answered(http.StatusOK))
	case spotler.CodeNoActiveChannel:
		p.verdict.Reason = "Spotler has no active channel for the contact, so it cannot be mailed"
		b.written(ctx, p, connector.StatusPermanent, connector.Skipped(sentence(p.verdict.Reason)).WithCode(string(r.Code)).Answered(http.StatusOK))
	case spotler.CodePropertyInvalid:
		b.reject(ctx, p)
	default:
		says := "Spotler answered " + string(r.Code) + " for the contact"
		if r.Code == "" {
			says = "Spotler did not answer for the contact"
		}
		p.fail(&fault.Error{Op: "spotler.PostContacts", On: p.record.String(), Kind: fault.Garbled, Status: http.StatusOK, Code: string(r.Code), Says: says})
	}
}

// spaced puts a space before a further sentence, where there is one.
func spaced(sentence string) string {
	if sentence == "" {
		return ""
	}
	return " " + sentence
}

func done(p *person) string {
	if p.verdict.Action == decide.Create {
		return "The contact was created in Spotler."
	}
	return "The contact was brought up to date in Spotler."
}

// written ends the op of a person whose write was taken in: link, Spotler Info,
// corrections of permission rows, and the address that was given up.
func (b *run) written(ctx context.Context, p *person, status connector.SpotlerStatus, o connector.Outcome) {
	gaveUp := ""
	if p.link.Owner && p.link.AddressHash != "" && p.link.AddressHash != p.hash {
		gaveUp = p.link.AddressHash
	}
	if status == connector.StatusOptOut {
		p.consents.Corrections = p.leftEverything()
	}
	p.result.consents = b.consentChanges(p, status == connector.StatusOptOut)
	if status == connector.StatusOptOut { // nothing was written: what was agreed on before still is
		p.sending.Next, p.consents.Next, p.fresh = nil, nil, false
	}
	p.link = b.afterWrite(p, status)
	p.link.Reason += spaced(p.twoRows())
	p.result.tellings = b.infoTellings(&p.link, false)
	for _, c := range p.consents.Corrections {
		for _, row := range p.rows[c.Bit.Name] {
			p.result.tellings = append(p.result.tellings, b.correction(row))
		}
	}
	p.result.links = append([]store.Link{p.link}, tookOver(p)...)
	if gaveUp != "" {
		p.result.release = []store.Claim{{Hash: gaveUp, Record: p.record}}
		next, err := b.successor(ctx, p, gaveUp)
		if err != nil {
			p.fail(err)
			return
		}
		p.result.follow = append(p.result.follow, next...)
	}
	p.end(o)
}

// leftEverything are the rows that say Yes of a person who opted out of everything in
// Spotler before anybody polled it: they become No.
func (p *person) leftEverything() []decide.Correction {
	var out []decide.Correction
	for _, bit := range bitsOf(p.mapped) {
		if bit.Row && bit.Direction.Inward() {
			out = append(out, decide.Correction{Bit: bit})
		}
	}
	return out
}

// reject finds out which fields Spotler refuses, by sending each once with the
// address, so that the message can name them. The others are written on the way.
func (b *run) reject(ctx context.Context, p *person) {
	whole := p.contact()
	address, hasAddress := whole.Properties["email"]
	var refused []string
	for _, f := range p.sending.Send {
		one := spotler.Contact{ExternalID: whole.ExternalID, Properties: map[string]any{f.Name: f.Value}}
		if hasAddress {
			one.Properties["email"] = address
		}
		err := b.env.Mail.PostContact(ctx, one, spotler.Write{Update: true})
		if errors.Is(err, fault.NotValid) {
			refused = append(refused, b.describe(p, f.Name))
			continue
		}
		if err != nil {
			p.fail(err)
			return
		}
	}
	what := "one of its values"
	if len(refused) > 0 {
		what = "the value of " + join(refused)
	}
	why := fmt.Sprintf("[PROPERTY_INVALID] Spotler refuses %s. Correct it in Dynamics 365 and save the record; the other fields were written.", what)
	p.link.Status, p.link.Reason, p.link.Rule = connector.StatusFailed, why, "property-invalid"
	if len(refused) < len(p.sending.Send) { // something was written, so there is a contact that must be erased one day
		p.link.ExternalID, p.link.AddressHash, p.link.Owner, p.link.ErasedAt = p.externalID(), p.hash, true, time.Time{}
	}
	p.link.Version = p.row.Version
	p.result.tellings = b.infoTellings(&p.link, false)
	p.result.links = []store.Link{p.link}
	p.end(connector.Refused(string(spotler.CodePropertyInvalid), why).Answered(http.StatusBadRequest))
}

// describe names a Spotler field and the column that it comes from.
func (b *run) describe(p *person, field string) string {
	for _, f := range p.mapped.Fields {
		if f.Name == field {
			return fmt.Sprintf("%s (row %d of the mapping)", field, f.Row)
		}
	}
	return field
}

func join(words []string) string {
	if len(words) == 1 {
		return words[0]
	}
	text := words[0]
	for _, w := range words[1 : len(words)-1] {
		text += ", " + w
	}
	return text + " and " + words[len(words)-1]
}

// parked is the trouble of a person about whom nothing can be decided.
func parked(p *person) error {
	return &fault.Error{Op: "dataverse.Rows", On: p.record.String(), Kind: fault.Unreachable, Says: p.verdict.Reason}
}
