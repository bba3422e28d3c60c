package api

import (
	"context"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/api/openapi"
	"github.com/spotler-connector/connector/internal/fault"
)

// Triggers is what the API needs to show and change the steps by which Dataverse tells
// us of changes (manual: "Configure Contact Sync").
type Triggers interface {
	List(ctx context.Context, env connector.Environment) (openapi.TriggerList, error)
	Change(ctx context.Context, env connector.Environment, table connector.Table, change openapi.TriggerChange) (openapi.TriggerList, error)
}

func (s *server) triggers(env string) (Triggers, connector.Environment, error) {
	e, err := s.environment(env)
	if err == nil && s.Triggers == nil {
		err = &fault.Error{Op: "api.triggers", Kind: fault.NotFound, Says: "this process does not show triggers"}
	}
	return s.Triggers, e.Name, err
}

// ListTriggers answers with the steps of every table.
func (s *server) ListTriggers(ctx context.Context, r openapi.ListTriggersRequestObject) (openapi.ListTriggersResponseObject, error) {
	t, env, err := s.triggers(r.Env)
	if err != nil {
		return nil, err
	}
	out, err := t.List(ctx, env)
	return openapi.ListTriggers200JSONResponse(out), err
}

// ChangeTriggers switches steps on or off, or says which columns they listen to.
func (s *server) ChangeTriggers(ctx context.Context, r openapi.ChangeTriggersRequestObject) (openapi.ChangeTriggersResponseObject, error) {
	t, env, err := s.triggers(r.Env)
	if err != nil {
		return nil, err
	}
	out, err := t.Change(ctx, env, connector.Table(r.Table), chosen(r.Body))
	return openapi.ChangeTriggers200JSONResponse(out), err
}
