package spotlersim

import (
	"net/http"
	"slices"
)

// automation is a flow that external triggers can start. The contract of 2022
// has the trigger only; the list, the fields and stopping are assumed
// (reference: G1, G2, G3).
type automation struct {
	id, name string
	active   bool
	draft    bool // not published: neither listed nor started
	limit    int  // how often a contact may take part; 0 does not limit
	triggers []automationTrigger
	runs     map[*contact][]*run
}

// run is one contact going once through an automation.
type run struct {
	id      string
	of      *automation
	who     *contact
	stopped bool
}

type automationTrigger struct {
	Code   string            `json:"triggerCode"`
	Name   string            `json:"name"`
	Fields []automationField `json:"automationFields,omitempty"`
}

// automationField is a field that a trigger may bring, with the hint of its type.
type automationField struct {
	Name string `json:"name"`
	Type string `json:"type"` // one of fieldTypes
}

// automationOut is an automation in the list that is assumed.
type automationOut struct {
	ID       string              `json:"automationId"`
	Name     string              `json:"name"`
	Active   bool                `json:"active"`
	Triggers []automationTrigger `json:"triggers"`
}

// The places where the automations might be listed.
const (
	automationListPath = "/automation/list"
	automationRootPath = "/automation"
)

// automationRequest starts a contact in the automations of a trigger.
type automationRequest struct {
	ExternalContactID text         `json:"externalContactId"`
	Fields            []givenField `json:"automationFields"`
}

// triggerResult is the body ExternalTriggerValidationResult.
type triggerResult struct {
	Result      string             `json:"result"`
	Automations []automationResult `json:"automationResults"`
}

type automationResult struct {
	ID     string `json:"automationId"`
	Result string `json:"result"`
	Run    string `json:"automationContactId,omitempty"` // assumed
}

// runsRequest names runs that are to be stopped.
type runsRequest struct {
	Runs []text `json:"automationContactIds"`
}

func automationOperations() []operation {
	at := func(path string) func(*Assumptions) bool {
		return func(rules *Assumptions) bool { return rules.AutomationList == path }
	}
	stop := func(rules *Assumptions) bool { return rules.AutomationStop }
	list := func(c *call) (any, *refusal) { return c.automationList() }
	return []operation{
		{method: "POST", path: "automation/trigger/{triggerCode}", serve: (*call).triggerAutomation, says: "Start a contact in the automations of a trigger",
			takes: automationRequest{}, gives: triggerResult{}, errors: []int{400, 404, 417}},
		{method: "GET", path: "automation/list", serve: list, later: true, guess: at(automationListPath), says: "The automations with their external triggers", gives: []automationOut{}},
		{method: "GET", path: "automation", serve: list, later: true, guess: at(automationRootPath), says: "The automations with their external triggers", gives: []automationOut{}},
		{method: "POST", path: "automation/stop", serve: (*call).stopRuns, later: true, guess: stop, says: "Stop runs of automations",
			takes: runsRequest{}, errors: []int{400, 404}},
		{method: "POST", path: "automation/{automationId}/stop", serve: (*call).stopAutomation, later: true, guess: stop, says: "Stop every run of a contact",
			takes: whoRequest{}, errors: []int{400, 404}},
	}
}

func (c *call) automationList() (any, *refusal) {
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	out := []automationOut{}
	for _, x := range a.flows.automations {
		if !x.draft {
			out = append(out, x.show(c.rules))
		}
	}
	return out, nil
}

func (x *automation) show(rules *Assumptions) automationOut {
	out := automationOut{x.id, x.name, x.active, slices.Clone(x.triggers)}
	for i := range out.Triggers {
		if !rules.AutomationFields {
			out.Triggers[i].Fields = nil
		}
	}
	return out
}

// triggerAutomation is POST /automation/trigger/{triggerCode}. One trigger may
// belong to several automations, and each decides for itself.
func (c *call) triggerAutomation() (any, *refusal) {
	var req automationRequest
	if no := c.read(&req); no != nil {
		return nil, no
	}
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	found := a.flows.listening(c.args[0])
	if len(found) == 0 {
		return answered{http.StatusNotFound, triggerResult{"TRIGGER_NOTFOUND", []automationResult{}}}, nil
	}
	who := a.byID[c.key.field][string(req.ExternalContactID)]
	if who == nil {
		return answered{http.StatusNotFound, triggerResult{"CONTACT_NOTFOUND", []automationResult{}}}, nil
	}
	fields := c.rules.AutomationFields && !c.rules.Contract2022
	if fields {
		if no := a.checkFields(req.Fields); no != nil {
			return nil, no
		}
	}
	out := triggerResult{"NOT_TRIGGERED", []automationResult{}}
	for _, x := range found {
		result := c.enter(x, who)
		if result.Result == "OK" {
			out.Result = "OK"
		}
		if !fields {
			result.Run = ""
		}
		out.Automations = append(out.Automations, result)
	}
	if out.Result != "OK" {
		return answered{http.StatusExpectationFailed, out}, nil
	}
	return out, nil
}

// enter starts a run, if the automation lets it.
func (c *call) enter(x *automation, who *contact) automationResult {
	a := c.account
	switch {
	case !x.active:
		return automationResult{ID: x.id, Result: "AUTOMATION_INACTIVE"}
	case x.limit > 0 && len(x.runs[who]) >= x.limit:
		return automationResult{ID: x.id, Result: "PARTICIPATION_LIMIT_REACHED"}
	}
	r := &run{id: a.uuid(), of: x, who: who}
	x.runs[who] = append(x.runs[who], r)
	a.flows.runs[r.id] = r
	now := c.sim.clock()
	a.effect(now, "automation_started", x.id, who)
	c.sim.follow(a, x.id, who, now)
	return automationResult{x.id, "OK", r.id}
}

func (f *flows) listening(code string) []*automation {
	var out []*automation
	for _, x := range f.automations {
		if !x.draft && slices.ContainsFunc(x.triggers, func(t automationTrigger) bool { return t.Code == code }) {
			out = append(out, x)
		}
	}
	return out
}

func (f *flows) automation(id string) *automation {
	if i := slices.IndexFunc(f.automations, func(x *automation) bool { return x.id == id }); i >= 0 {
		return f.automations[i]
	}
	return nil
}

// stopAutomation is POST /automation/{automationId}/stop: every run of a contact.
func (c *call) stopAutomation() (any, *refusal) {
	var req whoRequest
	if no := c.read(&req); no != nil {
		return nil, no
	}
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	x := a.flows.automation(c.args[0])
	if x == nil {
		return nil, refuse(http.StatusNotFound, ResourceNotFound, "Automation not found")
	}
	who := a.byID[c.key.field][string(req.ExternalContactID)]
	if who == nil {
		return nil, noSuchContact()
	}
	stopped := false
	for _, r := range x.runs[who] {
		stopped = c.stop(r) || stopped
	}
	if !stopped {
		return nil, refuse(http.StatusBadRequest, InvalidState, "Automation is not running for this contact")
	}
	return noContent{}, nil
}

func (c *call) stop(r *run) bool {
	if r.stopped {
		return false
	}
	r.stopped = true
	c.account.effect(c.sim.clock(), "automation_stopped", r.of.id, r.who)
	return true
}

// stopRuns is POST /automation/stop: single runs, of whichever automations.
// Runs that are unknown are passed over unless all are; a run that was stopped
// before stays so.
func (c *call) stopRuns() (any, *refusal) {
	var req runsRequest
	if no := c.read(&req); no != nil {
		return nil, no
	}
	if len(req.Runs) == 0 {
		return nil, refuse(http.StatusBadRequest, InvalidParams, "No automationContactIds given")
	}
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	known := false
	for _, id := range req.Runs {
		if r := a.flows.runs[string(id)]; r != nil {
			known = true
			c.stop(r)
		}
	}
	if !known {
		return nil, refuse(http.StatusNotFound, ResourceNotFound, "No such run of an automation")
	}
	return noContent{}, nil
}
