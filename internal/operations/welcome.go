package operations

import (
	"context"
	"fmt"
	"strings"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/dataverse"
	"github.com/spotler-connector/connector/internal/decide"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/schema"
	"github.com/spotler-connector/connector/internal/store"
)

// Subscribers is what becomes of people who are in Spotler and not in Dataverse
// (manual: "New Subscribers").
type Subscribers struct {
	Strategy decide.Strategy
	// TakeOver overwrites an external id of another system with ours.
	TakeOver bool
	// Defaults are values of columns of a new record, such as its source.
	Defaults map[string]any
	// Match are text columns by which an existing record is found; none is by address.
	// They need the strategies StrategyMatch.
	Match []string
	// Of is the table of new records of StrategyMatch; Entry that of Membership Entries
	// (Engage 365, *assumed*).
	Of    connector.Table
	Entry schema.Table
}

// table is where new records are made.
func (s Subscribers) table() connector.Table {
	switch s.Strategy {
	case decide.StrategyLead:
		return connector.Lead
	case decide.StrategyMembershipEntry:
		return s.Entry.Name
	case decide.StrategyMatch:
		return s.Of
	}
	return connector.Contact
}

// guest is somebody in Spotler whose record is not known yet.
type guest struct {
	index      int
	work       store.Taken
	in         Inbound
	link       connector.Record // the record that a foreign id is linked to
	candidates []decide.Candidate
	earlier    connector.Record
	email      connector.Email
	done       bool
	result     result
}

func (g *guest) fail(err error) { g.done, g.result = true, result{err: err} }

// welcome finds, or makes, the records of people who came without one, and hands
// each over to the lane of the record: one request reads candidates for all.
func (b *run) welcome(ctx context.Context, guests []*guest, out []store.Settlement) {
	for _, step := range []func(context.Context, []*guest) error{b.findLinked, b.findCandidates, b.decideGuests} {
		var open []*guest
		for _, g := range guests {
			if !g.done {
				open = append(open, g)
			}
		}
		if len(open) == 0 {
			break
		}
		if err := step(ctx, open); err != nil {
			for _, g := range open {
				if !g.done {
					g.fail(err)
				}
			}
			break
		}
	}
	for _, g := range guests {
		if g.result.err != nil {
			out[g.index] = b.failed(ctx, g.work, connector.Job{}, g.result.err)
			continue
		}
		g.result.quiet = true
		out[g.index] = b.settled(ctx, g.work, connector.Job{}, g.result)
	}
}

// findLinked finds those whose id of another system is linked to a record already.
func (b *run) findLinked(ctx context.Context, guests []*guest) error {
	var ids []connector.ExternalID
	for _, g := range guests {
		text, _ := g.in.Properties["email"].(string)
		g.email, _ = connector.ReadEmail(text)
		if g.in.ExternalID != "" {
			ids = append(ids, g.in.ExternalID)
		}
	}
	links, err := b.Store.LinksByExternalID(ctx, b.env.Name, ids)
	if err != nil {
		return err
	}
	for _, g := range guests {
		for _, l := range links[g.in.ExternalID] {
			if g.link.IsZero() && l.InSpotler() {
				g.link = l.Record
			}
		}
	}
	return nil
}

// findCandidates reads the records that may be the guests: by GUID in every table,
// by address in the table of the strategy.
func (b *run) findCandidates(ctx context.Context, guests []*guest) error {
	queries := b.candidateQueries(guests)
	if len(queries) == 0 {
		return nil
	}
	answers, err := b.read(ctx, queries)
	if err != nil {
		return err
	}
	b.works(ctx, store.GateDataverse)
	var records []connector.Record
	for i, rows := range answers {
		for _, row := range rows {
			records = append(records, connector.Record{Table: queries[i].Table.Name, ID: row.ID})
		}
	}
	links, err := b.Store.Links(ctx, b.env.Name, records)
	if err != nil {
		return err
	}
	for i, rows := range answers {
		for _, row := range rows {
			b.offer(guests, queries[i].Table.Name, row, links)
		}
	}
	return nil
}

func (b *run) candidateQueries(guests []*guest) []dataverse.Query {
	var byID []connector.RecordID
	var byAddress []string
	for _, g := range guests {
		if id, ours := g.in.ExternalID.RecordID(); ours {
			byID = append(byID, id)
		} else if g.link.IsZero() && b.env.Subscribers.Strategy != decide.StrategyOff && !g.email.IsZero() {
			byAddress = append(byAddress, g.email.Address())
		}
	}
	var out []dataverse.Query
	for _, t := range b.env.Synced {
		table := b.env.Tables[t]
		if len(byID) > 0 && b.env.Mapping.Synchronises(t) {
			out = append(out, dataverse.Query{Table: table, Select: []string{table.Key, "statecode", "createdon"}, Filter: dataverse.In(table.Key, byID...)})
		}
	}
	t := b.env.Subscribers.table()
	if len(b.env.Subscribers.Match) > 0 {
		return append(out, b.matchQueries(t, guests)...)
	}
	if len(byAddress) > 0 && b.env.Mapping.AddressColumn(t) != "" {
		filter := dataverse.In(b.env.Mapping.AddressColumn(t), byAddress...)
		out = append(out, dataverse.Query{Table: b.env.Tables[t], Select: append(b.columns(t), "createdon"), Filter: filter, Annotations: b.env.Mapping.Labels(t)})
	}
	return out
}

// offer gives a row to the guests that it may be.
func (b *run) offer(guests []*guest, t connector.Table, row dataverse.Row, links map[connector.Record]store.Link) {
	record := connector.Record{Table: t, ID: row.ID}
	state, _ := row.Int("statecode")
	created, _ := row.Time("createdon")
	c := decide.Candidate{Record: record, Linked: links[record].InSpotler(), Active: state == 0, Created: created}
	address, _ := connector.ReadEmail(row.String(b.env.Mapping.AddressColumn(t)))
	for _, g := range guests {
		id, ours := g.in.ExternalID.RecordID()
		switch {
		case ours && id == row.ID:
			g.candidates = append(g.candidates, c)
		case !ours && len(b.env.Subscribers.Match) > 0:
			if b.matches(g, t, row) {
				g.candidates = append(g.candidates, c)
			}
		case !ours && !address.IsZero() && address.Fold() == g.email.Fold():
			g.candidates = append(g.candidates, c)
			if c.Active && b.now.Sub(created) < sameWindow && b.identical(g, t, row) {
				g.earlier = record
			}
		}
	}
}

// sameWindow is how long an identical subscriber counts as the same one who came
// twice, rather than as somebody who came back.
const sameWindow = time.Hour

// identical reports whether a row holds just what the guest brings.
func (b *run) identical(g *guest, t connector.Table, row dataverse.Row) bool {
	mirror := b.env.Mapping.Mirror(t, row.Values)
	for _, r := range b.env.Mapping.Inward(t, g.in.Properties) {
		if held, ok := mirror[r.Name]; r.Says == "" && (!ok || held.Wire != r.Wire) {
			return false
		}
	}
	return true
}

// decideGuests decides what becomes of each, makes the records that are new in one
// request, and hands all over to their lanes.
func (b *run) decideGuests(ctx context.Context, guests []*guest) error {
	var create []*guest
	for _, g := range guests {
		r := decide.NewSubscriber(decide.Subscriber{ExternalID: g.in.ExternalID, Link: g.link, Strategy: b.env.Subscribers.Strategy,
			TakeOver: b.env.Subscribers.TakeOver, Read: true, Candidates: g.candidates, Earlier: g.earlier})
		g.in.Adopt = r.WriteID
		switch r.Arrival {
		case decide.ArriveLink, decide.ArriveUpdate:
			b.handOver(g, r.Record, r.Reason)
		case decide.ArriveCreate:
			if g.email.IsZero() {
				g.end(connector.Skipped("The subscriber has no valid e-mail address, so no record was made."))
				continue
			}
			create = append(create, g)
		case decide.ArriveOrphan, decide.ArriveAsk:
			g.result.reviews = []store.Review{b.questionAbout(g, r)}
			g.end(connector.Skipped(sentence(r.Reason)))
		case decide.ArrivePark:
			g.fail(&fault.Error{Op: "operations.welcome", Kind: fault.Unreachable, Says: r.Reason})
		default:
			g.end(connector.Skipped(sentence(r.Reason)))
		}
	}
	return b.createGuests(ctx, create)
}

func (g *guest) end(o connector.Outcome) { g.done, g.result.outcome = true, o }

// handOver asks for the rest in the lane of the record.
func (b *run) handOver(g *guest, to connector.Record, why string) {
	put, err := b.env.putInbound(store.LaneOf(b.env.Name, to), g.in, fmt.Sprintf("welcomed/%d", g.work.ID))
	if err != nil {
		g.fail(err)
		return
	}
	g.result.follow = []store.Put{put}
	g.end(connector.Done(sentence(why)))
}

// createGuests makes records under ids that depend on the guest alone, so that
// repeating it makes no second one.
func (b *run) createGuests(ctx context.Context, create []*guest) error {
	if len(create) == 0 {
		return nil
	}
	t := b.env.Subscribers.table()
	if b.env.Subscribers.Strategy == decide.StrategyMembershipEntry {
		return b.createEntries(ctx, create)
	}
	if b.env.Mapping.AddressColumn(t) == "" {
		return &fault.Error{Op: "operations.welcome", On: string(t), Kind: fault.NotValid, Says: "new subscribers become rows of a table for which the mapping has no address column; map it, or choose another one with subscribers.become"}
	}
	requests := make([]dataverse.BatchRequest, len(create))
	records := make([]connector.Record, len(create))
	for i, g := range create {
		records[i] = b.recordFor(t, g)
		body, err := b.newRecord(t, g).JSON()
		if err != nil {
			return err
		}
		requests[i] = b.env.CRM.UpsertRequest(b.env.Tables[t], records[i].ID, body)
	}
	answers, err := b.env.CRM.Batch(ctx, requests, true)
	if err != nil {
		return err
	}
	for i, g := range create {
		if answers[i].Err != nil {
			g.fail(answers[i].Err)
			continue
		}
		b.handOver(g, records[i], "the subscriber is new in Dynamics 365")
	}
	return nil
}

// recordFor is the record that a guest becomes: always the same.
func (b *run) recordFor(t connector.Table, g *guest) connector.Record {
	who := g.in.EncryptedID
	if who == "" {
		who = g.email.Fold()
	}
	return connector.Record{Table: t, ID: b.env.rowID("subscriber/" + string(t) + "/" + who)}
}

// newRecord holds the columns of a new record: those that come back from Spotler, the
// address, and the defaults.
func (b *run) newRecord(t connector.Table, g *guest) dataverse.Fields {
	fields := dataverse.Fields{}
	for column, v := range b.env.Subscribers.Defaults {
		fields[column] = v
	}
	for _, r := range append(b.env.Mapping.Defaults(t), b.env.Mapping.Inward(t, g.in.Properties)...) {
		if r.Says == "" && r.Value != nil {
			fields[r.Column] = r.Value
		}
	}
	if column := b.env.Mapping.AddressColumn(t); column != "" {
		fields[column] = strings.TrimSpace(g.email.Address())
	}
	return fields
}

// questionAbout asks a person about somebody whom no rule places.
func (b *run) questionAbout(g *guest, r decide.Reception) store.Review {
	who := g.in.EncryptedID
	if who == "" {
		who = string(g.in.ExternalID)
	}
	kind := store.ReviewSubscriber
	if r.Arrival == decide.ArriveOrphan {
		kind = store.ReviewOrphan
	}
	return store.Review{Environment: b.env.Name, Subject: "spotler/" + b.env.hash("contact\x1f" + who)[:32], Kind: kind, Reason: sentence(r.Reason),
		Sides: store.ReviewSides{Spotler: string(g.in.ExternalID)}}
}
