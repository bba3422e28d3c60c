package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spotler-connector/connector/internal/api/openapi"
	"github.com/spotler-connector/connector/internal/fault"
)

// recordsAtOnce is how many records one request may name (api/openapi.yaml).
const recordsAtOnce = 1000

// syncCommand makes Spotler look like the CRM for some records.
type syncCommand struct {
	Records []string `arg:"" name:"record" help:"What to synchronise, as contact/<guid>, lead/<guid> or account/<guid>."`
	Key     string   `placeholder:"KEY" help:"Twice the same key is one request."`
	connection
	chosen
	waiting
}

// Run asks for the records and, if it is told so, waits for them.
func (c *syncCommand) Run(ctx context.Context, s streams) error {
	cl, err := c.connect(s)
	if err != nil {
		return err
	}
	env, err := cl.environment(ctx, c.Env)
	if err != nil {
		return err
	}
	accepted := openapi.SyncAccepted{Jobs: []openapi.SyncAcceptedJob{}}
	params := &openapi.SyncRecordsParams{IdempotencyKey: requestKey(c.Key)}
	for records := range slices.Chunk(c.Records, recordsAtOnce) {
		part, err := read[openapi.SyncAccepted](succeed(cl.api.SyncRecords(ctx, env, params, openapi.NewSync{Records: records})))
		if err != nil {
			return err
		}
		accepted.Jobs = append(accepted.Jobs, part.Jobs...)
	}
	if c.Wait {
		ids := make([]string, len(accepted.Jobs))
		for i, j := range accepted.Jobs {
			ids[i] = j.Id
		}
		return c.await(ctx, cl, env, ids)
	}
	return cl.print(accepted, func(s *printer) { showAccepted(s, accepted.Jobs) })
}

func showAccepted(s *printer, jobs []openapi.SyncAcceptedJob) {
	rows := make([][]string, len(jobs))
	for i, j := range jobs {
		rows[i] = []string{j.Id, j.Record, "new"}
		if j.Joined {
			rows[i][2] = "was asked for already"
		}
	}
	s.table([]string{"JOB", "RECORD", ""}, rows, nil)
}

// waiting holds the flags of commands that may wait for the jobs they ask for.
type waiting struct {
	Wait    bool          `short:"w" help:"Wait until the work has ended; exit 1 when it failed."`
	Timeout time.Duration `default:"10m" help:"How long to wait at most."`
}

// ended reports whether a job will not go on by itself.
func ended(s openapi.JobState) bool {
	return s == openapi.JobStateDone || s == openapi.JobStateFailed || s == openapi.JobStateDead || s == openapi.JobStateCancelled
}

// await prints the jobs when all of them have ended. Its error is an exit code
// when one of them was not done.
func (w waiting) await(ctx context.Context, cl *client, env string, ids []string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, w.Timeout, fault.Uncertain)
	defer cancel()
	out := openapi.JobList{Jobs: []openapi.Job{}}
	failed := 0
	for _, id := range once(ids) {
		job, err := w.end(ctx, cl, env, id)
		if err != nil {
			return err
		}
		if job.State != openapi.JobStateDone {
			failed++
		}
		out.Jobs = append(out.Jobs, job)
	}
	if err := cl.print(out, func(s *printer) { showEnded(s, out) }); err != nil {
		return err
	}
	if failed > 0 {
		return exitError{exitFailed, fmt.Sprintf("spotler-connector: %d of %s did not end well", failed, counted(int64(len(out.Jobs)), "job"))}
	}
	return nil
}

// showEnded shows a single job in full, with why there may have been nothing to do.
func showEnded(s *printer, list openapi.JobList) {
	if len(list.Jobs) == 1 {
		showJob(s, list.Jobs[0])
		return
	}
	showJobs(s, list)
}

// end asks for a job until it has ended, less and less often.
func (w waiting) end(ctx context.Context, cl *client, env, id string) (openapi.Job, error) {
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 2*time.Second) {
		job, err := read[openapi.Job](succeed(cl.api.GetJob(ctx, env, id)))
		if err == nil && ended(job.State) {
			return job, nil
		}
		if err != nil && ctx.Err() == nil {
			return job, err
		}
		select {
		case <-ctx.Done():
			if errors.Is(context.Cause(ctx), fault.Uncertain) {
				return job, plainly(fault.Uncertain, fmt.Sprintf("the work has not ended within %s and goes on: look again with: spotler-connector jobs list", w.Timeout))
			}
			return job, unanswered(ctx.Err())
		case <-time.After(pause):
		}
	}
}

// once leaves later copies out.
func once(ids []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, id := range ids {
		if !seen[id] {
			out = append(out, id)
		}
		seen[id] = true
	}
	return out
}
