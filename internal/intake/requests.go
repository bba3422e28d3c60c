package intake

import (
	"slices"
	"strconv"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/dataverse"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/operations"
	"github.com/spotler-connector/connector/internal/schema"
	"github.com/spotler-connector/connector/internal/store"
)

// Source is how ops name where they came from.
const Source = "webhook"

// The aliases of the images that our steps register.
const (
	PreImage  = "PreImage"
	PostImage = "PostImage"
)

// The messages that our steps are registered for.
const (
	msgCreate = "Create"
	msgUpdate = "Update"
	msgDelete = "Delete"
)

// Requests is what an event asks for; nothing when it rightly asks for nothing. It
// reads the event only. The error is for an event that names no row, or cannot be
// told from another one.
func Requests(env *Environment, x dataverse.ExecutionContext) ([]store.Put, error) {
	if x.MessageName != msgCreate && x.MessageName != msgUpdate && x.MessageName != msgDelete {
		return nil, nil
	}
	table := x.PrimaryEntityName
	person := slices.Contains(env.Tables, table)
	if !person && table != schema.SpotlerPermissionTable && table != schema.SpotlerJobTable {
		return nil, nil
	}
	if person && x.PrimaryEntityID != "" { // the common event: its ids say it all
		row := connector.Record{Table: table, ID: x.PrimaryEntityID}
		if key := eventKey(x, row); key != "" {
			return []store.Put{operations.PutSync(env.Name, row, urgency(x), key, Source)}, nil
		}
	}
	r, err := readEvent(env.Name, x)
	if err != nil {
		return nil, err
	}
	switch {
	case person:
		return []store.Put{operations.PutSync(env.Name, r.row, urgency(x), r.key, Source)}, nil
	case table == schema.SpotlerPermissionTable:
		return r.permission(env.Tables)
	}
	return r.job()
}

// happening is an event about one row.
type happening struct {
	env     connector.Environment
	message string
	row     connector.Record
	key     string
	// What the event brought; nil when it did not, or brought something unreadable.
	target, pre, post attributes
}

func readEvent(env connector.Environment, x dataverse.ExecutionContext) (happening, error) {
	r := happening{env: env, message: x.MessageName, row: connector.Record{Table: x.PrimaryEntityName, ID: x.PrimaryEntityID}}
	if t, found, err := x.Target(); found && err == nil {
		r.target = attributes(t.Attributes)
		if r.row.ID == "" {
			r.row.ID = t.ID
		}
	}
	if r.row.ID == "" {
		return r, noEvent("the event is about a " + string(r.row.Table) + " and names no row in PrimaryEntityId")
	}
	if e, found, err := x.PreImage(PreImage); found && err == nil {
		r.pre = attributes(e.Attributes)
	}
	if e, found, err := x.PostImage(PostImage); found && err == nil {
		r.post = attributes(e.Attributes)
	}
	r.key = eventKey(x, r.row)
	if r.key == "" {
		return r, noEvent("the event has none of OperationId, RequestId, CorrelationId and OperationCreatedOn, so it cannot be told from another")
	}
	return r, nil
}

func noEvent(says string) error {
	return &fault.Error{Op: "intake.Requests", Kind: fault.Garbled, Says: says}
}

// eventKey tells an event from every other one; a repeated delivery has the same.
// OperationId is the system job that ran the step, one per event and step
// (reference: dataverse-api 1.6). Synchronous steps have none.
func eventKey(x dataverse.ExecutionContext, row connector.Record) string {
	if x.OperationID != "" {
		return string(x.OperationID)
	}
	id := x.RequestID
	if id == "" {
		id = x.CorrelationID
	}
	if id == "" && x.OperationCreatedOn.IsZero() {
		return ""
	}
	key := string(id) + "/" + x.MessageName + "/" + row.String()
	if !x.OperationCreatedOn.IsZero() { // one request may change a row twice
		key += "/" + strconv.FormatInt(x.OperationCreatedOn.UnixMilli(), 10)
	}
	return key
}

// urgency is how urgent a change of a person is: whatever may take consent away
// goes first, and so does a change that came without its columns.
func urgency(x dataverse.ExecutionContext) store.Class {
	mentioned, _ := x.InputsMention("donotemail", "donotbulkemail")
	known, _ := x.InputsMention(`"Attributes"`)
	switch {
	case x.MessageName == msgDelete:
		return store.Consent
	case x.MessageName == msgUpdate && (mentioned || !known):
		return store.Consent
	}
	return store.Live
}

// permission asks for the people of a permission row: the one it belonged to and
// the one it belongs to now.
func (r happening) permission(tables []connector.Table) ([]store.Put, error) {
	var people []connector.Record
	for _, columns := range []attributes{r.pre, r.post, r.target} {
		for _, col := range []string{"dh_customer", "dh_lead"} {
			if p, ok := columns.Lookup(col); ok && !slices.Contains(people, p) {
				people = append(people, p)
			}
		}
	}
	if len(people) == 0 {
		if r.message == msgCreate && r.target != nil {
			return nil, nil // a row of nobody; the event that gives it a person is still to come
		}
		return r.resolve("resolve/" + r.key)
	}
	var puts []store.Put
	for _, p := range people {
		if slices.Contains(tables, p.Table) {
			puts = append(puts, operations.PutSync(r.env, p, store.Consent, r.key+"/"+p.String(), Source))
		}
	}
	return puts, nil
}

// job asks for what a Spotler Job row commands. Only a row that was born Queued, or
// that somebody set back to Queued after its end, is a command; the connector's own
// rows are reports (manual: "Spotler Jobs").
func (r happening) job() ([]store.Put, error) {
	columns, key := r.target, string(r.row.ID)
	switch r.message {
	case msgDelete:
		return nil, nil
	case msgUpdate:
		columns, key = r.post.with(r.target), key+"/"+r.key
	}
	if columns == nil || r.message == msgUpdate && r.post == nil {
		if r.target != nil && r.message == msgUpdate && !r.queued(r.target) {
			return nil, nil
		}
		return r.resolve("resolve/" + key)
	}
	row := readJob(r.row.ID, columns)
	if row.Ours || !r.queued(columns) || r.message == msgUpdate && !r.setBack() {
		return nil, nil
	}
	put, err := operations.PutJob(r.env, row.Job, key, Source)
	return []store.Put{put}, err
}

// queued reports whether the status in columns is Queued, which is also the status
// of a row that is created without one.
func (r happening) queued(columns attributes) bool {
	code, ok := columns.Int("statuscode")
	if !columns.has("statuscode") {
		return r.message == msgCreate
	}
	return ok && code == schema.JobQueued
}

// setBack reports whether an update set the status, and the row had ended before.
// A row that was still open keeps the request it has.
func (r happening) setBack() bool {
	if !r.target.has("statuscode") {
		return false
	}
	before, known := r.pre.Int("statuscode")
	return !known || before != schema.JobQueued && before != schema.JobInProgress
}

func (r happening) resolve(key string) ([]store.Put, error) {
	put, err := operations.PutResolve(r.env, r.row, key, Source)
	return []store.Put{put}, err
}
