package schedule

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/operations"
	"github.com/spotler-connector/connector/internal/schema"
	"github.com/spotler-connector/connector/internal/store"
)

const addTag = "contact/000000000001 Add Tag 1 pull"

// job writes a Spotler Job row that was modified some time ago.
func (h *house) job(n int, ago time.Duration, columns map[string]any) {
	at := h.clock.Now().Add(-ago).Format(time.RFC3339)
	all := map[string]any{"dh_operation": int(connector.AddTag), "_dh_customer_value": string(ID(1)), "_dh_customer_value@Microsoft.Dynamics.CRM.lookuplogicalname": "contact",
		"dh_parametername": "VIP", "statuscode": schema.JobQueued, "statecode": 0, "createdon": at, "modifiedon": at, "dh_madebyconnector": false}
	for k, v := range columns {
		all[k] = v
	}
	h.crm.set(schema.SpotlerJobTable, ID(n), all)
}

// tell makes the op tell its job rows, and, when heard, that Dataverse listened.
func (h *house) finish(heard bool) {
	h.Helper()
	h.run(func(t store.Taken, x *store.Settlement) {
		for _, j := range t.Jobs {
			x.Tellings = append(x.Tellings, store.Telling{Environment: env, Target: "dh_spotlerjobs(" + string(j) + ")", Body: json.RawMessage(`{}`)})
		}
	})
	due, err := h.db.DueTellings(background, env, h.clock.Now(), 10)
	if err != nil || len(due) == 0 {
		h.Fatal(due, err)
	}
	if !heard {
		return
	}
	for _, d := range due {
		if err := h.db.Told(background, env, []store.Heard{{Target: d.Target, Version: d.Version, Heard: true}}); err != nil {
			h.Fatal(err)
		}
	}
}

func TestLostJobsAreFound(t *testing.T) {
	h := newHouse(t)
	h.job(1, time.Minute, nil) // the webhook may still come
	h.step("pull_jobs")
	h.wantQueued()
	h.clock.Advance(2 * time.Minute)
	h.job(2, 3*time.Minute, map[string]any{"dh_madebyconnector": true})
	h.job(3, 3*time.Minute, map[string]any{"statuscode": schema.JobCompleted})
	h.job(4, 3*time.Minute, map[string]any{"dh_operation": 5}) // fails when it runs, so that its row gets the answer
	h.step("pull_jobs")
	h.wantQueued(addTag, "environment/job/000000000004 operation 5 1 pull")
	h.step("pull_jobs") // an open job is left alone
	h.wantQueued(addTag, "environment/job/000000000004 operation 5 1 pull")
	op, err := h.db.Ops(background, store.OpFilter{Environment: env, Operation: connector.AddTag, Limit: 1})
	if err != nil || len(op) != 1 {
		t.Fatal(op, err)
	}
	args, err := operations.DecodeArguments(op[0].Arguments)
	if err != nil || args.Job.Name != "VIP" || args.Job.ID != ID(1) || args.Job.Customer != contact(1) {
		t.Errorf("%+v %v", args, err)
	}
}

func TestTheWebhookAndThePullAreOneRequest(t *testing.T) {
	h := newHouse(t)
	h.job(1, 3*time.Minute, nil)
	put, err := operations.PutJob(env, connector.Job{ID: ID(1), Operation: connector.AddTag, Customer: contact(1), Name: "VIP"}, string(ID(1)), "webhook")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.db.Put(background, []store.Put{put}); err != nil {
		t.Fatal(err)
	}
	h.step("pull_jobs")
	h.wantQueued("contact/000000000001 Add Tag 1 webhook")
}

func TestAnEndedJobIsNotRepeated(t *testing.T) {
	h := newHouse(t)
	h.job(1, 3*time.Minute, nil)
	h.step("pull_jobs")
	h.finish(false)
	h.clock.Advance(time.Hour)
	h.step("pull_jobs") // Dataverse has not heard yet, so the row still says Queued
	h.wantQueued()
	h.job(1, 3*time.Minute, map[string]any{"modifiedon": h.clock.Now().Add(-30 * time.Minute).Format(time.RFC3339)})
	h.step("pull_jobs") // somebody touched it, but the telling is still on its way
	h.wantQueued()
}

func TestAToldJobThatIsOlderIsLeftAlone(t *testing.T) {
	h := newHouse(t)
	h.job(1, 3*time.Minute, nil)
	h.step("pull_jobs")
	h.finish(true)
	h.clock.Advance(time.Hour)
	h.step("pull_jobs")
	h.wantQueued()
}

func TestSetBackByAPerson(t *testing.T) {
	h := newHouse(t)
	h.job(1, 3*time.Minute, nil)
	h.step("pull_jobs")
	h.finish(true)
	for range 2 { // as often as the person likes
		h.clock.Advance(time.Hour)
		h.job(1, 10*time.Minute, nil)
		h.step("pull_jobs")
		h.wantQueued(addTag)
		h.step("pull_jobs")
		h.wantQueued(addTag)
		h.finish(true)
	}
}

func TestManyJobs(t *testing.T) {
	h := newHouse(t)
	h.crm.page = 200
	for n := 1; n <= jobsAtOnce+5; n++ {
		h.job(n, time.Hour, map[string]any{"_dh_customer_value": string(ID(n))})
	}
	h.step("pull_jobs")
	if got := h.queued(); len(got) != jobsAtOnce+5 {
		t.Errorf("%d ops", len(got))
	}
}

func TestJobsThatCannotBeRead(t *testing.T) {
	h := newHouse(t)
	h.job(1, time.Hour, nil)
	h.crm.refuse["dh_spotlerjobs"] = 403
	if err := h.try("pull_jobs"); !errors.Is(err, fault.Denied) {
		t.Error(err)
	}
	h.wantQueued()
}
