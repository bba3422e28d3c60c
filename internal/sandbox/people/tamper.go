package people

import (
	"context"
	"math/rand/v2"
	"net/http"
)

// Tampered is one contact that was spoiled in Spotler.
type Tampered struct {
	ID  string `json:"id"`
	How string `json:"how"` // "city", "country", "street" or "removed"
}

// Tamper spoils n contacts in Spotler behind the connector's back, so that
// somebody can see whether it is noticed and repaired: an address is
// overwritten, or the contact disappears. Permissions are left alone, because a
// change of those in Spotler is the person's own word. It picks among those who
// should be held and are, so it spoils fewer when there are fewer.
func (w *World) Tamper(ctx context.Context, n int, seed uint64, rules Rules) ([]Tampered, error) {
	refused, err := w.refusedValues(ctx)
	if err != nil {
		return nil, err
	}
	expectations, err := w.Expect(ctx, rules, refused)
	if err != nil {
		return nil, err
	}
	contacts, err := w.contacts(ctx)
	if err != nil {
		return nil, err
	}
	r := rand.New(rand.NewPCG(seed, 0x7a))
	r.Shuffle(len(expectations), func(i, j int) { expectations[i], expectations[j] = expectations[j], expectations[i] })
	out := []Tampered{}
	for _, e := range expectations {
		c, there := contacts[e.ID]
		if len(out) == n {
			break
		}
		if e.Want != Held || !there || c.State == "opted_out" {
			continue
		}
		how, path, body := spoil(c, r)
		if err := w.spotler(ctx, controlCall{method: http.MethodPost, path: "/control/contacts/" + path, body: body}); err != nil {
			return out, err
		}
		out = append(out, Tampered{e.ID, how})
	}
	return out, nil
}

func spoil(c held, r *rand.Rand) (how, path string, body map[string]any) {
	body = map[string]any{"external_id": c.ExternalID}
	properties := []string{"city", "country", "street"}
	if i := r.IntN(4); i < len(properties) {
		body["properties"] = map[string]string{properties[i]: "Niemandsland"}
		return properties[i], "edit", body
	}
	return "removed", "remove", body
}
