package api

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/spotler-connector/connector/internal/api/openapi"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/settings"
	"github.com/spotler-connector/connector/internal/store"
)

// remotes are the gates that stand for a remote API. The store's gate for what
// cannot be undone is the fence.
var remotes = map[string]openapi.RemoteAPI{
	store.GateDataverse: openapi.RemoteAPIDataverse,
	store.GateSpotler:   openapi.RemoteAPISpotler,
}

// GetStatus answers with the state of every environment of the caller.
func (s *server) GetStatus(ctx context.Context, _ openapi.GetStatusRequestObject) (openapi.GetStatusResponseObject, error) {
	durability, err := s.Store.Settings(ctx)
	if err != nil {
		return nil, fmt.Errorf("api: status: %w", err)
	}
	gates, err := s.Store.Gates(ctx)
	if err != nil {
		return nil, fmt.Errorf("api: status: %w", err)
	}
	out := openapi.Status{
		Version: s.Version, Node: s.Settings.Node, StartedAt: s.Started.UTC(),
		Store:        openapi.Store{Kind: openapi.StoreKind(s.Store.Name()), Durability: &durability},
		Environments: []openapi.EnvironmentStatus{},
	}
	for _, e := range s.visible(ctx) {
		status, err := s.environmentStatus(ctx, e, gatesOf(gates, e))
		if err != nil {
			return nil, err
		}
		out.Environments = append(out.Environments, status)
	}
	return openapi.GetStatus200JSONResponse(out), nil
}

func gatesOf(all []store.Gate, e settings.Environment) []store.Gate {
	var out []store.Gate
	for _, g := range all {
		if g.Environment == e.Name {
			out = append(out, g)
		}
	}
	return out
}

func (s *server) environmentStatus(ctx context.Context, e settings.Environment, gates []store.Gate) (openapi.EnvironmentStatus, error) {
	c, err := s.Store.Count(ctx, e.Name)
	if err != nil {
		return openapi.EnvironmentStatus{}, fmt.Errorf("api: status of %s: %w", e.Name, err)
	}
	fence, err := s.fence(ctx, e, gates, c.Links)
	if err != nil {
		return openapi.EnvironmentStatus{}, err
	}
	reviews, err := s.Store.CountReviews(ctx, e.Name)
	if err != nil {
		return openapi.EnvironmentStatus{}, fmt.Errorf("api: reviews of %s: %w", e.Name, err)
	}
	op := func(state store.OpState) int64 { return int64(c.Ops[state]) }
	lane := func(state store.LaneState) int64 { return int64(c.Lanes[state]) }
	state, reason := s.state(e, gates)
	out := openapi.EnvironmentStatus{
		Name: string(e.Name), State: state, Reason: some(reason), Gates: []openapi.Gate{}, Alerts: []openapi.Alert{},
		Lanes: openapi.LaneCounts{Idle: lane(store.LaneIdle), Ready: lane(store.LaneReady), Dispatched: lane(store.LaneDispatched), Running: lane(store.LaneRunning)},
		Jobs: openapi.JobCounts{Queued: op(store.OpQueued), Running: op(store.OpRunning), Done: op(store.OpDone),
			Failed: op(store.OpFailed), Dead: op(store.OpDead), Cancelled: op(store.OpCancelled)},
		Backlog: op(store.OpQueued) + op(store.OpRunning), DeadLetters: op(store.OpDead), Reviews: some(int64(reviews)),
		TellingsPending: int64(c.Tellings), TellingsDead: int64(c.DeadTellings), Linked: int64(c.Links),
		OldestReadyAt: some(c.OldestReady), LastIntakeAt: some(c.LastRequest), Fence: fence,
	}
	for _, g := range gates {
		if _, remote := remotes[g.API]; remote {
			out.Gates = append(out.Gates, s.gate(g))
		}
		if g.Alert && g.Closed(s.Now()) {
			out.Alerts = append(out.Alerts, openapi.Alert{Code: g.API, Detail: g.Reason, Since: g.UpdatedAt})
		}
	}
	if s.Warnings != nil {
		sentences, since := s.Warnings(e.Name)
		for _, detail := range sentences {
			out.Alerts = append(out.Alerts, openapi.Alert{Code: alertSchema, Detail: detail, Since: since.UTC()})
		}
	}
	return out, nil
}

// alertSchema is the code of an alert about the mapping and the schemas.
const alertSchema = "schema"

// state says whether an environment works, and if not, why.
func (s *server) state(e settings.Environment, gates []store.Gate) (openapi.EnvironmentState, string) {
	if why := s.Off(e.Name); why != "" {
		return openapi.EnvironmentStateOff, why
	}
	for _, g := range gates {
		if _, remote := remotes[g.API]; remote && g.Closed(s.Now()) {
			return openapi.EnvironmentStatePaused, g.Reason
		}
	}
	return openapi.EnvironmentStateOn, ""
}

func (s *server) gate(g store.Gate) openapi.Gate {
	out := openapi.Gate{Api: remotes[g.API], Paused: g.Closed(s.Now())}
	if out.Paused {
		out.Reason = some(g.Reason)
		if g.PausedUntil.Before(store.Forever) {
			out.PausedUntil = some(g.PausedUntil)
		}
	}
	return out
}

func (s *server) fence(ctx context.Context, e settings.Environment, gates []store.Gate, linked int) (openapi.Fence, error) {
	count, err := s.Store.Erasures(ctx, e.Name, s.Now().Add(-e.Fence.Window))
	if err != nil {
		return openapi.Fence{}, fmt.Errorf("api: fence of %s: %w", e.Name, err)
	}
	out := openapi.Fence{Count: int64(count)}
	if limit, fenced := e.Fence.Allowed(linked); fenced {
		out.Limit = int64(limit)
	}
	for _, g := range gates {
		if g.API == store.GateIrreversible && g.Closed(s.Now()) {
			out.Stopped, out.StoppedAt = true, some(g.UpdatedAt)
		}
	}
	return out, nil
}

// ListEnvironments answers with the environments of the caller.
func (s *server) ListEnvironments(ctx context.Context, _ openapi.ListEnvironmentsRequestObject) (openapi.ListEnvironmentsResponseObject, error) {
	gates, err := s.Store.Gates(ctx)
	if err != nil {
		return nil, fmt.Errorf("api: environments: %w", err)
	}
	out := openapi.EnvironmentList{Environments: []openapi.Environment{}}
	for _, e := range s.visible(ctx) {
		id, err := uuid.Parse(string(e.Dataverse.Organisation))
		if err != nil {
			return nil, fmt.Errorf("api: organisation of %s: %w", e.Name, err)
		}
		state, _ := s.state(e, gatesOf(gates, e))
		environment := openapi.Environment{Name: string(e.Name), State: state, DataverseUrl: e.Dataverse.URL, OrganisationId: id,
			SpotlerUrl: e.Spotler.URL, Tables: []string{}, JobLog: openapi.EnvironmentJobLog(e.JobLog)}
		for _, t := range e.Tables {
			environment.Tables = append(environment.Tables, string(t))
		}
		out.Environments = append(out.Environments, environment)
	}
	return openapi.ListEnvironments200JSONResponse(out), nil
}

// ResumeGate lifts the pause of one remote API.
func (s *server) ResumeGate(ctx context.Context, r openapi.ResumeGateRequestObject) (openapi.ResumeGateResponseObject, error) {
	e, err := s.environment(r.Env)
	if err != nil {
		return nil, err
	}
	if _, known := remotes[string(r.Api)]; !known {
		return nil, &fault.Error{Op: "api.ResumeGate", Kind: fault.NotFound, Says: "there is no such remote API in this environment: use dataverse or spotler"}
	}
	if err := s.Store.Resume(ctx, e.Name, string(r.Api)); err != nil {
		return nil, fmt.Errorf("api: resume %s: %w", r.Api, err)
	}
	gates, err := s.Store.Gates(ctx)
	if err != nil {
		return nil, fmt.Errorf("api: resume %s: %w", r.Api, err)
	}
	now := store.Gate{Environment: e.Name, API: string(r.Api)} // never closed, so not stored
	for _, g := range gatesOf(gates, e) {
		if g.API == now.API {
			now = g
		}
	}
	return openapi.ResumeGate200JSONResponse(s.gate(now)), nil
}

// ReleaseFence lets pass what the fence stopped.
func (s *server) ReleaseFence(ctx context.Context, r openapi.ReleaseFenceRequestObject) (openapi.ReleaseFenceResponseObject, error) {
	e, err := s.environment(r.Env)
	if err != nil {
		return nil, err
	}
	if err := s.Store.Resume(ctx, e.Name, store.GateIrreversible); err != nil {
		return nil, fmt.Errorf("api: release fence: %w", err)
	}
	c, err := s.Store.Count(ctx, e.Name)
	if err != nil {
		return nil, fmt.Errorf("api: release fence: %w", err)
	}
	gates, err := s.Store.Gates(ctx)
	if err != nil {
		return nil, fmt.Errorf("api: release fence: %w", err)
	}
	fence, err := s.fence(ctx, e, gatesOf(gates, e), c.Links)
	return openapi.ReleaseFence200JSONResponse(fence), err
}
