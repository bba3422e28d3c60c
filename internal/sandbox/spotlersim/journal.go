package spotlersim

import (
	"encoding/json"
	"time"
)

// entry is one write that arrived, in the order in which it took effect.
type entry struct {
	Seq        uint64          `json:"seq"`
	Time       time.Time       `json:"time"`
	Via        string          `json:"via"` // "POST /contact/list"
	ExternalID string          `json:"external_id"`
	Code       Code            `json:"code"`               // OK, or why it was not done
	Property   string          `json:"property,omitempty"` // the one that was refused
	Properties json.RawMessage `json:"properties,omitempty"`
}

// journal remembers the last writes of an account, up to limit.
type journal struct {
	limit   int
	seq     uint64
	start   int // of the oldest in entries, once they are full
	entries []entry
}

func (j *journal) add(e entry) {
	j.seq++
	e.Seq = j.seq
	if len(j.entries) < j.limit {
		j.entries = append(j.entries, e)
		return
	}
	j.entries[j.start] = e
	j.start = (j.start + 1) % len(j.entries)
}

// reset forgets the entries; the numbers go on.
func (j *journal) reset() { j.entries, j.start = nil, 0 }

// after returns the entries with a number above seq, of one contact or of all.
func (j *journal) after(seq uint64, externalID string, limit int) []entry {
	out := []entry{}
	for i := range j.entries {
		e := j.entries[(j.start+i)%len(j.entries)]
		if e.Seq <= seq || externalID != "" && e.ExternalID != externalID {
			continue
		}
		if limit > 0 && len(out) == limit {
			break
		}
		out = append(out, e)
	}
	return out
}

// note writes a contact of this call into the journal, and into the order when
// it took effect. The caller holds the account's mutex.
func (c *call) note(d *draft, code Code, wrong *problem) {
	e := entry{Time: c.sim.clock(), Via: c.op.method + " /" + c.op.path, ExternalID: d.id, Code: code, Properties: json.RawMessage(d.raw)}
	if wrong != nil {
		e.Code, e.Property = wrong.code, wrong.property
	} else {
		c.account.order.note(d)
	}
	c.account.journal.add(e)
}
