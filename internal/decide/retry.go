package decide

import (
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
)

// Failure is what is known when an operation failed.
type Failure struct {
	Spec    connector.Spec
	Kind    fault.Kind
	Asked   time.Duration // how long the remote asked us to wait; 0 when it did not say
	Attempt int           // attempts used, this one included: 1 after the first
	Since   time.Duration // time since the first attempt
	Jitter  float64       // chance from [0, 1), drawn by the caller
}

// Retry says what happens to an operation after a failure.
type Retry struct {
	Again         bool          // the operation goes back to its lane
	After         time.Duration // not before this much time has passed
	CountsAttempt bool
	Pause         bool // pause the gate of this environment and API for After
	Alert         bool // tell an operator
	Dead          bool // to the dead-letter list: a change of the cause wakes it up
	// Outcome is what the job shows when Again is false.
	Outcome connector.Outcome
}

// The times of retrying (design: engine, "Running and finishing").
const (
	firstBackOff   = 5 * time.Second
	longestBackOff = 10 * time.Minute
	minAttempts    = 5
	minPatience    = 3 * time.Hour
	busyPause      = 30 * time.Second // when the remote does not say how long
	longestPause   = time.Hour
	deniedPause    = 5 * time.Minute
	soon           = time.Second
)

// AfterFailure decides whether a failed operation runs again, when, and what its
// job shows if it does not.
func AfterFailure(f Failure) Retry {
	switch f.Kind {
	case fault.Busy:
		return Retry{Again: true, After: pauseFor(f), Pause: true}
	case fault.Denied:
		return Retry{Again: true, After: deniedPause, Pause: true, Alert: true}
	case fault.Unreachable:
		return backOff(f, firstBackOff)
	case fault.Uncertain, fault.Garbled:
		if f.Spec.Repeat != connector.Harmless {
			return Retry{CountsAttempt: true, Dead: true, Outcome: connector.Refused(connector.CodeUncertain,
				"the answer was lost, so this may have been done already; look in Spotler, and make a new job if it was not")}
		}
		return backOff(f, firstBackOff)
	case fault.Conflict:
		return backOff(f, soon)
	case fault.NotValid:
		return Retry{CountsAttempt: true, Dead: true, Outcome: connector.Refused(connector.CodeJobNotValid,
			"the request was refused as not valid; correct what the message names, then it runs again")}
	case fault.NotFound:
		return Retry{CountsAttempt: true, Dead: true, Outcome: connector.Refused(connector.CodeJobNotValid,
			"what the job is about was not found; check that it still exists")}
	}
	return Retry{CountsAttempt: true, Dead: true, Alert: true, Outcome: connector.Refused(connector.CodeGaveUp,
		"the connector made a mistake of its own; it was kept for examination, and nothing has to be corrected in the record")}
}

func pauseFor(f Failure) time.Duration {
	if f.Asked <= 0 {
		return spread(busyPause, f.Jitter)
	}
	return min(f.Asked, longestPause)
}

// backOff doubles from first with every attempt. It gives up only after several
// attempts and hours: neither a short burst of failures nor a long night with
// one attempt is enough.
func backOff(f Failure, first time.Duration) Retry {
	if f.Attempt >= minAttempts && f.Since >= minPatience {
		return Retry{CountsAttempt: true, Dead: true, Alert: true, Outcome: connector.Refused(connector.CodeGaveUp,
			"the other system could not be reached for hours; the work is kept and can be started again")}
	}
	wait := first
	for n := 1; n < f.Attempt && wait < longestBackOff; n++ {
		wait *= 2
	}
	return Retry{Again: true, After: max(spread(min(wait, longestBackOff), f.Jitter), min(f.Asked, longestPause)), CountsAttempt: true}
}

// spread returns a time between half of d and d, so that many failures of one
// moment do not come back in one moment. A jitter outside [0, 1) counts as 0.
func spread(d time.Duration, jitter float64) time.Duration {
	if !(jitter >= 0 && jitter < 1) {
		jitter = 0
	}
	return d/2 + time.Duration(float64(d/2)*jitter)
}
