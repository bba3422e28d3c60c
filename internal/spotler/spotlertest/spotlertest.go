// Package spotlertest holds what we believe of a Mail+ account as tests, to run
// against the sandbox and against a real account.
package spotlertest

import (
	"errors"
	"iter"
	"testing"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/spotler"
)

// Account is the account under test.
type Account struct {
	Client *spotler.Client
	// Docs reads the listing of the account: a client of the base without a version.
	Docs *spotler.Client
	// Stranger has the same address and a wrong secret.
	Stranger *spotler.Client
	// Mark is a text no other run had; what is written carries it. It may hold lower-case
	// letters, digits and hyphens.
	Mark string
	// Now is when the run began.
	Now time.Time
}

// Read runs the part that only reads. A belief about something the account has no
// licence for is skipped.
func Read(t *testing.T, a Account) {
	t.Run("properties", a.properties)
	t.Run("documented calls are listed", a.listing)
	t.Run("a wrong secret is denied", func(t *testing.T) {
		if _, err := a.Stranger.Properties(t.Context()); !errors.Is(err, fault.Denied) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("unknown things are not found", a.unknown)
	t.Run("a search without a match is empty", func(t *testing.T) {
		if n := count(t, a.Client.Search(t.Context(), "email", a.Mark+"@example.com")); n != 0 {
			t.Errorf("%d contacts", n)
		}
	})
	t.Run("lists", a.lists)
	t.Run("streams", a.streams)
	t.Run("statistics add up", a.statistics)
}

func (a Account) properties(t *testing.T) {
	list, err := a.Client.Properties(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range spotler.CheckProperties(list) {
		t.Errorf("%s: %s", p.Property, p.Says)
	}
	again, err := a.Client.Properties(t.Context())
	if err != nil || spotler.NewSchema(list, a.Now).Fingerprint != spotler.NewSchema(again, a.Now).Fingerprint {
		t.Errorf("the second reading has other fields: %v", err)
	}
}

func (a Account) listing(t *testing.T) {
	listed, err := a.Docs.APIDocs(t.Context())
	if errors.Is(err, fault.NotFound) || errors.Is(err, fault.Denied) {
		t.Skipf("the account tells no listing: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	d := spotler.Compare(a.Client.Endpoints(), listed)
	for _, m := range d.Missing {
		if m.Assumed {
			t.Logf("assumed and not listed: %s %s %s; perhaps %q", m.Name, m.Verb, m.Path, m.Mended)
		} else {
			t.Errorf("documented in 2022 and not listed: %s %s", m.Verb, m.Path)
		}
	}
	for _, e := range d.Unknown {
		t.Logf("listed and not ours: %s %s", e.Verb, e.Path)
	}
}

func (a Account) unknown(t *testing.T) {
	ctx, id := t.Context(), a.Mark+"-nobody"
	for what, ask := range map[string]func() error{
		"contact":     func() error { return only(a.Client.Contact(ctx, connector.ExternalID(id))) },
		"its history": func() error { return first(a.Client.ContactMailings(ctx, connector.ExternalID(id))) },
		"mailing":     func() error { return only(a.Client.Mailing(ctx, id)) },
		"campaign":    func() error { return only(a.Client.CampaignMailings(ctx, id)) },
		"audience":    func() error { return only(a.Client.Audience(ctx, id)) },
		"product":     func() error { return only(a.Client.Product(ctx, id)) },
		"form result": func() error { return only(a.Client.FormResult(ctx, 1<<30, 1<<30)) },
	} {
		err := ask()
		if errors.Is(err, fault.Denied) && (what == "audience" || what == "product") {
			continue // no licence
		}
		if !errors.Is(err, fault.NotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func (a Account) lists(t *testing.T) {
	ctx := t.Context()
	for what, ask := range map[string]func() error{
		"campaigns":          func() error { return only(a.Client.Campaigns(ctx)) },
		"temporary lists":    func() error { return only(a.Client.TemporaryLists(ctx)) },
		"forms":              func() error { return only(a.Client.Forms(ctx, "", "")) },
		"product properties": func() error { return only(a.Client.ProductProperties(ctx)) },
		"trend reports":      func() error { return first(a.Client.TrendReports(ctx, nil)) },
		"mailings": func() error {
			return only(a.Client.Mailings(ctx, spotler.Between{From: a.Now.AddDate(0, 0, -30), To: a.Now}))
		},
	} {
		if err := ask(); err != nil && !errors.Is(err, fault.Denied) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func (a Account) streams(t *testing.T) {
	ctx, from, to := t.Context(), a.Now.Add(-24*time.Hour), a.Now.Add(-time.Minute)
	for c, err := range a.Client.Updates(ctx, from, to) {
		if err != nil {
			t.Fatalf("updates: %v", err)
		}
		if !c.LastChanged.IsZero() && (c.LastChanged.Before(from.Add(-5*time.Minute)) || c.LastChanged.After(to.Add(5*time.Minute))) {
			t.Errorf("updates: a contact changed %s from the window", c.LastChanged.Sub(to))
		}
	}
	count(t, a.Client.Bounces(ctx, from, to))
	f := spotler.InteractionFilter{Changed: spotler.Between{From: from, To: to}}
	count(t, a.Client.SentInteractions(ctx, f))
	count(t, a.Client.OpenedInteractions(ctx, f))
	count(t, a.Client.ClickedInteractions(ctx, f))
	for i, err := range a.Client.BouncedInteractions(ctx, f) {
		if err != nil {
			t.Fatalf("bounced: %v", err)
		}
		if i.BounceType != spotler.HardBounce && i.BounceType != spotler.SoftBounce {
			t.Errorf("a bounce of the kind %q", i.BounceType)
		}
	}
}

// statisticsOf bounds how many mailings are looked at, to be easy on the account.
const statisticsOf = 5

func (a Account) statistics(t *testing.T) {
	mailings, err := a.Client.Mailings(t.Context(), spotler.Between{From: a.Now.AddDate(0, 0, -30), To: a.Now})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range mailings[:min(len(mailings), statisticsOf)] {
		s, err := a.Client.MailingStatistics(t.Context(), m.EncryptedID)
		if err != nil {
			t.Fatal(err)
		}
		if s.Accepted != s.Sent-s.HardBounced-s.SoftBounced || s.Opened < s.OpenedRendered || s.Opened < s.Clicked || s.Clicked < s.ConversionClicked {
			t.Errorf("%+v does not add up", s)
		}
	}
}

func only[T any](_ T, err error) error { return err }

// first walks to the end and returns the first error.
func first[T any](walk iter.Seq2[T, error]) error {
	for _, err := range walk {
		if err != nil {
			return err
		}
	}
	return nil
}

func count[T any](t *testing.T, walk iter.Seq2[T, error]) (n int) {
	t.Helper()
	for _, err := range walk {
		if err != nil {
			t.Errorf("after %d: %v", n, err)
			return n
		}
		n++
	}
	return n
}
