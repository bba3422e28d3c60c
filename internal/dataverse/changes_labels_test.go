package dataverse

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/spotler-connector/connector/internal/fault"
)

func TestChangesWithLabels(t *testing.T) {
	var prefer string
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		prefer = r.Header.Get("Prefer")
		answer(w, 200, `{"value":[],"@odata.deltaLink":"/api/data/v9.2/contacts?$deltatoken=1"}`)
	})
	for with, f := range map[bool]*Changes{false: c.Changes(table(t, "contact"), []string{"fullname"}, ""), true: c.Changes(table(t, "contact"), []string{"fullname"}, "").WithLabels()} {
		for _, err := range f.All(context.Background()) {
			t.Fatal(err)
		}
		if strings.Contains(prefer, "FormattedValue") != with || !strings.Contains(prefer, "odata.track-changes") {
			t.Errorf("labels %v: %s", with, prefer)
		}
	}
}

func TestCountChanges(t *testing.T) {
	body, status := "\ufeff42", 200
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/data/v9.2/contacts/$count" || r.URL.Query().Get("$deltatoken") != "1!x y" {
			t.Error(r.URL)
		}
		answer(w, status, body)
	})
	ctx, tab := context.Background(), table(t, "contact")
	if n, err := c.CountChanges(ctx, tab, "1!x y"); n != 42 || err != nil {
		t.Error(n, err)
	}
	body = "<html>"
	_, err := c.CountChanges(ctx, tab, "1!x y")
	wantKind(t, err, fault.Garbled)
	body, status = `{"error":{"code":"0x80044352","message":"expired"}}`, 400
	if _, err = c.CountChanges(ctx, tab, "1!x y"); !errors.Is(err, ErrTokenExpired) {
		t.Error(err)
	}
	_, err = c.CountChanges(ctx, tab, "")
	wantKind(t, err, fault.NotValid)
}
