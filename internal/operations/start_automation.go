package operations

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/dataverse"
	"github.com/spotler-connector/connector/internal/spotler"
	"github.com/spotler-connector/connector/internal/store"
)

// startAutomation is Start Automation (480000001; manual: "Trigger Automations",
// "Trigger Campaigns"). A second run would start another one, and Spotler has no call
// that tells which were started: after a lost answer it stops.
type startAutomation struct{}

func (startAutomation) run(ctx context.Context, b *run, t store.Taken, job connector.Job) result {
	if job.Automation.IsZero() {
		return notValidJob(job, fmt.Errorf("no Automation is set; an AutomationContactId is for Stop Automation"))
	}
	a, ends := b.automation(ctx, job)
	if ends != nil {
		return *ends
	}
	fields, err := parseAutomationFields(job.AutomationFields, a.fields())
	if err != nil {
		return notValidJob(job, err)
	}
	p, ready := b.inSpotler(ctx, t, job)
	if !ready {
		return p.result
	}
	var answer spotler.TriggerResult
	err = b.onlyOnce(ctx, t, func() (err error) {
		if a.campaign {
			return b.env.Mail.TriggerCampaign(ctx, a.trigger, p.externalID(), fields)
		}
		answer, err = b.env.Mail.TriggerAutomation(ctx, a.trigger, p.externalID(), fields)
		return err
	})
	res := p.result.ended(err, started(a, answer))
	if err == nil {
		b.works(ctx, store.GateSpotler)
		res.tellings = append(res.tellings, b.timelinePost(t, a.name+" was started in Spotler.")...)
		res.columns = runColumns(answer)
	} else if res.err == nil {
		res.outcome.Why += startFix(res.outcome.Code) + reasons(answer)
	}
	return res
}

// started is the end of a start that worked.
func started(a automationRow, r spotler.TriggerResult) connector.Outcome {
	if a.campaign {
		return connector.Done("The campaign was started. Spotler gives no id for its run; stop it with the Customer or Lead and this Automation.").Answered(http.StatusNoContent)
	}
	why := "The automation was started."
	if n := len(r.Automations); n > 1 {
		why = fmt.Sprintf("%d of %d automations with this trigger were started.", countResult(r, spotler.TriggerOK), n) + reasons(r)
	}
	if len(runIDs(r)) == 0 {
		why += " Spotler gave no id for the run; stop it with the Customer or Lead and this Automation."
	}
	return connector.Done(why).Answered(http.StatusOK)
}

// startFix says what a person can do about a start that Spotler refused.
func startFix(code string) string {
	switch code {
	case spotler.TriggerNotFound:
		return " Run Refresh Automations and choose one that is active."
	case spotler.TriggerContactNotFound, "CONTACT_NOT_FOUND":
		return " Synchronise it first, then set the job back to Queued."
	case "PRODUCT_NOTFOUND", "PRODUCT_NOT_FOUND":
		return " To correct it, check the ids in Automation Fields."
	}
	return ""
}

// maxRunColumn is how many characters AutomationContactId holds.
const maxRunColumn = 2000

// runColumns is what the job row shows of the runs: the ids that stop them. An id
// that does not fit whole is left out.
func runColumns(r spotler.TriggerResult) dataverse.Fields {
	text := ""
	for _, id := range runIDs(r) {
		if len(text)+len(id)+1 > maxRunColumn {
			break
		}
		text = strings.TrimPrefix(text+","+id, ",")
	}
	if text == "" {
		return nil
	}
	return dataverse.Fields{"dh_automationcontactid": text}
}

func runIDs(r spotler.TriggerResult) []string {
	var ids []string
	for _, a := range r.Automations {
		if a.Result == spotler.TriggerOK && a.RunID != "" {
			ids = append(ids, a.RunID)
		}
	}
	return ids
}

func countResult(r spotler.TriggerResult, word string) int {
	n := 0
	for _, a := range r.Automations {
		if a.Result == word {
			n++
		}
	}
	return n
}

// reasons tells why automations did not start, as far as Spotler does.
func reasons(r spotler.TriggerResult) string {
	text := ""
	if n := countResult(r, spotler.AutomationInactive); n > 0 {
		text += fmt.Sprintf(" Inactive (%s): %d.", spotler.AutomationInactive, n)
	}
	if n := countResult(r, spotler.AutomationParticipatesMax); n > 0 {
		text += fmt.Sprintf(" The person took part as often as it allows (%s): %d.", spotler.AutomationParticipatesMax, n)
	}
	return text
}
