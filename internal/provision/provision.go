// Package provision makes sure that Dataverse tells us what happens: one service
// endpoint, and a step for every event that we want to hear of.
package provision

import (
	"context"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/dataverse"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/schema"
	"github.com/spotler-connector/connector/internal/settings"
)

// CRM is what provision needs of Dataverse. *dataverse.Client is one.
type CRM interface {
	FindEndpoint(ctx context.Context, s dataverse.EndpointSpec) (dataverse.Endpoint, bool, error)
	CreateEndpoint(ctx context.Context, s dataverse.EndpointSpec) (connector.RecordID, error)
	UpdateEndpoint(ctx context.Context, id connector.RecordID, s dataverse.EndpointSpec) error
	FindStep(ctx context.Context, name string) (dataverse.Step, bool, error)
	CreateStep(ctx context.Context, s dataverse.StepSpec) (connector.RecordID, error)
	UpdateStep(ctx context.Context, id connector.RecordID, s dataverse.StepSpec) error
	DeleteStep(ctx context.Context, id connector.RecordID) error
	FindMessageFilter(ctx context.Context, message string, table connector.Table) (connector.RecordID, bool, error)
	FindImage(ctx context.Context, step connector.RecordID, alias string) (dataverse.Image, bool, error)
	CreateImage(ctx context.Context, s dataverse.ImageSpec) (connector.RecordID, error)
	UpdateImage(ctx context.Context, id connector.RecordID, s dataverse.ImageSpec) error
}

// Spec says what an environment should have in Dataverse.
type Spec struct {
	// Name is the name of the endpoint, and the beginning of the names of its
	// steps. Two connectors on one organisation need two names.
	Name    string
	HookURL string // https://connector.example.nl/hooks/dataverse/<hook id>
	// Queue, when set, is where events go instead of the hook; Secret is its key.
	Queue *dataverse.QueueSpec
	// Header and Secret are sent with every event. The secret cannot be read back,
	// so it is written when ForceSecret asks for it, or when Dataverse has none.
	Header      string
	Secret      settings.Secret
	ForceSecret bool
	Tables      []Table // the synchronised ones
	// Knows reports whether the organisation has a column of ours, which it lacks when
	// the tables that the column points at are missing; nil is all of them.
	Knows    func(schema.Column) bool
	Solution string // unique name of an unmanaged solution for what is made; empty is none
}

// Table is a synchronised table with the columns whose change matters: those that
// are mapped and those that the rules read, as mapping.Bound or the schema names
// them. The states are always among them.
type Table struct {
	Name    connector.Table
	Columns []string
}

// Report is what Ensure met and did, by name. A name is in one list only, except
// that what is in Disabled may also be in Changed.
type Report struct {
	Made    []string
	Changed []string
	Found   []string // as it should be
	// Disabled are steps that a person switched off: they stay so, and their events
	// are found by change tracking only.
	Disabled []string
	// JobSteps are the steps that hear of job rows.
	JobSteps []connector.RecordID
	// UpdateSteps are the steps that hear of changed people.
	UpdateSteps map[connector.Table]connector.RecordID
}

// ensuring is one run of Ensure.
type ensuring struct {
	crm    CRM
	spec   Spec
	report Report
}

// Ensure makes the endpoint, the steps and the images of s exist as s says. What is
// right is left alone, so it may run at every start. Steps that it does not know are
// never touched. An error ends it; what was done before is in the report, and the
// next run goes on from there.
func Ensure(ctx context.Context, crm CRM, s Spec) (Report, error) {
	e := &ensuring{crm: crm, spec: s}
	if q := s.Queue; q != nil && (s.Name == "" || q.Host == "" || q.Name == "" || q.KeyName == "" || s.Secret.IsZero()) {
		return e.report, &fault.Error{Op: "provision.Ensure", Kind: fault.NotValid, Says: "the endpoint needs a name, and the address, name, key name and key of the queue"}
	}
	if s.Queue == nil && (s.Name == "" || s.HookURL == "" || s.Header == "" || s.Secret.IsZero()) {
		return e.report, &fault.Error{Op: "provision.Ensure", Kind: fault.NotValid, Says: "the endpoint needs a name, the address of the hook, a header and a secret"}
	}
	endpoint, err := e.endpoint(ctx)
	if err != nil {
		return e.report, err
	}
	for _, want := range steps(s) {
		want.spec.Endpoint = endpoint
		if err := e.step(ctx, want); err != nil {
			return e.report, err
		}
	}
	return e.report, nil
}

// endpoint makes the webhook or the queue exist (reference: dataverse-api 1.1 and 1.2).
func (e *ensuring) endpoint(ctx context.Context) (connector.RecordID, error) {
	want := dataverse.EndpointSpec{Name: e.spec.Name, URL: e.spec.HookURL, Header: e.spec.Header, Secret: e.spec.Secret.Reveal(), Queue: e.spec.Queue, Solution: e.spec.Solution}
	have, found, err := e.crm.FindEndpoint(ctx, want)
	if err != nil {
		return "", err
	}
	if !found {
		id, err := e.crm.CreateEndpoint(ctx, want)
		if err == nil {
			e.report.Made = append(e.report.Made, want.Name)
		}
		return id, err
	}
	if have.Like(want) && have.SecretSet && !e.spec.ForceSecret {
		e.report.Found = append(e.report.Found, want.Name)
		return have.ID, nil
	}
	if err := e.crm.UpdateEndpoint(ctx, have.ID, want); err != nil {
		return "", err
	}
	e.report.Changed = append(e.report.Changed, want.Name)
	return have.ID, nil
}
