package store

import (
	"strings"

	connector "github.com/spotler-connector/connector"
)

// Lane is the key of a lane: the ordered work of one record, one list or one
// environment. It begins with the environment: "acme/contact/6f0c…".
type Lane string

// LaneOf is the lane of a record.
func LaneOf(env connector.Environment, r connector.Record) Lane {
	return Lane(string(env) + "/" + r.String())
}

// UnresolvedLane is the lane of a row whose person is not known yet.
func UnresolvedLane(env connector.Environment, row connector.Record) Lane {
	return Lane(string(env) + "/unresolved/" + row.String())
}

// AddressLane is the lane of somebody in Spotler who has no record yet, by the keyed
// hash of the address (or of whatever else tells them apart).
func AddressLane(env connector.Environment, hash string) Lane {
	return Lane(string(env) + "/address/" + hash)
}

// EnvironmentLane is the lane of work that is about the environment itself.
func EnvironmentLane(env connector.Environment, subject string) Lane {
	return Lane(string(env) + "/environment/" + subject)
}

// Record returns the record that the lane belongs to; false for other lanes.
func (l Lane) Record() (connector.Record, bool) {
	_, rest, _ := strings.Cut(string(l), "/")
	r, err := connector.ParseRecord(rest)
	return r, err == nil
}

// LaneState is where a lane stands.
type LaneState int64

// A lane is idle without work, ready to be handed out, dispatched to an
// executor, or running on a node.
const (
	LaneIdle       LaneState = 0
	LaneReady      LaneState = 1
	LaneDispatched LaneState = 2
	LaneRunning    LaneState = 3
)

// Class is the urgency of work: a lower number goes first.
type Class int64

// The classes, most urgent first.
const (
	Consent    Class = 0
	Live       Class = 1
	Statistics Class = 2
	Backfill   Class = 3
)

// Leased is one lane in a batch, with the epoch that the batch holds it under.
// A worker whose epoch no longer matches has lost the lane and changes nothing.
type Leased struct {
	Lane  Lane  `json:"lane"`
	Epoch int64 `json:"epoch"`
}

// Batch is a group of lanes of one environment and class whose head ops can be
// done together. It carries no personal data: it travels through the executor.
type Batch struct {
	ID          string                `json:"id"`
	Environment connector.Environment `json:"environment"`
	Class       Class                 `json:"class"`
	Operation   connector.Operation   `json:"operation"`
	Lanes       []Leased              `json:"lanes"`
}

// keysOf returns the keys of lanes as query arguments.
func keysOf(lanes []Leased) words {
	args := make(words, len(lanes))
	for i, l := range lanes {
		args[i] = string(l.Lane)
	}
	return args
}
