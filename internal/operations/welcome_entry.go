package operations

import (
	"context"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/dataverse"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/store"
)

// createEntries makes Membership Entries (manual: "New Subscribers", iFunds Engage
// 365), one for a subscriber however often they change: what becomes of an entry is
// the flow's of Engage, so that it is never written again, and its id does not go to
// Spotler, for it is no person's.
func (b *run) createEntries(ctx context.Context, guests []*guest) error {
	t := b.env.Subscribers.Entry
	records := make([]connector.Record, len(guests))
	for i, g := range guests {
		records[i] = b.recordFor(t.Name, g)
	}
	made, err := b.Store.Links(ctx, b.env.Name, records)
	if err != nil {
		return err
	}
	var requests []dataverse.BatchRequest
	var whose []int
	for i, g := range guests {
		if _, done := made[records[i]]; done {
			g.end(connector.Skipped("A Membership Entry was made of the subscriber before."))
			continue
		}
		fields := b.newRecord(t.Name, g)
		fields[t.Key] = records[i].ID
		body, err := fields.JSON()
		if err != nil {
			return err
		}
		requests, whose = append(requests, b.env.CRM.CreateRequest(t, body)), append(whose, i)
	}
	if len(requests) == 0 {
		return nil
	}
	answers, err := b.env.CRM.Batch(ctx, requests, true)
	if err != nil {
		return err
	}
	for n, i := range whose {
		g := guests[i]
		if err := answers[n].Err; err != nil && fault.Of(err) != fault.Conflict {
			g.fail(err)
			continue
		}
		g.result.links = []store.Link{{Environment: b.env.Name, Record: records[i], Reason: "A Membership Entry was made.", Rule: "membership-entry"}}
		g.end(connector.Done("A Membership Entry was made of the subscriber."))
	}
	return nil
}
