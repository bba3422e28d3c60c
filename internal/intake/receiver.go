package intake

import (
	"context"
	"fmt"

	"github.com/spotler-connector/connector/internal/dataverse"
	"github.com/spotler-connector/connector/internal/fault"
)

// Receiver takes in events that do not come by a hook. It shares nothing with one but
// the rules.
type Receiver struct{ in *intake }

// NewReceiver makes a receiver; of o, Environments is not used.
func NewReceiver(o Options) *Receiver { return &Receiver{in: newIntake(o)} }

// Receive returns when what the event in body asks for is durable, or nothing has to be
// done. A fault.Garbled error says that body is no event of Dataverse, fault.NotValid
// that it is of another organisation: neither gets better when it comes again. Any other
// error is trouble of the store, and the event must come again.
func (r *Receiver) Receive(ctx context.Context, env *Environment, body []byte) error {
	x, err := dataverse.DecodeExecutionContext(body) // it copies the body
	if err != nil {
		return r.garbled(env, err)
	}
	if x.OrganizationID != env.Organisation {
		r.in.seen(env.Name, Stranger, nil)
		return &fault.Error{Op: "intake.Receive", Kind: fault.NotValid, Says: "the event is of another organisation: OrganizationId is not that of this environment"}
	}
	puts, err := Requests(env, x)
	if err != nil {
		return r.garbled(env, err)
	}
	if len(puts) == 0 {
		r.in.seen(env.Name, Ignored, nil)
		return nil
	}
	if err := r.in.group.put(ctx, puts); err != nil {
		r.in.seen(env.Name, NotStored, err)
		return fmt.Errorf("intake: the event was not stored: %w", err)
	}
	r.in.seen(env.Name, Accepted, nil)
	return nil
}

func (r *Receiver) garbled(env *Environment, err error) error {
	r.in.seen(env.Name, NotAnEvent, err)
	return &fault.Error{Op: "intake.Receive", Kind: fault.Garbled, Says: explain(err)}
}
