package dataverse

import (
	"context"
	"net/http"
	"strings"
	"testing"
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
