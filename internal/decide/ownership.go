package decide

import (
	"time"

	connector "github.com/spotler-connector/connector"
)

// Claimant is one record among those that share an e-mail address in one environment.
type Claimant struct {
	Record connector.Record
	Linked bool      // we wrote it to Spotler
	Active bool      // it may stand for the address: found, active, not merged, qualified or Do Not Email
	Owner  bool      // it owns the address now
	Since  time.Time // when it was linked; for a record without a link, when it was made or first seen
}

// Owner elects the record that stands for an address in Spotler: the present
// owner while it is linked and active, else the longest linked active record,
// else the oldest link, else the oldest active record, else the oldest record.
// Records that are as old are taken in the order of their name, so every node
// elects the same one. False means that there are no claimants.
func Owner(claimants []Claimant) (connector.Record, bool) {
	if len(claimants) == 0 {
		return connector.Record{}, false
	}
	best := claimants[0]
	for _, c := range claimants[1:] {
		if c.before(best) {
			best = c
		}
	}
	return best.Record, true
}

func (c Claimant) before(d Claimant) bool {
	if a, b := c.rank(), d.rank(); a != b {
		return a < b
	}
	if !c.Since.Equal(d.Since) {
		return c.Since.Before(d.Since)
	}
	return c.Record.String() < d.Record.String()
}

func (c Claimant) rank() int {
	switch {
	case c.Linked && c.Active && c.Owner:
		return 0
	case c.Linked && c.Active:
		return 1
	case c.Linked:
		return 2
	case c.Active:
		return 3
	}
	return 4
}
