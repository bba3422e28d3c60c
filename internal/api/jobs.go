package api

import (
	"context"
	"fmt"
	"strconv"

	"github.com/google/uuid"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/api/openapi"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/settings"
	"github.com/spotler-connector/connector/internal/store"
)

const (
	defaultLimit = 50
	maxLimit     = 200
)

// ListJobs answers with a page of jobs, newest first.
func (s *server) ListJobs(ctx context.Context, r openapi.ListJobsRequestObject) (openapi.ListJobsResponseObject, error) {
	e, err := s.environment(r.Env)
	if err != nil {
		return nil, err
	}
	f, err := filter(e, r.Params)
	if err != nil {
		return nil, err
	}
	limit := f.Limit
	f.Limit++ // one more tells whether there is a next page
	ops, err := s.Store.Ops(ctx, f)
	if err != nil {
		return nil, fmt.Errorf("api: jobs: %w", err)
	}
	out := openapi.JobList{Jobs: []openapi.Job{}}
	if len(ops) > limit {
		ops = ops[:limit]
		out.Next = some(jobID(ops[limit-1].ID))
	}
	for _, op := range ops {
		out.Jobs = append(out.Jobs, shownJob(op))
	}
	return openapi.ListJobs200JSONResponse(out), nil
}

func filter(e settings.Environment, p openapi.ListJobsParams) (store.OpFilter, error) {
	f := store.OpFilter{Environment: e.Name, Limit: defaultLimit, Operation: connector.Operation(value(p.Operation))}
	if p.Operation != nil {
		if _, known := f.Operation.Spec(); !known {
			return f, notValid("api.ListJobs", fmt.Sprintf("there is no such operation: use a number from %d to %d", connector.SyncList, connector.ClearContactField))
		}
	}
	if p.State != nil {
		state, known := store.ParseOpState(string(*p.State))
		if !known {
			return f, notValid("api.ListJobs", "there is no such state: use queued, running, done, failed, dead or cancelled")
		}
		f.States = []store.OpState{state}
	}
	if p.Record != nil {
		record, err := parseRecord("record", *p.Record)
		if err != nil {
			return f, err
		}
		f.Lane = store.LaneOf(e.Name, record)
	}
	if p.Limit != nil {
		f.Limit = *p.Limit
		if f.Limit < 1 || f.Limit > maxLimit {
			return f, notValid("api.ListJobs", fmt.Sprintf("limit must be 1 to %d", maxLimit))
		}
	}
	if p.Cursor != nil {
		before, err := parseJobID(*p.Cursor)
		if err != nil {
			return f, notValid("api.ListJobs", "cursor must be the next of the page before")
		}
		f.Before = before
	}
	return f, nil
}

// GetJob answers with one job and the job rows that show it.
func (s *server) GetJob(ctx context.Context, r openapi.GetJobRequestObject) (openapi.GetJobResponseObject, error) {
	e, err := s.environment(r.Env)
	if err != nil {
		return nil, err
	}
	id, err := parseJobID(r.Id)
	if err != nil {
		return nil, err
	}
	job, err := s.job(ctx, e.Name, id)
	return openapi.GetJob200JSONResponse(job), err
}

// RetryJob asks again for what a failed or dead job was to do.
func (s *server) RetryJob(ctx context.Context, r openapi.RetryJobRequestObject) (openapi.RetryJobResponseObject, error) {
	e, err := s.environment(r.Env)
	if err != nil {
		return nil, err
	}
	id, err := parseJobID(r.Id)
	if err != nil {
		return nil, err
	}
	old, err := s.Store.Op(ctx, e.Name, id)
	if err != nil {
		return nil, fmt.Errorf("api: retry: %w", err)
	}
	if old.State != store.OpFailed && old.State != store.OpDead {
		return nil, &fault.Error{Op: "api.RetryJob", Kind: fault.Conflict, Says: "the job is " + old.State.String() + ": only a failed or dead job can be repeated"}
	}
	result, err := s.Store.Retry(ctx, e.Name, id, "retry/"+uuid.NewString())
	if err != nil {
		return nil, fmt.Errorf("api: retry: %w", err)
	}
	job, err := s.job(ctx, e.Name, result.Op)
	return openapi.RetryJob202JSONResponse(job), err
}

func (s *server) job(ctx context.Context, env connector.Environment, id int64) (openapi.Job, error) {
	op, err := s.Store.Op(ctx, env, id)
	if err != nil {
		return openapi.Job{}, fmt.Errorf("api: job: %w", err)
	}
	out := shownJob(op.Op)
	rows := make([]uuid.UUID, 0, len(op.Jobs))
	for _, row := range op.Jobs {
		if id, err := uuid.Parse(string(row)); err == nil {
			rows = append(rows, id)
		}
	}
	out.JobRows = &rows
	return out, nil
}

// shownJob is what the API tells of an op: never its arguments, which may be
// personal.
func shownJob(op store.Op) openapi.Job {
	out := openapi.Job{
		Id: jobID(op.ID), Environment: string(op.Environment), Operation: int(op.Operation), Label: op.Operation.String(),
		Lane: string(op.Lane), State: openapi.JobState(op.State.String()), Attempt: op.Attempt, Source: openapi.JobSource(op.Source),
		Code: some(op.ResultCode), Message: some(op.Message), HttpStatus: some(op.HTTPStatus), Cause: some(op.Cause), Merged: some(op.Merged),
		CreatedAt: op.CreatedAt, StartedAt: some(op.StartedAt), FinishedAt: some(op.FinishedAt),
	}
	if record, ok := op.Lane.Record(); ok {
		out.Record = some(record.String())
	}
	return out
}

func jobID(id int64) string { return strconv.FormatInt(id, 10) }

func parseJobID(s string) (int64, error) {
	id, err := strconv.ParseInt(s, 10, 64)
	if err != nil || id < 1 || jobID(id) != s {
		return 0, &fault.Error{Op: "api", Kind: fault.NotFound, Says: "there is no job with this id"}
	}
	return id, nil
}
