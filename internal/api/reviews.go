package api

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/api/openapi"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/store"
)

// ReviewStore keeps the questions that only a person can answer. *store.Store is one.
type ReviewStore interface {
	Reviews(ctx context.Context, env connector.Environment, n int) ([]store.Review, error)
	Review(ctx context.Context, env connector.Environment, subject, field string) (store.Review, error)
	CountReviews(ctx context.Context, env connector.Environment) (int, error)
	ResolveReview(ctx context.Context, r store.Review) error
}

// dismissed is the choice that closes a question without doing anything.
const dismissed = "dismiss"

// ListReviews answers with the open questions, without values.
func (s *server) ListReviews(ctx context.Context, r openapi.ListReviewsRequestObject) (openapi.ListReviewsResponseObject, error) {
	e, err := s.environment(r.Env)
	if err != nil {
		return nil, err
	}
	limit := defaultLimit
	if r.Params.Limit != nil {
		limit = *r.Params.Limit
	}
	if limit < 1 || limit > maxLimit {
		return nil, notValid("api.ListReviews", fmt.Sprintf("limit must be 1 to %d", maxLimit))
	}
	open, err := s.Store.Reviews(ctx, e.Name, limit)
	if err != nil {
		return nil, fmt.Errorf("api: reviews: %w", err)
	}
	out := openapi.ReviewList{Reviews: []openapi.Review{}}
	for _, v := range open {
		out.Reviews = append(out.Reviews, shownReview(v))
	}
	return openapi.ListReviews200JSONResponse(out), nil
}

// GetReview answers with one question and what both sides say.
func (s *server) GetReview(ctx context.Context, r openapi.GetReviewRequestObject) (openapi.GetReviewResponseObject, error) {
	v, err := s.review(ctx, r.Env, r.Id)
	return openapi.GetReview200JSONResponse(withSides(v)), err
}

// AnswerReview asks for the work of an answer, or closes the question.
func (s *server) AnswerReview(ctx context.Context, r openapi.AnswerReviewRequestObject) (openapi.AnswerReviewResponseObject, error) {
	v, err := s.review(ctx, r.Env, r.Id)
	if err != nil {
		return nil, err
	}
	if !v.ResolvedAt.IsZero() {
		return nil, &fault.Error{Op: "api.AnswerReview", Kind: fault.Conflict, Says: "the question was answered already: " + v.Choice}
	}
	choice := string(r.Body.Choice)
	if choice == dismissed {
		if v.Kind == store.ReviewConflict || v.Kind == store.ReviewFrozen {
			return nil, notValid("api.AnswerReview", "choose crm or spotler: while the values differ, the question would only come again")
		}
		v.Choice = dismissed
		if err := s.Store.ResolveReview(ctx, v); err != nil {
			return nil, fmt.Errorf("api: answer: %w", err)
		}
		v.ResolvedAt = s.Now()
		return openapi.AnswerReview200JSONResponse(shownReview(v)), nil
	}
	put, err := s.Answer(v, choice, "answer/"+uuid.NewString(), callerOf(ctx).source)
	if err != nil {
		return nil, err
	}
	results, err := s.Store.Put(ctx, []store.Put{put})
	if err != nil {
		return nil, fmt.Errorf("api: answer: %w", err)
	}
	out := shownReview(v)
	out.Job = some(jobID(results[0].Op))
	return openapi.AnswerReview200JSONResponse(out), nil
}

// PollSpotler asks Spotler now what changed there.
func (s *server) PollSpotler(ctx context.Context, r openapi.PollSpotlerRequestObject) (openapi.PollSpotlerResponseObject, error) {
	e, err := s.environment(r.Env)
	if err != nil {
		return nil, err
	}
	if why := s.Off(e.Name); why != "" {
		return nil, &fault.Error{Op: "api.PollSpotler", Kind: fault.Conflict, Says: "the environment is off: " + why}
	}
	polled, err := s.Poll(context.WithoutCancel(ctx), e.Name) // half a reading would only have to begin again
	return openapi.PollSpotler200JSONResponse(polled), err
}

func (s *server) review(ctx context.Context, env, id string) (store.Review, error) {
	e, err := s.environment(env)
	if err != nil {
		return store.Review{}, err
	}
	parts := strings.SplitN(id, ":", 3)
	if len(parts) < 2 {
		return store.Review{}, &fault.Error{Op: "api", Kind: fault.NotFound, Says: "there is no question with this id: list the open ones"}
	}
	field := ""
	if len(parts) == 3 {
		field = parts[2]
	}
	return s.Store.Review(ctx, e.Name, parts[0]+"/"+parts[1], field)
}

// reviewID is the subject and the field of a question as one word.
func reviewID(r store.Review) string {
	id := strings.Replace(r.Subject, "/", ":", 1)
	if r.Field != "" {
		id += ":" + r.Field
	}
	return id
}

// shownReview is a question without the values it is about.
func shownReview(r store.Review) openapi.Review {
	return openapi.Review{Id: reviewID(r), Kind: openapi.ReviewKind(r.Kind), Subject: r.Subject, Field: some(r.Field), Reason: r.Reason,
		CreatedAt: r.CreatedAt, ResolvedAt: some(r.ResolvedAt), Choice: some(r.Choice)}
}

func withSides(r store.Review) openapi.Review {
	out := shownReview(r)
	out.Sides = &openapi.ReviewSides{Crm: some(r.Sides.CRM), Spotler: some(r.Sides.Spotler), CrmBy: some(r.Sides.CRMBy), SpotlerBy: some(r.Sides.SpotlerBy)}
	return out
}
