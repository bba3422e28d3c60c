package operations

import (
	"context"

	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/store"
)

// onlyOnce asks for an effect that must not happen twice. A note with the op, made
// before, tells a later attempt that this one may have had its effect, were the
// answer lost or the process to end: that attempt is Uncertain and asks for nothing.
// Trouble that certainly had no effect takes the note away, and the op may run again.
func (b *run) onlyOnce(ctx context.Context, t store.Taken, effect func() error) error {
	if len(t.Checkpoint) > 0 {
		return &fault.Error{Op: "operations.onlyOnce", On: t.Operation.String(), Kind: fault.Uncertain, Says: "an earlier attempt was cut off before its answer came"}
	}
	lane := store.Leased{Lane: t.Lane, Epoch: t.Epoch}
	held, err := b.Store.Checkpoint(ctx, b.env.Name, lane, t.ID, []byte("begun"))
	if err != nil {
		return beforeEffect(&fault.Error{Op: "store.Checkpoint", Kind: fault.Unreachable, Err: err})
	}
	if !held {
		return beforeEffect(&fault.Error{Op: "operations.onlyOnce", On: t.Operation.String(), Kind: fault.Conflict, Says: "another node took the job over"})
	}
	err = effect()
	kind := fault.Of(err)
	if err == nil || kind == fault.Uncertain || kind == fault.Garbled || ctx.Err() != nil {
		return err
	}
	if _, forget := b.Store.Checkpoint(ctx, b.env.Name, lane, t.ID, nil); forget != nil {
		b.Log.WarnContext(ctx, "a note could not be taken back: the job will end as uncertain", "environment", b.env.Name, "op", t.ID, "err", forget)
	}
	return err
}
