package main

import (
	"context"
	"strconv"
	"strings"

	"github.com/spotler-connector/connector/internal/api/openapi"
)

// explainCommand says all that is known of one person.
type explainCommand struct {
	Record   string `arg:"" help:"The person, as contact/<guid>, lead/<guid> or account/<guid>."`
	NoValues bool   `help:"Leave out the person's own values."`
	connection
	chosen
}

// Run asks for the explanation; both sides are read and nothing is written.
func (c *explainCommand) Run(ctx context.Context, s streams) error {
	cl, err := c.connect(s)
	if err != nil {
		return err
	}
	env, err := cl.environment(ctx, c.Env)
	if err != nil {
		return err
	}
	values := !c.NoValues
	x, err := read[openapi.Explanation](succeed(cl.api.ExplainRecord(ctx, env, &openapi.ExplainRecordParams{Record: c.Record, Values: &values})))
	if err != nil {
		return err
	}
	return cl.print(x, func(p *printer) {
		showVerdict(p, x)
		if x.Synchronised {
			showRules(p, x)
			showMapping(p, x, values)
			showPermissions(p, x)
		}
		showHistory(p, x)
	})
}

func showVerdict(p *printer, x openapi.Explanation) {
	if x.Verdict == nil {
		p.line("%s: not synchronised in %s.", printable(x.Record), printable(x.Environment))
		return
	}
	p.line("%s", printable(x.Record))
	p.sentence(0, "A sync would "+doing(*x.Verdict)+" (rule "+x.Verdict.Rule+").")
	p.sentence(4, value(x.Verdict.Status)+": "+x.Verdict.Reason+".")
	switch l := x.Link; {
	case value(l.Unasked) != "":
		p.sentence(4, "Nobody could look in Spotler: "+value(l.Unasked)+".")
	case l.InSpotler:
		p.sentence(4, "The contact is in Spotler.")
	default:
		p.sentence(4, "The contact is not in Spotler.")
	}
	if x.Link.OwnedBy != nil {
		p.sentence(4, "The address belongs to "+*x.Link.OwnedBy+".")
	} else if len(x.Link.SharesWith) > 0 {
		p.sentence(4, "It stands for the address that it shares with "+strings.Join(x.Link.SharesWith, ", ")+".")
	}
	for _, g := range x.Gates {
		p.sentence(4, "Work is held back ("+g.Code+"): "+g.Detail)
	}
	if len(x.Sends) > 0 {
		p.sentence(4, "It would write "+strings.Join(x.Sends, ", ")+".")
	}
	for _, w := range x.WouldChange {
		p.sentence(4, "If "+w.If+", it would "+doing(w.Verdict)+": "+w.Verdict.Reason+".")
	}
}

// doing is a verdict as a verb.
func doing(v openapi.Verdict) string {
	switch v.Action {
	case "create":
		return "create the contact"
	case "update":
		return "update the contact"
	case "anonymize":
		return "anonymise the contact"
	case "park":
		return "wait"
	}
	return "leave Spotler as it is"
}

func showRules(p *printer, x openapi.Explanation) {
	p.line("")
	var rows [][]string
	for _, r := range x.Rules {
		says := "no"
		switch {
		case r.Decides:
			says = "decides"
		case r.Applies:
			says = "yes, too late"
		}
		rows = append(rows, []string{r.Rule, says, r.Sees})
	}
	p.table([]string{"RULE", "APPLIES", "SEES"}, rows, nil)
}

func showMapping(p *printer, x openapi.Explanation, values bool) {
	if len(x.Mapping) == 0 {
		return
	}
	p.line("")
	var rows [][]string
	for _, l := range x.Mapping {
		row := []string{strconv.Itoa(l.Row), value(l.Spotler), l.Direction, l.State}
		if values {
			row = append(row, cut(value(l.Source), 20), cut(value(l.Converted), 20))
		}
		rows = append(rows, append(row, value(l.Says)))
	}
	head := []string{"ROW", "SPOTLER", "WAY", "STATE"}
	if values {
		head = append(head, "DYNAMICS", "BECOMES")
	}
	p.table(append(head, "WHY"), rows, nil)
}

func showPermissions(p *printer, x openapi.Explanation) {
	var rows [][]string
	for _, e := range x.Permissions {
		rows = append(rows, []string{e.Name, e.Row, known(e.Agreed), known(e.Spotler), e.Does})
	}
	if len(rows) > 0 {
		p.line("")
		p.table([]string{"PERMISSION", "ROW", "AGREED", "SPOTLER", "A SYNC DOES"}, rows, nil)
	}
	for _, m := range x.Makes {
		p.line("A sync would make the permission row %s: %t.", printable(m.Name), m.Subscribed)
	}
}

func known(s *string) string {
	if s == nil {
		return "-"
	}
	return *s
}

func showHistory(p *printer, x openapi.Explanation) {
	if len(x.Jobs) > 0 {
		p.line("")
		var rows [][]string
		for _, j := range x.Jobs {
			rows = append(rows, []string{p.moment(j.CreatedAt), j.Label, string(j.Source), string(j.State), value(j.Message)})
		}
		p.table([]string{"AT", "JOB", "FROM", "STATE", "SAYS"}, rows, nil)
	}
	if len(x.Ledger) > 0 {
		p.line("")
		p.table(ledgerHead, ledgerRows(p, x.Ledger), nil)
	}
	for _, r := range x.Receipts {
		p.line("Erased %s: %s Found later: %s.", p.moment(r.At), printable(r.Why), found(r))
	}
	for _, q := range x.Questions {
		p.line("Open question since %s (%s): %s", p.moment(q.Since), q.Kind, printable(q.Reason))
	}
}
