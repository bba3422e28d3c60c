package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spotler-connector/connector/bench/rig"
)

const (
	tenth     = 100 * time.Millisecond
	restoring = time.Second
)

// columns are compared person by person: Dataverse's name and Spotler's.
var columns = [][2]string{{"emailaddress1", "email"}, {"firstname", "firstName"}, {"middlename", "infix"}, {"lastname", "lastName"},
	{"address1_city", "city"}, {rig.VersionColumn, rig.VersionProperty}}

// people reads everybody from Dataverse, by id.
func (c *chaos) people(ctx context.Context) (map[string]map[string]any, error) {
	var rows []map[string]any
	if err := c.site.CRM.Do(ctx, "GET", "/control/rows/contacts", nil, &rows); err != nil {
		return nil, err
	}
	out := make(map[string]map[string]any, len(rows))
	for _, row := range rows {
		out[fmt.Sprint(row["contactid"])] = row
	}
	return out, nil
}

// found is how many people differ, and how many of them lack their last version.
type found struct{ different, lost int }

// differences compares everybody.
func (c *chaos) differences(ctx context.Context, crm map[string]map[string]any) (found, error) {
	var mail struct {
		Contacts []struct {
			ExternalID string         `json:"external_id"`
			Properties map[string]any `json:"properties"`
		} `json:"contacts"`
	}
	if err := c.site.Mail.Do(ctx, "GET", "/control/contacts", nil, &mail); err != nil {
		return found{}, err
	}
	left := make(map[string]bool, len(crm))
	for id := range crm {
		left[id] = true
	}
	var out found
	for _, contact := range mail.Contacts {
		id := personOf(contact.ExternalID)
		row := crm[id]
		if row == nil || !left[id] { // nobody's, or a second one of the same person
			out.different++
			continue
		}
		delete(left, id)
		if fmt.Sprint(row[rig.VersionColumn]) != fmt.Sprint(contact.Properties[rig.VersionProperty]) {
			out.lost++
		}
		if slices.ContainsFunc(columns, func(c [2]string) bool { return fmt.Sprint(row[c[0]]) != fmt.Sprint(contact.Properties[c[1]]) }) {
			out.different++
		}
	}
	out.different += len(left)
	out.lost += len(left)
	return out, nil
}

// runResult is how the run on one database went.
type runResult struct {
	Store            string   `json:"store"`
	Kills            int      `json:"kills"`    // that hit work in progress
	Attempts         int      `json:"attempts"` // all kills
	DatabaseRestarts int      `json:"database_restarts"`
	Edits            int      `json:"edits"`
	TakeoverMS       []int64  `json:"takeover_ms"` // kill to the next write of a contact that the killed node held
	SlowestMS        int64    `json:"slowest_takeover_ms"`
	Different        int      `json:"different"`
	Lost             int      `json:"lost"`
	OutOfOrder       int      `json:"out_of_order"`
	Repeats          int      `json:"repeats"` // the same version written again, which is harmless
	JobRows          int      `json:"job_rows"`
	Ops              int64    `json:"ops"`        // that ended: each must have one row
	NotFinal         int      `json:"not_final"`  // rows that are not Completed or Failed
	FailedJobs       int      `json:"failed"`     // rows that are Failed
	LeftFinal        int      `json:"left_final"` // times that a row left its final state
	Wrong            []string `json:"wrong"`
	OK               bool     `json:"ok"`
	Failed           string   `json:"failed_because,omitempty"`
}

func (r *runResult) took(d time.Duration) {
	r.TakeoverMS = append(r.TakeoverMS, d.Milliseconds())
	r.SlowestMS = max(r.SlowestMS, d.Milliseconds())
}

// judge lists what is not as it must be.
func (r *runResult) judge() {
	r.Wrong = []string{}
	check := func(bad bool, format string, args ...any) {
		if bad {
			r.Wrong = append(r.Wrong, fmt.Sprintf(format, args...))
		}
	}
	check(r.Failed != "", "the run failed: %s", r.Failed)
	check(r.Different > 0, "%d people differ", r.Different)
	check(r.Lost > 0, "%d people lack their last version", r.Lost)
	check(r.OutOfOrder > 0, "%d versions went back", r.OutOfOrder)
	check(r.LeftFinal > 0, "job rows left their final state %d times", r.LeftFinal)
	check(r.NotFinal > 0, "%d job rows are not final", r.NotFinal)
	check(r.FailedJobs > 0, "%d jobs failed", r.FailedJobs)
	check(r.Failed == "" && int64(r.JobRows) != r.Ops, "%d job rows for %d ops", r.JobRows, r.Ops)
	check(r.SlowestMS >= slow.Milliseconds(), "a takeover took %d ms", r.SlowestMS)
	r.OK = len(r.Wrong) == 0
}

func (r *runResult) tell(w io.Writer) {
	_, _ = fmt.Fprintf(w, "%s: %d kills of %d hit work, %d restarts of the database, %d edits; slowest takeover %d ms; %d different, %d lost, %d out of order; %d job rows for %d ops, %d not final, %d left a final state\n",
		r.Store, r.Kills, r.Attempts, r.DatabaseRestarts, r.Edits, r.SlowestMS, r.Different, r.Lost, r.OutOfOrder, r.JobRows, r.Ops, r.NotFinal, r.LeftFinal)
	for _, s := range r.Wrong {
		_, _ = fmt.Fprintln(w, "  wrong:", s)
	}
}
