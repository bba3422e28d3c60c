package people

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/schema"
)

// BackMapping are the two rows of the mapping that the way back needs beside the
// default ones, as a sheet: a column of contacts that both sides may change, and one that
// only Spotler fills.
const BackMapping = `version: 1
rows:
  - {spotler: profileField3, contact: salutation, direction: "<->"}
  - {spotler: profileField4, contact: address1_line3, direction: "<-"}
`

// BackPlan says how much comes back.
type BackPlan struct {
	Forms, Unsubscribes, Choices, Bounces, Subscribers int
	Merges, Qualified                                  int
}

// Back is what came back from Spotler, so that Check can hold Dataverse against it.
type Back struct {
	Plan  BackPlan
	world *World
	// Who did what, by GUID.
	forms       []string
	left        []string // unsubscribed from everything
	chose       []string // turned one permission off
	bounced     []string
	subscribers []string // addresses
	merged      [][2]string
	qualified   []string
}

// WayBack lets people act in Spotler, as they do in forms and mails, and others merge
// contacts and qualify leads in Dynamics. Those who act are in Spotler and share their
// address with nobody.
func (w *World) WayBack(ctx context.Context, plan BackPlan, seed uint64) (*Back, error) {
	b := &Back{Plan: plan, world: w}
	contacts, err := w.settled(ctx, connector.Contact)
	if err != nil {
		return nil, err
	}
	leads, err := w.settled(ctx, connector.Lead)
	if err != nil {
		return nil, err
	}
	random := rand.New(rand.NewPCG(seed, 7))
	random.Shuffle(len(contacts), func(i, j int) { contacts[i], contacts[j] = contacts[j], contacts[i] })
	take := func(n int, fits func(*Expectation) bool) (out []string) {
		contacts = slices.DeleteFunc(contacts, func(e *Expectation) bool {
			if len(out) == n || !fits(e) {
				return false
			}
			out = append(out, e.ID)
			return true
		})
		return out
	}
	anybody := func(*Expectation) bool { return true }
	b.chose = take(plan.Choices, func(e *Expectation) bool { return e.Bits[Permissions[0]] == On })
	b.forms, b.left, b.bounced = take(plan.Forms, anybody), take(plan.Unsubscribes, anybody), take(plan.Bounces, anybody)
	for range plan.Merges {
		if pair := take(2, anybody); len(pair) == 2 {
			b.merged = append(b.merged, [2]string{pair[0], pair[1]})
		}
	}
	for _, e := range leads[:min(plan.Qualified, len(leads))] {
		b.qualified = append(b.qualified, e.ID)
	}
	for n := range plan.Subscribers {
		b.subscribers = append(b.subscribers, fmt.Sprintf("subscriber%d@forms.example", n+1))
	}
	return b, b.act(ctx)
}

// settled are the rows that are as they should be in Spotler, reachable, with an address
// of their own.
func (w *World) settled(ctx context.Context, t connector.Table) ([]*Expectation, error) {
	all, err := w.Expect(ctx, Rules{}, nil)
	if err != nil {
		return nil, err
	}
	contacts, err := w.contacts(ctx)
	if err != nil {
		return nil, err
	}
	sharing := map[string]int{}
	for _, e := range all {
		sharing[e.address]++
	}
	var out []*Expectation
	for _, e := range all {
		c, there := contacts[e.ID]
		if e.Table == t && e.Want == Held && there && c.State == "active" && sharing[e.address] == 1 && len(e.differences(c)) == 0 {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(x, y *Expectation) int { return strings.Compare(x.ID, y.ID) })
	return out, nil
}

// act does it all.
func (b *Back) act(ctx context.Context) error {
	type body = map[string]any
	post := func(path string, x any) error {
		return b.world.spotler(ctx, controlCall{method: http.MethodPost, path: "/control/contacts" + path, body: x})
	}
	for n, id := range b.forms {
		if err := post("/edit", body{"external_id": id, "properties": body{"profileField3": formTitle(n), "profileField4": formLine(n)}}); err != nil {
			return err
		}
	}
	for _, id := range b.left {
		if err := post("/unsubscribe", body{"external_id": id}); err != nil {
			return err
		}
	}
	for _, id := range b.chose {
		if err := post("/permission", body{"external_id": id, "bit": 1, "enabled": false}); err != nil {
			return err
		}
	}
	for _, id := range b.bounced {
		if err := post("/bounce", body{"external_id": id, "type": "HARD"}); err != nil {
			return err
		}
	}
	var fresh []body
	for n, address := range b.subscribers {
		fresh = append(fresh, body{"properties": body{"email": address, "firstName": "Noor", "lastName": fmt.Sprint("Form", n+1),
			"permissions": []body{{"bit": 1, "enabled": true}}}})
	}
	if len(fresh) > 0 {
		if err := post("", body{"contacts": fresh}); err != nil {
			return err
		}
	}
	return b.join(ctx)
}

func formTitle(n int) string { return fmt.Sprint("Doctor ", n+1) }
func formLine(n int) string  { return fmt.Sprint("Floor ", n+1) }

// join merges contacts and qualifies leads in Dynamics.
func (b *Back) join(ctx context.Context) error {
	const kind = "Microsoft.Dynamics.CRM.contact"
	for _, pair := range b.merged {
		err := b.world.one(ctx, Request{http.MethodPost, "Merge", map[string]any{
			"Target":      map[string]any{"@odata.type": kind, "contactid": pair[0]},
			"Subordinate": map[string]any{"@odata.type": kind, "contactid": pair[1]}, "PerformParentingChecks": false}})
		if err != nil {
			return fmt.Errorf("merge: %w", err)
		}
	}
	for _, id := range b.qualified {
		path := schema.SetOf(connector.Lead) + "(" + id + ")/Microsoft.Dynamics.CRM.QualifyLead"
		err := b.world.one(ctx, Request{http.MethodPost, path, map[string]any{"CreateAccount": false, "CreateContact": true, "CreateOpportunity": false, "Status": 3}})
		if err != nil {
			return fmt.Errorf("qualify: %w", err)
		}
	}
	return nil
}
