package storetest

import (
	"context"
	"time"

	"github.com/spotler-connector/connector/internal/store"
)

// sheetsAreKept: every version is kept once, and what is in use is known again.
func sheetsAreKept(b bench) {
	ctx := context.Background()
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	now := b.clock.Now().Truncate(time.Millisecond)
	must(b.s.PutSheet(ctx, store.Sheet{Environment: env, Version: "a1", Text: "rows", Source: "file", KeptAt: now}))
	must(b.s.PutSheet(ctx, store.Sheet{Environment: env, Version: "b2", Text: "more", Source: "ann", KeptAt: now.Add(time.Hour)}))
	must(b.s.PutSheet(ctx, store.Sheet{Environment: env, Version: "a1", Text: "other", Source: "else", KeptAt: now.Add(2 * time.Hour)}))
	if u, err := b.s.UsedSheet(ctx, env); err != nil || u.Version != "" {
		b.Errorf("in use at first: %+v, %v", u, err)
	}
	use := store.SheetUse{Version: "a1", Canary: "b2", Share: 100, Since: now.Add(3 * time.Hour), File: "a1"}
	must(b.s.UseSheet(ctx, env, use))
	if u, err := b.s.UsedSheet(ctx, env); err != nil || u.Version != "a1" || u.Canary != "b2" || u.Share != 100 || u.File != "a1" || !u.Since.Equal(use.Since) {
		b.Errorf("in use: %+v, %v", u, err)
	}
	all, err := b.s.Sheets(ctx, env)
	must(err)
	if len(all) != 2 || all[0].Version != "b2" || all[1].Text != "rows" || all[1].Source != "file" || !all[1].KeptAt.Equal(now) || !all[0].UsedAt.Equal(use.Since) {
		b.Errorf("kept: %+v", all)
	}
	if others, err := b.s.Sheets(ctx, "elsewhere"); err != nil || len(others) != 0 {
		b.Errorf("another environment sees %+v, %v", others, err)
	}
}
