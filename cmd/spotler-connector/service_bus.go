package main

import (
	"context"

	"github.com/spotler-connector/connector/internal/intake"
	"github.com/spotler-connector/connector/internal/intake/servicebus"
)

// listen reads the events that come by Service Bus until ctx ends, if any do. Every node
// reads: the broker gives a message to one of them.
func (e *environment) listen(ctx context.Context) {
	bus := e.settings.ServiceBus
	if bus.Address == "" {
		return
	}
	receiver := intake.NewReceiver(intake.Options{Store: e.house.store, Now: e.house.now, Log: e.house.log, Seen: e.house.seen})
	l := servicebus.New(servicebus.Options{Address: bus.Address, Queue: bus.Queue, KeyName: bus.KeyName, Key: bus.Key.Reveal, Log: e.house.log.With("environment", e.settings.Name),
		Receive: func(ctx context.Context, body []byte) error { return receiver.Receive(ctx, e.intake(), body) }})
	_ = l.Run(ctx) // it ends with ctx only, and says itself what goes wrong meanwhile
}
