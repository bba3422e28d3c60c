package spotler

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spotler-connector/connector/internal/fault"
)

func TestPostContacts(t *testing.T) {
	people := []Contact{
		{ExternalID: "a1"}, {ExternalID: "a2", Properties: map[string]any{"firstName": "Karel"}}, {ExternalID: "twice"}, {ExternalID: "silent"}, {ExternalID: "twice"}, {ExternalID: "7"}}
	c, _ := listen(t, says(200, `[{"externalId":"twice","code":"OK"},{"externalId":7,"code":"NEW_CODE","message":"x"},
	 {"externalId":"a2","code":"PROPERTY_INVALID","message":"karel is invalid"},{"externalId":"stranger","code":"OK"},
	 {"externalId":"a1","code":"CONTACT_OPTOUT","message":"Contact is opted out"},{"externalId":"twice","code":"ERROR","message":null}]`), nil)
	got, err := c.PostContacts(t.Context(), people, Write{Update: true})
	want := []ContactResult{
		{"a1", CodeContactOptout, "Contact is opted out"}, {"a2", CodePropertyInvalid, ""}, {"twice", CodeOK, ""},
		{"silent", "", ""}, {"twice", CodeError, ""}, {"7", "NEW_CODE", "x"}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

func TestPostContactsRefuses(t *testing.T) {
	c, e := listen(t, says(200, "[]"), nil)
	if got, err := c.PostContacts(t.Context(), nil, Write{}); got != nil || err != nil {
		t.Errorf("nobody: %v %v", got, err)
	}
	for name, people := range map[string][]Contact{"too many": make([]Contact, 101), "no id": {{ExternalID: "a"}, {}}} {
		if _, err := c.PostContacts(t.Context(), people, Write{}); !errors.Is(err, fault.NotValid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(e.all()) != 0 {
		t.Error("a request was made")
	}
	for _, body := range []string{"", "null", "{}", "[1]", `{"errorType":"X"}`} {
		c, _ := listen(t, says(200, body), nil)
		if _, err := c.PostContacts(t.Context(), []Contact{{ExternalID: "a"}}, Write{}); !errors.Is(err, fault.Garbled) {
			t.Errorf("%q: %v", body, err)
		}
	}
}

func TestAnonymize(t *testing.T) {
	for _, c := range []struct {
		name   string
		status int
		body   string
		kind   fault.Kind
	}{
		{"done", 204, "", ""}, {"done", 200, "", ""}, {"gone", 410, "", ""}, {"gone", 410, `{"errorType":"GONE"}`, ""},
		{"not there", 404, "", ""}, {"not there", 404, `{"errorType":"CONTACT_NOT_FOUND","message":"x"}`, ""},
		{"not there, in the older way", 400, `{"errorType":"CONTACT_NOT_FOUND","message":"x"}`, ""},
		{"a page", 404, "<html></html>", fault.Garbled}, {"a page", 410, "<html></html>", fault.Garbled}, {"a proxy", 404, "404 page not found", fault.Garbled},
		{"another thing is not there", 404, `{"errorType":"FORM_NOT_FOUND"}`, fault.NotFound},
		{"accepted", 202, "", fault.Garbled}, {"denied", 401, "", fault.Denied}, {"trouble", 500, "", fault.Uncertain}, {"slow down", 429, "", fault.Busy},
	} {
		client, _ := listen(t, says(c.status, c.body), nil)
		status, err := client.Anonymize(t.Context(), "a")
		if status != c.status || fault.Of(err) != c.kind {
			t.Errorf("%s: %d %v, want kind %q", c.name, status, err, c.kind)
		}
	}
	strict, _ := listen(t, says(404, ""), map[string]string{"anonymize.gone": "204"})
	if status, err := strict.Anonymize(t.Context(), "a"); status != 404 || !errors.Is(err, fault.NotFound) {
		t.Errorf("overridden: %d %v", status, err)
	}
}

func TestInactivate(t *testing.T) {
	for status, kind := range map[int]fault.Kind{204: "", 200: "", 404: fault.NotFound, 500: fault.Uncertain} {
		c, _ := listen(t, says(status, ""), nil)
		if got, err := c.Inactivate(t.Context(), "a"); got != status || fault.Of(err) != kind {
			t.Errorf("%d: %d %v", status, got, err)
		}
	}
}
