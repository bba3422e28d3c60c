package operations

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/mapping"
	"github.com/spotler-connector/connector/internal/spotler"
	"github.com/spotler-connector/connector/internal/store"
)

// setContactField is Set Contact Field (480000015) and clearContactField is Clear
// Contact Field (480000016; manual: "Set / Clear Contact Field"): one value of one
// field, beside the sync. They leave the shadow alone: what they write is news of
// Spotler's side, and travels back where the mapping lets it.
type (
	setContactField   struct{}
	clearContactField struct{}
)

// fieldChange is one change of a field, before the person is known.
type fieldChange struct {
	property spotler.Property
	value    any
	item     *spotler.Entry // of a list
	on       bool
}

func (setContactField) run(ctx context.Context, b *run, t store.Taken, job connector.Job) result {
	return b.changeField(ctx, t, job, func(p spotler.Property, item string) (fieldChange, string) {
		c := fieldChange{property: p}
		if p.Type == spotler.TypeSet {
			var says string
			if c.item, says = itemNamed(p, item); says != "" {
				return c, says
			}
			if c.on, says = truthOf(job.Value); says != "" {
				return c, says
			}
			c.value = []spotler.SetItem{{Bit: c.item.Bit, Enabled: c.on}}
			return c, ""
		}
		use, _ := b.env.Mapping.Use(job.Subject().Table, p.Name)
		var err error
		c.value, err = mapping.Typed(mapping.Property{Name: p.Name, Description: p.Description, Type: p.Type}, job.Value, b.env.zone(), use.Scale)
		if err != nil {
			return c, fault.As(err).Says
		}
		return c, ""
	})
}

func (clearContactField) run(ctx context.Context, b *run, t store.Taken, job connector.Job) result {
	return b.changeField(ctx, t, job, func(p spotler.Property, item string) (fieldChange, string) {
		switch {
		case p.Type == spotler.TypeSet:
			if item == "" {
				item = "item"
			}
			return fieldChange{}, fmt.Sprintf("%s is a list, and a list cannot be cleared; use Set Contact Field with %s:%s and the value false to turn an item off", p.Name, p.Name, item)
		case p.Type == spotler.TypeEmail && p.Name == "email":
			return fieldChange{}, "the address cannot be cleared, because a contact needs one; use Anonymize Contact to remove the person"
		}
		return fieldChange{property: p}, ""
	})
}

// changeField finds the field, makes the change and writes it to the person.
func (b *run) changeField(ctx context.Context, t store.Taken, job connector.Job, change func(p spotler.Property, item string) (fieldChange, string)) result {
	property, item, says, err := b.field(ctx, job.Name)
	if err != nil {
		return result{err: err}
	}
	if says != "" {
		return notValid(job, says)
	}
	if use, mapped := b.env.Mapping.Use(job.Subject().Table, property.Name); mapped && use.Direction == connector.ToSpotler {
		return notValid(job, fmt.Sprintf("%s is mapped to Spotler only, so the next sync would overwrite it; change the column in Dynamics 365 instead, or map the field with <- or <->", property.Name))
	}
	c, says := change(property, item)
	if says != "" {
		return notValid(job, says)
	}
	p, ready := b.inSpotler(ctx, t, job)
	if !ready {
		return p.result
	}
	if says, err := b.keptOff(ctx, p, c); err != nil {
		p.result.err = err
		return p.result
	} else if says != "" {
		p.result.outcome = notValid(job, says).outcome
		return p.result
	}
	return b.writeField(ctx, p, c)
}

func (b *run) writeField(ctx context.Context, p *person, c fieldChange) result {
	contact := spotler.Contact{ExternalID: p.externalID(), Properties: map[string]any{c.property.Name: c.value}}
	if err := b.env.Mail.PutContact(ctx, p.externalID(), contact, spotler.Write{Update: true}); err != nil {
		if errors.Is(err, fault.NotValid) {
			b.env.Fields.Forget() // the field may have been changed or hidden meanwhile
		}
		return contactAnswered(p, err)
	}
	b.works(ctx, store.GateSpotler)
	p.result.outcome = connector.Done(c.says()).Answered(http.StatusNoContent)
	if c.item != nil && b.isPermissions(p.record.Table, c.property.Name) {
		p.result.consents = append(p.result.consents, store.ConsentChange{Record: p.record, Permission: c.item.Description, Becomes: onOff(c.on),
			Who: byUser, Origin: inDynamics, Why: "a job Set Contact Field says so"})
	}
	return p.result
}

// says tells what was done, without the value.
func (c fieldChange) says() string {
	switch {
	case c.item != nil && c.on:
		return fmt.Sprintf("The item '%s' of the field %s was turned on in Spotler.", c.item.Description, c.property.Name)
	case c.item != nil:
		return fmt.Sprintf("The item '%s' of the field %s was turned off in Spotler.", c.item.Description, c.property.Name)
	case c.value == nil:
		return fmt.Sprintf("The field %s was cleared in Spotler.", c.property.Name)
	}
	return fmt.Sprintf("The field %s was set in Spotler.", c.property.Name)
}

// field finds the field that a job names. A field that is not known may have been
// made a moment ago, so Spotler is asked once more.
func (b *run) field(ctx context.Context, name string) (p spotler.Property, item, says string, err error) {
	for again := range 2 {
		if again > 0 {
			b.env.Fields.Forget()
		}
		s, err := b.env.Fields.Schema(ctx)
		if err != nil {
			return p, "", "", err
		}
		if p, item, says = fieldNamed(s.Properties, name); says == "" {
			break
		}
	}
	return p, item, says, nil
}

// isPermissions reports whether a list holds the permissions of rows of a table.
func (b *run) isPermissions(t connector.Table, property string) bool {
	for _, k := range b.env.Mapping.KnownBits(t) {
		if k.Property == property {
			return true
		}
	}
	return false
}

// keptOff says why a permission cannot be turned on: Do Not Bulk Email and Do Not
// Email keep all of them off (manual: "Synchronize Contacts").
func (b *run) keptOff(ctx context.Context, p *person, c fieldChange) (says string, err error) {
	if c.item == nil || !c.on || !b.isPermissions(p.record.Table, c.property.Name) {
		return "", nil
	}
	now := &person{record: p.record}
	if err := b.gatherAll(ctx, []*person{now}); err != nil {
		return "", err
	}
	switch {
	case now.result.err != nil:
		return "", now.result.err
	case !now.found:
		return "the person is no longer in Dynamics 365, so no permission is turned on", nil
	case now.facts.DoNotBulkEmail || now.facts.DoNotEmail:
		return "Do Not Bulk Email or Do Not Email is set for the person and keeps all permissions off; lift it first", nil
	}
	return "", nil
}
