package store

import (
	"time"

	connector "github.com/spotler-connector/connector"
)

// OpState is where an op stands.
type OpState int64

// An op is queued, running, or ended in one of four ways. Dead ops gave up and
// may be woken; cancelled ones were merged into another or called off.
const (
	OpQueued    OpState = 0
	OpRunning   OpState = 1
	OpDone      OpState = 2
	OpFailed    OpState = 3
	OpDead      OpState = 4
	OpCancelled OpState = 5
)

var opStateNames = [...]string{"queued", "running", "done", "failed", "dead", "cancelled"}

// String is the word the API and the CLI use.
func (s OpState) String() string {
	if s < 0 || int(s) >= len(opStateNames) {
		return "unknown"
	}
	return opStateNames[s]
}

// ParseOpState reads the word that String prints.
func ParseOpState(s string) (OpState, bool) {
	for i, n := range opStateNames {
		if n == s {
			return OpState(i), true
		}
	}
	return 0, false
}

// Op is one unit of work in a lane.
type Op struct {
	ID          int64
	Environment connector.Environment
	Lane        Lane
	Operation   connector.Operation
	State       OpState
	Class       Class
	Attempt     int
	// Since is when the op first failed; zero while it has not.
	Since time.Time
	// Arguments are what the operation needs beyond its lane; encrypted at rest
	// and dropped when the op is done.
	Arguments []byte
	// Checkpoint is what Store.Checkpoint kept with the op; nil when nothing is.
	Checkpoint []byte
	Source     string // webhook, job, feed, pull, api, cli
	ResultCode string
	Message    string
	HTTPStatus int
	Cause      string // the fault kind of the last failure
	CreatedAt  time.Time
	StartedAt  time.Time
	FinishedAt time.Time
	// Merged counts the requests that joined this op while it was queued.
	Merged int
}

// Taken is an op that this worker runs now, with everything it answers for.
type Taken struct {
	Op
	Epoch int64
	// Jobs are the Spotler Job rows that asked for the op; empty when an event did.
	Jobs []connector.RecordID
}
