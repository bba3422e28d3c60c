package operations

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/dataverse"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/schema"
	"github.com/spotler-connector/connector/internal/spotler"
)

// automationRow is a row of Spotler Automation: one external trigger of an automation
// or a campaign (manual: "Trigger Automations").
type automationRow struct {
	id       connector.RecordID // of the row
	name     string             // as it is chosen from the list: "🚀 Welcome: New customer"
	trigger  string             // the code that starts it
	flow     string             // Spotler's id of the automation or campaign, which stops it
	campaign bool
	active   bool
	template string // its fields with the hints of their types
}

var automationColumns = []string{"dh_name", "dh_triggercode", "dh_automationid", "dh_type", "dh_automationfields", "statecode"}

// uuid is the form of the trigger code of an automation; the code of a campaign is
// an encrypted id.
var uuid = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

func readAutomationRow(r dataverse.Row) automationRow {
	a := automationRow{id: r.ID, name: r.String("dh_name"), trigger: r.String("dh_triggercode"), flow: r.String("dh_automationid"), template: r.String("dh_automationfields")}
	state, told := r.Int("statecode")
	a.active = told && state == 0
	if kind, told := r.Int("dh_type"); told {
		a.campaign = kind == schema.FlowCampaign
	} else { // a row of an earlier installation
		a.campaign = a.trigger != "" && !uuid.MatchString(a.trigger)
	}
	return a
}

// fields are those that a start may bring.
func (a automationRow) fields() []spotler.FieldKind { return readTemplate(a.template) }

// automation reads the row that a job names. ends is how the job ends when it cannot
// be used; nil when it can.
func (b *run) automation(ctx context.Context, job connector.Job) (a automationRow, ends *result) {
	row, err := b.env.CRM.Get(ctx, schema.SpotlerAutomation(), job.Automation.ID, automationColumns...)
	if errors.Is(err, fault.NotFound) {
		res := notValidJob(job, errors.New("the Automation does not exist any more; choose another one, or run Refresh Automations"))
		return a, &res
	}
	if err != nil {
		return a, &result{err: beforeEffect(err)}
	}
	a = readAutomationRow(row)
	if a.trigger == "" {
		res := notValidJob(job, errors.New("the Automation has no Trigger Code; run Refresh Automations and choose one that it made"))
		return a, &res
	}
	return a, nil
}

// notValidJob ends a job that cannot run as it stands.
func notValidJob(job connector.Job, why error) result {
	return result{outcome: connector.Refused(connector.CodeJobNotValid, fmt.Sprintf("[%s] %s: %s.", connector.CodeJobNotValid, job.Operation, why))}
}

// refusedBySpotler is the end of a job to which Spotler said no: with Spotler's own
// code, if it has one. Other trouble is not an end; then ok is false.
func refusedBySpotler(err error) (o connector.Outcome, ok bool) {
	f := fault.As(err)
	if f == nil || f.Status < http.StatusBadRequest || f.Kind != fault.NotFound && f.Kind != fault.NotValid {
		return o, false
	}
	code, why := f.Code, sentence(f.Says)
	if code == "" {
		code, why = connector.CodeJobNotValid, "["+connector.CodeJobNotValid+"] "+why
	}
	return connector.Refused(code, why).Answered(f.Status), true
}

// ended fills in how the request of a command ended: done, refused by Spotler, or in
// trouble.
func (r result) ended(err error, done connector.Outcome) result {
	if err == nil {
		r.outcome = done
	} else if o, no := refusedBySpotler(err); no {
		r.outcome = o
	} else {
		r.err = err
	}
	return r
}
