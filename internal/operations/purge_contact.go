package operations

import (
	"context"
	"net/http"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/spotler"
	"github.com/spotler-connector/connector/internal/store"
)

// purgeContact is Purge Contact (480000007; manual: "Operations", deprecated): the
// data of the contact is cleared, the contact and its address stay.
type purgeContact struct{}

func (purgeContact) run(ctx context.Context, b *run, t store.Taken, job connector.Job) result {
	p, err := b.subject(ctx, t, job)
	if err != nil {
		return result{err: err}
	}
	if sharesOnly(p) {
		return notOwner("cleared")
	}
	there, err := b.env.Mail.Contact(ctx, p.externalID())
	if res, missing := asNotFound(err, "The contact is not in Spotler, so there is nothing to clear."); missing {
		return res
	}
	if err != nil {
		return result{err: err}
	}
	keep := map[string]any{}
	if address, ok := there.Properties["email"].(string); ok {
		keep["email"] = address // without an address the contact would not be valid
	}
	for _, k := range b.env.Mapping.KnownBits(p.record.Table) {
		items, _ := keep[k.Property].([]spotler.SetItem)
		keep[k.Property] = append(items, spotler.SetItem{Bit: k.Bit, Enabled: there.SetBits(k.Property)[k.Bit]})
	}
	if err := b.env.Mail.PostContact(ctx, spotler.Contact{ExternalID: p.externalID(), Properties: keep}, spotler.Write{Update: true, Purge: true}); err != nil {
		return result{err: err}
	}
	for name := range p.link.Shadow {
		if _, kept := keep[name]; !kept && !isBit(name) {
			delete(p.link.Shadow, name)
		}
	}
	if p.linked {
		p.result.links = []store.Link{p.link}
	}
	p.result.outcome = connector.Done("The data of the contact was cleared in Spotler; its address and permissions were kept. Anonymize Contact removes the person.").Answered(http.StatusNoContent)
	return p.result
}

// isBit reports whether a shadow entry is about a bit: "permissions#4".
func isBit(name string) bool {
	for i := range name {
		if name[i] == '#' {
			return true
		}
	}
	return false
}
