package main

import (
	"context"

	"github.com/spotler-connector/connector/internal/api/openapi"
)

// pollCommand asks Spotler for what changed there.
type pollCommand struct {
	Now pollNowCommand `cmd:"" help:"Ask Spotler now what changed there, without waiting for the clock."`
}

type pollNowCommand struct {
	connection
	chosen
}

// Run polls and shows what came.
func (c *pollNowCommand) Run(ctx context.Context, s streams) error {
	cl, err := c.connect(s)
	if err != nil {
		return err
	}
	env, err := cl.environment(ctx, c.Env)
	if err != nil {
		return err
	}
	polled, err := read[openapi.Polled](succeed(cl.api.PollSpotler(ctx, env)))
	if err != nil {
		return err
	}
	return cl.print(polled, func(s *printer) {
		s.line("%s changed in Spotler, %s of our own; %s came back.", counted(int64(polled.Contacts), "contact"), counted(int64(polled.Echoes), "echo"), counted(int64(polled.Bounces), "message"))
		s.line("%s to do, %s known already.", counted(int64(polled.New), "thing"), grouped(int64(polled.Known)))
		if polled.Strangers > 0 {
			s.line("%s in Spotler only, and new subscribers are not taken in.", counted(int64(polled.Strangers), "person"))
		}
		if polled.Unread > 0 {
			s.line("%s could not be read.", counted(int64(polled.Unread), "item"))
		}
	})
}
