package main

import (
	"context"
	"slices"
	"strings"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/api"
	"github.com/spotler-connector/connector/internal/api/openapi"
	"github.com/spotler-connector/connector/internal/decide"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/mapping"
	"github.com/spotler-connector/connector/internal/operations"
	"github.com/spotler-connector/connector/internal/store"
)

// explain answers the API's question about one person.
func (h *house) explain(ctx context.Context, env connector.Environment, record connector.Record, values bool) (api.Explained, error) {
	e := h.running(env)
	if e == nil {
		return api.Explained{}, &fault.Error{Op: "explain", On: string(env), Kind: fault.Unreachable, Says: "the environment has not started yet; try again in a moment"}
	}
	x, err := operations.Explain(ctx, h.store, e, record, h.now())
	if err != nil {
		return api.Explained{}, err
	}
	return api.Explained{Explanation: explained(env, x, values), Ops: x.Ops, Entries: x.Ledger, Receipts: x.Receipts, Closed: x.Gates}, nil
}

// explained is an explanation as the API tells it.
func explained(env connector.Environment, x operations.Explanation, values bool) openapi.Explanation {
	out := openapi.Explanation{Environment: string(env), Record: x.Record.String(), At: x.At.UTC(), Synchronised: x.Synced,
		Rules: []openapi.RuleSeen{}, WouldChange: []openapi.WouldChange{}, Mapping: explainedLines(x.Mapping, values), Sends: append([]string{}, x.Sends...),
		Permissions: []openapi.PermissionSeen{}, Makes: []openapi.PermissionRow{}, Questions: []openapi.QuestionSeen{}, Link: explainedLink(x),
		RowVersion: some(x.RowVersion), RowModifiedAt: some(x.ModifiedAt)}
	if x.Synced {
		v := explainedVerdict(x.Verdict)
		out.Verdict = &v
	}
	for _, l := range x.Looks {
		rule := openapi.RuleSeen{Rule: l.Rule, Sees: l.Sees, Applies: l.Applies, Decides: l.Decides}
		if l.Applies {
			v := explainedVerdict(l.Verdict)
			rule.Verdict = &v
		}
		out.Rules = append(out.Rules, rule)
	}
	for _, c := range x.Instead {
		out.WouldChange = append(out.WouldChange, openapi.WouldChange{If: c.Says, Verdict: explainedVerdict(c.Verdict)})
	}
	for _, p := range x.Permissions {
		out.Permissions = append(out.Permissions, openapi.PermissionSeen{Name: p.Name, Row: p.Row, Agreed: some(p.Agreed), Spotler: some(p.Spotler), Does: p.Does})
	}
	for _, p := range x.Makes {
		out.Makes = append(out.Makes, openapi.PermissionRow{Name: p.Name, Subscribed: p.Subscribed})
	}
	for _, r := range x.Reviews {
		out.Questions = append(out.Questions, openapi.QuestionSeen{Kind: string(r.Kind), Field: some(r.Field), Reason: r.Reason, Since: r.CreatedAt})
	}
	return out
}

func explainedVerdict(v decide.Verdict) openapi.Verdict {
	return openapi.Verdict{Action: string(v.Action), Status: some(string(v.Status)), Rule: v.Rule, Reason: v.Reason}
}

func explainedLines(p mapping.Preview, values bool) []openapi.MappingLine {
	out := []openapi.MappingLine{}
	for _, l := range p.Lines {
		line := openapi.MappingLine{Row: l.Row, Spotler: some(l.Spotler), Cell: some(l.Cell), Direction: string(l.Direction), State: string(l.State), Says: some(l.Says)}
		if values {
			line.Source, line.Converted, line.InSpotler = some(l.Source), some(l.Converted), some(l.InSpotler)
		}
		out = append(out, line)
	}
	return out
}

func explainedLink(x operations.Explanation) openapi.LinkSeen {
	l := x.Link
	out := openapi.LinkSeen{Linked: x.Linked, InSpotler: x.InSpotler, Unasked: some(x.Unasked), Owner: l.Owner && l.InSpotler(), SharesWith: []string{},
		Status: some(string(l.Status)), Reason: some(l.Reason), Rule: some(l.Rule), RowVersion: some(l.Version), UpdatedAt: some(l.UpdatedAt.UTC()), ErasedAt: some(l.ErasedAt)}
	if !x.Owner.IsZero() {
		out.OwnedBy = some(x.Owner.String())
	}
	for _, r := range x.Sharers {
		out.SharesWith = append(out.SharesWith, r.String())
	}
	if names := remembered(l); len(names) > 0 {
		out.Remembers = &names
	}
	return out
}

// remembered are the fields and bits of a shadow; its own marks are not told.
func remembered(l store.Link) []string {
	var out []string
	for name := range l.Shadow {
		if !strings.HasPrefix(name, "#") {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}
