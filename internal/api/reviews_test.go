package api_test

import (
	"context"
	"strings"
	"testing"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/store"
)

// ask stores a question, as an op does at its end.
func (h *house) ask(r store.Review) {
	h.t.Helper()
	ctx := h.t.Context()
	lane := store.EnvironmentLane(r.Environment, "ask")
	if _, err := h.store.Put(ctx, []store.Put{{Environment: r.Environment, Lane: lane, Operation: connector.RefreshAutomations, Source: "pull", Key: "ask/" + r.Subject + r.Field}}); err != nil {
		h.t.Fatal(err)
	}
	var batch store.Batch
	err := h.store.Admit(ctx, func(ctx context.Context, a *store.Admission) error {
		ready, err := a.Peek(ctx, r.Environment, 10)
		if err == nil {
			batch, err = a.Take(ctx, r.Environment, ready, time.Minute)
		}
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	taken, err := h.store.Take(ctx, batch, "alpha", time.Minute)
	if err != nil || len(taken) != 1 {
		h.t.Fatalf("taken %v: %v", taken, err)
	}
	if _, err := h.store.Finish(ctx, []store.Settlement{{Lane: taken[0].Lane, Epoch: taken[0].Epoch, Op: taken[0].ID, State: store.OpDone, Outcome: connector.Done("Asked."), Reviews: []store.Review{r}}}); err != nil {
		h.t.Fatal(err)
	}
}

// Questions are listed without values, shown with them, and answered once; of another
// environment they are not seen.
func TestReviews(t *testing.T) {
	h := start(t)
	h.ask(store.Review{Environment: "shop", Subject: anna, Field: "city", Kind: store.ReviewConflict, Reason: "Both sides changed it.", Sides: store.ReviewSides{CRM: "Ede", Spotler: "Epe"}})
	h.ask(store.Review{Environment: "shop", Subject: "spotler/0123", Kind: store.ReviewOrphan, Reason: "Nobody has the id."})
	const base = "/api/v1/environments/shop/reviews"
	city := base + "/" + strings.Replace(anna, "/", ":", 1) + ":city"
	for _, c := range []struct {
		name, method, path, body string
		want                     int
		says                     string
	}{
		{"list", "GET", base, "", 200, `"id":"spotler:0123"`},
		{"too many", "GET", base + "?limit=201", "", 400, "limit must be 1 to 200"},
		{"show", "GET", city, "", 200, `"crm":"Ede"`},
		{"none", "GET", base + "/contact:x:street", "", 404, "no such question"},
		{"no id", "GET", base + "/contact", "", 404, "no question with this id"},
		{"another environment", "GET", strings.Replace(city, "shop", "club", 1), "", 404, "no such question"},
		{"a conflict cannot be dismissed", "POST", city + "/answer", `{"choice":"dismiss"}`, 400, "choose crm or spotler"},
		{"answer", "POST", city + "/answer", `{"choice":"crm"}`, 200, `"job":"`},
		{"an orphan has no sides", "POST", base + "/spotler:0123/answer", `{"choice":"crm"}`, 400, "not about the value of a field"},
		{"dismiss", "POST", base + "/spotler:0123/answer", `{"choice":"dismiss"}`, 200, `"choice":"dismiss"`},
		{"dismissed twice", "POST", base + "/spotler:0123/answer", `{"choice":"dismiss"}`, 409, "answered already"},
		{"poll", "POST", "/api/v1/environments/shop/poll", "", 200, `"contacts":3`},
		{"poll where it is off", "POST", "/api/v1/environments/club/poll", "", 409, "the environment is off"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, body, _ := h.send(c.method, c.path, h.admin, c.body)
			if got != c.want || !strings.Contains(body, c.says) {
				t.Errorf("%d, want %d: %s", got, c.want, body)
			}
			if c.name == "list" && (strings.Contains(body, "Ede") || strings.Contains(body, "Epe")) {
				t.Errorf("the list shows values: %s", body)
			}
		})
	}
	ops, err := h.store.Ops(t.Context(), store.OpFilter{Environment: "shop", Operation: connector.FromSpotler, Limit: 5})
	if err != nil || len(ops) != 1 || string(ops[0].Lane) != "shop/"+anna {
		t.Errorf("the work of the answer: %+v, %v", ops, err)
	}
}
