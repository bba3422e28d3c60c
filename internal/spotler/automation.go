package spotler

import (
	"context"
	"errors"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
)

// The results of a trigger (Mail+ API 5.7 no. 36); others are kept as they come.
const (
	TriggerOK                 = "OK"
	TriggerNotFound           = "TRIGGER_NOTFOUND"
	TriggerContactNotFound    = "CONTACT_NOTFOUND"
	TriggerNotTriggered       = "NOT_TRIGGERED"
	AutomationInactive        = "AUTOMATION_INACTIVE"
	AutomationParticipatesMax = "PARTICIPATION_LIMIT_REACHED"
)

// TriggerResult is what a trigger did.
type TriggerResult struct {
	Result      string // TriggerOK when at least one automation started
	Automations []AutomationResult
}

// AutomationResult is what a trigger did to one of its automations.
type AutomationResult struct {
	AutomationID string
	Result       string // TriggerOK, AutomationInactive, AutomationParticipatesMax or one we do not know
	// RunID identifies the run, for StopAutomationRuns; empty when not told (G2, assumed).
	RunID string
}

func decodeTriggerResult(o *object) TriggerResult {
	r := TriggerResult{Result: o.word("result")}
	if r.Result == "" {
		o.fail("result", "is missing")
	}
	r.Automations = nested(o, "automationResults", func(o *object) AutomationResult {
		return AutomationResult{o.text("automationId"), o.word("result"), o.text("automationContactId")}
	})
	return r
}

// TriggerAutomation starts the automations that have the trigger, for one person
// (Mail+ API 5.7 no. 36; the fields G2, assumed). When none started the error is
// fault.NotFound or fault.NotValid with the result as its code, and the result
// says why, as far as Spotler does.
func (c *Client) TriggerAutomation(ctx context.Context, trigger string, person connector.ExternalID, fields []Field) (TriggerResult, error) {
	k := call{op: "spotler.TriggerAutomation", path: "automation.trigger", id: trigger}
	if person == "" {
		return TriggerResult{}, noExternalID(k.op)
	}
	body := map[string]any{"externalContactId": person}
	if len(fields) > 0 {
		body[c.words.fields] = fields
	}
	if err := k.put(body); err != nil {
		return TriggerResult{}, err
	}
	a, err := c.do(ctx, k)
	f := fault.As(err)
	if err != nil && (f == nil || f.Kind != fault.NotFound && f.Kind != fault.NotValid) {
		return TriggerResult{}, err
	}
	result, unread := decoder(c.dates, decodeTriggerResult)(a.body)
	switch {
	case err == nil && unread != nil:
		return TriggerResult{}, garbled(k.op, a.status, unread)
	case err == nil:
		return result, nil
	case unread != nil: // a refusal in the common form, without a result
		return TriggerResult{}, err
	}
	return result, notTriggered(*f, result)
}

func notTriggered(f fault.Error, r TriggerResult) error {
	f.Code = code(r.Result)
	switch r.Result {
	case TriggerNotFound:
		f.Says = "Spotler has no automation with that trigger code"
	case TriggerContactNotFound:
		f.Says = "Spotler does not have that contact"
	case TriggerNotTriggered:
		f.Says = "no automation started: each is inactive, or the person took part as often as it allows"
	}
	return &f
}

// Automation is a published automation that can be started from outside.
type Automation struct {
	ID       string // a UUID
	Name     string
	Active   bool
	Triggers []Trigger
}

// Automations lists the automations (G1, assumed). When the account does not have
// the call, the other path of the table is tried, and then it is fault.NotFound.
func (c *Client) Automations(ctx context.Context) ([]Automation, error) {
	const op = "spotler.Automations"
	field := func(o *object) FieldKind { return FieldKind{o.mustText("name"), o.word("type")} }
	trigger := func(o *object) Trigger {
		return Trigger{o.mustText("triggerCode"), o.text("name"), nested(o, c.words.fields, field)}
	}
	of := func(o *object) Automation {
		return Automation{o.mustText("automationId"), o.text("name"), o.flag("active"), nested(o, "triggers", trigger)}
	}
	decode := all("automations", decoder(c.dates, of))
	list, err := read(ctx, c, call{op: op, path: "automation.list"}, decode)
	if errors.Is(err, fault.NotFound) {
		return read(ctx, c, call{op: op, path: "automation.list-fallback"}, decode)
	}
	return list, err
}

// StopAutomation ends every run of the automation for a person (G3, assumed).
func (c *Client) StopAutomation(ctx context.Context, automation string, person connector.ExternalID) error {
	const op = "spotler.StopAutomation"
	if person == "" {
		return noExternalID(op)
	}
	return c.send(ctx, call{op: op, path: "automation.stop", id: automation}, map[string]any{"externalContactId": person})
}

// StopAutomationRuns ends the runs with those ids, at least one (G3, assumed).
func (c *Client) StopAutomationRuns(ctx context.Context, runs []string) error {
	const op = "spotler.StopAutomationRuns"
	if len(runs) == 0 {
		return wants(op, "give at least one run to stop")
	}
	return c.send(ctx, call{op: op, path: "automation.stop-runs"}, map[string]any{"automationContactIds": runs})
}

// AutomationMailing reads one mailing of an automation (G9, assumed).
func (c *Client) AutomationMailing(ctx context.Context, mailing string) (CampaignMailingDetails, error) {
	return read(ctx, c, call{op: "spotler.AutomationMailing", path: "automation-mailing.get", id: mailing}, decoder(c.dates, decodeCampaignMailingDetails))
}
