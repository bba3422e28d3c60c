package main

import (
	"context"

	"github.com/spotler-connector/connector/internal/api/openapi"
)

// loadCommand synchronises every row of a table. People who save a change meanwhile go
// first.
type loadCommand struct {
	Table string `arg:"" enum:"contact,lead,account" help:"contact, lead or account."`
	Key   string `placeholder:"KEY" help:"Twice the same key is one request."`
	connection
	chosen
	waiting
}

// Run asks for the load and, if it is told so, waits until the last row was asked for.
func (c *loadCommand) Run(ctx context.Context, s streams) error {
	cl, err := c.connect(s)
	if err != nil {
		return err
	}
	env, err := cl.environment(ctx, c.Env)
	if err != nil {
		return err
	}
	job, err := read[openapi.Job](succeed(cl.api.LoadTable(ctx, env, &openapi.LoadTableParams{IdempotencyKey: requestKey(c.Key)}, openapi.NewLoad{Table: openapi.NewLoadTable(c.Table)})))
	if err != nil {
		return err
	}
	if c.Wait {
		return c.await(ctx, cl, env, []string{job.Id})
	}
	return cl.print(job, func(s *printer) {
		s.line("Job %s asks for every row of table %s; status shows how many wait.", printable(job.Id), c.Table)
	})
}
