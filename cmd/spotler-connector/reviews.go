package main

import (
	"context"
	"strings"

	"github.com/spotler-connector/connector/internal/api/openapi"
)

// reviewsCommand works on the questions that only a person can answer.
type reviewsCommand struct {
	List   reviewsListCommand   `cmd:"" help:"Show the open questions, oldest first."`
	Show   reviewsShowCommand   `cmd:"" help:"Show one question and what both sides say."`
	Answer reviewsAnswerCommand `cmd:"" help:"Answer a question; this thaws a frozen field too."`
}

type reviewsListCommand struct {
	Limit int `default:"50" help:"How many questions at most, up to 200."`
	connection
	chosen
}

// Run shows the open questions.
func (c *reviewsListCommand) Run(ctx context.Context, s streams) error {
	cl, err := c.connect(s)
	if err != nil {
		return err
	}
	env, err := cl.environment(ctx, c.Env)
	if err != nil {
		return err
	}
	list, err := read[openapi.ReviewList](succeed(cl.api.ListReviews(ctx, env, &openapi.ListReviewsParams{Limit: &c.Limit})))
	if err != nil {
		return err
	}
	return cl.print(list, func(s *printer) { showReviews(s, list) })
}

func showReviews(s *printer, list openapi.ReviewList) {
	if len(list.Reviews) == 0 {
		s.line("There are no open questions.")
		return
	}
	rows := make([][]string, len(list.Reviews))
	for i, r := range list.Reviews {
		rows[i] = []string{s.moment(r.CreatedAt), string(r.Kind), r.Id}
	}
	s.table([]string{"SINCE", "KIND", "ID"}, rows, nil)
}

type reviewsShowCommand struct {
	ID string `arg:"" help:"Id of the question."`
	connection
	chosen
}

// Run shows all that is known of a question.
func (c *reviewsShowCommand) Run(ctx context.Context, s streams) error {
	cl, err := c.connect(s)
	if err != nil {
		return err
	}
	env, err := cl.environment(ctx, c.Env)
	if err != nil {
		return err
	}
	r, err := read[openapi.Review](succeed(cl.api.GetReview(ctx, env, c.ID)))
	if err != nil {
		return err
	}
	return cl.print(r, func(s *printer) { showReview(s, r) })
}

func showReview(s *printer, r openapi.Review) {
	s.line("%s, since %s: %s %s", r.Kind, s.moment(r.CreatedAt), printable(r.Subject), printable(value(r.Field)))
	s.sentence(2, r.Reason)
	if r.Sides != nil {
		side := func(name string, text, by *string) {
			line := "  " + name + ": " + printable(value(text))
			if text == nil {
				line = "  " + name + ": (empty)"
			}
			if by != nil {
				line += " (by " + printable(*by) + ")"
			}
			s.line("%s", line)
		}
		side("crm", r.Sides.Crm, r.Sides.CrmBy)
		side("spotler", r.Sides.Spotler, r.Sides.SpotlerBy)
	}
	switch {
	case r.ResolvedAt != nil:
		s.line("Answered at %s: %s.", s.moment(*r.ResolvedAt), printable(value(r.Choice)))
	case r.Job != nil:
		s.line("Job %s takes the value over.", *r.Job)
	case r.Field != nil:
		s.line("Answer it with crm or spotler, the side whose value is right:")
		s.line("  spotler-connector reviews answer %s crm", printable(r.Id))
	default:
		s.line("Settle it by hand, then close it:")
		s.line("  spotler-connector reviews answer %s dismiss", printable(r.Id))
	}
}

type reviewsAnswerCommand struct {
	ID     string `arg:"" help:"Id of the question."`
	Choice string `arg:"" enum:"crm,spotler,dismiss" help:"The side whose value is right: crm or spotler; dismiss closes a question that was settled by hand."`
	connection
	chosen
	waiting
}

// Run answers, and waits for the work if it is told so.
func (c *reviewsAnswerCommand) Run(ctx context.Context, s streams) error {
	cl, err := c.connect(s)
	if err != nil {
		return err
	}
	env, err := cl.environment(ctx, c.Env)
	if err != nil {
		return err
	}
	body := openapi.ReviewAnswer{Choice: openapi.ReviewAnswerChoice(strings.ToLower(c.Choice))}
	r, err := read[openapi.Review](succeed(cl.api.AnswerReview(ctx, env, c.ID, body)))
	if err != nil {
		return err
	}
	if c.Wait && r.Job != nil {
		return c.await(ctx, cl, env, []string{*r.Job})
	}
	return cl.print(r, func(s *printer) { showReview(s, r) })
}
