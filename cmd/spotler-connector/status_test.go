package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/api/openapi"
	"github.com/spotler-connector/connector/internal/store"
)

func TestStatus(t *testing.T) {
	d := sit(t, "shop", "club")
	d.ok("sync", "-e", "shop", anna)
	status, code := asJSON[openapi.Status](d, "status")
	if code != exitOK || len(status.Environments) != 2 || status.Environments[0].Backlog != 1 || status.Version != "1.2.3" {
		t.Errorf("exit %d: %+v", code, status)
	}
	pause := func(api string, until time.Time, alert bool) {
		t.Helper()
		if err := d.store.Pause(t.Context(), store.Gate{Environment: "shop", API: api, PausedUntil: until, Alert: alert, Reason: "Mend " + api + "."}); err != nil {
			t.Fatal(err)
		}
	}
	pause(store.GateDataverse, d.clock.Now().Add(time.Minute), false)
	if got := d.types("status"); got.code != exitOK || !strings.Contains(got.out, "shop: dataverse is paused until ") || !strings.Contains(got.out, "    Mend dataverse.\n") {
		t.Errorf("a short pause: exit %d\n%s", got.code, got.out)
	}
	pause(store.GateSpotler, store.Forever, true)
	pause(store.GateIrreversible, store.Forever, true)
	got := d.types("status")
	for _, want := range []string{"Run: spotler-connector gates resume shop spotler\n", "Run: spotler-connector fence release shop\n", "    Mend irreversible.\n"} {
		if !strings.Contains(got.out, want) {
			t.Errorf("no %q in\n%s", want, got.out)
		}
	}
	if got.code != exitFailed || got.err != "" || strings.Count(got.out, "Mend spotler.") != 1 {
		t.Errorf("exit %d: %s\n%s", got.code, got.err, got.out)
	}
	if got := d.types("status", "-e", "club"); got.code != exitOK || strings.Contains(got.out, "shop") {
		t.Errorf("club alone: exit %d\n%s", got.code, got.out)
	}
	d.off = "The organisation is another one."
	if got := d.types("status", "--env", "club"); got.code != exitFailed || !strings.Contains(got.out, "club: off\n    The organisation is another one.\n") {
		t.Errorf("club is off: exit %d\n%s", got.code, got.out)
	}
	if got := d.types("status", "--env", "pub"); got.code != exitNotFound {
		t.Errorf("pub: exit %d: %s", got.code, got.err)
	}
}

func TestGatesAndFence(t *testing.T) {
	d := sit(t, "shop")
	for _, api := range []string{store.GateSpotler, store.GateIrreversible} {
		if err := d.store.Pause(t.Context(), store.Gate{Environment: "shop", API: api, PausedUntil: store.Forever, Reason: "Mend it.", Alert: true}); err != nil {
			t.Fatal(err)
		}
	}
	if gate, code := asJSON[openapi.Gate](d, "gates", "resume", "shop", "spotler"); code != exitOK || gate.Paused || gate.Api != openapi.RemoteAPISpotler {
		t.Errorf("exit %d: %+v", code, gate)
	}
	if out := d.ok("gates", "resume", "shop", "dataverse"); !strings.HasPrefix(out, "Work for dataverse goes on in shop") {
		t.Error(out)
	}
	if got := d.types("status"); got.code != exitFailed {
		t.Errorf("the fence has stopped: exit %d", got.code)
	}
	if fence, code := asJSON[openapi.Fence](d, "fence", "release", "shop"); code != exitOK || fence.Stopped || fence.Limit != 100 {
		t.Errorf("exit %d: %+v", code, fence)
	}
	if out := d.ok("fence", "release", "shop"); out != "The fence of shop is open: 0 irreversible operations passed in the present window.\n" {
		t.Error(out)
	}
	d.ok("status")
	for _, args := range [][]string{{"gates", "resume", "pub", "spotler"}, {"gates", "resume", "shop", "leads"}, {"fence", "release", "pub"}} {
		if got := d.types(args...); got.code != exitNotFound {
			t.Errorf("%v: exit %d: %s", args, got.code, got.err)
		}
	}
	if got := d.types("gates", "resume", "shop", "irreversible"); got.code != exitUsage {
		t.Errorf("the fence as a gate: exit %d: %s", got.code, got.err)
	}
}

func TestTokens(t *testing.T) {
	d := sit(t, "shop", "club")
	d.clock.Advance(time.Minute)
	made := d.types("tokens", "make", "night shift", "--env", "shop")
	secret := strings.TrimSpace(made.out)
	if made.code != exitOK || !strings.HasPrefix(secret, "spotler_connector_") || strings.Contains(made.err, secret) || !strings.Contains(made.err, "only now") {
		t.Fatalf("exit %d: %s%s", made.code, made.out, made.err)
	}
	list, _ := asJSON[openapi.TokenList](d, "tokens", "list")
	if len(list.Tokens) != 2 || list.Tokens[1].Name != "night shift" || *list.Tokens[1].Environment != "shop" {
		t.Errorf("%+v", list)
	}
	if out := d.ok("tokens", "list"); !strings.Contains(out, "(all)        first token\n") || !strings.Contains(out, "shop         night shift\n") {
		t.Errorf("prints\n%s", out)
	}
	mine := &desk{T: t, url: d.url, token: secret}
	if got := mine.types("jobs", "list"); got.code != exitOK {
		t.Errorf("the only one it is for: exit %d: %s", got.code, got.err)
	}
	if got := mine.types("jobs", "list", "-e", "club"); got.code != exitNotFound {
		t.Errorf("another one: exit %d: %s", got.code, got.err)
	}
	if got := mine.types("tokens", "list"); got.code != exitDenied {
		t.Errorf("not an administrator: exit %d: %s", got.code, got.err)
	}
	created, _ := asJSON[openapi.CreatedToken](d, "tokens", "make", "all", "--all")
	if created.Secret == "" || created.Token.Environment != nil {
		t.Errorf("%+v", created.Token)
	}
	if gone, code := asJSON[dropped](d, "tokens", "drop", list.Tokens[1].Id); code != exitOK || gone.ID != list.Tokens[1].Id {
		t.Errorf("exit %d: %+v", code, gone)
	}
	if got := mine.types("jobs", "list"); got.code != exitDenied {
		t.Errorf("a token that was taken back: exit %d", got.code)
	}
	d.ok("tokens", "drop", created.Token.Id)
	for _, tt := range []struct {
		want int
		args []string
	}{
		{exitUsage, []string{"tokens", "drop", list.Tokens[0].Id}}, // the last one
		{exitNotFound, []string{"tokens", "drop", "nothing"}},
		{exitUsage, []string{"tokens", "make", "x"}},
		{exitUsage, []string{"tokens", "make", "x", "--env="}}, // must not be one for all
		{exitUsage, []string{"tokens", "make", "x", "--all", "--env", "shop"}},
		{exitNotFound, []string{"tokens", "make", "x", "--env", "pub"}},
	} {
		if got := d.types(tt.args...); got.code != tt.want {
			t.Errorf("%v: exit %d, want %d: %s", tt.args, got.code, tt.want, got.err)
		}
	}
	if list, _ := asJSON[openapi.TokenList](d, "tokens", "list"); len(list.Tokens) != 1 {
		t.Errorf("left: %+v", list.Tokens)
	}
}

func TestWhatStatusLooksLike(t *testing.T) {
	at := time.Date(2026, 11, 25, 8, 59, 1, 0, time.UTC)
	shop := openapi.EnvironmentStatus{Name: "shop", State: openapi.EnvironmentStatePaused, Backlog: 12345, DeadLetters: 1, TellingsPending: 7, TellingsDead: 2, Linked: 1234567,
		LastIntakeAt: &at, OldestReadyAt: &at, Fence: openapi.Fence{Count: 3, Limit: 5000},
		Gates:  []openapi.Gate{{Api: "dataverse"}, {Api: "spotler", Paused: true, Reason: some("The key was refused: mend spotler.key.")}},
		Alerts: []openapi.Alert{{Code: "spotler", Detail: "The key was refused: mend spotler.key.", Since: at}, {Code: "news", Detail: "Something new.", Since: at}}}
	club := openapi.EnvironmentStatus{Name: "club", State: openapi.EnvironmentStateOff, Reason: some("It is starting.")}
	want := `spotler-connector 1.2.3, node alpha, on postgres, up since 09:59:01

ENVIRONMENT  STATE   BACKLOG  DEAD  UNTOLD  PEOPLE     FENCE    LAST JOB  PAUSED
shop         paused  12,345   1     7       1,234,567  3/5,000  09:59:01  spotler
club         off     0        0     0       0          none     -         -

shop: spotler is paused until somebody lifts it
    The key was refused: mend spotler.key.
    Run: spotler-connector gates resume shop spotler

shop: alert since 09:59:01
    Something new.

shop: 1 dead letter
    Run: spotler-connector jobs list --state dead --env shop

shop: Dataverse refused to hear 2 results
    Its job rows may be out of date: see the log of the connector.

shop: work has been waiting since 09:59:01

club: off
    It is starting.
`
	status := openapi.Status{Version: "1.2.3", Node: "alpha", Store: openapi.Store{Kind: "postgres"}, StartedAt: at, Environments: []openapi.EnvironmentStatus{shop, club}}
	if d := cmp.Diff(want, shown(func(p *printer) { showStatus(p, status) })); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if got := shown(func(p *printer) { showStatus(p, openapi.Status{}) }); !strings.Contains(got, "There is no environment for this token.\n") {
		t.Error(got)
	}
}

func TestDeadLettersAreShown(t *testing.T) {
	d := sit(t, "shop")
	d.ok("sync", anna)
	d.settle("shop", store.OpDead, connector.Refused(connector.CodeGaveUp, "Give the role."), "denied")
	if got := d.types("status"); got.code != exitOK || !strings.Contains(got.out, "shop: 1 dead letter\n") {
		t.Errorf("exit %d\n%s", got.code, got.out)
	}
}
