package decide

import connector "github.com/spotler-connector/connector"

// JobRow is what is known of a row of Spotler Jobs that was seen in an event or a pull.
type JobRow struct {
	State connector.JobState
	Made  bool // made by the connector itself: a report, never a command
	Known bool // a request with this id was taken in before
	Told  bool // the end of that request was told to Dataverse
}

// Reading says what a job row means to intake.
type Reading string

// The readings of a job row.
const (
	NewRequest Reading = "new request" // take it in
	OpenJob    Reading = "open"        // taken in before, its end is not told yet
	OurReport  Reading = "ours"        // our own row: starts nothing
	EndedJob   Reading = "ended"       // nothing to do
)

// Job reads a job row. A row starts work only when it is Queued, was not made by
// us and was not taken in before (manual: "Spotler Jobs"). A row In Progress
// that nobody here knows belongs to an earlier installation and starts nothing.
func Job(r JobRow) Reading {
	switch {
	case r.Made:
		return OurReport
	case r.Known && !r.Told:
		return OpenJob
	case r.Known || r.State != connector.Queued:
		return EndedJob
	}
	return NewRequest
}
