package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spotler-connector/connector/internal/mapping"
	"github.com/spotler-connector/connector/internal/operations"
	"github.com/spotler-connector/connector/internal/store"
)

// watched is what is known of the schemas beside the mapping that works with them.
type watched struct {
	since time.Time
	drift []mapping.Finding // what changed, with a proposed fix
	held  []mapping.Refusal // rows that are held back
}

// warnings are sentences with a proposed fix, one for every row that is held back or
// reads something of another type than before.
func (w *watched) warnings() []string {
	if w == nil {
		return nil
	}
	var out []string
	for _, f := range w.drift {
		out = append(out, f.String())
	}
	for _, r := range w.held {
		told := slices.ContainsFunc(w.drift, func(f mapping.Finding) bool { return f.Row == r.Row })
		if !told {
			out = append(out, r.String())
		}
	}
	return out
}

// sheetLook is how often a node looks whether another version of the mapping was put to
// use elsewhere.
const sheetLook = 5 * time.Second

// heedSheet returns when another version of the mapping was put to use, or the schemas
// changed in a way that matters to it.
func (e *environment) heedSheet(ctx context.Context) {
	tick := time.NewTicker(sheetLook)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-e.again:
			return
		case <-tick.C:
		}
		use, err := e.house.store.UsedSheet(ctx, e.settings.Name)
		have := e.sheetUse.Load()
		if err == nil && use.Version != "" && !sameUse(use, *have) {
			return
		}
	}
}

func sameUse(a, b store.SheetUse) bool {
	return a.Version == b.Version && a.Canary == b.Canary && a.Share == b.Share && a.Since.Equal(b.Since)
}

// startAnew asks for a new start; asked twice is asked once.
func (e *environment) startAnew() {
	select {
	case e.again <- struct{}{}:
	default:
	}
}

// heldCursor is the position that holds the rows that were held back at the last start.
const heldCursor = "held back"

// release notes which rows are held back. When one is not any more, every row of the
// tables is asked for, behind everything that is more urgent: what changed meanwhile
// never travelled.
func (e *environment) release(ctx context.Context, held []mapping.Refusal) error {
	var rows []string
	for _, r := range held {
		rows = append(rows, fmt.Sprintf("%d %s", r.Row, r.Cell))
	}
	before, err := e.house.store.Cursor(ctx, e.settings.Name, heldCursor)
	now := strings.Join(rows, ",")
	if err != nil || before == now {
		return err
	}
	for was := range strings.SplitSeq(before, ",") {
		if was == "" || slices.Contains(rows, was) {
			continue
		}
		if err := e.loadTables(ctx, "held back "+before+" "+e.house.now().UTC().Format(time.RFC3339)); err != nil {
			return err
		}
		break
	}
	return e.house.store.SetCursor(ctx, e.settings.Name, heldCursor, now)
}

// loadTables asks for every row of every synchronised table.
func (e *environment) loadTables(ctx context.Context, key string) error {
	var puts []store.Put
	for _, t := range e.synced() {
		put, err := operations.PutLoad(e.settings.Name, t, key+" "+string(t), "schema")
		if err != nil {
			return err
		}
		puts = append(puts, put)
	}
	_, err := e.house.store.Put(ctx, puts)
	return err
}

// schemasFresh is how long after a start nobody needs to read the schemas again.
const schemasFresh = time.Hour

// lookAtSchemas reads both schemas and starts the environment anew when a column or
// field that the mapping names vanished, came back or changed its type (manual:
// "Database Fields"). Only the rows concerned are held back.
func (e *environment) lookAtSchemas(ctx context.Context) error {
	if read := e.schemasRead.Load(); read != nil && e.house.now().Sub(*read) < schemasFresh {
		return nil
	}
	versions, err := e.sheets(ctx)
	if err != nil {
		return err
	}
	now, err := e.schemas(ctx, versions.inUse, versions.canary)
	if err != nil {
		return err
	}
	before, err := e.known(ctx)
	if err != nil {
		return err
	}
	bound, err := versions.inUse.Bind(now.list(), now.fields(), mapping.In(e.settings.Zone), mapping.HoldBack())
	if err != nil {
		return err
	}
	have := e.watched.Load()
	if slices.Equal(have.held, bound.HeldBack()) && slices.Equal(have.drift, versions.inUse.Drift(before, now.list(), now.fields())) {
		return nil
	}
	versions.use.Since = e.house.now() // so that every node hears of it
	if err := e.house.store.UseSheet(ctx, e.settings.Name, versions.use); err != nil {
		return err
	}
	e.startAnew()
	return nil
}
