package schedule

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/mapping"
	"github.com/spotler-connector/connector/internal/operations"
	"github.com/spotler-connector/connector/internal/schema"
	"github.com/spotler-connector/connector/internal/settings"
	"github.com/spotler-connector/connector/internal/store"
	"github.com/spotler-connector/connector/internal/store/storetest"
)

const env connector.Environment = "acme"

func ID(n int) connector.RecordID {
	return connector.RecordID(fmt.Sprintf("00000000-0000-4000-8000-%012d", n))
}

func contact(n int) connector.Record { return connector.Record{Table: connector.Contact, ID: ID(n)} }

const sheet = `version: 1
rows:
  - {spotler: email, contact: emailaddress1, lead: emailaddress1, direction: "->"}
  - {spotler: firstName, contact: firstname, lead: firstname, direction: "->"}
  - {spotler: company, contact: parentcustomerid, direction: "->"}
`

func bound(t testing.TB) *mapping.Bound {
	t.Helper()
	s, err := mapping.Parse([]byte(sheet))
	if err != nil {
		t.Fatal(err)
	}
	b, err := s.Bind(schema.Tables(), []mapping.Property{{Name: "email", Type: "email"}, {Name: "firstName", Type: "string"}, {Name: "company", Type: "string"}})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// house is an environment on a real store and a simulated organisation.
type house struct {
	*testing.T
	Environment
	crm   *organisation
	db    *store.Store
	clock *storetest.Clock
}

func newHouse(t *testing.T) *house {
	crm, client := newOrganisation(t)
	clock := storetest.NewClock()
	db := storetest.OpenSQLite(t, clock)
	tables := map[connector.Table]schema.Table{}
	for _, tab := range schema.Tables() {
		tables[tab.Name] = tab
	}
	h := &house{T: t, crm: crm, db: db, clock: clock, Environment: Environment{Name: env, CRM: client, Store: db, Mapping: bound(t), Tables: tables,
		Synced: []connector.Table{connector.Contact, connector.Lead}, Net: settings.SafetyNet{JobsAfter: 2 * time.Minute, ChangesEvery: 5 * time.Minute},
		Keep: settings.Keep{JobRows: 90 * 24 * time.Hour}, Now: clock.Now, Changed: operations.Changed}}
	return h
}

// step does one step once.
func (h *house) step(name string) {
	h.Helper()
	if err := h.try(name); err != nil {
		h.Fatal(err)
	}
}

func (h *house) try(name string) error {
	for _, s := range h.Steps() {
		if s.Name == name {
			return s.Once(background)
		}
	}
	h.Fatalf("no step %s", name)
	return nil
}

// queued lists the queued ops: lane, operation, class and source.
func (h *house) queued() (out []string) {
	h.Helper()
	ops, err := h.db.Ops(background, store.OpFilter{Environment: env, States: []store.OpState{store.OpQueued}, Limit: 1000})
	if err != nil {
		h.Fatal(err)
	}
	for _, o := range ops {
		s := fmt.Sprintf("%s %s %d %s", strings.TrimPrefix(string(o.Lane), "acme/"), o.Operation, o.Class, o.Source)
		out = append(out, strings.ReplaceAll(s, "00000000-0000-4000-8000-", ""))
	}
	slices.Sort(out)
	return out
}

func (h *house) wantQueued(want ...string) {
	h.Helper()
	if got := h.queued(); !slices.Equal(got, want) {
		h.Errorf("queued\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// run ends every queued op, with the links and tellings that settle makes.
func (h *house) run(settle func(store.Taken, *store.Settlement)) {
	h.Helper()
	for {
		var batch store.Batch
		err := h.db.Admit(background, func(ctx context.Context, a *store.Admission) error {
			ready, err := a.Peek(ctx, env, 500)
			if err != nil || len(ready) == 0 {
				return err
			}
			batch, err = a.Take(ctx, env, ready, time.Minute)
			return err
		})
		if err != nil {
			h.Fatal(err)
		}
		taken, err := h.db.Take(background, batch, "node", time.Minute)
		if err != nil {
			h.Fatal(err)
		}
		if len(taken) == 0 {
			return
		}
		var all []store.Settlement
		for _, t := range taken {
			x := store.Settlement{Lane: t.Lane, Epoch: t.Epoch, Op: t.ID, State: store.OpDone, Outcome: connector.Done("done")}
			if settle != nil {
				settle(t, &x)
			}
			all = append(all, x)
		}
		if _, err := h.db.Finish(background, all); err != nil {
			h.Fatal(err)
		}
	}
}

// sync does the queued ops as a sync would: the link remembers the version and
// the values of the row.
func (h *house) sync() {
	h.Helper()
	hash, err := h.db.Hasher(background, env)
	if err != nil {
		h.Fatal(err)
	}
	h.run(func(t store.Taken, x *store.Settlement) {
		record, ok := t.Lane.Record()
		if !ok || !record.Table.IsPerson() {
			return
		}
		row := h.crm.rows[schema.SetOf(record.Table)][record.ID]
		if row == nil {
			x.Links = []store.Link{{Environment: env, Record: record, ErasedAt: h.clock.Now()}}
			return
		}
		r := h.Mapping.Outward(record.Table, row, nil)
		l := store.Link{Environment: env, Record: record, ExternalID: connector.ExternalIDOf(record.ID), Owner: true, Status: connector.StatusActive, Version: versionOf(row),
			AddressHash: hash("address\x1f" + r.Email.Fold()), Shadow: map[string]store.Sides{"#rules": {CRM: hash("#rules\x1fbulk e-mail allowed")}}}
		for _, f := range r.Fields {
			l.Shadow[f.Name] = store.Sides{CRM: hash(f.Name + "\x1f" + f.Canonical), Spotler: hash(f.Name + "\x1f" + f.Wire)}
			if f.Canonical == "" {
				delete(l.Shadow, f.Name)
			}
		}
		x.Links = []store.Link{l}
	})
}

// person writes the row of a contact as Dataverse has it.
func (h *house) person(n int, columns map[string]any) {
	all := map[string]any{"emailaddress1": fmt.Sprintf("p%d@example.test", n), "firstname": "Ann", "statecode": 0, "statuscode": 1,
		"donotemail": false, "donotbulkemail": false, "merged": false, "_masterid_value": nil, "_parentcustomerid_value": nil}
	for k, v := range columns {
		all[k] = v
	}
	h.crm.set(connector.Contact, ID(n), all)
}
