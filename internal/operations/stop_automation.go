package operations

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/store"
)

// stopAutomation is Stop Automation (480000002; manual: "Stop Automation", "Stop a
// specific run", "Stop Campaign"): every run of a person, or the runs that
// AutomationContactId names. What is stopped stays stopped, so it may run again.
type stopAutomation struct{}

func (stopAutomation) run(ctx context.Context, b *run, t store.Taken, job connector.Job) result {
	if strings.TrimSpace(job.AutomationContactIDs) != "" {
		return stopRuns(ctx, b, job)
	}
	if job.Subject().IsZero() {
		return notValidJob(job, errors.New("no Customer or Lead is set; select the person and the Automation, or fill in AutomationContactId alone"))
	}
	if job.Automation.IsZero() {
		return notValidJob(job, errors.New("no Automation is set; select the Automation, or fill in AutomationContactId alone"))
	}
	a, ends := b.automation(ctx, job)
	if ends != nil {
		return *ends
	}
	if a.flow == "" {
		return notValidJob(job, errors.New("it is not known which automation this row belongs to; run Refresh Automations, then set the job back to Queued"))
	}
	p, err := b.subject(ctx, t, job)
	if err != nil {
		return result{err: err}
	}
	if sharesOnly(p) {
		return notOwner("stopped")
	}
	if !p.link.InSpotler() {
		return result{outcome: connector.Skipped("The person is not in Spotler, so nothing runs for it.")}
	}
	stop := b.env.Mail.StopAutomation
	if a.campaign {
		stop = b.env.Mail.StopCampaign
	}
	err = stop(ctx, a.flow, p.externalID())
	if f := fault.As(err); f != nil && f.Code == codeInvalidState {
		return notRunning(t, f)
	}
	return p.result.ended(err, connector.Done("Stopped for this person.").Answered(http.StatusNoContent))
}

// codeInvalidState is Spotler's word for what is not running.
const codeInvalidState = "INVALID_STATE"

// notRunning is the end of a stop that found nothing to stop. After a lost answer
// the earlier attempt did it.
func notRunning(t store.Taken, f *fault.Error) result {
	if t.Cause == string(fault.Uncertain) || t.Cause == string(fault.Garbled) {
		return result{outcome: connector.Done("Stopped for this person: nothing runs any more.").Answered(f.Status)}
	}
	return result{outcome: connector.Skipped("Nothing of it was running for this person.").WithCode(f.Code).Answered(f.Status)}
}

func stopRuns(ctx context.Context, b *run, job connector.Job) result {
	runs, err := parseRuns(job.AutomationContactIDs)
	if err != nil {
		return notValidJob(job, err)
	}
	what := "The run was stopped."
	if len(runs) > 1 {
		what = fmt.Sprintf("%d runs were stopped.", len(runs))
	}
	err = b.env.Mail.StopAutomationRuns(ctx, runs)
	res := result{}.ended(err, connector.Done(what).Answered(http.StatusNoContent))
	if errors.Is(err, fault.NotFound) {
		res.outcome.Why = "Spotler knows no run with that AutomationContactId; copy it from the Spotler Job that started the run."
	}
	return res
}

// maxRunID bounds the id of a run, in bytes.
const maxRunID = 100

// parseRuns reads AutomationContactId: ids separated by commas, each once.
func parseRuns(text string) ([]string, error) {
	var out []string
	for i, id := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' || r == '\n' || r == '\r' }) {
		id = strings.TrimSpace(id)
		switch {
		case id == "":
			continue
		case len(id) > maxRunID || strings.ContainsAny(id, " \t/?#@"):
			return nil, fmt.Errorf("AutomationContactId: number %d is not the id of a run; separate ids with a comma", i+1)
		}
		out = append(out, id)
	}
	if out = unique(out); len(out) == 0 {
		return nil, errors.New("AutomationContactId holds no id; copy it from the Spotler Job that started the run")
	}
	return out, nil
}
