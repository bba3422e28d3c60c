package operations

import (
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/dataverse"
	"github.com/spotler-connector/connector/internal/decide"
	"github.com/spotler-connector/connector/internal/mapping"
	"github.com/spotler-connector/connector/internal/spotler"
	"github.com/spotler-connector/connector/internal/store"
)

// person is one contact, lead or account on its way through a batch.
type person struct {
	index  int // in the batch
	work   store.Taken
	record connector.Record

	// What was gathered.
	row         dataverse.Row
	found       bool
	deleted     bool // certain: a GET by id said so a moment ago
	permissions []connector.Permission
	rows        map[string][]connector.RecordID // permission rows by name
	changedAt   map[string]time.Time            // when a permission row was last changed, by name
	consented   time.Time                       // when a permission row that says Yes was last changed
	facts       mapping.Facts
	mapped      mapping.Result
	link        store.Link
	linked      bool // there is a link, be it of an erased person
	hash        string
	sharers     []connector.Record // others with the same address
	sharing     []store.Link       // the links of those, without shadows
	owner       connector.Record   // who stands for the address; zero when unclaimed

	// What was decided.
	verdict  decide.Verdict
	sending  decide.Sending
	open     []string // fields that a person was asked about
	consents decide.Consents
	repeat   map[string]any           // what a purging write must repeat
	first    []connector.Permission   // rows that were made for the person in this run
	copied   bool                     // as Spotler had them
	seen     *lookedAt                // once somebody looked
	exists   bool                     // Spotler has the person already, which nobody knew
	fresh    bool                     // nobody was in Spotler under this id or address
	marks    map[string]*decide.Sides // entries of the shadow that are no field's; nil takes one away

	// How it ended.
	done   bool
	result result
}

func (p *person) fail(err error) { p.done, p.result = true, result{err: err} }

func (p *person) end(o connector.Outcome) { p.done, p.result.outcome = true, o }

// externalID is the id under which the person is, or will be, in Spotler.
func (p *person) externalID() connector.ExternalID {
	if p.link.ExternalID != "" {
		return p.link.ExternalID
	}
	return connector.ExternalIDOf(p.record.ID)
}

// leftOut names the fields whose values did not fit.
func (p *person) leftOut() string {
	if len(p.mapped.Problems) == 0 {
		return ""
	}
	text := " Left out, because the value does not fit:"
	for i, pr := range p.mapped.Problems {
		if i == 5 {
			return text + " and more."
		}
		text += " " + pr.Column + " (" + pr.Says + ")"
		if i < len(p.mapped.Problems)-1 {
			text += ";"
		}
	}
	return text + "."
}

// contact is what is sent to Spotler.
func (p *person) contact() spotler.Contact {
	properties := make(map[string]any, len(p.sending.Send)+len(p.repeat)+1)
	for name, v := range p.repeat {
		properties[name] = v
	}
	for _, f := range p.sending.Send {
		properties[f.Name] = f.Value
	}
	bits := map[string][]spotler.SetItem{}
	for _, b := range p.consents.Send {
		bits[b.Key.Property] = append(bits[b.Key.Property], spotler.SetItem{Bit: b.Key.Bit, Enabled: b.On})
	}
	for property, items := range bits {
		if kept, ok := properties[property].([]spotler.SetItem); ok {
			items = mergeItems(kept, items)
		}
		properties[property] = items
	}
	return spotler.Contact{ExternalID: p.externalID(), Properties: properties}
}

func mergeItems(kept, changed []spotler.SetItem) []spotler.SetItem {
	at := map[int64]int{}
	out := append([]spotler.SetItem(nil), kept...)
	for i, k := range out {
		at[k.Bit] = i
	}
	for _, c := range changed {
		if i, ok := at[c.Bit]; ok {
			out[i] = c
		} else {
			out = append(out, c)
		}
	}
	return out
}
