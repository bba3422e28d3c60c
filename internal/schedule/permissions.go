package schedule

import (
	"context"
	"errors"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/dataverse"
	"github.com/spotler-connector/connector/internal/operations"
	"github.com/spotler-connector/connector/internal/schema"
	"github.com/spotler-connector/connector/internal/store"
)

// permissionColumns name the person of a permission row.
var permissionColumns = []string{"dh_customer", "dh_lead"}

// skew is how far the clocks of Dataverse and of this machine may be apart.
const skew = time.Hour

// permissions pulls the changes of permission rows. Each asks for a sync of its
// person: which bits that person has is for the sync to read. A row that is gone
// names nobody, so its person is found only by an event.
func (f *feed) permissions(ctx context.Context) error {
	t := schema.SpotlerPermission()
	from, err := f.Store.Cursor(ctx, f.Name, cursor(t.Name))
	if err != nil {
		return err
	}
	at := f.Now()
	if from == "" {
		if err := f.begin(ctx, t); err != nil {
			return err
		}
		return f.pulledAt(ctx, at)
	}
	changes := f.CRM.Changes(t, permissionColumns, from)
	err = each(ctx, changes, func(ctx context.Context, chunk []dataverse.Change) error { return f.putPermissions(ctx, chunk, from) })
	if errors.Is(err, dataverse.ErrTokenExpired) {
		return f.permissionsSince(ctx, t)
	}
	if err != nil {
		return err
	}
	if err := f.Store.SetCursor(ctx, f.Name, cursor(t.Name), changes.Token()); err != nil {
		return err
	}
	return f.pulledAt(ctx, at)
}

// permissionsSince stands in for an expired token: rows that were modified since the
// last pull that went well.
func (f *feed) permissionsSince(ctx context.Context, t schema.Table) error {
	last, err := f.Store.Cursor(ctx, f.Name, cursor(t.Name)+"/at")
	if err != nil {
		return err
	}
	at := f.Now()
	token, err := f.CRM.FirstToken(ctx, t)
	if err != nil {
		return err
	}
	q := dataverse.Query{Table: t, Select: permissionColumns}
	if since, err := time.Parse(time.RFC3339, last); err == nil {
		q.Filter = "modifiedon ge " + since.Add(-skew).UTC().Format(time.RFC3339)
	}
	chunk := make([]dataverse.Change, 0, changesAtOnce)
	for row, err := range f.CRM.Rows(ctx, q) {
		if err != nil {
			return err
		}
		if chunk = append(chunk, dataverse.Change{ID: row.ID, Row: row}); len(chunk) < changesAtOnce {
			continue
		}
		if err := f.putPermissions(ctx, chunk, token); err != nil {
			return err
		}
		chunk = chunk[:0]
	}
	if err := f.putPermissions(ctx, chunk, token); err != nil {
		return err
	}
	if err := f.Store.SetCursor(ctx, f.Name, cursor(t.Name), token); err != nil {
		return err
	}
	return f.pulledAt(ctx, at)
}

func (f *feed) pulledAt(ctx context.Context, at time.Time) error {
	return f.Store.SetCursor(ctx, f.Name, cursor(schema.SpotlerPermissionTable)+"/at", at.UTC().Format(time.RFC3339))
}

// putPermissions asks for a sync of the people of permission rows.
func (f *feed) putPermissions(ctx context.Context, changes []dataverse.Change, from string) error {
	var puts []store.Put
	for _, ch := range changes {
		if ch.Deleted {
			continue
		}
		key := changeKey(schema.SpotlerPermissionTable, ch, from)
		if ch.Row.Values == nil {
			put, err := operations.PutResolve(f.Name, connector.Record{Table: schema.SpotlerPermissionTable, ID: ch.ID}, key, source)
			if err != nil {
				return err
			}
			puts = append(puts, put)
			continue
		}
		for _, person := range f.peopleOf(ch.Row) {
			puts = append(puts, operations.PutSync(f.Name, person, store.Consent, key+"/"+person.String(), source))
		}
	}
	_, err := f.Store.Put(ctx, puts)
	return err
}

// peopleOf are the people of a permission row that are synchronised.
func (f *feed) peopleOf(row dataverse.Row) (out []connector.Record) {
	for _, col := range permissionColumns {
		to, ok := row.Lookup(col)
		if !ok {
			continue
		}
		if col == "dh_lead" {
			to.Table = connector.Lead
		}
		if f.syncs(to.Table) {
			out = append(out, to)
		}
	}
	return out
}
