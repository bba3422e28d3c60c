package operations

import (
	"context"
	"slices"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/dataverse"
	"github.com/spotler-connector/connector/internal/decide"
)

const (
	// dryPage is how many rows a dry run holds at a time, twice over: one page is
	// counted while the next is read.
	dryPage = 1000
	// dryAsk is how many people one question of the mapping is asked for.
	dryAsk = 100
)

// DryRun counts what the mapping of e would do to every row of its tables (manual:
// "Mapping"), compared with what both sides agreed on last. It reads Dynamics 365 a page
// at a time and the store, and writes nothing anywhere; Spotler is not asked. Permission
// rows, and values that cost a query per person (@child, @odata), are not looked at.
func (r *Runner) DryRun(ctx context.Context, e *Environment, tables []connector.Table) ([]DryTable, error) {
	if err := e.prepare(ctx, r.Store); err != nil {
		return nil, err
	}
	b := &run{Runner: r, env: e, now: r.Now()}
	seen := map[uint64]bool{}
	var out []DryTable
	for _, t := range tables {
		if !e.Mapping.Synchronises(t) {
			continue
		}
		count := newDryCount(t, e.Mapping.Asks(t), seen)
		if err := b.dryTable(ctx, t, count); err != nil {
			return nil, err
		}
		out = append(out, count.table())
	}
	return out, nil
}

// dryRead is a page that was read.
type dryRead struct {
	rows []dataverse.Row
	err  error
}

// dryTable counts the rows of one table.
func (b *run) dryTable(ctx context.Context, t connector.Table, count *dryCount) error {
	ctx, stop := context.WithCancel(ctx)
	pages := make(chan dryRead)
	go b.dryPages(ctx, t, pages)
	defer func() {
		stop()
		for range pages { // the reader ends before we do
		}
	}()
	for page := range pages {
		if page.err != nil {
			return page.err
		}
		if err := b.dryPeople(ctx, t, page.rows, count); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// dryPages reads the pages of a table one ahead of who counts them.
func (b *run) dryPages(ctx context.Context, t connector.Table, pages chan<- dryRead) {
	defer close(pages)
	q := dataverse.Query{Table: b.env.Tables[t], Select: b.columns(t), Expand: b.expansions(t), Annotations: b.env.Mapping.Labels(t), PageSize: dryPage}
	for next, more := "", true; more; more = next != "" {
		var page dryRead
		page.rows, next, page.err = b.env.CRM.Page(ctx, q, next)
		select {
		case pages <- page:
		case <-ctx.Done():
			return
		}
		if page.err != nil {
			return
		}
	}
}

// dryPeople counts the people of one page.
func (b *run) dryPeople(ctx context.Context, t connector.Table, rows []dataverse.Row, count *dryCount) error {
	people := make([]*person, len(rows))
	for i, row := range rows {
		people[i] = &person{record: connector.Record{Table: t, ID: row.ID}, row: row, found: true}
	}
	if err := b.dryAsks(ctx, t, people); err != nil {
		return err
	}
	for _, p := range people {
		facts, err := b.env.Mapping.Facts(t, p.row.Values)
		if err != nil {
			count.failed(p, err)
			continue
		}
		p.facts, p.mapped = facts, b.env.Mapping.Outward(t, p.row.Values, nil)
	}
	people = slices.DeleteFunc(people, func(p *person) bool { return p.done })
	if err := b.identify(ctx, people); err != nil {
		return err
	}
	for _, p := range people {
		count.shares(p)
		p.verdict = decide.Contact(b.facts(p), b.env.Policy)
		count.add(b.env, p)
	}
	return nil
}

// dryAsks answers the questions that serve many people at once.
func (b *run) dryAsks(ctx context.Context, t connector.Table, people []*person) error {
	var questions []question
	var queries []dataverse.Query
	for some := range slices.Chunk(people, dryAsk) {
		for _, q := range b.questions(t, some) {
			if q.ask.By != "" {
				questions, queries = append(questions, q), append(queries, q.query)
			}
		}
	}
	if len(queries) == 0 {
		return nil
	}
	answers, err := b.answers(ctx, queries)
	if err != nil {
		return err
	}
	return b.learn(questions, answers)
}
