package spotlertest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/spotler"
)

// Write runs the part that writes: invented people at example.com, lists and a
// product. It removes what can be removed; the people are anonymised, for an
// account cannot delete them.
func Write(t *testing.T, a Account) {
	ids := []connector.ExternalID{connector.ExternalID(a.Mark + "-1"), connector.ExternalID(a.Mark + "-2")}
	ctx := context.WithoutCancel(t.Context()) // which ends before the cleanup
	t.Cleanup(func() {
		for _, id := range ids {
			if _, err := a.Client.Anonymize(ctx, id); err != nil { // gone already is no error
				t.Errorf("a contact of this run is left: %v", err)
			}
		}
	})
	if !t.Run("people", func(t *testing.T) { a.people(t, ids) }) {
		return
	}
	t.Run("audience", func(t *testing.T) { a.audience(t, ids) })
	t.Run("temporary list", func(t *testing.T) { a.temporaryList(t, ids) })
	t.Run("product and order", func(t *testing.T) { a.shop(t, ids[0]) })
	t.Run("an erased person is gone", func(t *testing.T) { a.erase(t, ids) })
}

func (a Account) person(id connector.ExternalID, name string) spotler.Contact {
	return spotler.Contact{ExternalID: id, Properties: map[string]any{"email": string(id) + "@example.com", "firstName": name}}
}

func (a Account) people(t *testing.T, ids []connector.ExternalID) {
	ctx := t.Context()
	if err := a.Client.PostContact(ctx, a.person(ids[0], "Anna"), spotler.Write{Update: true}); err != nil {
		t.Fatal(err)
	}
	results, err := a.Client.PostContacts(ctx, []spotler.Contact{a.person(ids[0], "Anne"), a.person(ids[1], "Ben")}, spotler.Write{Update: true})
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range results {
		if r.ExternalID != ids[i] || r.Code != spotler.CodeOK {
			t.Errorf("result %d: %+v", i, r)
		}
	}
	got, err := a.Client.Contact(ctx, ids[0])
	if err != nil || got.Properties["firstName"] != "Anne" {
		t.Errorf("read back: %v, %v", got.Properties["firstName"], err)
	}
	merge := spotler.Contact{Properties: map[string]any{"firstName": nil}}
	if err := a.Client.PutContact(ctx, ids[0], merge, spotler.Write{Update: true}); err != nil {
		t.Fatal(err)
	}
	got, err = a.Client.Contact(ctx, ids[0])
	if _, there := got.Properties["firstName"]; err != nil || there || got.Properties["email"] != string(ids[0])+"@example.com" {
		t.Errorf("null clears one field and leaves the others: %v, %v", there, err)
	}
	if n := count(t, a.Client.Search(ctx, "email", string(ids[1])+"@example.com")); n != 1 {
		t.Errorf("the search found %d", n)
	}
}

func (a Account) audience(t *testing.T, ids []connector.ExternalID) {
	ctx := t.Context()
	made, err := a.Client.CreateAudience(ctx, spotler.Audience{ExternalID: a.Mark, Name: a.Mark})
	if errors.Is(err, fault.Denied) {
		t.Skip("no licence for audiences")
	}
	if err != nil || made.ExternalID != a.Mark {
		t.Fatalf("made %+v, %v", made, err)
	}
	defer func() {
		if err := a.Client.DeleteAudience(ctx, a.Mark); err != nil {
			t.Errorf("the audience of this run is left: %v", err)
		}
	}()
	if _, err := a.Client.CreateAudience(ctx, spotler.Audience{ExternalID: a.Mark, Name: a.Mark}); !errors.Is(err, fault.Conflict) && !errors.Is(err, fault.NotValid) {
		t.Errorf("made twice: %v", err)
	}
	if _, err := a.Client.AddToAudience(ctx, a.Mark, ids); err != nil {
		t.Fatal(err)
	}
	nobody := connector.ExternalID(a.Mark + "-nobody")
	unknown, err := a.Client.AddToAudience(ctx, a.Mark, []connector.ExternalID{ids[0], nobody})
	if !errors.Is(err, fault.NotFound) || !slices.Equal(unknown, []connector.ExternalID{nobody}) {
		t.Errorf("with somebody unknown: %v, %v", unknown, err)
	}
	if _, err := a.Client.RemoveFromAudience(ctx, a.Mark, ids[:1]); err != nil {
		t.Error(err)
	}
}

func (a Account) temporaryList(t *testing.T, ids []connector.ExternalID) {
	ctx := t.Context()
	if err := a.Client.CreateTemporaryList(ctx, a.Mark, a.Mark, nil); err != nil {
		t.Fatal(err)
	}
	if err := a.Client.AddToTemporaryList(ctx, a.Mark, ids); err != nil {
		t.Error(err)
	}
	lists, err := a.Client.TemporaryLists(ctx)
	if err != nil || !slices.ContainsFunc(lists, func(l spotler.TemporaryList) bool { return l.ExternalID == a.Mark }) {
		t.Errorf("the list is not among %d: %v", len(lists), err)
	}
	if err := a.Client.DeleteTemporaryList(ctx, a.Mark); err != nil {
		t.Errorf("the temporary list of this run is left: %v", err)
	}
}

func (a Account) shop(t *testing.T, person connector.ExternalID) {
	ctx := t.Context()
	p := spotler.Product{ExternalID: a.Mark, Name: a.Mark, Link: "https://example.com/p", PriceCents: 995, ImageURL: "https://example.com/i.png", ImageLargeURL: "https://example.com/l.png"}
	err := a.Client.PostProduct(ctx, p, false)
	if errors.Is(err, fault.Denied) {
		t.Skip("no licence for products")
	}
	if err != nil {
		t.Fatal(err)
	}
	if got, err := a.Client.Product(ctx, a.Mark); err != nil || got.PriceCents != 995 {
		t.Errorf("prices are cents: %d, %v", got.PriceCents, err)
	}
	o := spotler.Order{ExternalID: a.Mark, Person: person, Date: a.Now.Truncate(time.Second), ValueCents: 995, Products: []string{a.Mark}}
	if err := a.Client.PostOrder(ctx, o, false); err != nil {
		t.Errorf("order: %v", err)
	} else if err := a.Client.DeleteOrder(ctx, a.Mark); err != nil {
		t.Errorf("the order of this run is left: %v", err)
	}
	if err := a.Client.DeleteProduct(ctx, a.Mark); err != nil {
		t.Errorf("the product of this run is left: %v", err)
	}
}

func (a Account) erase(t *testing.T, ids []connector.ExternalID) {
	for _, id := range ids {
		if status, err := a.Client.Anonymize(t.Context(), id); err != nil {
			t.Fatalf("status %d: %v", status, err)
		} else {
			t.Logf("anonymise answers %d", status)
		}
		if _, err := a.Client.Contact(t.Context(), id); !errors.Is(err, fault.NotFound) {
			t.Errorf("afterwards: %v", err)
		}
	}
}
