package operations

import (
	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/decide"
	"github.com/spotler-connector/connector/internal/store"
)

// Who changed a consent, and on which side, as the ledger has it.
const (
	byPerson    = "person"
	byUser      = "user"
	byConnector = "connector"

	inDynamics = "dynamics"
	inSpotler  = "spotler"
)

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// position is what the ledger says of a bit that may not be known.
func position(p decide.Position) string {
	if p == decide.Unknown {
		return ""
	}
	return onOff(p == decide.On)
}

// consentChanges are the changes of consent that a write of p makes or that were
// seen on the way to it. It is asked before the link takes the new shadow. refused
// says that Spotler answered that the person opted out of everything: then nothing
// was written.
func (b *run) consentChanges(p *person, refused bool) []store.ConsentChange {
	shadow := decide.BitShadowOf(shadowOf(p.link), b.knownBits(p), b.env.fieldHash)
	out := b.bulkChange(p)
	for _, c := range p.consents.Corrections {
		out = append(out, store.ConsentChange{Record: p.record, Permission: c.Bit.Name, Was: "on", Becomes: "off", Who: byPerson, Origin: inSpotler,
			Why: "the person opted out in Spotler, so the permission row becomes No"})
	}
	if refused {
		return append(out, b.optOutSeen(p)...)
	}
	corrected := map[decide.BitKey]bool{}
	for _, c := range p.consents.Corrections {
		corrected[c.Bit.Key] = true
	}
	for _, bit := range b.wanted(p) {
		next, moved := p.consents.Next[bit.Key]
		if !moved || corrected[bit.Key] || next.CRM == shadow[bit.Key].CRM {
			continue
		}
		c := store.ConsentChange{Record: p.record, Permission: bit.Name, Was: position(shadow[bit.Key].CRM), Becomes: onOff(bit.On),
			Who: byUser, Origin: inDynamics, ChangedAt: p.changedAt[bit.Name], Why: "the permission row says so"}
		switch {
		case p.copied && next.CRM == decide.PositionOf(bit.Row):
			c.Who, c.Origin, c.Why = byPerson, inSpotler, "the permission row was made as Spotler had it"
		case len(p.first) > 0 && next.CRM == decide.PositionOf(bit.Row):
			c.Who, c.Why = byConnector, "the permission row was made with the default"
		case bit.Row && p.facts.DoNotBulkEmail:
			c.Why = "Do Not Bulk Email is set"
		case bit.Row && !bit.On:
			c.Who, c.Why = byConnector, "somebody with the same address opted out"
		}
		out = append(out, c)
	}
	return out
}

// bulkChange is that Do Not Bulk Email was set or lifted since the last write. To
// lift it turns permissions on again, and so it is an entry of its own.
func (b *run) bulkChange(p *person) []store.ConsentChange {
	before := p.link.Shadow[rulesEntry].CRM
	was := ""
	switch before {
	case "":
	case b.env.rulesHashOf(true):
		was = "off"
	case b.env.rulesHashOf(false):
		was = "on"
	}
	now := onOff(!p.facts.DoNotBulkEmail)
	if was == now || was == "" && !p.facts.DoNotBulkEmail {
		return nil
	}
	why := "Do Not Bulk Email was set"
	if now == "on" {
		why = "Do Not Bulk Email was lifted"
	}
	modified, _ := p.row.Time("modifiedon")
	return []store.ConsentChange{{Record: p.record, Permission: store.BulkEmail, Was: was, Becomes: now, Who: byUser, Origin: inDynamics, Why: why, ChangedAt: modified}}
}

// optOutSeen is that the person opted out of everything in Spotler, once.
func (b *run) optOutSeen(p *person) []store.ConsentChange {
	if p.link.Status == connector.StatusOptOut {
		return nil
	}
	return []store.ConsentChange{{Record: p.record, Permission: store.AllMail, Was: "on", Becomes: "off", Who: byPerson, Origin: inSpotler,
		Why: "Spotler says that the person opted out"}}
}

// erasureChange is that an erasure ends every consent.
func erasureChange(p *person) store.ConsentChange {
	return store.ConsentChange{Record: p.record, Permission: store.AllMail, Was: "on", Becomes: "off", Who: byUser, Origin: inDynamics, Why: "erased, because " + p.verdict.Reason}
}
