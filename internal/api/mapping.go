package api

import (
	"context"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/api/openapi"
	"github.com/spotler-connector/connector/internal/fault"
)

// Mappings is what the API needs to show and change the mapping of an environment. An
// environment that it cannot reach is a fault of kind Busy.
type Mappings interface {
	Versions(ctx context.Context, env connector.Environment) (openapi.MappingVersions, error)
	Sheet(ctx context.Context, env connector.Environment, version string) (openapi.Mapping, error)
	Keep(ctx context.Context, env connector.Environment, sheet openapi.NewMapping) (openapi.MappingCheck, error)
	Check(ctx context.Context, env connector.Environment, of openapi.MappingChoice) (openapi.MappingCheck, error)
	Use(ctx context.Context, env connector.Environment, use openapi.MappingUse) (openapi.MappingVersions, error)
	Preview(ctx context.Context, env connector.Environment, of openapi.MappingPreviewRequest) (openapi.MappingPreview, error)
	DryRun(ctx context.Context, env connector.Environment, of openapi.MappingChoice) (openapi.MappingDryRun, error)
	Fields(ctx context.Context, env connector.Environment) (openapi.MappingFields, error)
}

// mappings returns the mappings of an environment that exists.
func (s *server) mappings(env string) (Mappings, connector.Environment, error) {
	e, err := s.environment(env)
	if err == nil && s.Mappings == nil {
		err = &fault.Error{Op: "api.mapping", Kind: fault.NotFound, Says: "this process does not show mappings"}
	}
	return s.Mappings, e.Name, err
}

// chosen returns the body of a request that may leave it out.
func chosen[T any](body *T) T {
	if body == nil {
		var zero T
		return zero
	}
	return *body
}

// ListMappings answers with the versions of the mapping.
func (s *server) ListMappings(ctx context.Context, r openapi.ListMappingsRequestObject) (openapi.ListMappingsResponseObject, error) {
	m, env, err := s.mappings(r.Env)
	if err != nil {
		return nil, err
	}
	out, err := m.Versions(ctx, env)
	return openapi.ListMappings200JSONResponse(out), err
}

// KeepMapping keeps a version without using it.
func (s *server) KeepMapping(ctx context.Context, r openapi.KeepMappingRequestObject) (openapi.KeepMappingResponseObject, error) {
	m, env, err := s.mappings(r.Env)
	if err != nil {
		return nil, err
	}
	sheet := chosen(r.Body)
	if sheet.Source == nil {
		sheet.Source = some(callerOf(ctx).token.Name)
	}
	out, err := m.Keep(ctx, env, sheet)
	return openapi.KeepMapping200JSONResponse(out), err
}

// GetMapping answers with one version.
func (s *server) GetMapping(ctx context.Context, r openapi.GetMappingRequestObject) (openapi.GetMappingResponseObject, error) {
	m, env, err := s.mappings(r.Env)
	if err != nil {
		return nil, err
	}
	out, err := m.Sheet(ctx, env, r.Version)
	return openapi.GetMapping200JSONResponse(out), err
}

// CheckMapping compares a mapping with both schemas.
func (s *server) CheckMapping(ctx context.Context, r openapi.CheckMappingRequestObject) (openapi.CheckMappingResponseObject, error) {
	m, env, err := s.mappings(r.Env)
	if err != nil {
		return nil, err
	}
	out, err := m.Check(ctx, env, chosen(r.Body))
	return openapi.CheckMapping200JSONResponse(out), err
}

// UseMapping puts a version to use.
func (s *server) UseMapping(ctx context.Context, r openapi.UseMappingRequestObject) (openapi.UseMappingResponseObject, error) {
	m, env, err := s.mappings(r.Env)
	if err != nil {
		return nil, err
	}
	out, err := m.Use(ctx, env, chosen(r.Body))
	return openapi.UseMapping200JSONResponse(out), err
}

// PreviewMapping works a mapping out for one record.
func (s *server) PreviewMapping(ctx context.Context, r openapi.PreviewMappingRequestObject) (openapi.PreviewMappingResponseObject, error) {
	m, env, err := s.mappings(r.Env)
	if err != nil {
		return nil, err
	}
	out, err := m.Preview(ctx, env, chosen(r.Body))
	return openapi.PreviewMapping200JSONResponse(out), err
}

// DryRunMapping counts what a mapping would do to everybody.
func (s *server) DryRunMapping(ctx context.Context, r openapi.DryRunMappingRequestObject) (openapi.DryRunMappingResponseObject, error) {
	m, env, err := s.mappings(r.Env)
	if err != nil {
		return nil, err
	}
	out, err := m.DryRun(ctx, env, chosen(r.Body))
	return openapi.DryRunMapping200JSONResponse(out), err
}

// ListMappingFields answers with what a mapping may name.
func (s *server) ListMappingFields(ctx context.Context, r openapi.ListMappingFieldsRequestObject) (openapi.ListMappingFieldsResponseObject, error) {
	m, env, err := s.mappings(r.Env)
	if err != nil {
		return nil, err
	}
	out, err := m.Fields(ctx, env)
	return openapi.ListMappingFields200JSONResponse(out), err
}
