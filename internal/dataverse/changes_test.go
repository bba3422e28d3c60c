package dataverse

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/spotler-connector/connector/internal/fault"
)

func TestChanges(t *testing.T) {
	var seen []string
	c, s := serve(t, nil)
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.URL.RawQuery)
		base := s.URL + "/api/data/v9.2/contacts?$select=fullname&"
		if !strings.Contains(r.Header.Get("Prefer"), "odata.track-changes") {
			t.Error("no track-changes asked")
		}
		w.Header().Set("Preference-Applied", "odata.track-changes")
		switch q := r.URL.Query(); {
		case q.Get("$skiptoken") != "":
			answer(w, 200, `{"value":[{"@odata.context":"x/$metadata#contacts/$deletedEntity","id":"`+string(idB)+`","reason":"deleted"},
				{"@odata.context":"x/$metadata#contacts/$deletedEntity","id":"`+string(idA)+`","reason":"changed"}],
				"@odata.deltaLink":"`+base+`$deltatoken=919042%2108%2f22%2f2017%2008%3a10%3a44"}`)
		case q.Get("$deltatoken") == "old":
			answer(w, 400, `{"error":{"code":"0x80044352","message":"Version stamp associated with the client has expired."}}`)
		case q.Get("$deltatoken") == "off":
			answer(w, 200, `{"value":[]}`)
		default:
			answer(w, 200, `{"value":[{"contactid":"`+string(idA)+`","fullname":"x"}],"@odata.nextLink":"`+base+`$skiptoken=2"}`)
		}
	})
	const token = "919042!08/22/2017 08:10:44"
	ctx, tab := context.Background(), table(t, "contact")
	f := c.Changes(tab, []string{"fullname"}, "1!now")
	var got []Change
	for ch, err := range f.All(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		if f.Token() != "" {
			t.Error("a token before the end")
		}
		got = append(got, ch)
	}
	if len(got) != 3 || got[0].ID != idA || got[0].Deleted || got[1].ID != idB || !got[1].Deleted || got[2].Deleted || f.Token() != token {
		t.Errorf("%+v %q", got, f.Token())
	}
	if seen[0] != "$select=fullname&$deltatoken=1%21now" {
		t.Errorf("first request: %s", seen[0])
	}
	if first, err := c.FirstToken(ctx, tab); err != nil || first != token {
		t.Error(first, err)
	}
	for range f.All(ctx) {
		break
	}
	if f.Token() != "" {
		t.Error("a broken pull has a token")
	}
	for _, err := range c.Changes(tab, nil, "old").All(ctx) {
		if !errors.Is(err, ErrTokenExpired) || fault.Of(err) != fault.NotValid {
			t.Error(err)
		}
	}
	for _, err := range c.Changes(tab, nil, "off").All(ctx) {
		wantKind(t, err, fault.Denied)
	}
}

func TestChangesKeepTheLink(t *testing.T) {
	c, err := New(Config{URL: "https://org.crm4.dynamics.com", Assumed: map[string]string{AssumedToken: "link"}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.deltaToken("", "", "https://org.crm4.dynamics.com/api/data/v9.2/contacts?$deltatoken=1%21x")
	if err != nil || got != "contacts?$deltatoken=1%21x" || c.Changes(table(t, "contact"), nil, got).path() != got {
		t.Error(got, err)
	}
}
