package transport

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/spotler-connector/connector/internal/fault"
)

func TestCount(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "PUT" {
			w.WriteHeader(204)
			return
		}
		w.WriteHeader(404)
		io.WriteString(w, "12345")
	}))
	defer s.Close()
	var seen []Counted
	c := client(t, Count(Route, func(x Counted) { x.Took = 0; seen = append(seen, x) }))
	ctx := WithRoute(context.Background(), "contact/{id}")
	for _, r := range []*http.Request{
		request(t, "GET", s.URL+personalPath, ""), request(t, "PUT", s.URL+personalPath, "abc"), request(t, "POST", nobody(t), ""),
	} {
		if resp, err := c.Do(r.WithContext(ctx)); err == nil {
			io.ReadAll(resp.Body)
			resp.Body.Close()
		}
	}
	want := []Counted{
		{Route: "contact/{id}", Method: "GET", Class: "4xx", Status: 404, Received: 5},
		{Route: "contact/{id}", Method: "PUT", Class: "2xx", Status: 204, Sent: 3},
		{Route: "contact/{id}", Method: "POST", Class: "error"},
	}
	if len(seen) != len(want) {
		t.Fatalf("counted %d times: %+v", len(seen), seen)
	}
	for i := range want {
		if seen[i] != want[i] {
			t.Errorf("counted %+v, want %+v", seen[i], want[i])
		}
	}
	if class(0) != "other" || class(600) != "other" || class(599) != "5xx" {
		t.Error("classes outside HTTP")
	}
}

func TestLimitBody(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, strings.Repeat("x", 1000))
	}))
	defer s.Close()
	for limit, ok := range map[int64]bool{999: false, 1000: true, 1001: true, 0: true, 1: false} {
		resp, err := client(t, LimitBody(limit)).Get(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if ok != (err == nil) || ok && len(got) != 1000 || !ok && int64(len(got)) != limit {
			t.Errorf("limit %d: %d bytes, %v", limit, len(got), err)
		}
		if !ok && !errors.Is(err, fault.Garbled) {
			t.Errorf("limit %d: %v is not garbled", limit, err)
		}
	}
}

func TestStackOrder(t *testing.T) {
	var order []string
	note := func(name string) Layer {
		return func(next http.RoundTripper) http.RoundTripper {
			return roundTripper(func(r *http.Request) (*http.Response, error) {
				order = append(order, name)
				return next.RoundTrip(r)
			})
		}
	}
	send(t, Stack(answering(200), note("first"), note("second")))
	if strings.Join(order, " ") != "first second" {
		t.Errorf("order %v", order)
	}
}
