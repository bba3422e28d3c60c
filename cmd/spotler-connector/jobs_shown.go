package main

import (
	"strings"

	"github.com/spotler-connector/connector/internal/api/openapi"
	"github.com/spotler-connector/connector/internal/store"
)

// showJobs prints a page of jobs, and below a job that failed why it did.
func showJobs(s *printer, page openapi.JobList) {
	if len(page.Jobs) == 0 {
		s.line("There is no such job.")
		return
	}
	rows := [][]string{}
	for _, j := range page.Jobs {
		rows = append(rows, []string{j.Id, string(j.State), j.Label, s.moment(j.CreatedAt), first(value(j.Record), "-")})
	}
	s.table([]string{"JOB", "STATE", "OPERATION", "ASKED", "RECORD"}, rows, func(i int) {
		s.sentence(4, trouble(page.Jobs[i]))
	})
	if page.Next != nil {
		s.line("")
		s.line("There are more: add --cursor %s", printable(*page.Next))
	}
}

// trouble is what went wrong with a job: why it failed, or why it is tried again.
func trouble(j openapi.Job) string {
	cause := value(j.Cause)
	switch {
	case j.State == openapi.JobStateFailed || j.State == openapi.JobStateDead:
		return value(j.Message)
	case j.State != openapi.JobStateQueued || cause == "":
		return ""
	case cause == store.CauseHeld:
		return "The fence holds it back until somebody lets it pass: spotler-connector fence release " + j.Environment
	}
	return "It is tried again; the last trouble was: " + cause + "."
}

// meaning is what a state says to a person.
var meaning = map[openapi.JobState]string{
	openapi.JobStateQueued:    "it waits for its turn",
	openapi.JobStateRunning:   "it is being done",
	openapi.JobStateDone:      "it has ended well",
	openapi.JobStateFailed:    "it cannot succeed as it stands",
	openapi.JobStateDead:      "it was tried often enough; mend the cause, then: spotler-connector jobs retry",
	openapi.JobStateCancelled: "it was called off",
}

// showJob prints all that is known of a job, a line each.
func showJob(s *printer, j openapi.Job) {
	row := func(name, value string) {
		if value != "" && value != "-" {
			s.line("%-12s %s", name, printable(value))
		}
	}
	state := string(j.State)
	if m := meaning[j.State]; m != "" {
		state += ": " + m
	}
	row("job", j.Id+" in "+j.Environment)
	row("operation", j.Label)
	row("record", value(j.Record))
	row("state", state)
	row("result", strings.TrimSpace(value(j.Code)+" "+answered(j)))
	if m := value(j.Message); m != "" {
		s.sentence(13, m)
	}
	row("trouble", value(j.Cause))
	row("asked", s.moment(j.CreatedAt)+" by "+string(j.Source))
	if n := value(j.Merged); n > 0 {
		row("serves", counted(int64(n), "further request"))
	}
	row("begun", begun(s, j))
	row("ended", s.moment(value(j.FinishedAt)))
	for i, id := range value(j.JobRows) {
		row([]string{"job rows", ""}[min(i, 1)], id.String())
	}
}

func answered(j openapi.Job) string {
	if h := value(j.HttpStatus); h != 0 {
		return "(Spotler answered HTTP " + grouped(int64(h)) + ")"
	}
	return ""
}

func begun(s *printer, j openapi.Job) string {
	at := s.moment(value(j.StartedAt))
	if j.Attempt > 1 && at != "-" {
		return at + ", for the " + ordinal(j.Attempt) + " time"
	}
	return at
}
