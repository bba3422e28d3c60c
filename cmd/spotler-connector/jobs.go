package main

import (
	"context"
	"strconv"
	"strings"
	"unicode"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/api/openapi"
	"github.com/spotler-connector/connector/internal/fault"
)

// jobsCommand looks at jobs and asks for them.
type jobsCommand struct {
	List  jobsListCommand  `cmd:"" help:"Show jobs, newest first."`
	Show  jobsShowCommand  `cmd:"" help:"Show one job."`
	Retry jobsRetryCommand `cmd:"" help:"Do a failed or dead job again."`
	Run   jobsRunCommand   `cmd:"" help:"Ask for an operation."`
}

type jobsListCommand struct {
	State     string `placeholder:"STATE" help:"Only jobs in this state: queued, running, done, failed, dead or cancelled."`
	Operation string `placeholder:"NAME" help:"Only jobs of this operation, as sync-contact or 480000006."`
	Record    string `placeholder:"RECORD" help:"Only jobs of this record, as contact/<guid>."`
	Limit     int    `default:"50" help:"How many jobs at most, up to 200."`
	Cursor    string `placeholder:"CURSOR" help:"Go on where the page before ended."`
	connection
	chosen
}

// Run shows a page of jobs.
func (c *jobsListCommand) Run(ctx context.Context, s streams) error {
	params := openapi.ListJobsParams{Record: some(c.Record), Limit: &c.Limit, Cursor: some(c.Cursor), State: some(openapi.JobState(c.State))}
	if params.State != nil && !params.State.Valid() {
		return plainly(fault.NotValid, "there is no such state: use queued, running, done, failed, dead or cancelled")
	}
	if c.Operation != "" {
		operation, err := operationNamed(c.Operation)
		if err != nil {
			return err
		}
		params.Operation = some(int(operation))
	}
	cl, err := c.connect(s)
	if err != nil {
		return err
	}
	env, err := cl.environment(ctx, c.Env)
	if err != nil {
		return err
	}
	page, err := read[openapi.JobList](succeed(cl.api.ListJobs(ctx, env, &params)))
	if err != nil {
		return err
	}
	return cl.print(page, func(s *printer) { showJobs(s, page) })
}

type jobsShowCommand struct {
	ID string `arg:"" help:"Id of the job."`
	connection
	chosen
}

// Run shows all that is known of a job.
func (c *jobsShowCommand) Run(ctx context.Context, s streams) error {
	cl, err := c.connect(s)
	if err != nil {
		return err
	}
	env, err := cl.environment(ctx, c.Env)
	if err != nil {
		return err
	}
	job, err := read[openapi.Job](succeed(cl.api.GetJob(ctx, env, c.ID)))
	if err != nil {
		return err
	}
	return cl.print(job, func(s *printer) { showJob(s, job) })
}

type jobsRetryCommand struct {
	ID string `arg:"" help:"Id of the job."`
	connection
	chosen
	waiting
}

// Run asks for the job again.
func (c *jobsRetryCommand) Run(ctx context.Context, s streams) error {
	cl, err := c.connect(s)
	if err != nil {
		return err
	}
	env, err := cl.environment(ctx, c.Env)
	if err != nil {
		return err
	}
	job, err := read[openapi.Job](succeed(cl.api.RetryJob(ctx, env, c.ID)))
	if err != nil {
		return err
	}
	return c.asked(ctx, cl, env, job)
}

type jobsRunCommand struct {
	Operation string `arg:"" help:"What to do, as sync-contact or 480000006."`
	Record    string `arg:"" optional:"" help:"For whom or what, as contact/<guid>, lead/<guid>, account/<guid> or list/<guid>."`
	Name      string `placeholder:"TEXT" help:"Parameter Name: a tag, a score, a list or a field."`
	Value     string `placeholder:"TEXT" help:"Parameter Value."`
	Key       string `placeholder:"KEY" help:"Twice the same key is one request."`
	connection
	chosen
	waiting
}

// Run asks for the operation.
func (c *jobsRunCommand) Run(ctx context.Context, s streams) error {
	operation, err := operationNamed(c.Operation)
	if err != nil {
		return err
	}
	body := openapi.NewJob{Operation: operation.String(), Name: some(c.Name), Value: some(c.Value)}
	if strings.HasPrefix(strings.ToLower(c.Record), string(connector.MarketingList)+"/") {
		body.List = &c.Record
	} else {
		body.Record = some(c.Record)
	}
	cl, err := c.connect(s)
	if err != nil {
		return err
	}
	env, err := cl.environment(ctx, c.Env)
	if err != nil {
		return err
	}
	job, err := read[openapi.Job](succeed(cl.api.CreateJob(ctx, env, &openapi.CreateJobParams{IdempotencyKey: requestKey(c.Key)}, body)))
	if err != nil {
		return err
	}
	return c.asked(ctx, cl, env, job)
}

// asked shows the job that was asked for, or waits for its end.
func (w waiting) asked(ctx context.Context, cl *client, env string, job openapi.Job) error {
	if w.Wait {
		return w.await(ctx, cl, env, []string{job.Id})
	}
	return cl.print(job, func(s *printer) { showJob(s, job) })
}

// operationNamed reads a label in any spelling, such as "Increase Score (+)" or
// increase-score, or a number.
func operationNamed(text string) (connector.Operation, error) {
	letters := func(s string) string {
		return strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				return unicode.ToLower(r)
			}
			return -1
		}, s)
	}
	var labels []string
	for _, spec := range connector.Operations {
		label := strings.ToLower(strings.TrimRight(spec.Label, " (+-)"))
		labels = append(labels, strings.ReplaceAll(label, " ", "-"))
		if l := letters(text); l == letters(spec.Label) || l == strconv.Itoa(int(spec.Operation)) {
			return spec.Operation, nil
		}
	}
	return 0, plainly(fault.NotValid, "there is no such operation: use one of "+strings.Join(labels, ", "))
}
