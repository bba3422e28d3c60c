package dataverse

import (
	"context"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spotler-connector/connector/internal/fault"
)

func TestCall(t *testing.T) {
	body := `{"value":7}`
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Consistency") != "Strong" {
			t.Error("a header was lost")
		}
		answer(w, 200, body)
	})
	r := Request{Op: "test", Method: http.MethodGet, Path: "RetrieveTotalRecordCount()", Header: http.Header{"consistency": {"Strong"}}}
	got, err := Call[struct{ Value int }](context.Background(), c, r)
	if err != nil || got.Value != 7 {
		t.Error(got, err)
	}
	body = `{"value":"x"}`
	_, err = Call[struct{ Value int }](context.Background(), c, r)
	wantKind(t, err, fault.Garbled)
	r.Method, r.Body = http.MethodPost, func() {}
	_, err = c.Send(context.Background(), r)
	wantKind(t, err, fault.NotValid)
}

func TestBatchAddresses(t *testing.T) {
	for form, want := range map[string]string{"path": "/api/data/v9.2/", "full": "https://org/api/data/v9.2/", "relative": ""} {
		c, err := New(Config{URL: "https://org/", Assumed: map[string]string{AssumedBatchURL: form}})
		if err != nil || c.batchPrefix() != want {
			t.Error(form, err, c.batchPrefix())
		}
	}
	c, _ := New(Config{URL: "https://org"})
	body, err := Fields{"a": "<&>"}.JSON()
	r := c.CreateRequest(table(t, "contact"), body)
	if err != nil || r.Path != "contacts" || string(r.Body) != `{"a":"<&>"}` {
		t.Error(r, err)
	}
	_, err = Fields{"a": func() {}}.JSON()
	wantKind(t, err, fault.NotValid)
}

// Without the marker, the members tell the type.
func TestInferredValues(t *testing.T) {
	for raw, want := range map[string]any{
		`{"Value":1}`:                      Option(1),
		`{"Value":-1.50}`:                  Money("-1.50"),
		`{"Entities":[],"EntityName":"x"}`: EntityCollection{EntityName: "x"},
		`{"Id":"` + string(idA) + `","LogicalName":"contact"}`: Reference{"contact", idA},
		`["a",true,null]`: []any{"a", true, nil},
		`[]`:              []any(nil),
		`"\b\f\n\r\t"`:    "\b\f\n\r\t",
	} {
		got, err := decodeValue(raw)
		if d := cmp.Diff(want, got); d != "" || err != nil {
			t.Error(raw, err, d)
		}
	}
	for _, raw := range []string{`{"__type":"OptionSetValue:x","Value":"1"}`, `{"__type":"Money:x"}`, `{"__type":"Entity:x","Id":"no"}`, `{"__type":"EntityReference:x","Id":5}`, `{"__type":"EntityCollection:x","Entities":[1]}`} {
		if v, err := decodeValue(raw); err == nil {
			t.Error(raw, v)
		}
	}
}
