package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
)

// Review is a question for a person: which of two values is right, or who somebody is.
type Review struct {
	Environment connector.Environment
	// Subject is the record that the question is about, as Record.String prints it, or
	// the keyed hash of somebody in Spotler who has none.
	Subject string
	Field   string // the Spotler property; empty when the question is about the whole person
	Kind    ReviewKind
	Reason  string // one plain sentence without values
	// Sides are what both sides say. They are encrypted at rest, and deleted when the
	// person is erased.
	Sides ReviewSides
	// CreatedAt is when the question first came up, ResolvedAt when it was answered
	// (zero while it is open), and Choice the answer.
	CreatedAt  time.Time
	ResolvedAt time.Time
	Choice     string
}

// ReviewKind is what a question is about.
type ReviewKind string

// The kinds.
const (
	ReviewConflict   ReviewKind = "conflict"   // both sides changed the field
	ReviewFrozen     ReviewKind = "frozen"     // the field goes to and fro between two writers
	ReviewSubscriber ReviewKind = "subscriber" // nobody knows which record a subscriber is
	ReviewOrphan     ReviewKind = "orphan"     // the external id names no record
)

// ReviewSides are the values of both sides as a person reads them, and who wrote them
// last where that is known.
type ReviewSides struct {
	CRM       string `json:"crm,omitempty"`
	Spotler   string `json:"spotler,omitempty"`
	CRMBy     string `json:"crm_by,omitempty"`
	SpotlerBy string `json:"spotler_by,omitempty"`
}

// reviewing notes questions and answers of settlements, and forgets those about the
// erased.
func (f *finishing) reviewing(ctx context.Context) error {
	var asked []Review
	gone := map[connector.Environment]words{}
	for _, x := range f.mine {
		asked = append(asked, x.Reviews...)
		for _, l := range x.Links {
			if !l.ErasedAt.IsZero() {
				gone[l.Environment] = append(gone[l.Environment], l.Record.String())
			}
		}
		for _, r := range x.Answered {
			if err := f.s.resolveReview(ctx, f.tx, r, f.now); err != nil {
				return err
			}
		}
	}
	if err := f.s.putReviews(ctx, f.tx, asked, f.now); err != nil {
		return err
	}
	for env, subjects := range gone {
		if _, err := f.s.exec(ctx, f.tx, `DELETE FROM review WHERE environment = ? AND subject IN ?`, string(env), subjects); err != nil {
			return fmt.Errorf("forget reviews: %w", err)
		}
	}
	return nil
}

// putReviews stores questions; one that is open already keeps its age.
func (s *Store) putReviews(ctx context.Context, tx *sql.Tx, reviews []Review, now time.Time) error {
	last := lastPer(reviews, func(r Review) string { return string(r.Environment) + "/" + r.Subject + "/" + r.Field })
	for _, part := range chunks(last, 500) {
		rows := newGrid("tttttbi", len(part))
		for _, r := range part {
			text, err := json.Marshal(r.Sides)
			if err != nil {
				return err
			}
			sealed, err := s.seal.Seal(ctx, r.Environment, "review", text)
			if err != nil {
				return err
			}
			rows.add(string(r.Environment), r.Subject, r.Field, string(r.Kind), clip(r.Reason, 1000), sealed, ms(now))
		}
		if _, err := s.exec(ctx, tx, `INSERT INTO review (environment, subject, field, kind, reason, sides, created_at) VALUES ?
			ON CONFLICT (environment, subject, field) DO UPDATE SET kind = excluded.kind, reason = excluded.reason, sides = excluded.sides, choice = '',
				created_at = CASE WHEN review.resolved_at = 0 THEN review.created_at ELSE excluded.created_at END, resolved_at = 0`, rows); err != nil {
			return fmt.Errorf("reviews: %w", err)
		}
	}
	return nil
}

const reviewColumns = `environment, subject, field, kind, reason, sides, created_at, resolved_at, choice`

func (s *Store) scanReview(ctx context.Context) func(*sql.Rows) (Review, error) {
	return func(r *sql.Rows) (v Review, err error) {
		var sealed []byte
		var created, resolved int64
		if err = r.Scan(&v.Environment, &v.Subject, &v.Field, &v.Kind, &v.Reason, &sealed, &created, &resolved, &v.Choice); err != nil {
			return v, err
		}
		v.CreatedAt, v.ResolvedAt = fromMS(created), fromMS(resolved)
		text, err := s.seal.Open(ctx, v.Environment, "review", sealed)
		if err != nil {
			return v, err
		}
		return v, json.Unmarshal(text, &v.Sides)
	}
}

// Reviews lists the open questions of an environment, oldest first, at most n.
func (s *Store) Reviews(ctx context.Context, env connector.Environment, n int) ([]Review, error) {
	if err := s.Prepare(ctx, env); err != nil {
		return nil, err
	}
	out, err := collect(ctx, s.from(s.read), s.scanReview(ctx), `SELECT `+reviewColumns+` FROM review WHERE environment = ? AND resolved_at = 0 ORDER BY created_at, subject, field LIMIT ?`, string(env), int64(n))
	if err != nil {
		return nil, fmt.Errorf("store: reviews: %w", err)
	}
	return out, nil
}

// CountReviews is how many questions of an environment are open.
func (s *Store) CountReviews(ctx context.Context, env connector.Environment) (int, error) {
	out, err := collect(ctx, s.from(s.read), func(r *sql.Rows) (n int, err error) { return n, r.Scan(&n) }, `SELECT COUNT(*) FROM review WHERE environment = ? AND resolved_at = 0`, string(env))
	if err != nil || len(out) == 0 {
		return 0, err
	}
	return out[0], nil
}

// Review is one question, open or answered; fault.NotFound when there is none.
func (s *Store) Review(ctx context.Context, env connector.Environment, subject, field string) (Review, error) {
	if err := s.Prepare(ctx, env); err != nil {
		return Review{}, err
	}
	out, err := collect(ctx, s.from(s.read), s.scanReview(ctx), `SELECT `+reviewColumns+` FROM review WHERE environment = ? AND subject = ? AND field = ?`, string(env), subject, field)
	if err != nil {
		return Review{}, fmt.Errorf("store: review: %w", err)
	}
	if len(out) == 0 {
		return Review{}, &fault.Error{Op: "store.Review", Kind: fault.NotFound, Says: "there is no such question; list the open ones"}
	}
	return out[0], nil
}

// ResolveReview closes an open question with r.Choice. One that is closed already
// stays as it is.
func (s *Store) ResolveReview(ctx context.Context, r Review) error {
	return s.transact(ctx, "resolve review", func(tx *sql.Tx) error {
		now, err := s.dialect.Clock(ctx, tx)
		if err != nil {
			return err
		}
		return s.resolveReview(ctx, tx, r, now)
	})
}

func (s *Store) resolveReview(ctx context.Context, tx *sql.Tx, r Review, now time.Time) error {
	_, err := s.exec(ctx, tx, `UPDATE review SET resolved_at = ?, choice = ? WHERE environment = ? AND subject = ? AND field = ? AND resolved_at = 0`,
		ms(now), r.Choice, string(r.Environment), r.Subject, r.Field)
	if err != nil {
		return fmt.Errorf("answer review: %w", err)
	}
	return nil
}

// LinksByExternalID returns the links of people whom Spotler knows by those ids, as
// Spotler spells them, with their shadows.
func (s *Store) LinksByExternalID(ctx context.Context, env connector.Environment, ids []connector.ExternalID) (map[connector.ExternalID][]Link, error) {
	out := map[connector.ExternalID][]Link{}
	for _, part := range chunks(ids, 500) {
		links, err := collect(ctx, s.from(s.hot), scanLink, `SELECT `+linkColumns+` FROM link WHERE environment = ? AND external_id <> '' AND external_id IN ? ORDER BY created_at, record`, string(env), texts(part))
		if err != nil {
			return nil, fmt.Errorf("store: links by external id: %w", err)
		}
		for _, l := range links {
			out[l.ExternalID] = append(out[l.ExternalID], l)
		}
	}
	return out, nil
}
