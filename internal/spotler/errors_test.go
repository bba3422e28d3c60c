package spotler

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/spotler-connector/connector/internal/fault"
)

func TestStatusesBecomeKinds(t *testing.T) {
	const json = `{"errorType":"INVALID_PROPERTY","message":"Property is invalid"}`
	const html = "<!DOCTYPE html><html><body>jan@example.com</body></html>"
	for _, c := range []struct {
		name   string
		status int
		body   string
		header []string
		want   fault.Error // Kind, Code, After
	}{
		{"400", 400, json, nil, fault.Error{Kind: fault.NotValid, Code: "INVALID_PROPERTY"}},
		{"400 and no contact", 400, `{"errorType":"CONTACT_NOT_FOUND","message":"x"}`, nil, fault.Error{Kind: fault.NotFound, Code: "CONTACT_NOT_FOUND"}},
		{"400 without a body", 400, "", nil, fault.Error{Kind: fault.NotValid}},
		{"400 with rubbish", 400, "{]", nil, fault.Error{Kind: fault.NotValid}},
		{"400 with odd types", 400, `{"errorType":{"a":1},"message":[1]}`, nil, fault.Error{Kind: fault.NotValid}},
		{"400 with a code that is none", 400, `{"errorType":"jan@example.com"}`, nil, fault.Error{Kind: fault.NotValid}},
		{"401", 401, `{"errorType":"AUTH_NOT_FOUND","message":"x"}`, nil, fault.Error{Kind: fault.Denied, Code: "AUTH_NOT_FOUND"}},
		{"403", 403, "", nil, fault.Error{Kind: fault.Denied}},
		{"404", 404, `{"errorType":"CONTACT_NOT_FOUND","message":"x"}`, nil, fault.Error{Kind: fault.NotFound, Code: "CONTACT_NOT_FOUND"}},
		{"404 without a body", 404, "", nil, fault.Error{Kind: fault.NotFound}},
		{"404 of a proxy", 404, "404 page not found", nil, fault.Error{Kind: fault.Garbled}},
		{"404 page", 404, html, nil, fault.Error{Kind: fault.Garbled}},
		{"408", 408, "", nil, fault.Error{Kind: fault.Busy}},
		{"409", 409, "", nil, fault.Error{Kind: fault.Conflict}},
		{"410", 410, "", nil, fault.Error{Kind: fault.NotFound}},
		{"413", 413, "", nil, fault.Error{Kind: fault.NotValid}},
		{"417", 417, `{"errorType":"NAME_ALREADY_IN_USE","message":"x"}`, nil, fault.Error{Kind: fault.Conflict, Code: "NAME_ALREADY_IN_USE"}},
		{"429", 429, "", []string{"Retry-After", "7"}, fault.Error{Kind: fault.Busy, After: 7 * time.Second}},
		{"429 page", 429, html, nil, fault.Error{Kind: fault.Busy}},
		{"500", 500, `{"errorType":"BACKEND_EXCEPTION","message":"x"}`, nil, fault.Error{Kind: fault.Uncertain, Code: "BACKEND_EXCEPTION"}},
		{"502 page", 502, html, nil, fault.Error{Kind: fault.Garbled}},
		{"503", 503, "", nil, fault.Error{Kind: fault.Uncertain}},
		{"503 with Retry-After", 503, html, []string{"Retry-After", "3"}, fault.Error{Kind: fault.Busy, After: 3 * time.Second}},
		{"200 page", 200, html, nil, fault.Error{Kind: fault.Garbled}},
		{"200 page, labelled", 200, "sign in", []string{"Content-Type", "text/html; charset=utf-8"}, fault.Error{Kind: fault.Garbled}},
		{"200 XML", 200, "<contact/>", nil, fault.Error{Kind: fault.Garbled}},
		{"200 cut", 200, `{"a":`, nil, fault.Error{Kind: fault.Garbled}},
		{"300", 300, "", nil, fault.Error{Kind: fault.Garbled}},
	} {
		t.Run(c.name, func(t *testing.T) {
			client, _ := listen(t, says(c.status, c.body, c.header...), nil)
			err := client.PostContact(t.Context(), Contact{ExternalID: "a"}, Write{})
			f := fault.As(err)
			if f == nil {
				t.Fatalf("got %v", err)
			}
			if f.Kind != c.want.Kind || f.Code != c.want.Code || f.After != c.want.After || f.Status != c.status || f.Op != "spotler.PostContact" {
				t.Errorf("got %+v, want %+v", f, c.want)
			}
			if f.Says == "" || len(f.Says) > 200 || strings.Contains(err.Error(), "jan") {
				t.Errorf("says %q", err)
			}
		})
	}
}

func TestLicenceSaysSo(t *testing.T) {
	kind, dynamic := kindOf(403, "", route{path: "audience/{id}"})
	_, other := kindOf(403, "", route{path: "contact/{id}"})
	if kind != fault.Denied || dynamic == other || !strings.Contains(dynamic, "licence") {
		t.Errorf("%s: %q and %q", kind, dynamic, other)
	}
}

func TestSayable(t *testing.T) {
	secret := personal(Contact{Properties: map[string]any{"lastName": "Vries", "n": 3, "x": "ab"}})
	for message, want := range map[string]string{
		"":                                 "",
		"Property  is\ninvalid\x00!":       "Property is invalid !",
		"Email jan@example.com is invalid": "",
		"Email jan%40example.com":          "",
		"De VRIES is invalid":              "",
		"ab is short":                      "ab is short",
		"<b>x</b>":                         "",
		"a\xffb":                           "a b",
		strings.Repeat("é", 100):           strings.Repeat("é", 50) + "…",
	} {
		if got := sayable(message, secret); got != want {
			t.Errorf("%q is repeated as %q, want %q", message, got, want)
		}
	}
}

func TestRefusalRepeatsWhatIsNotPersonal(t *testing.T) {
	c, _ := listen(t, says(400, `{"errorType":"INVALID_PARAMS","message":"Too many contacts provided (max is 100)"}`), nil)
	_, err := c.PostContacts(t.Context(), []Contact{{ExternalID: "a"}}, Write{})
	if !errors.Is(err, fault.NotValid) || !strings.Contains(fault.As(err).Says, "max is 100") {
		t.Errorf("got %v", err)
	}
}

func FuzzErrorBody(f *testing.F) {
	f.Add(400, []byte(`{"errorType":"CONTACT_NOT_FOUND","message":"x"}`))
	f.Add(404, []byte(`<html>`))
	f.Add(417, []byte(`{"errorType":"jan@x","message":"`+strings.Repeat("é", 300)+`"}`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		e, _ := decodeError(body)
		kind, says := kindOf(status, e.errorType, route{path: "contact"})
		says += "; it says: " + sayable(e.message, nil)
		if kind == "" || len(says) > 200 || strings.Contains(says, "@") || strings.ContainsAny(says, "\n\r\x00") {
			t.Errorf("%d %q: %s %q", status, body, kind, says)
		}
	})
}
