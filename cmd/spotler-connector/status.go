package main

import (
	"context"
	"slices"
	"strings"

	"github.com/spotler-connector/connector/internal/api/openapi"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/store"
)

// statusCommand says how the connector is doing.
type statusCommand struct {
	connection
	Env string `short:"e" placeholder:"NAME" help:"Only this environment."`
}

// Run shows the state of every environment. It exits with 1 when one is off or
// something must be mended.
func (c *statusCommand) Run(ctx context.Context, s streams) error {
	cl, err := c.connect(s)
	if err != nil {
		return err
	}
	status, err := read[openapi.Status](succeed(cl.api.GetStatus(ctx)))
	if err != nil {
		return err
	}
	if c.Env != "" {
		if status.Environments, err = only(status.Environments, c.Env); err != nil {
			return err
		}
	}
	if err := cl.print(status, func(s *printer) { showStatus(s, status) }); err != nil {
		return err
	}
	for _, e := range status.Environments {
		if e.State == openapi.EnvironmentStateOff || len(e.Alerts) > 0 {
			return exitError{code: exitFailed}
		}
	}
	return nil
}

// alertSchema is the code of an alert about the mapping and the schemas.
const alertSchema = "schema"

func only(all []openapi.EnvironmentStatus, name string) ([]openapi.EnvironmentStatus, error) {
	for _, e := range all {
		if e.Name == name {
			return []openapi.EnvironmentStatus{e}, nil
		}
	}
	return nil, plainly(fault.NotFound, "there is no environment of this name for this token: leave --env out to see all")
}

func showStatus(s *printer, status openapi.Status) {
	s.line("spotler-connector %s, node %s, on %s, up since %s", printable(status.Version), printable(status.Node), status.Store.Kind, s.moment(status.StartedAt))
	s.line("")
	if len(status.Environments) == 0 {
		s.line("There is no environment for this token.")
		return
	}
	rows := [][]string{}
	for _, e := range status.Environments {
		rows = append(rows, []string{e.Name, string(e.State), grouped(e.Backlog), grouped(e.DeadLetters), grouped(e.TellingsPending),
			grouped(e.Linked), fenceShown(e.Fence), s.moment(value(e.LastIntakeAt)), gatesShown(e.Gates)})
	}
	s.table([]string{"ENVIRONMENT", "STATE", "BACKLOG", "DEAD", "UNTOLD", "PEOPLE", "FENCE", "LAST JOB", "PAUSED"}, rows, nil)
	for _, e := range status.Environments {
		showTrouble(s, e)
	}
}

// fenceShown is how many irreversible operations passed, of how many may.
func fenceShown(f openapi.Fence) string {
	switch {
	case f.Stopped:
		return "stopped"
	case f.Limit == 0:
		return "none"
	}
	return grouped(f.Count) + "/" + grouped(f.Limit)
}

func gatesShown(gates []openapi.Gate) string {
	var closed []string
	for _, g := range gates {
		if g.Paused {
			closed = append(closed, string(g.Api))
		}
	}
	return first(strings.Join(closed, ", "), "-")
}

// showTrouble says what is wrong with an environment, and what to do.
func showTrouble(s *printer, e openapi.EnvironmentStatus) {
	var said []string
	tell := func(heading, text string, now ...string) {
		said = append(said, text)
		s.line("")
		s.line("%s", printable(e.Name+": "+heading))
		s.sentence(4, text)
		for _, command := range now {
			s.line("    Run: spotler-connector %s", command)
		}
	}
	if e.State == openapi.EnvironmentStateOff {
		tell("off", value(e.Reason))
	}
	for _, g := range e.Gates {
		if !g.Paused {
			continue
		}
		if g.PausedUntil != nil {
			tell(string(g.Api)+" is paused until "+s.moment(*g.PausedUntil), value(g.Reason))
		} else {
			tell(string(g.Api)+" is paused until somebody lifts it", value(g.Reason), "gates resume "+e.Name+" "+string(g.Api))
		}
	}
	for _, a := range e.Alerts {
		if e.Fence.Stopped && !openapi.RemoteAPI(a.Code).Valid() && a.Code != alertSchema && a.Code != store.GatePoll {
			tell("the fence stopped irreversible operations at "+s.moment(a.Since), a.Detail, "fence release "+e.Name)
		} else if !slices.Contains(said, a.Detail) {
			tell("alert since "+s.moment(a.Since), a.Detail)
		}
	}
	if n := value(e.Reviews); n > 0 {
		tell(counted(n, "question")+" for a person", "", "reviews list --env "+e.Name)
	}
	if e.DeadLetters > 0 {
		tell(counted(e.DeadLetters, "dead letter"), "", "jobs list --state dead --env "+e.Name)
	}
	if e.TellingsDead > 0 {
		tell("Dataverse refused to hear "+counted(e.TellingsDead, "result"), "Its job rows may be out of date: see the log of the connector.")
	}
	if e.OldestReadyAt != nil && e.State != openapi.EnvironmentStateOn {
		tell("work has been waiting since "+s.moment(*e.OldestReadyAt), "")
	}
}
