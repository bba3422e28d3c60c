package main

import (
	"context"
	"fmt"

	"github.com/spotler-connector/connector/internal/sandbox"
)

// sandboxCommand runs the simulated remotes until it is told to stop.
type sandboxCommand struct {
	Dataverse string `default:"127.0.0.1:8091" help:"Address of the simulated Dataverse."`
	Spotler   string `default:"127.0.0.1:8092" help:"Address of the simulated Spotler Mail+."`
	Leads     string `default:"127.0.0.1:8093" help:"Address of the simulated Spotler Leads."`
	Seed      uint64 `default:"1" help:"Makes ids and faults repeatable."`
	Workers   int    `default:"0" help:"Webhooks on their way at a time; 0 is the simulator's choice."`

	DataverseFile string `type:"path" placeholder:"FILE" help:"Keeps the simulated Dataverse: loaded at the start when it is there, saved at the end and by POST /control/save."`
}

// Run starts them and prints how to reach them.
func (c *sandboxCommand) Run(ctx context.Context, io streams) error {
	if err := serveProfiles(ctx, serveTuning(io.environ).profile); err != nil {
		return err
	}
	s, err := sandbox.Start(sandbox.Options{Dataverse: c.Dataverse, Spotler: c.Spotler, Leads: c.Leads, Seed: c.Seed, Workers: c.Workers, DataverseFile: c.DataverseFile})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(io.out, `Dataverse  %s   control: %s/control/
Spotler    %s   control: %s/control/
Leads      %s   control: %s/control/
token URL      %s
organisation   %s
client id      %s
client secret  %s
Spotler URL    %s%s
Spotler key    %s
Spotler secret %s
Leads tokens   %s
Leads client   %s %s
Leads user     %s %s
Leads id       %s
`, s.DataverseURL, s.DataverseURL, s.SpotlerURL, s.SpotlerURL, s.LeadsURL, s.LeadsURL,
		s.TokenURL(), sandbox.Organisation, sandbox.ClientID, sandbox.ClientSecret, s.SpotlerURL, sandbox.SpotlerBasePath, sandbox.SpotlerKey, sandbox.SpotlerSecret,
		s.LeadsTokenURL(), sandbox.LeadsClient, sandbox.LeadsSecret, sandbox.LeadsUser, sandbox.LeadsPassword, sandbox.LeadsID)
	if err != nil {
		return err
	}
	<-ctx.Done()
	return s.Close()
}
