package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/api/openapi"
	"github.com/spotler-connector/connector/internal/decide"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/mapping"
	"github.com/spotler-connector/connector/internal/operations"
	"github.com/spotler-connector/connector/internal/schema"
	"github.com/spotler-connector/connector/internal/settings"
	"github.com/spotler-connector/connector/internal/spotler"
	"github.com/spotler-connector/connector/internal/store"
)

// poll puts what changed in Spotler between two moments into the lanes.
func (e *environment) poll(ctx context.Context, from, to time.Time) error {
	_, err := e.window(ctx, from, to)
	return err
}

func (e *environment) window(ctx context.Context, from, to time.Time) (operations.Watched, error) {
	o := e.started.Load()
	if o == nil {
		return operations.Watched{}, &fault.Error{Op: "poll", On: string(e.settings.Name), Kind: fault.Conflict, Says: "the environment is off: Spotler is asked again once it is on"}
	}
	w := &operations.Watcher{Env: o, Mail: e.mail, Store: e.house.store, Now: e.house.now, Fields: o.Types, Empties: e.settings.Poll.Empties}
	seen, err := w.Window(ctx, from, to)
	if seen.Contacts+seen.Bounces+seen.Unread > 0 {
		e.house.log.Info("Spotler was asked what changed", "environment", o.Name, "contacts", seen.Contacts, "echoes", seen.Echoes, "bounces", seen.Bounces,
			"new", seen.Put, "known", seen.Known, "unread", seen.Unread)
	}
	e.house.metrics.Polled(o.Name, polledOf(seen))
	return seen, errors.Join(err, e.standsStill(ctx, err))
}

// polledOf are the counts of a window as the API tells them.
func polledOf(w operations.Watched) openapi.Polled {
	return openapi.Polled{Contacts: w.Contacts, Echoes: w.Echoes, Bounces: w.Bounces, New: w.Put, Known: w.Known, Strangers: w.Strangers, Unread: w.Unread}
}

// standsStill raises an alert when a window stops at the fence, and takes it back when
// one passes.
func (e *environment) standsStill(ctx context.Context, err error) error {
	f := fault.As(err)
	switch {
	case err == nil && e.still.CompareAndSwap(true, false):
		return e.house.store.Resume(ctx, e.settings.Name, store.GatePoll)
	case f == nil || f.Kind != fault.NotValid:
		return nil
	}
	e.still.Store(true)
	return e.house.store.Pause(ctx, store.Gate{Environment: e.settings.Name, API: store.GatePoll, PausedUntil: e.house.now().Add(2*e.settings.Poll.Every + time.Minute), Reason: sentenceOf(f.Says), Alert: true})
}

// sentenceOf makes what an error says a sentence of its own.
func sentenceOf(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:] + "."
}

// poll asks Spotler of one environment now what changed there.
func (h *house) poll(ctx context.Context, name connector.Environment) (openapi.Polled, error) {
	var out openapi.Polled
	for _, e := range h.envs {
		if e.settings.Name != name || e.started.Load() == nil {
			continue
		}
		clock := e.clockwork()
		clock.Poll = func(ctx context.Context, from, to time.Time) error {
			seen, err := e.window(ctx, from, to)
			p := polledOf(seen)
			out.Contacts, out.Echoes, out.Bounces = out.Contacts+p.Contacts, out.Echoes+p.Echoes, out.Bounces+p.Bounces
			out.New, out.Known, out.Strangers, out.Unread = out.New+p.New, out.Known+p.Known, out.Strangers+p.Strangers, out.Unread+p.Unread
			return err
		}
		err := clock.PollNow(ctx)
		return out, err
	}
	return out, &fault.Error{Op: "poll", On: string(name), Kind: fault.Conflict, Says: "the environment is starting: ask again in a moment"}
}

// bounceTasks are the states that make a task for the owner of the row.
func bounceTasks(t settings.Tasks) []connector.SpotlerStatus {
	switch t {
	case settings.TasksHard:
		return []connector.SpotlerStatus{connector.StatusHardBounce}
	case settings.TasksAll:
		return []connector.SpotlerStatus{connector.StatusHardBounce, connector.StatusSoftBounce}
	}
	return nil
}

// typesOf are the types of properties by name.
func typesOf(properties []spotler.Property) map[string]string {
	out := make(map[string]string, len(properties))
	for _, p := range properties {
		out[p.Name] = p.Type
	}
	return out
}

// subscribers is what becomes of new subscribers, as the settings say.
func (e *environment) subscribers(tables map[connector.Table]schema.Table) operations.Subscribers {
	s := e.settings.Subscribers
	out := operations.Subscribers{TakeOver: s.TakeOverIDs, Defaults: map[string]any{}, Match: s.Match, Entry: schema.AssumedEngage().Entry}
	table := connector.Contact
	switch s.Become {
	case settings.BecomeLead:
		out.Strategy, table = decide.StrategyLead, connector.Lead
	case settings.BecomeContact:
		out.Strategy = decide.StrategyContact
	case settings.BecomeEntry:
		out.Strategy, out.Match, table = decide.StrategyMembershipEntry, nil, out.Entry.Name
	}
	if len(out.Match) > 0 && out.Strategy != decide.StrategyOff {
		out.Strategy, out.Of = decide.StrategyMatch, table
	}
	for column, text := range s.Defaults {
		out.Defaults[column] = valueOf(tables[table], column, text)
	}
	return out
}

// checkMatch refuses the setting subscribers.match when the mapping does not bring its
// columns from Spotler.
func (e *environment) checkMatch(bound *mapping.Bound, tables map[connector.Table]schema.Table) error {
	s := e.subscribers(tables)
	if s.Strategy != decide.StrategyMatch {
		return nil
	}
	brought := map[string]bool{bound.AddressColumn(s.Of): true}
	for _, r := range bound.Inward(s.Of, nil) {
		brought[r.Column] = true
	}
	for _, column := range s.Match {
		c, _ := tables[s.Of].Column(column)
		if !brought[column] || c.Kind != schema.String && c.Kind != schema.Memo {
			return &fault.Error{Op: "settings", On: string(e.settings.Name), Kind: fault.NotValid,
				Says: fmt.Sprintf("the setting subscribers.match has %s, which is no text column of %s that the mapping fills from Spotler: give its row the direction <- or <->, or leave it out", column, s.Of)}
		}
	}
	return nil
}

// valueOf is a text of the settings as a value of a column: a number for a choice, yes
// or no for a two-options column. What is not known of the column goes as text, and
// Dataverse says what is wrong with it.
func valueOf(t schema.Table, column, text string) any {
	c, _ := t.Column(column)
	switch c.Kind {
	case schema.Bool:
		if b, err := strconv.ParseBool(text); err == nil {
			return b
		}
	case schema.String, schema.Memo:
		return text
	}
	if n, err := strconv.Atoi(text); err == nil {
		return n
	}
	return text
}
