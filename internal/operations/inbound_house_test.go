package operations

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"log/slog"
	"net/http"
	"testing"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/dataverse"
	"github.com/spotler-connector/connector/internal/mapping"
	"github.com/spotler-connector/connector/internal/schema"
	"github.com/spotler-connector/connector/internal/spotler"
	"github.com/spotler-connector/connector/internal/store"
	"github.com/spotler-connector/connector/internal/store/storetest"
)

const inboundEnv connector.Environment = "acme"

const inboundSheet = `version: 1
rows:
  - {spotler: email, contact: emailaddress1, lead: emailaddress1, direction: "->"}
  - {spotler: firstName, contact: firstname, lead: firstname, entity: ifunds_firstname, direction: "<->"}
  - {spotler: city, contact: address1_city, direction: "<-"}
  - {spotler: permissions, contact: "@map(permissions)", direction: "<->"}
  - {spotler: "$value:Website", lead: subject, direction: "<-"}
`

// inboundFields are the fields of Spotler in these tests.
var inboundFields = []spotler.Property{{Name: "email", Type: "email"}, {Name: "firstName", Type: "string"}, {Name: "city", Type: "string"},
	{Name: "permissions", Type: "set", Entries: []spotler.Entry{{Bit: 1, Description: "Nieuwsbrief"}, {Bit: 2, Description: "Acties"}}}}

// inboundHouse is an environment on a real store, with remotes that only tell what a
// test says, and keep what they are asked.
type inboundHouse struct {
	*testing.T
	env   *Environment
	db    *store.Store
	clock *storetest.Clock
	crm   *tellingCRM
	mail  *tellingMail
}

func newInboundHouse(t *testing.T) *inboundHouse {
	t.Helper()
	sheet, err := mapping.Parse([]byte(inboundSheet))
	if err != nil {
		t.Fatal(err)
	}
	var fields []mapping.Property
	for _, p := range inboundFields {
		f := mapping.Property{Name: p.Name, Type: p.Type}
		for _, e := range p.Entries {
			f.Entries = append(f.Entries, mapping.Entry{Bit: e.Bit, Description: e.Description})
		}
		fields = append(fields, f)
	}
	bound, err := sheet.Bind(schema.Tables(), fields)
	if err != nil {
		t.Fatal(err)
	}
	tables, types := map[connector.Table]schema.Table{}, map[string]string{}
	for _, tab := range schema.Tables() {
		tables[tab.Name] = tab
	}
	for _, p := range inboundFields {
		types[p.Name] = p.Type
	}
	clock := storetest.NewClock()
	h := &inboundHouse{T: t, clock: clock, db: storetest.OpenSQLite(t, clock), crm: &tellingCRM{}, mail: &tellingMail{}}
	h.env = &Environment{Name: inboundEnv, CRM: h.crm, Mapping: bound, Tables: tables, Types: types, Synced: []connector.Table{connector.Contact, connector.Lead}}
	if err := h.env.prepare(t.Context(), h.db); err != nil {
		t.Fatal(err)
	}
	return h
}

// run does the work that is queued, and returns how it ended.
func (h *inboundHouse) run(work ...store.Taken) []store.Settlement {
	h.Helper()
	r := &Runner{Store: h.db, Environment: func(connector.Environment) *Environment { return h.env }, Now: h.clock.Now, Jitter: func() float64 { return 0 }, Log: slog.New(slog.NewTextHandler(h.Output(), nil))}
	return r.Run(h.Context(), inboundEnv, work)
}

// inbound is the work of taking somebody in.
func (h *inboundHouse) inbound(lane store.Lane, in Inbound) store.Taken {
	h.Helper()
	put, err := h.env.putInbound(lane, in, "test")
	if err != nil {
		h.Fatal(err)
	}
	return store.Taken{Op: store.Op{ID: 7, Lane: lane, Operation: put.Operation, Arguments: put.Arguments, Attempt: 1, CreatedAt: h.clock.Now()}}
}

// link makes a person known, with what both sides agreed on.
func (h *inboundHouse) link(n int, agreed map[string]string) store.Link {
	h.Helper()
	l := store.Link{Environment: inboundEnv, Record: connector.Record{Table: connector.Contact, ID: storetest.ID(n)}, ExternalID: connector.ExternalIDOf(storetest.ID(n)),
		Owner: true, Status: connector.StatusActive, Shadow: map[string]store.Sides{}}
	for field, value := range agreed {
		hash := h.env.valueHash(field, value)
		l.Shadow[field] = store.Sides{CRM: hash, Spotler: hash}
	}
	return l
}

// know stores links.
func (h *inboundHouse) know(links ...store.Link) {
	h.Helper()
	ctx := h.Context()
	if _, err := h.db.Put(ctx, []store.Put{{Environment: inboundEnv, Lane: store.EnvironmentLane(inboundEnv, "know"), Operation: connector.RefreshAutomations, Key: fmt.Sprint("know", links[0].Record)}}); err != nil {
		h.Fatal(err)
	}
	var batch store.Batch
	err := h.db.Admit(ctx, func(ctx context.Context, a *store.Admission) error {
		ready, err := a.Peek(ctx, inboundEnv, 10)
		if err == nil {
			batch, err = a.Take(ctx, inboundEnv, ready, time.Minute)
		}
		return err
	})
	if err != nil {
		h.Fatal(err)
	}
	taken, err := h.db.Take(ctx, batch, "test", time.Minute)
	if err != nil || len(taken) == 0 {
		h.Fatalf("%d taken: %v", len(taken), err)
	}
	ends := make([]store.Settlement, len(taken))
	for i, t := range taken {
		ends[i] = store.Settlement{Lane: t.Lane, Epoch: t.Epoch, Op: t.ID, State: store.OpDone, Outcome: connector.Done("Known.")}
	}
	ends[0].Links = links
	if _, err := h.db.Finish(ctx, ends); err != nil {
		h.Fatal(err)
	}
}

// tellingCRM answers reads with its rows, by entity set, and keeps the writes.
type tellingCRM struct {
	CRM
	rows   map[string][]map[string]any
	writes []dataverse.BatchRequest
}

func (c *tellingCRM) GetRequest(q dataverse.Query) dataverse.BatchRequest {
	return dataverse.BatchRequest{Method: http.MethodGet, Path: q.Table.Set}
}

func (c *tellingCRM) CreateRequest(t schema.Table, body []byte) dataverse.BatchRequest {
	return dataverse.BatchRequest{Method: http.MethodPost, Path: t.Set, Body: body}
}

func (c *tellingCRM) UpdateRequest(t schema.Table, id connector.RecordID, body []byte) dataverse.BatchRequest {
	return dataverse.BatchRequest{Method: http.MethodPatch, Path: t.Set + "(" + string(id) + ")", Body: body}
}

func (c *tellingCRM) UpsertRequest(t schema.Table, id connector.RecordID, body []byte) dataverse.BatchRequest {
	return c.UpdateRequest(t, id, body)
}

func (c *tellingCRM) Batch(_ context.Context, requests []dataverse.BatchRequest, _ bool) ([]dataverse.BatchResponse, error) {
	out := make([]dataverse.BatchResponse, len(requests))
	for i, r := range requests {
		out[i].Status = http.StatusNoContent
		if r.Method != http.MethodGet {
			c.writes = append(c.writes, r)
			continue
		}
		rows := c.rows[r.Path]
		if rows == nil {
			rows = []map[string]any{}
		}
		body, err := json.Marshal(map[string]any{"value": rows})
		if err != nil {
			return nil, err
		}
		out[i] = dataverse.BatchResponse{Status: http.StatusOK, Body: body}
	}
	return out, nil
}

// tellingMail tells of contacts that changed.
type tellingMail struct {
	changed []spotler.Contact
	bounces []spotler.Bounce
	fields  []spotler.Property
}

func (m *tellingMail) Updates(context.Context, time.Time, time.Time) iter.Seq2[spotler.Contact, error] {
	return func(yield func(spotler.Contact, error) bool) {
		for _, c := range m.changed {
			if !yield(c, nil) {
				return
			}
		}
	}
}

func (m *tellingMail) Bounces(context.Context, time.Time, time.Time) iter.Seq2[spotler.Bounce, error] {
	return func(yield func(spotler.Bounce, error) bool) {
		for _, b := range m.bounces {
			if !yield(b, nil) {
				return
			}
		}
	}
}

func (m *tellingMail) Properties(context.Context) ([]spotler.Property, error) {
	if m.fields == nil {
		return inboundFields, nil
	}
	return m.fields, nil
}

// contactRow is the row of the n-th contact as Dynamics tells it.
func contactRow(n int, more map[string]any) map[string]any {
	out := map[string]any{"contactid": storetest.ID(n), "emailaddress1": fmt.Sprintf("ann%d@example.test", n), "firstname": "Ann", "address1_city": "Ede",
		"statecode": 0, "statuscode": 1, "donotemail": false, "donotbulkemail": false, "merged": false, "_masterid_value": nil}
	for k, v := range more {
		out[k] = v
	}
	return out
}
