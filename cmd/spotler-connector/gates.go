package main

import (
	"context"

	"github.com/spotler-connector/connector/internal/api/openapi"
)

// gatesCommand works on the pauses of the remote APIs.
type gatesCommand struct {
	Resume gatesResumeCommand `cmd:"" help:"Lift a pause, after credentials or rights were mended."`
}

type gatesResumeCommand struct {
	Env string `arg:"" help:"The environment."`
	API string `arg:"" name:"api" enum:"dataverse,spotler,leads" help:"The remote API: dataverse, spotler or leads."`
	connection
}

// Run lifts the pause and shows the gate as it is then.
func (c *gatesResumeCommand) Run(ctx context.Context, s streams) error {
	cl, err := c.connect(s)
	if err != nil {
		return err
	}
	gate, err := read[openapi.Gate](succeed(cl.api.ResumeGate(ctx, c.Env, openapi.RemoteAPI(c.API))))
	if err != nil {
		return err
	}
	return cl.print(gate, func(s *printer) {
		if !gate.Paused {
			s.line("Work for %s goes on in %s; it pauses again when the cause is still there.", gate.Api, printable(c.Env))
			return
		}
		s.line("%s is paused again in %s:", gate.Api, printable(c.Env))
		s.sentence(4, value(gate.Reason))
	})
}

// fenceCommand works on the fence before irreversible operations.
type fenceCommand struct {
	Release fenceReleaseCommand `cmd:"" help:"Let the irreversible operations pass that the fence stopped."`
}

type fenceReleaseCommand struct {
	Env string `arg:"" help:"The environment."`
	connection
}

// Run opens the fence and shows it as it is then.
func (c *fenceReleaseCommand) Run(ctx context.Context, s streams) error {
	cl, err := c.connect(s)
	if err != nil {
		return err
	}
	fence, err := read[openapi.Fence](succeed(cl.api.ReleaseFence(ctx, c.Env)))
	if err != nil {
		return err
	}
	return cl.print(fence, func(s *printer) {
		switch {
		case fence.Stopped:
			s.line("The fence of %s stopped again: %s passed, %s may.", printable(c.Env), counted(fence.Count, "operation"), grouped(fence.Limit))
		case fence.Limit == 0:
			s.line("%s has no fence: every irreversible operation passes.", printable(c.Env))
		default:
			s.line("The fence of %s is open: %s passed in the present window.", printable(c.Env), counted(fence.Count, "irreversible operation"))
		}
	})
}
