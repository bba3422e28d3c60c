package schedule

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/dataverse"
	"github.com/spotler-connector/connector/internal/operations"
	"github.com/spotler-connector/connector/internal/schema"
	"github.com/spotler-connector/connector/internal/store"
)

// feed reads change tracking (reference: dataverse-api 2.6) and asks for a sync of
// everybody whom the webhook forgot. Memory does not grow with a table.
type feed struct{ Environment }

// changesAtOnce is how many changes are compared and stored together.
const changesAtOnce = 500

// source is how ops name where they came from.
const source = "feed"

func cursor(t connector.Table) string { return "feed/" + string(t) }

// once pulls the changes of every table; trouble with one does not stop the others.
func (f *feed) once(ctx context.Context) error {
	var trouble []error
	for _, t := range f.Synced {
		if err := f.people(ctx, f.Tables[t]); err != nil {
			trouble = append(trouble, fmt.Errorf("changes of %s: %w", t, err))
		}
	}
	if err := f.permissions(ctx); err != nil {
		trouble = append(trouble, fmt.Errorf("changes of %s: %w", schema.SpotlerPermissionTable, err))
	}
	return errors.Join(trouble...)
}

// people pulls the changes of one table of people.
func (f *feed) people(ctx context.Context, t schema.Table) error {
	if !f.Mapping.Synchronises(t.Name) {
		return nil
	}
	from, err := f.Store.Cursor(ctx, f.Name, cursor(t.Name))
	if err != nil {
		return err
	}
	if from == "" {
		return f.begin(ctx, t)
	}
	hash, err := f.Store.Hasher(ctx, f.Name)
	if err != nil {
		return err
	}
	changes := f.CRM.Changes(t, operations.Columns(f.Mapping, t.Name), from)
	if f.labelled(t) {
		changes.WithLabels()
	}
	c := &comparing{feed: f, table: t, from: from, hash: hash}
	err = each(ctx, changes, c.put)
	if errors.Is(err, dataverse.ErrTokenExpired) {
		return f.compareAll(ctx, t)
	}
	if err != nil {
		return err
	}
	return f.Store.SetCursor(ctx, f.Name, cursor(t.Name), changes.Token())
}

// begin keeps the token from which the next pull starts. What is in the table by
// now is not ours to sync: that is what a first load is for.
func (f *feed) begin(ctx context.Context, t schema.Table) error {
	token, err := f.CRM.FirstToken(ctx, t)
	if err != nil {
		return err
	}
	return f.Store.SetCursor(ctx, f.Name, cursor(t.Name), token)
}

// each hands changes over in chunks. Those that stand behind trouble are pulled again.
func each(ctx context.Context, changes *dataverse.Changes, put func(context.Context, []dataverse.Change) error) error {
	chunk := make([]dataverse.Change, 0, changesAtOnce)
	for ch, err := range changes.All(ctx) {
		if err != nil {
			return err
		}
		if chunk = append(chunk, ch); len(chunk) < changesAtOnce {
			continue
		}
		if err := put(ctx, chunk); err != nil {
			return err
		}
		chunk = chunk[:0]
	}
	return put(ctx, chunk)
}

// labelled reports whether a mapped column is compared by its label.
func (f *feed) labelled(t schema.Table) bool {
	return slices.ContainsFunc(f.Mapping.Columns(t.Name), func(c string) bool {
		if strings.HasPrefix(c, "_") {
			return true
		}
		col, ok := t.Column(c)
		return ok && col.Kind == schema.Choice && len(col.Options) == 0
	})
}

// comparing is one pull of one table of people.
type comparing struct {
	*feed
	table schema.Table
	from  string
	hash  func(string) string
}

// put asks for a sync of those whom a sync could change.
func (c *comparing) put(ctx context.Context, changes []dataverse.Change) error {
	records := make([]connector.Record, len(changes))
	for i, ch := range changes {
		records[i] = connector.Record{Table: c.table.Name, ID: ch.ID}
	}
	links, err := c.Store.Links(ctx, c.Name, records)
	if err != nil {
		return err
	}
	var puts []store.Put
	for i, ch := range changes {
		l, linked := links[records[i]]
		class, want := c.wants(ch, l, linked)
		if want {
			puts = append(puts, operations.PutSync(c.Name, records[i], class, c.key(ch), source))
		}
	}
	_, err = c.Store.Put(ctx, puts)
	return err
}

// wants reports whether a change asks for a sync, and how urgently. What cannot be
// read is read again by the sync: trouble is never "no change".
func (c *comparing) wants(ch dataverse.Change, l store.Link, linked bool) (store.Class, bool) {
	switch {
	case ch.Deleted:
		return store.Consent, linked && l.ErasedAt.IsZero()
	case !linked || ch.Row.Values == nil:
		return store.Live, true
	case ch.Row.Version != 0 && ch.Row.Version <= l.Version:
		return 0, false // a sync has read this version or a later one
	}
	facts, err := c.Mapping.Facts(c.table.Name, ch.Row.Values)
	if err != nil {
		return store.Live, true
	}
	class := store.Live
	if facts.DoNotEmail || facts.DoNotBulkEmail {
		class = store.Consent
	}
	result := c.Mapping.Outward(c.table.Name, ch.Row.Values, nil)
	return class, len(result.Problems) > 0 || c.Changed(l, result, facts, c.hash)
}

// key tells a change from every other one, and is the same when a pull is repeated.
func (c *comparing) key(ch dataverse.Change) string {
	return changeKey(c.table.Name, ch, c.from)
}

func changeKey(t connector.Table, ch dataverse.Change, from string) string {
	state := strconv.FormatInt(ch.Row.Version, 10)
	switch {
	case ch.Deleted:
		state = "deleted after " + from // a restored row may be deleted again
	case ch.Row.Version == 0:
		state = "after " + from
	}
	return "feed/" + string(t) + "/" + string(ch.ID) + "/" + state
}
