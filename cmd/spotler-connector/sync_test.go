package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/api/openapi"
	"github.com/spotler-connector/connector/internal/store"
)

func TestSync(t *testing.T) {
	d := sit(t, "shop")
	accepted, code := asJSON[openapi.SyncAccepted](d, "sync", anna, bert)
	if code != exitOK || len(accepted.Jobs) != 2 || accepted.Jobs[1].Record != bert || accepted.Jobs[0].Joined {
		t.Errorf("exit %d: %+v", code, accepted)
	}
	out := d.ok("sync", anna)
	if want := "JOB  RECORD\n1    " + anna + "  was asked for already\n"; out != want {
		t.Errorf("prints\n%s", out)
	}
	for _, record := range []string{"jan@example.com", "contact/7", "list/6f0c1c9e-0d9b-4f0e-9a44-0a3c4f6c2b11"} {
		if got := d.types("sync", record); got.code != exitUsage || strings.Contains(got.err, "example.com") {
			t.Errorf("%s: exit %d: %s", record, got.code, got.err)
		}
	}
	if got := d.types("sync"); got.code != exitUsage {
		t.Errorf("no record: exit %d", got.code)
	}
}

// One key is one request, however often it is sent.
func TestSyncKey(t *testing.T) {
	d := sit(t, "shop")
	first, _ := asJSON[openapi.SyncAccepted](d, "sync", anna, "--key", "load-1")
	d.settle("shop", store.OpDone, connector.Done("In Spotler."), "")
	again, _ := asJSON[openapi.SyncAccepted](d, "sync", anna, "--key", "load-1")
	other, _ := asJSON[openapi.SyncAccepted](d, "sync", anna)
	if again.Jobs[0].Id != first.Jobs[0].Id || other.Jobs[0].Id == first.Jobs[0].Id {
		t.Errorf("first %+v, again %+v, other %+v", first, again, other)
	}
}

func TestSyncMoreThanOneRequest(t *testing.T) {
	d := sit(t, "shop")
	args := []string{"sync"}
	for i := range recordsAtOnce + 1 {
		args = append(args, fmt.Sprintf("contact/6f0c1c9e-0d9b-4f0e-9a44-%012d", i+1))
	}
	if accepted, _ := asJSON[openapi.SyncAccepted](d, args...); len(accepted.Jobs) != recordsAtOnce+1 {
		t.Errorf("%d jobs", len(accepted.Jobs))
	}
}

func TestSyncWaits(t *testing.T) {
	tests := []struct {
		name    string
		state   store.OpState
		outcome connector.Outcome
		want    int
	}{
		{"done", store.OpDone, connector.Done("In Spotler."), exitOK},
		{"skipped", store.OpDone, connector.Skipped("The address is not valid."), exitOK},
		{"failed", store.OpFailed, connector.Refused(connector.CodeJobNotValid, "The row is gone."), exitFailed},
		{"dead", store.OpDead, connector.Refused(connector.CodeGaveUp, "Dataverse says no: give the role."), exitFailed},
		{"cancelled", store.OpCancelled, connector.Refused(connector.CodeHeld, "Called off."), exitFailed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := sit(t, "shop")
			looked := 0
			d.meanwhile(func(r *http.Request) {
				if r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/jobs/") {
					if looked++; looked == 2 { // the first look finds it queued
						d.settle("shop", tt.state, tt.outcome, "")
					}
				}
			})
			got := d.types("sync", "--wait", anna, anna, bert)
			if got.code != tt.want || looked != 3 {
				t.Errorf("exit %d, want %d, after %d looks: %s%s", got.code, tt.want, looked, got.out, got.err)
			}
			if failed := tt.want != exitOK; failed != strings.Contains(got.err, "2 of 2 jobs did not end well") {
				t.Errorf("says %s", got.err)
			}
			if tt.state == store.OpDead && !strings.Contains(got.out, tt.outcome.Why) {
				t.Errorf("does not say why: %s", got.out)
			}
		})
	}
}

func TestSyncWaitsNoLongerThanItIsTold(t *testing.T) {
	d := sit(t, "shop")
	got := d.types("sync", "--wait", "--timeout", "1ms", anna)
	if got.code != exitTransient || !strings.Contains(got.err, "has not ended within 1ms and goes on") || got.out != "" {
		t.Errorf("exit %d: %s", got.code, got.err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	d.meanwhile(func(r *http.Request) {
		if r.Method == http.MethodGet {
			cancel()
		}
	})
	var out, errw strings.Builder
	if code := run(ctx, []string{"sync", "--wait", "-e", "shop", anna}, []string{serverEnviron + "=" + d.url, tokenEnviron + "=" + d.token}, &out, &errw); code != exitTransient || !strings.Contains(errw.String(), "stopped") {
		t.Errorf("interrupted: exit %d: %s", code, errw.String())
	}
}

// Somebody who waits for one person wants to know what became of it.
func TestSyncWaitsForOne(t *testing.T) {
	d := sit(t, "shop")
	d.meanwhile(func(r *http.Request) {
		if strings.Contains(r.URL.Path, "/jobs/") {
			d.settle("shop", store.OpDone, connector.Skipped("The e-mail address is not valid; correct it in Dynamics 365."), "")
		}
	})
	if out := d.ok("sync", "-w", anna); !strings.Contains(out, "result       SKIPPED\n             The e-mail address is not valid") {
		t.Errorf("prints\n%s", out)
	}
}

func TestSyncWaitsAsJSON(t *testing.T) {
	d := sit(t, "shop")
	d.meanwhile(func(r *http.Request) {
		if strings.Contains(r.URL.Path, "/jobs/") {
			d.settle("shop", store.OpFailed, connector.Refused(connector.CodeJobNotValid, "The row is gone.").Answered(404), "not found")
		}
	})
	list, code := asJSON[openapi.JobList](d, "sync", "--wait", anna)
	if code != exitFailed || len(list.Jobs) != 1 || list.Jobs[0].State != openapi.JobStateFailed || *list.Jobs[0].HttpStatus != 404 {
		t.Errorf("exit %d: %+v", code, list)
	}
}
