package storetest

import (
	"context"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/store"
)

func question(n int, field, crm, spotler string) store.Review {
	return store.Review{Environment: env, Subject: connector.Record{Table: connector.Contact, ID: ID(n)}.String(), Field: field, Kind: store.ReviewConflict,
		Reason: "Both sides changed it.", Sides: store.ReviewSides{CRM: crm, Spotler: spotler}}
}

// settleReviews runs an op of the n-th person to its end with questions and answers.
func (b bench) settleReviews(n int, key string, f func(*store.Settlement)) {
	b.Helper()
	b.put(Sync(Person(n), key))
	s := done(b.take(b.admit(time.Minute))[0])
	f(&s)
	b.finish(s)
}

func (b bench) openReviews() []store.Review {
	b.Helper()
	out, err := b.s.Reviews(context.Background(), env, 10)
	if err != nil {
		b.Fatal(err)
	}
	return out
}

// reviewsComeAndGo: a question is open once however often it comes up, keeps its age,
// carries the newest values, and is closed by its answer.
func reviewsComeAndGo(b bench) {
	b.settleReviews(1, "a", func(s *store.Settlement) { s.Reviews = []store.Review{question(1, "city", "Ede", "Epe")} })
	first := b.openReviews()
	b.clock.Advance(time.Hour)
	b.settleReviews(1, "b", func(s *store.Settlement) { s.Reviews = []store.Review{question(1, "city", "Ede", "Ulft")} })
	open := b.openReviews()
	if len(open) != 1 || open[0].Sides.Spotler != "Ulft" || !open[0].CreatedAt.Equal(first[0].CreatedAt) {
		b.Fatalf("open: %+v, at first %+v", open, first)
	}
	answer := open[0]
	answer.Choice = "crm"
	b.settleReviews(1, "c", func(s *store.Settlement) { s.Answered = []store.Review{answer} })
	if left := b.openReviews(); len(left) != 0 {
		b.Errorf("still open: %+v", left)
	}
	if r, err := b.s.Review(context.Background(), env, answer.Subject, "city"); err != nil || r.Choice != "crm" || r.ResolvedAt.IsZero() {
		b.Errorf("the answer: %+v, %v", r, err)
	}
	ctx := context.Background()
	b.settleReviews(1, "d", func(s *store.Settlement) { s.Reviews = []store.Review{question(1, "city", "Ede", "Epe")} })
	if n, err := b.s.CountReviews(ctx, env); err != nil || n != 1 {
		b.Errorf("%d open: %v", n, err)
	}
	answer.Choice = "dismiss"
	if err := b.s.ResolveReview(ctx, answer); err != nil {
		b.Fatal(err)
	}
	answer.Choice = "crm"
	if err := b.s.ResolveReview(ctx, answer); err != nil {
		b.Fatal(err)
	}
	if r, err := b.s.Review(ctx, env, answer.Subject, "city"); err != nil || r.Choice != "dismiss" {
		b.Errorf("closed twice: %+v, %v", r, err)
	}
	if n, err := b.s.CountReviews(ctx, env); err != nil || n != 0 {
		b.Errorf("%d open: %v", n, err)
	}
}

// reviewsOfTheErased: erasure deletes what the questions of a person hold.
func reviewsOfTheErased(b bench) {
	b.settleReviews(1, "a", func(s *store.Settlement) { s.Reviews = []store.Review{question(1, "city", "Ede", "Epe")} })
	b.settleReviews(2, "b", func(s *store.Settlement) { s.Reviews = []store.Review{question(2, "city", "Ede", "Epe")} })
	b.settleReviews(1, "c", func(s *store.Settlement) {
		s.Links = []store.Link{{Environment: env, Record: connector.Record{Table: connector.Contact, ID: ID(1)}, ErasedAt: b.clock.Now()}}
	})
	if open := b.openReviews(); len(open) != 1 || open[0].Subject != question(2, "", "", "").Subject {
		b.Errorf("open: %+v", open)
	}
}

// linksByExternalID: people are found by the id as Spotler spells it.
func linksByExternalID(b bench) {
	b.settleReviews(1, "a", func(s *store.Settlement) {
		s.Links = []store.Link{{Environment: env, Record: connector.Record{Table: connector.Contact, ID: ID(1)}, ExternalID: "Shop-7"}}
	})
	got, err := b.s.LinksByExternalID(context.Background(), env, []connector.ExternalID{"Shop-7", "shop-7"})
	if err != nil || len(got) != 1 || len(got["Shop-7"]) != 1 || got["Shop-7"][0].Record.ID != ID(1) {
		b.Errorf("%+v, %v", got, err)
	}
}
