package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/dataverse"
	"github.com/spotler-connector/connector/internal/intake"
	"github.com/spotler-connector/connector/internal/mapping"
	"github.com/spotler-connector/connector/internal/provision"
)

// endpointName is what our service endpoint and its steps are called in Dataverse.
const endpointName = "SpotlerConnector"

// ensure makes our service endpoint and steps exist in Dataverse (manual:
// "Configure Contact Sync"), when the settings want that, and returns the ids of
// those that hear of job rows.
func (e *environment) ensure(ctx context.Context, bound *mapping.Bound) ([]connector.RecordID, error) {
	if !e.settings.Ensure {
		return provision.JobSteps(ctx, e.crm, endpointName)
	}
	spec, at := e.endpointSpec()
	spec.Knows = e.knows
	spec.Tables = e.wantedTriggers(bound).Tables
	chosen, err := e.chosenColumns(ctx)
	if err != nil {
		return nil, err
	}
	for i, t := range spec.Tables {
		if columns := chosen[t.Name]; columns != nil {
			spec.Tables[i].Columns = columns
		}
	}
	written, err := e.house.store.Cursor(ctx, e.settings.Name, "hook secret")
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(at + "\x1f" + spec.Secret.Reveal()))
	digest := hex.EncodeToString(sum[:8])
	spec.ForceSecret = written != digest
	report, err := provision.Ensure(ctx, e.crm, spec)
	if err != nil {
		return nil, err
	}
	e.updateSteps = report.UpdateSteps
	if len(report.Made)+len(report.Changed) > 0 {
		e.house.log.Info("the service endpoint and steps in Dataverse were brought up to date", "environment", e.settings.Name, "made", len(report.Made), "changed", len(report.Changed))
	}
	for _, name := range report.Disabled {
		e.house.log.Warn("a step is switched off; its changes are found by change tracking only", "environment", e.settings.Name, "step", name)
	}
	if !spec.ForceSecret {
		return report.JobSteps, nil
	}
	return report.JobSteps, e.house.store.SetCursor(ctx, e.settings.Name, "hook secret", digest)
}

// endpointSpec says where Dataverse sends events: to the hook, or to a queue of Service
// Bus when Dataverse is to have a key of it. at is what its secret belongs to.
func (e *environment) endpointSpec() (spec provision.Spec, at string) {
	bus := e.settings.ServiceBus
	if bus.Registered() {
		return provision.Spec{Name: endpointName, Secret: bus.SendKey, Queue: &dataverse.QueueSpec{Host: bus.Host(), Name: bus.Queue, KeyName: bus.SendKeyName}}, bus.Address + "/" + bus.Queue
	}
	return provision.Spec{Name: endpointName, HookURL: e.settings.Hook.URL + intake.Path + e.hook, Header: intake.SecretHeader, Secret: e.settings.Hook.Secrets[0]}, e.hook
}
