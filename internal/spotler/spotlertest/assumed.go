package spotlertest

import (
	"errors"
	"slices"
	"testing"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/spotler"
)

// Assumed runs what nobody but us says of Mail+ (Mail+ API section 11): tags, scores,
// automations and making somebody inactive. It makes one person, whom it anonymises.
// A call that the account does not have is skipped, so run it with -v.
func Assumed(t *testing.T, a Account) {
	ctx, id := t.Context(), connector.ExternalID(a.Mark+"-assumed")
	if err := a.Client.PostContact(ctx, a.person(id, "Cor"), spotler.Write{Update: true}); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if _, err := a.Client.Anonymize(ctx, id); err != nil {
			t.Errorf("a contact of this run is left: %v", err)
		}
	}()
	t.Run("tags and scores", func(t *testing.T) { a.tags(t, id) })
	t.Run("automations", func(t *testing.T) {
		list, err := a.Client.Automations(t.Context())
		absent(t, err)
		for _, automation := range list {
			if automation.ID == "" || len(automation.Triggers) == 0 {
				t.Errorf("an automation without an id or a trigger, which cannot be started: %+v", automation)
			}
		}
		t.Logf("%d automations", len(list))
	})
	t.Run("inactive", func(t *testing.T) {
		_, err := a.Client.Inactivate(t.Context(), id)
		absent(t, err)
		c, err := a.Client.Contact(t.Context(), id)
		if on, known := c.Channel(spotler.ChannelEmail); err != nil || known && on {
			t.Errorf("the e-mail channel is open afterwards: %v", err)
		}
	})
}

// absent skips the test when the account has no such call, and ends it on an error.
func absent(t *testing.T, err error) {
	t.Helper()
	if errors.Is(err, fault.NotFound) {
		t.Skipf("the account has no such call: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (a Account) tags(t *testing.T, id connector.ExternalID) {
	ctx := t.Context()
	absent(t, a.Client.AddTags(ctx, id, []string{a.Mark}))
	for _, change := range []struct {
		how  spotler.ScoreChange
		by   int64
		want int64
	}{{spotler.ScoreSet, -3, -3}, {spotler.ScoreIncrease, 10, 7}, {spotler.ScoreDecrease, 2, 5}} {
		if err := a.Client.ChangeScore(ctx, id, a.Mark, change.how, change.by); err != nil {
			t.Fatal(err)
		}
		tags, err := a.Client.ContactTags(ctx, id)
		if err != nil || !slices.Contains(tags, spotler.Tag{Name: a.Mark, Score: change.want}) {
			t.Errorf("%s %d: %+v, %v", change.how, change.by, tags, err)
		}
	}
	names, err := a.Client.Tags(ctx)
	if err != nil || !slices.Contains(names, a.Mark) {
		t.Errorf("the tag is not among the %d of the account: %v", len(names), err)
	}
	if err := a.Client.RemoveTags(ctx, id, []string{a.Mark}); err != nil {
		t.Fatal(err)
	}
	if tags, err := a.Client.ContactTags(ctx, id); err != nil || len(tags) != 0 {
		t.Errorf("removed, yet there: %+v, %v", tags, err)
	}
}
