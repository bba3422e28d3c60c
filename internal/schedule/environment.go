package schedule

import (
	"context"
	"iter"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/dataverse"
	"github.com/spotler-connector/connector/internal/mapping"
	"github.com/spotler-connector/connector/internal/operations"
	"github.com/spotler-connector/connector/internal/schema"
	"github.com/spotler-connector/connector/internal/settings"
	"github.com/spotler-connector/connector/internal/store"
)

// CRM is what the clock needs of Dataverse. *dataverse.Client is one.
type CRM interface {
	Rows(ctx context.Context, q dataverse.Query) iter.Seq2[dataverse.Row, error]
	Changes(t schema.Table, columns []string, token string) *dataverse.Changes
	FirstToken(ctx context.Context, t schema.Table) (string, error)
	Get(ctx context.Context, t schema.Table, id connector.RecordID, columns ...string) (dataverse.Row, error)
	Batch(ctx context.Context, requests []dataverse.BatchRequest, continueOnError bool) ([]dataverse.BatchResponse, error)
}

// Store is what the clock needs of the store. *store.Store is one.
type Store interface {
	Put(ctx context.Context, puts []store.Put) ([]store.PutResult, error)
	Links(ctx context.Context, env connector.Environment, records []connector.Record) (map[connector.Record]store.Link, error)
	EachLink(ctx context.Context, env connector.Environment, f func(store.Link) error) error
	JobRequests(ctx context.Context, env connector.Environment, jobs []connector.RecordID) (map[connector.RecordID]store.JobRequest, error)
	Cursor(ctx context.Context, env connector.Environment, name string) (string, error)
	SetCursor(ctx context.Context, env connector.Environment, name, value string) error
	Hasher(ctx context.Context, env connector.Environment) (func(string) string, error)
}

// Environment is what the clock must know of an environment.
type Environment struct {
	Name    connector.Environment
	CRM     CRM
	Store   Store
	Mapping *mapping.Bound
	// Mail is asked whether erased people are still gone; without it, or without
	// Receipts, nobody asks.
	Mail     operations.Mail
	Receipts ReceiptStore
	// Variables are the organisation's environment variables, and PermissionNames reads
	// the permissions that Spotler has now; nil keeps no variable up to date.
	Variables       Variables
	PermissionNames func(ctx context.Context) ([]string, error)
	// Tables are the tables of Dataverse with the organisation's own columns; Synced
	// names those whose rows are people.
	Tables map[connector.Table]schema.Table
	Synced []connector.Table
	Net    settings.SafetyNet
	Keep   settings.Keep
	// Poll reads what changed in Spotler between two moments, every PollEvery; nil is
	// never.
	Poll      func(ctx context.Context, from, to time.Time) error
	PollEvery time.Duration
	// Schemas looks whether the columns and fields of the mapping are still there
	// (manual: "Database Fields"); nil is never.
	Schemas func(ctx context.Context) error
	Now     func() time.Time // nil means time.Now
	// Changed reports whether a sync of a row could do anything; nil means
	// operations.Changed.
	Changed func(l store.Link, r mapping.Result, f mapping.Facts, hash func(string) string) bool
}

// pullEvery is how often Queued job rows are looked for.
const pullEvery = time.Minute

// pruneEvery is how often what is finished is cleared away.
const pruneEvery = time.Hour

// schemasEvery is how often the schemas are looked at.
const schemasEvery = 24 * time.Hour

// PollNow reads what changed in Spotler up to now, as the clock does. The clock may do
// so at the same time: what both read is known by its keys.
func (e Environment) PollNow(ctx context.Context) error {
	if e.Now == nil {
		e.Now = time.Now
	}
	return (&pollSpotler{e}).once(ctx)
}

// Steps are what the clock does for one environment.
func (e Environment) Steps() []Step {
	if e.Now == nil {
		e.Now = time.Now
	}
	if e.Changed == nil {
		e.Changed = operations.Changed
	}
	pull := min(pullEvery, max(e.Net.JobsAfter, time.Second)) // a shorter patience is meant to be felt
	steps := []Step{
		{Name: "pull_jobs", Environment: e.Name, Every: pull, Once: (&pullJobs{e}).once},
		{Name: "changes", Environment: e.Name, Every: e.Net.ChangesEvery, Once: (&feed{e}).once},
		{Name: "refresh_automations", Environment: e.Name, Every: refreshLook, Once: (&refreshAutomations{e}).once},
		{Name: "prune_job_rows", Environment: e.Name, Every: pruneEvery, Once: (&pruneJobRows{e}).once},
	}
	if e.Variables != nil && e.PermissionNames != nil {
		steps = append(steps, Step{Name: "permission_variable", Environment: e.Name, Every: variableEvery, Once: (&permissionVariable{e, e.Variables, e.PermissionNames}).once})
	}
	if e.Mail != nil && e.Receipts != nil {
		steps = append(steps, Step{Name: "receipts", Environment: e.Name, Every: pruneEvery, Once: (&receipts{e, e.Receipts}).once})
	}
	if e.Poll != nil {
		steps = append(steps, Step{Name: "poll_spotler", Environment: e.Name, Every: e.PollEvery, Once: (&pollSpotler{e}).once})
	}
	if e.Schemas != nil {
		steps = append(steps, Step{Name: "schemas", Environment: e.Name, Every: schemasEvery, Once: e.Schemas})
	}
	return steps
}
