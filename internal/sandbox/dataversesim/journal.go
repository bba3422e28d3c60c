package dataversesim

import (
	"sync"

	"github.com/spotler-connector/connector/internal/schema"
)

// Transition is one change of status of a Spotler Job. A test reads them to see
// that a final state was never left.
type Transition struct {
	Job     string `json:"job"`
	From    int64  `json:"from"` // statuscode; -1 when the row was made
	To      int64  `json:"to"`   // statuscode; -1 when the row was deleted
	Version int64  `json:"version"`
	At      string `json:"at"`
}

// journal keeps the transitions of all jobs, in the order of their commits.
type journal struct {
	mu    sync.Mutex
	lines []entry
	byJob map[guid][]int
}

type entry struct {
	id       guid
	from, to int64
	version  int64
	at       moment
}

const noStatus = -1

func (j *journal) note(c *change, now moment) {
	if c.table.name != string(schema.SpotlerJobTable) {
		return
	}
	e := entry{rowID(c.before, c.after), statusOf(c, c.before), statusOf(c, c.after), c.gone, now}
	if c.after != nil {
		e.version = c.after.version
	}
	if e.from == e.to {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.byJob == nil {
		j.byJob = map[guid][]int{}
	}
	j.byJob[e.id] = append(j.byJob[e.id], len(j.lines))
	j.lines = append(j.lines, e)
}

func statusOf(c *change, r *row) int64 {
	if status, ok := c.table.val(r, "statuscode").(int64); ok {
		return status
	}
	return noStatus
}

// of lists the transitions of one job, or of all of them for the zero id.
func (j *journal) of(id guid) []Transition {
	j.mu.Lock()
	defer j.mu.Unlock()
	out := []Transition{}
	if id.isZero() {
		for _, e := range j.lines {
			out = append(out, e.transition())
		}
		return out
	}
	for _, at := range j.byJob[id] {
		out = append(out, j.lines[at].transition())
	}
	return out
}

func (e entry) transition() Transition {
	return Transition{e.id.String(), e.from, e.to, e.version, string(e.at.append(nil))}
}

// Summary is the journal in a few numbers.
type Summary struct {
	Jobs        int `json:"jobs"`
	Transitions int `json:"transitions"`
	// LeftFinal counts the transitions out of Completed or Failed other than by
	// a delete: it should be 0.
	LeftFinal int `json:"left_final"`
	// Now counts the jobs by their statuscode; deleted ones are not in it.
	Now map[int64]int `json:"now"`
}

func (j *journal) summary() Summary {
	final := map[int64]bool{}
	status, _ := schema.SpotlerJob().Column("statuscode")
	for _, o := range status.Options {
		final[int64(o.Value)] = o.State != 0
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	out := Summary{Jobs: len(j.byJob), Transitions: len(j.lines), Now: map[int64]int{}}
	for _, e := range j.lines {
		if final[e.from] && e.to != noStatus {
			out.LeftFinal++
		}
	}
	for _, lines := range j.byJob {
		if to := j.lines[lines[len(lines)-1]].to; to != noStatus {
			out.Now[to]++
		}
	}
	return out
}
