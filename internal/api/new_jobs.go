package api

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/api/openapi"
	"github.com/spotler-connector/connector/internal/settings"
	"github.com/spotler-connector/connector/internal/store"
)

// maxRecords is how many records one request may ask to be synchronised.
const maxRecords = 1000

// CreateJob asks for an operation. The answer is the job that will do it.
func (s *server) CreateJob(ctx context.Context, r openapi.CreateJobRequestObject) (openapi.CreateJobResponseObject, error) {
	e, err := s.environment(r.Env)
	if err != nil {
		return nil, err
	}
	job, err := newJob(e, *r.Body)
	if err != nil {
		return nil, err
	}
	key, err := requestKey(r.Params.IdempotencyKey)
	if err != nil {
		return nil, err
	}
	arguments, err := s.Arguments(job)
	if err != nil {
		return nil, fmt.Errorf("api: create job: %w", err)
	}
	results, err := s.Store.Put(ctx, []store.Put{{Environment: e.Name, Lane: laneOf(e.Name, job), Operation: job.Operation, Class: store.Live,
		Source: callerOf(ctx).source, Arguments: arguments, Key: key}})
	if err != nil {
		return nil, fmt.Errorf("api: create job: %w", err)
	}
	shown, err := s.job(ctx, e.Name, results[0].Op)
	return openapi.CreateJob202JSONResponse(shown), err
}

// SyncRecords asks for Sync Contact of many records in one transaction.
func (s *server) SyncRecords(ctx context.Context, r openapi.SyncRecordsRequestObject) (openapi.SyncRecordsResponseObject, error) {
	e, err := s.environment(r.Env)
	if err != nil {
		return nil, err
	}
	if n := len(r.Body.Records); n < 1 || n > maxRecords {
		return nil, notValid("api.SyncRecords", fmt.Sprintf("records must hold 1 to %d records, not %d: send the rest in another request", maxRecords, n))
	}
	key, err := requestKey(r.Params.IdempotencyKey)
	if err != nil {
		return nil, err
	}
	puts := make([]store.Put, 0, len(r.Body.Records))
	for i, text := range r.Body.Records {
		record, err := parsePerson(e, fmt.Sprintf("records[%d]", i), text)
		if err != nil {
			return nil, err
		}
		job := connector.Job{Operation: connector.SyncContact}
		setPerson(&job, record)
		arguments, err := s.Arguments(job)
		if err != nil {
			return nil, fmt.Errorf("api: sync: %w", err)
		}
		puts = append(puts, store.Put{Environment: e.Name, Lane: store.LaneOf(e.Name, record), Operation: job.Operation, Class: store.Live,
			Source: callerOf(ctx).source, Arguments: arguments, Key: key + "/" + record.String()})
	}
	results, err := s.Store.Put(ctx, puts)
	if err != nil {
		return nil, fmt.Errorf("api: sync: %w", err)
	}
	out := openapi.SyncAccepted{Jobs: []openapi.SyncAcceptedJob{}}
	for i, result := range results {
		record, _ := puts[i].Lane.Record()
		out.Jobs = append(out.Jobs, openapi.SyncAcceptedJob{Record: record.String(), Id: jobID(result.Op), Joined: result.Joined || result.Known})
	}
	return openapi.SyncRecords202JSONResponse(out), nil
}

// LoadTable asks for the sync of every row of a table.
func (s *server) LoadTable(ctx context.Context, r openapi.LoadTableRequestObject) (openapi.LoadTableResponseObject, error) {
	e, err := s.environment(r.Env)
	if err != nil {
		return nil, err
	}
	table := connector.Table(r.Body.Table)
	if !slices.Contains(e.Tables, table) {
		return nil, notValid("api.LoadTable", "table is not one that is synchronised in this environment: use one of the setting tables")
	}
	key, err := requestKey(r.Params.IdempotencyKey)
	if err != nil {
		return nil, err
	}
	put, err := s.Load(e.Name, table, key, callerOf(ctx).source)
	if err != nil {
		return nil, fmt.Errorf("api: load: %w", err)
	}
	results, err := s.Store.Put(ctx, []store.Put{put})
	if err != nil {
		return nil, fmt.Errorf("api: load: %w", err)
	}
	shown, err := s.job(ctx, e.Name, results[0].Op)
	return openapi.LoadTable202JSONResponse(shown), err
}

func newJob(e settings.Environment, b openapi.NewJob) (connector.Job, error) {
	job := connector.Job{Name: value(b.Name), Value: value(b.Value)}
	var known bool
	if job.Operation, known = parseOperation(b.Operation); !known {
		return job, notValid("api.CreateJob", "there is no such operation: use its label, such as Sync Contact, or its number, such as 480000006")
	}
	if utf8.RuneCountInString(job.Name) > 200 || utf8.RuneCountInString(job.Value) > 4000 || hasControl(job.Name) || strings.ContainsRune(job.Value, 0) {
		return job, notValid("api.CreateJob", "name or value is too long or holds characters that cannot be printed: use at most 200 and 4000 characters")
	}
	if b.Record != nil {
		record, err := parsePerson(e, "record", *b.Record)
		if err != nil {
			return job, err
		}
		setPerson(&job, record)
	}
	if b.List != nil {
		list, err := parseRecord("list", *b.List)
		if err != nil {
			return job, err
		}
		if list.Table != connector.MarketingList {
			return job, notValid("api.CreateJob", "list must be a marketing list: write it as list/<guid>")
		}
		job.List = list
	}
	if err := job.Check(); err != nil {
		return job, notValid("api.CreateJob", err.Error())
	}
	return job, nil
}

// parseOperation reads a label in any case, or a number.
func parseOperation(s string) (connector.Operation, bool) {
	number, err := strconv.Atoi(strings.TrimSpace(s))
	for _, spec := range connector.Operations {
		if err == nil && int(spec.Operation) == number || strings.EqualFold(spec.Label, strings.TrimSpace(s)) {
			return spec.Operation, true
		}
	}
	return 0, false
}

func parseRecord(field, text string) (connector.Record, error) {
	record, err := connector.ParseRecord(text)
	if err != nil {
		return record, notValid("api", field+" is not a record: write it as contact/<guid>, lead/<guid>, account/<guid> or list/<guid>")
	}
	return record, nil
}

func parsePerson(e settings.Environment, field, text string) (connector.Record, error) {
	record, err := parseRecord(field, text)
	if err != nil {
		return record, err
	}
	if !record.Table.IsPerson() {
		return record, notValid("api", field+" cannot be synchronised: use a contact, lead or account")
	}
	if !slices.Contains(e.Tables, record.Table) {
		return record, notValid("api", fmt.Sprintf("%s is a %s, and environment %s leaves these out: add %s to its tables", field, record.Table, e.Name, record.Table))
	}
	return record, nil
}

func setPerson(job *connector.Job, record connector.Record) {
	if record.Table == connector.Lead {
		job.Lead = record
		return
	}
	job.Customer = record
}

// laneOf is the lane in which a job is ordered: its person's, its list's, or the
// environment's own.
func laneOf(env connector.Environment, job connector.Job) store.Lane {
	switch {
	case !job.Subject().IsZero():
		return store.LaneOf(env, job.Subject())
	case !job.List.IsZero():
		return store.LaneOf(env, job.List)
	}
	return store.EnvironmentLane(env, strconv.Itoa(int(job.Operation)))
}

// requestKey makes the caller's key, or a new one, the key of a request. The
// prefix keeps it apart from the keys of events and job rows.
func requestKey(given *string) (string, error) {
	if given == nil {
		return "api/" + uuid.NewString(), nil
	}
	if n := utf8.RuneCountInString(*given); n < 1 || n > 100 || hasControl(*given) {
		return "", notValid("api", "Idempotency-Key must be 1 to 100 characters that can be printed")
	}
	return "api/" + *given, nil
}

func hasControl(s string) bool {
	return !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl)
}
