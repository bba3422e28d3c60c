package operations

import (
	"encoding/json"
	"maps"
	"strconv"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/dataverse"
	"github.com/spotler-connector/connector/internal/schema"
	"github.com/spotler-connector/connector/internal/settings"
	"github.com/spotler-connector/connector/internal/store"
)

// jobTellings is what the Spotler Job rows of an op must show at its end: each
// row that asked for it, or, when a change asked, one row of our own (setting
// job_log). Our rows are never Queued, so they start nothing.
func (b *run) jobTellings(t store.Taken, job connector.Job, res result) []store.Telling {
	o := res.outcome
	fields := b.jobState(o.State, t.StartedAt)
	maps.Copy(fields, res.columns)
	fields["dh_resultcode"] = clipText(o.Code, 100)
	fields["dh_resultmessage"] = clipText(o.Why, 4000)
	fields["dh_completedon"] = b.now.UTC().Format(time.RFC3339)
	if o.HTTPStatus != 0 {
		fields["dh_httpstatus"] = o.HTTPStatus
	}
	return b.jobRows(t, job, fields, res.gone, b.env.JobLog == settings.LogAll || b.env.JobLog == settings.LogFailures && o.State == connector.Failed)
}

// progressTellings shows the rows of an op as In Progress.
func (b *run) progressTellings(t store.Taken, job connector.Job) []store.Telling {
	return b.jobRows(t, job, b.jobState(connector.InProgress, t.StartedAt), false, b.env.JobLog == settings.LogAll)
}

func (b *run) jobState(s connector.JobState, started time.Time) dataverse.Fields {
	statecode, statuscode := schema.JobStatus(s)
	f := dataverse.Fields{"statecode": statecode, "statuscode": statuscode}
	if !started.IsZero() {
		f["dh_startedon"] = started.UTC().Format(time.RFC3339)
	}
	return f
}

func (b *run) jobRows(t store.Taken, job connector.Job, fields dataverse.Fields, gone, own bool) []store.Telling {
	if len(t.Jobs) > 0 {
		body := b.body(fields)
		out := make([]store.Telling, 0, len(t.Jobs))
		for _, id := range t.Jobs {
			out = append(out, store.Telling{Environment: b.env.Name, Target: target(schema.SpotlerJobTable, id), Body: body})
		}
		return out
	}
	if !own || t.Lane == "" || t.Operation == connector.FromSpotler { // what comes from Spotler is no job of anybody
		return nil
	}
	fields["dh_name"] = t.Operation.String()
	fields["dh_operation"] = int(t.Operation)
	fields["dh_madebyconnector"] = true
	if person, ok := t.Lane.Record(); ok && person.Table.IsPerson() && !gone {
		table, _ := schema.Of(schema.SpotlerJobTable)
		b.bindPerson(fields, table, person)
	}
	if job.Name != "" {
		fields["dh_parametername"] = clipText(job.Name, 200)
	}
	id := b.env.rowID("op/" + strconv.FormatInt(t.ID, 10))
	return []store.Telling{{Environment: b.env.Name, Target: target(schema.SpotlerJobTable, id), Create: true, Body: b.body(fields)}}
}

// bindPerson points dh_customer or dh_lead at a person.
func (b *run) bindPerson(fields dataverse.Fields, t schema.Table, person connector.Record) {
	column := "dh_customer"
	if person.Table == connector.Lead {
		column = "dh_lead"
	}
	if err := fields.Bind(t, column, person); err != nil {
		b.Log.Error("a lookup could not be set", "table", string(t.Name), "column", column, "err", err)
	}
}

// infoTellings is what the Spotler Info of a person must show, and, once, the
// person's lookup to it.
func (b *run) infoTellings(l *store.Link, gone bool) []store.Telling {
	id := b.env.rowID("info/" + l.Record.String())
	active := l.Status == connector.StatusActive
	out := []store.Telling{{Environment: b.env.Name, Target: target(schema.SpotlerInfoTable, id), Create: true, Body: b.body(dataverse.Fields{
		"dh_name": string(l.Status), "dh_reason": clipText(l.Reason, 1000), "dh_active": active, "dh_lastsync": b.now.UTC().Format(time.RFC3339),
	})}}
	if l.InfoBound || gone {
		return out
	}
	table := b.env.Tables[l.Record.Table]
	lookup := dataverse.Fields{}
	if err := lookup.Bind(table, "dh_spotlerinfo", connector.Record{Table: schema.SpotlerInfoTable, ID: id}); err != nil {
		b.Log.Error("a lookup could not be set", "table", string(table.Name), "column", "dh_spotlerinfo", "err", err)
		return out
	}
	l.InfoBound = true
	return append(out, store.Telling{Environment: b.env.Name, Target: target(l.Record.Table, l.Record.ID), Body: b.body(lookup)})
}

// correction sets a permission row to No, because its person opted out in Spotler.
func (b *run) correction(row connector.RecordID) store.Telling {
	return store.Telling{Environment: b.env.Name, Target: target(schema.SpotlerPermissionTable, row), Body: b.body(dataverse.Fields{"dh_subscribed": false})}
}

func (b *run) body(f dataverse.Fields) json.RawMessage {
	body, err := f.JSON()
	if err != nil { // our own values always encode
		b.Log.Error("a telling could not be written", "err", err)
		return json.RawMessage(`{}`)
	}
	return body
}

// target is the path of a row below the Web API.
func target(t connector.Table, id connector.RecordID) string {
	return schema.SetOf(t) + "(" + string(id) + ")"
}

// clipText cuts s to at most n characters, as Dataverse counts them.
func clipText(s string, n int) string {
	runes := []rune(s)
	if len(runes) <= n {
		return s
	}
	return string(runes[:n])
}
