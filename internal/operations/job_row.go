package operations

import (
	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/store"
)

// JobRow is a Spotler Job row as it was read from Dataverse or an event.
type JobRow struct {
	Job   connector.Job
	State connector.JobState
	// Ours says that the connector made the row: a report, never a command.
	Ours bool
}

// PutJob is the request that a Spotler Job row makes: in the lane of its person,
// or, without one person, in a lane of its own. Whether the job can run at all is
// checked when it runs, so that its row gets the answer.
func PutJob(env connector.Environment, job connector.Job, key, source string) (store.Put, error) {
	args, err := Arguments{Job: job}.Encode()
	if err != nil {
		return store.Put{}, err
	}
	lane := store.EnvironmentLane(env, "job/"+string(job.ID))
	if job.Operation == connector.RefreshAutomations {
		lane = refreshLane(env)
	} else if s := job.Subject(); !s.IsZero() && job.Check() == nil {
		lane = store.LaneOf(env, s)
	} else if !job.List.IsZero() {
		lane = store.LaneOf(env, job.List)
	}
	return store.Put{Environment: env, Lane: lane, Operation: job.Operation, Class: store.Live, Source: source, Arguments: args, Key: key, Job: job.ID}, nil
}

// PutSync is the request that a change of a person makes.
func PutSync(env connector.Environment, person connector.Record, class store.Class, key, source string) store.Put {
	return store.Put{Environment: env, Lane: store.LaneOf(env, person), Operation: connector.SyncContact, Class: class, Source: source, Key: key}
}

// PutResolve is the request of a row whose person, or whose parameters, must be
// read first.
func PutResolve(env connector.Environment, row connector.Record, key, source string) (store.Put, error) {
	args, err := Arguments{Resolve: row}.Encode()
	if err != nil {
		return store.Put{}, err
	}
	return store.Put{Environment: env, Lane: store.UnresolvedLane(env, row), Operation: connector.SyncContact, Class: store.Consent, Source: source, Arguments: args, Key: key}, nil
}
