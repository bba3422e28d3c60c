package schedule

import (
	"context"
	"slices"
	"strconv"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/dataverse"
	"github.com/spotler-connector/connector/internal/operations"
	"github.com/spotler-connector/connector/internal/schema"
	"github.com/spotler-connector/connector/internal/store"
)

func (f *feed) syncs(t connector.Table) bool { return slices.Contains(f.Synced, t) }

// compareAll stands in for an expired token: rows whose version is not the one that
// the link read, and linked rows that are not there. The new token is taken first,
// so that what changes meanwhile comes with the next pull. It is kept last, so that a
// comparison that breaks off begins again.
func (f *feed) compareAll(ctx context.Context, t schema.Table) error {
	token, err := f.CRM.FirstToken(ctx, t)
	if err != nil {
		return err
	}
	chunk := make([]dataverse.Row, 0, changesAtOnce)
	for row, err := range f.CRM.Rows(ctx, dataverse.Query{Table: t, Select: []string{t.Key}}) {
		if err != nil {
			return err
		}
		if chunk = append(chunk, row); len(chunk) < changesAtOnce {
			continue
		}
		if err := f.putDiffering(ctx, t, chunk, token); err != nil {
			return err
		}
		chunk = chunk[:0]
	}
	if err := f.putDiffering(ctx, t, chunk, token); err != nil {
		return err
	}
	if err := f.putMissing(ctx, t); err != nil {
		return err
	}
	return f.Store.SetCursor(ctx, f.Name, cursor(t.Name), token)
}

// putDiffering asks for a sync of rows whose version is not the one we read, and of
// rows that we have never read.
func (f *feed) putDiffering(ctx context.Context, t schema.Table, rows []dataverse.Row, token string) error {
	records := make([]connector.Record, len(rows))
	for i, row := range rows {
		records[i] = connector.Record{Table: t.Name, ID: row.ID}
	}
	links, err := f.Store.Links(ctx, f.Name, records)
	if err != nil {
		return err
	}
	var puts []store.Put
	for i, row := range rows {
		l, linked := links[records[i]]
		if linked && row.Version != 0 && row.Version == l.Version {
			continue
		}
		class := store.Live
		if !linked {
			class = store.Backfill
		}
		puts = append(puts, operations.PutSync(f.Name, records[i], class, changeKey(t.Name, dataverse.Change{ID: row.ID, Row: row}, token), source))
	}
	_, err = f.Store.Put(ctx, puts)
	return err
}

// missingAtOnce is how many linked rows are asked for in one request.
const missingAtOnce = 200

// putMissing asks for a sync of linked rows that the table does not have. Whether one
// is deleted or merely hidden is for its sync to find out: absence is not deletion.
func (f *feed) putMissing(ctx context.Context, t schema.Table) error {
	chunk := make(map[connector.RecordID]store.Link, missingAtOnce)
	err := f.Store.EachLink(ctx, f.Name, func(l store.Link) error {
		if l.Record.Table != t.Name || !l.ErasedAt.IsZero() {
			return nil
		}
		if chunk[l.Record.ID] = l; len(chunk) < missingAtOnce {
			return nil
		}
		defer clear(chunk)
		return f.putAbsent(ctx, t, chunk)
	})
	if err != nil {
		return err
	}
	return f.putAbsent(ctx, t, chunk)
}

func (f *feed) putAbsent(ctx context.Context, t schema.Table, links map[connector.RecordID]store.Link) error {
	if len(links) == 0 {
		return nil
	}
	ids := make([]connector.RecordID, 0, len(links))
	for id := range links {
		ids = append(ids, id)
	}
	there := make(map[connector.RecordID]bool, len(ids))
	for row, err := range f.CRM.Rows(ctx, dataverse.Query{Table: t, Select: []string{t.Key}, Filter: dataverse.In(t.Key, ids...)}) {
		if err != nil {
			return err
		}
		there[row.ID] = true
	}
	var puts []store.Put
	for id, l := range links {
		if !there[id] {
			key := "feed/" + string(t.Name) + "/" + string(id) + "/missing after " + strconv.FormatInt(l.Version, 10)
			puts = append(puts, operations.PutSync(f.Name, l.Record, store.Consent, key, source))
		}
	}
	_, err := f.Store.Put(ctx, puts)
	return err
}
