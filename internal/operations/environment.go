package operations

import (
	"context"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/dataverse"
	"github.com/spotler-connector/connector/internal/decide"
	"github.com/spotler-connector/connector/internal/mapping"
	"github.com/spotler-connector/connector/internal/schema"
	"github.com/spotler-connector/connector/internal/settings"
	"github.com/spotler-connector/connector/internal/spotler"
	"github.com/spotler-connector/connector/internal/store"
)

// CRM is what the operations need of Dataverse. *dataverse.Client is one.
type CRM interface {
	Batch(ctx context.Context, requests []dataverse.BatchRequest, continueOnError bool) ([]dataverse.BatchResponse, error)
	GetRequest(q dataverse.Query) dataverse.BatchRequest
	UpsertRequest(t schema.Table, id connector.RecordID, body []byte) dataverse.BatchRequest
	UpdateRequest(t schema.Table, id connector.RecordID, body []byte) dataverse.BatchRequest
	CreateRequest(t schema.Table, body []byte) dataverse.BatchRequest
	PostBody(about connector.Record, id connector.RecordID, text string) ([]byte, error)
	Page(ctx context.Context, q dataverse.Query, next string) (rows []dataverse.Row, more string, err error)
	RowsFrom(ctx context.Context, q dataverse.Query, next string) iter.Seq2[dataverse.Row, error]
	Get(ctx context.Context, t schema.Table, id connector.RecordID, columns ...string) (dataverse.Row, error)
}

// Mail is what the operations need of Spotler Mail+. *spotler.Client is one.
type Mail interface {
	Flows
	Audiences
	Contact(ctx context.Context, id connector.ExternalID) (spotler.Contact, error)
	Search(ctx context.Context, property, value string) iter.Seq2[spotler.Contact, error]
	PostContact(ctx context.Context, c spotler.Contact, w spotler.Write) error
	PostContacts(ctx context.Context, people []spotler.Contact, w spotler.Write) ([]spotler.ContactResult, error)
	Anonymize(ctx context.Context, id connector.ExternalID) (int, error)
	Inactivate(ctx context.Context, id connector.ExternalID) (int, error)
	PutContact(ctx context.Context, id connector.ExternalID, c spotler.Contact, w spotler.Write) error
	CreateTag(ctx context.Context, name string) error
	ContactTags(ctx context.Context, id connector.ExternalID) ([]spotler.Tag, error)
	AddTags(ctx context.Context, id connector.ExternalID, names []string) error
	RemoveTags(ctx context.Context, id connector.ExternalID, names []string) error
	ChangeScore(ctx context.Context, id connector.ExternalID, tag string, change spotler.ScoreChange, score int64) error
}

// Fields are the fields of Spotler. *spotler.SchemaCache is one.
type Fields interface {
	Schema(ctx context.Context) (spotler.Schema, error)
	Forget()
}

// Environment is everything an operation needs of one environment.
type Environment struct {
	Name    connector.Environment
	CRM     CRM
	Mail    Mail
	Mapping *mapping.Bound
	// Canary tries a newer mapping with a share of the records; nil is none.
	Canary *Canary
	// Tables are the tables of Dataverse with the organisation's own columns.
	Tables map[connector.Table]schema.Table
	Synced []connector.Table
	Policy decide.Policy
	Fence  decide.FencePolicy
	// FenceWindow is the time over which the fence counts.
	FenceWindow time.Duration
	// Hold is how long an irreversible operation waits first. It is decided anew
	// when it runs, so undoing the change in Dynamics calls it off. 0 is at once.
	Hold   time.Duration
	JobLog settings.JobLog
	Purge  bool // manual: "PurgeExistingPropertiesWhenNotSet"
	// Patience is how long a request to a remote may take. After an answer was
	// lost, the record waits that long: the request may still be running.
	Patience time.Duration
	// Prefer says which side a two-way field believes when both moved and its row of
	// the mapping does not say; Skew is how far the clocks may be apart.
	Prefer decide.Preference
	Skew   time.Duration
	// Turns is how often a two-way field may turn round between both writers within an
	// hour before it is frozen; 0 is never.
	Turns int
	// BounceTasks are the states that make a task for the owner of the row.
	BounceTasks []connector.SpotlerStatus
	Subscribers Subscribers

	// Populate makes permission rows for people who have none; nil makes none.
	Populate *Populate
	// Fields are the fields of contacts that Spotler shows, as they are now.
	Fields Fields
	// Types are the types of Spotler's fields with which the mapping was bound.
	Types map[string]string
	// Zone is where a time without an offset falls; nil is UTC.
	Zone *time.Location

	hash func(string) string

	// ownSteps are the steps by which we hear of job rows; nil while they are not
	// known, or may not be bypassed.
	ownSteps atomic.Pointer[[]connector.RecordID]
	// updateSteps are those by which we hear of changed people.
	updateSteps atomic.Pointer[map[connector.Table]connector.RecordID]

	mu      sync.Mutex
	alerted map[string]bool // gates that were closed with an alert
}

// Store is what the operations need of the store. *store.Store is one.
type Store interface {
	Links(ctx context.Context, env connector.Environment, records []connector.Record) (map[connector.Record]store.Link, error)
	LinksByAddress(ctx context.Context, env connector.Environment, hashes []string) (map[string][]store.Link, error)
	LinksByExternalID(ctx context.Context, env connector.Environment, ids []connector.ExternalID) (map[connector.ExternalID][]store.Link, error)
	ClaimAddresses(ctx context.Context, env connector.Environment, claims []store.Claim) (map[string]connector.Record, error)
	CountLinks(ctx context.Context, env connector.Environment) (int, error)
	CountErasure(ctx context.Context, env connector.Environment, record connector.Record, now time.Time) error
	UncountErasure(ctx context.Context, env connector.Environment, record connector.Record) error
	Erasures(ctx context.Context, env connector.Environment, since time.Time) (int, error)
	Hasher(ctx context.Context, env connector.Environment) (func(string) string, error)
	Put(ctx context.Context, puts []store.Put) ([]store.PutResult, error)
	Waiting(ctx context.Context, env connector.Environment, class store.Class, most int) (int, error)
	Pause(ctx context.Context, g store.Gate) error
	Resume(ctx context.Context, env connector.Environment, api string) error
	Gates(ctx context.Context) ([]store.Gate, error)
	Checkpoint(ctx context.Context, env connector.Environment, of store.Leased, op int64, note []byte) (held bool, err error)
	PutTellings(ctx context.Context, tellings []store.Telling) error
	DueTellings(ctx context.Context, env connector.Environment, now time.Time, n int) ([]store.Telling, error)
	Told(ctx context.Context, env connector.Environment, heard []store.Heard) error
}

// synchronises reports whether rows of a table are people of this environment: the
// sheet maps them, the settings want them, and the organisation has the table.
func (e *Environment) synchronises(t connector.Table) bool {
	return slices.Contains(e.Synced, t) && e.Mapping.Synchronises(t)
}

// SkipSteps names the steps by which Dataverse tells us of job rows, so that the
// teller can keep what it writes there from being told back to us: that halves the
// events of a mass edit. Steps, workflows and flows of others run as always. None
// ends it.
func (e *Environment) SkipSteps(steps ...connector.RecordID) {
	if len(steps) == 0 {
		e.ownSteps.Store(nil)
		return
	}
	e.ownSteps.Store(&steps)
}

// SkipUpdates names the steps by which Dataverse tells us of changed people, so that
// what we take in from Spotler is not told back to us. Nil ends it.
func (e *Environment) SkipUpdates(steps map[connector.Table]connector.RecordID) {
	if len(steps) == 0 {
		e.updateSteps.Store(nil)
		return
	}
	e.updateSteps.Store(&steps)
}

// prepare reads what the environment keeps in memory; it may be called again.
func (e *Environment) prepare(ctx context.Context, s Store) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.hash != nil {
		return nil
	}
	hash, err := s.Hasher(ctx, e.Name)
	if err != nil {
		return err
	}
	gates, err := s.Gates(ctx)
	if err != nil {
		return err
	}
	e.alerted = map[string]bool{}
	for _, g := range gates {
		if g.Environment == e.Name && g.Alert && g.API != store.GateIrreversible {
			e.alerted[g.API] = true
		}
	}
	e.hash = hash
	return nil
}

// fieldHash is the keyed hash of a value of a field.
func (e *Environment) fieldHash(field, canonical string) string {
	return e.hash(field + "\x1f" + canonical)
}

// addressHash is the keyed hash by which equal addresses are recognised.
func (e *Environment) addressHash(a connector.Email) string {
	if a.IsZero() {
		return ""
	}
	return e.hash("address\x1f" + a.Fold())
}

// preference is what a row of the mapping believes when both sides moved.
func (e *Environment) preference(p mapping.Policy) decide.Preference {
	if p == "" {
		return e.Prefer
	}
	return decide.Preference(p)
}

// rowID is the id of a row that we make for a purpose: always the same for the
// same words, and different in every environment and installation.
func (e *Environment) rowID(words string) connector.RecordID {
	h := e.hash("row\x1f" + words)
	return connector.RecordID(h[:8] + "-" + h[8:12] + "-8" + h[13:16] + "-8" + h[17:20] + "-" + h[20:32])
}

func (e *Environment) zone() *time.Location {
	if e.Zone == nil {
		return time.UTC
	}
	return e.Zone
}
