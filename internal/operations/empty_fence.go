package operations

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/store"
)

// emptyFence holds back the people of a window who emptied a field, until it is known
// how many there are: a field that Spotler stopped to tell looks the same.
type emptyFence struct {
	most  int
	count map[string]int
	held  []held
}

// held is the work of one person who emptied fields.
type held struct {
	fields []string
	put    store.Put
}

func newEmptyFence(most int) *emptyFence { return &emptyFence{most: most, count: map[string]int{}} }

// holds keeps the work of somebody who emptied fields, and reports whether it did.
func (f *emptyFence) holds(emptied []string, p store.Put) bool {
	if f.most <= 0 || len(emptied) == 0 {
		return false
	}
	over := false
	for _, name := range emptied {
		f.count[name]++
		over = over || f.count[name] > f.most
	}
	if !over {
		f.held = append(f.held, held{emptied, p})
	}
	return true
}

// stopped are the fields that more people emptied than may.
func (f *emptyFence) stopped() []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(f.count)) {
		if f.count[name] > f.most {
			out = append(out, fmt.Sprintf("%s (%d people)", name, f.count[name]))
		}
	}
	return out
}

// emptied are the fields of which a person had a value, and has none now.
func (x *watching) emptied(in Inbound, l store.Link) []string {
	if l.Record.IsZero() || in.Bounce != "" || in.gone() {
		return nil
	}
	var out []string
	for _, r := range x.Env.Mapping.Inward(l.Record.Table, in.Properties) {
		if !r.Present && in.listed(r.Name) && l.Shadow[r.Name].Spotler != "" {
			out = append(out, r.Name)
		}
	}
	return out
}

// release stores the work that the fence held, except for fields that too many
// emptied. Then the window is not done: it is read again until a person decides.
func (x *watching) release(ctx context.Context) error {
	stopped := x.fence.stopped()
	puts := make([]store.Put, 0, len(x.fence.held))
	for _, h := range x.fence.held {
		if !slices.ContainsFunc(h.fields, func(name string) bool { return x.fence.count[name] > x.fence.most }) {
			puts = append(puts, h.put)
		}
	}
	if err := x.store(ctx, puts); err != nil || len(stopped) == 0 {
		return err
	}
	return &fault.Error{Op: "spotler.Updates", On: string(x.Env.Name), Kind: fault.NotValid,
		Says: fmt.Sprintf("more than %d people emptied %s in Spotler at once, so none of these is taken to Dynamics 365; if this is meant, raise the setting poll.empties", x.fence.most, strings.Join(stopped, ", "))}
}
