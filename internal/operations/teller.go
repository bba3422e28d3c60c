package operations

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"sort"
	"strings"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/dataverse"
	"github.com/spotler-connector/connector/internal/decide"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/schema"
	"github.com/spotler-connector/connector/internal/store"
)

// tellAtOnce is how many rows one $batch writes.
const tellAtOnce = 250

// Teller carries tellings to Dataverse until it has heard. It may tell twice and
// never runs an op, so a deaf Dataverse cannot make us repeat an effect.
type Teller struct {
	Env    *Environment
	Store  Store
	Now    func() time.Time
	Jitter func() float64
	Log    *slog.Logger
}

// Once tells what is due and returns how many rows were written. full says that
// more may be due.
func (t *Teller) Once(ctx context.Context) (told int, full bool, err error) {
	if err := t.Env.prepare(ctx, t.Store); err != nil {
		return 0, false, err
	}
	now := t.Now()
	due, err := t.Store.DueTellings(ctx, t.Env.Name, now, tellAtOnce)
	if err != nil || len(due) == 0 {
		return 0, false, err
	}
	// A lookup can be set only when the row it points at exists.
	sort.SliceStable(due, func(i, j int) bool { return rank(due[i].Target) < rank(due[j].Target) })
	responses, err := t.send(ctx, due)
	if err != nil {
		return 0, false, t.deaf(ctx, due, err, now)
	}
	heard := make([]store.Heard, len(due))
	var instead []store.Telling
	for i, d := range due {
		heard[i] = t.judge(ctx, d, responses[i].Err, now)
		if heard[i].Heard {
			told++
		} else if plain, ok := t.withoutPerson(d, responses[i].Err); ok {
			instead = append(instead, plain)
		}
	}
	if err := t.Store.Told(ctx, t.Env.Name, heard); err != nil || len(instead) == 0 {
		return told, len(due) == tellAtOnce, err
	}
	return told, len(due) == tellAtOnce, t.Store.PutTellings(ctx, instead)
}

// send writes rows. What is written to job rows is not told back to us; where the
// security role does not allow that, all is sent again without, and from then on.
func (t *Teller) send(ctx context.Context, due []store.Telling) ([]dataverse.BatchResponse, error) {
	skip := t.Env.ownSteps.Load()
	requests, skipping := make([]dataverse.BatchRequest, len(due)), false
	for i, d := range due {
		requests[i] = t.request(d)
		if skip != nil && rank(d.Target) == jobRank {
			requests[i], skipping = dataverse.SkippingSteps(requests[i], *skip...), true
		}
	}
	responses, err := t.Env.CRM.Batch(ctx, requests, true)
	if err != nil || !skipping || !slices.ContainsFunc(responses, func(r dataverse.BatchResponse) bool { return fault.Of(r.Err) == fault.Denied }) {
		return responses, err
	}
	t.Env.ownSteps.CompareAndSwap(skip, nil)
	t.Log.InfoContext(ctx, "job rows are told back to us: give the connector's role the privilege prvBypassCustomBusinessLogic to halve the events of a mass edit", "environment", t.Env.Name)
	return t.send(ctx, due)
}

// withoutPerson is the telling of a job row whose person was deleted meanwhile: a
// lookup to nobody is refused, and the row says what happened without it.
func (t *Teller) withoutPerson(d store.Telling, cause error) (store.Telling, bool) {
	if fault.Of(cause) != fault.NotValid || !d.Create || rank(d.Target) != jobRank {
		return d, false
	}
	var fields map[string]any
	if json.Unmarshal(d.Body, &fields) != nil {
		return d, false
	}
	before := len(fields)
	for name := range fields {
		if strings.HasSuffix(name, "@odata.bind") {
			delete(fields, name)
		}
	}
	body, err := json.Marshal(fields)
	if err != nil || len(fields) == before {
		return d, false
	}
	d.Body = body
	return d, true
}

// jobRank is the rank of job rows.
const jobRank = 2

// rank orders targets: our own rows before the people who point at them.
func rank(target string) int {
	for i, own := range []connector.Table{schema.SpotlerInfoTable, schema.SpotlerPermissionTable, schema.SpotlerJobTable} {
		if strings.HasPrefix(target, schema.SetOf(own)+"(") {
			return i
		}
	}
	return 3
}

func (t *Teller) request(d store.Telling) dataverse.BatchRequest {
	set, rest, _ := strings.Cut(d.Target, "(")
	id := connector.RecordID(strings.TrimSuffix(rest, ")"))
	table := tableOfSet(set)
	if isPost(d.Target) {
		return t.Env.CRM.CreateRequest(table, d.Body) // its body carries the id
	}
	if d.Create {
		return t.Env.CRM.UpsertRequest(table, id, d.Body)
	}
	return t.Env.CRM.UpdateRequest(table, id, d.Body)
}

func tableOfSet(set string) schema.Table {
	if t, ok := schema.OfSet(set); ok {
		return t
	}
	return schema.Table{Set: set}
}

// judge says what became of one telling. A row that is gone counts as told.
func (t *Teller) judge(ctx context.Context, d store.Telling, err error, now time.Time) store.Heard {
	h := store.Heard{Target: d.Target, Version: d.Version}
	kind := fault.Of(err)
	switch {
	case err == nil, errors.Is(err, fault.NotFound), kind == fault.Conflict && isPost(d.Target): // a post that is there was told before
		h.Heard = true
	case kind == fault.NotValid && d.Attempt >= 2:
		h.Dead, h.Cause = true, string(kind)
		t.Log.ErrorContext(ctx, "Dataverse refuses to hear of a row; it is set aside", "environment", t.Env.Name, "row", d.Target, "err", err)
	default:
		h.RetryAt, h.Cause = now.Add(t.wait(d, err)), string(kind)
		if kind == fault.Denied && d.Attempt%20 == 0 {
			t.Log.ErrorContext(ctx, "the connector may not write a row; check its security role", "environment", t.Env.Name, "row", d.Target, "err", err)
		}
	}
	return h
}

func (t *Teller) wait(d store.Telling, err error) time.Duration {
	f := decide.Failure{Spec: connector.Spec{Repeat: connector.Harmless}, Kind: fault.Unreachable, Attempt: d.Attempt + 1, Jitter: t.Jitter()}
	if e := fault.As(err); e != nil {
		f.Asked = e.After
	}
	wait := decide.AfterFailure(f).After
	if d.Attempt < 3 { // most trouble is short: the first times come quickly
		wait = min(wait, time.Duration(d.Attempt+1)*500*time.Millisecond)
		wait = max(wait, f.Asked)
	}
	return wait
}

// deaf puts all tellings off after the whole call failed.
func (t *Teller) deaf(ctx context.Context, due []store.Telling, cause error, now time.Time) error {
	heard := make([]store.Heard, len(due))
	for i, d := range due {
		heard[i] = store.Heard{Target: d.Target, Version: d.Version, RetryAt: now.Add(t.wait(d, cause)), Cause: string(fault.Of(cause))}
	}
	if err := t.Store.Told(ctx, t.Env.Name, heard); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return nil
	}
	return cause
}
