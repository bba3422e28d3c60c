package main

import (
	"context"
	"time"

	"github.com/spotler-connector/connector/internal/operations"
	"github.com/spotler-connector/connector/internal/spotler"
)

// poll puts what changed in Spotler between two moments into the lanes.
func (e *environment) poll(ctx context.Context, from, to time.Time) error {
	o := e.started.Load()
	w := &operations.Watcher{Env: o, Mail: e.mail, Store: e.house.store, Now: e.house.now, Fields: e.fields, Empties: e.settings.Poll.Empties}
	seen, err := w.Window(ctx, from, to)
	if seen.Contacts+seen.Bounces+seen.Unread > 0 {
		e.house.log.Info("Spotler was asked what changed", "environment", o.Name, "contacts", seen.Contacts, "echoes", seen.Echoes, "bounces", seen.Bounces,
			"new", seen.Put, "known", seen.Known, "unread", seen.Unread)
	}
	return err
}

// typesOf are the types of properties by name.
func typesOf(properties []spotler.Property) map[string]string {
	out := make(map[string]string, len(properties))
	for _, p := range properties {
		out[p.Name] = p.Type
	}
	return out
}
