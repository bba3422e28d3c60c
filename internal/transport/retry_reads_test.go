package transport

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/spotler-connector/connector/internal/fault"
)

var quiet = log.New(io.Discard, "", 0)

func TestRetryReads(t *testing.T) {
	for _, c := range []struct {
		name, method string
		answers      []int // 0 hangs up; the last one repeats
		retryAfter   string
		calls        int
		status       int // 0: an error
	}{
		{"clean", "GET", []int{200}, "", 1, 200},
		{"a gateway recovers", "GET", []int{502, 504, 200}, "", 3, 200},
		{"a server hangs up", "HEAD", []int{0, 200}, "", 2, 200},
		{"it stays down", "GET", []int{503}, "", 3, 503},
		{"it stays deaf", "GET", []int{0}, "", 3, 0},
		{"503 with Retry-After is a pause", "GET", []int{503, 200}, "3", 1, 503},
		{"429 is for the engine", "GET", []int{429, 200}, "", 1, 429},
		{"500 is no gateway", "GET", []int{500, 200}, "", 1, 500},
		{"404 is an answer", "GET", []int{404, 200}, "", 1, 404},
		{"a write is never repeated", "POST", []int{502, 200}, "", 1, 502},
		{"nor after a hang-up", "PUT", []int{0, 200}, "", 1, 0},
		{"nor a delete", "DELETE", []int{503, 200}, "", 1, 503},
	} {
		t.Run(c.name, func(t *testing.T) {
			calls := 0
			rt := roundTripper(func(r *http.Request) (*http.Response, error) {
				status := c.answers[min(calls, len(c.answers)-1)]
				calls++
				if status == 0 {
					return nil, &fault.Error{Kind: fault.Uncertain}
				}
				h := http.Header{}
				if c.retryAfter != "" {
					h.Set("Retry-After", c.retryAfter)
				}
				return &http.Response{StatusCode: status, Header: h, Body: http.NoBody}, nil
			})
			var waits []time.Duration
			layer := RetryReads{
				Sleep:  func(_ context.Context, d time.Duration) error { waits = append(waits, d); return nil },
				Jitter: func() float64 { return 0.5 },
			}.Layer()
			resp, err := layer(rt).RoundTrip(request(t, c.method, "http://h/", ""))
			if calls != c.calls || (err != nil) != (c.status == 0) || err == nil && resp.StatusCode != c.status {
				t.Errorf("%d calls, %v, %v; want %d calls and status %d", calls, resp, err, c.calls, c.status)
			}
			if want := []time.Duration{200 * time.Millisecond, 400 * time.Millisecond}[:c.calls-1]; !slices.Equal(waits, want) {
				t.Errorf("waits %v, want %v", waits, want)
			}
		})
	}
}

func TestRetryReadsEndsWithTheContext(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(502) }))
	defer s.Close()
	ctx, cancel := context.WithCancel(context.Background())
	layer := RetryReads{Sleep: func(ctx context.Context, d time.Duration) error {
		cancel()
		return sleep(ctx, time.Hour)
	}}.Layer()
	_, err := client(t, layer, Classify()).Do(request(t, "GET", s.URL, "").WithContext(ctx))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestRetryReadsLeavesABodyAlone(t *testing.T) {
	calls := 0
	rt := roundTripper(func(*http.Request) (*http.Response, error) { calls++; return nil, io.ErrUnexpectedEOF })
	r := request(t, "GET", "http://h/", "a body")
	if _, err := (RetryReads{}).Layer()(rt).RoundTrip(r); err == nil || calls != 1 {
		t.Errorf("%d calls, %v", calls, err)
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, c := range []struct {
		text string
		want time.Duration
		ok   bool
	}{
		{"", 0, false}, {"0", 0, true}, {"17", 17 * time.Second, true}, {" 2.5 ", 2500 * time.Millisecond, true},
		{"-1", 0, false}, {"NaN", 0, false}, {"soon", 0, false}, {"1e300", longestPause, true}, {"Inf", longestPause, true},
		{now.Add(90 * time.Second).Format(http.TimeFormat), 90 * time.Second, true},
		{now.Add(-time.Hour).Format(http.TimeFormat), 0, true},
		{now.AddDate(10, 0, 0).Format(http.TimeFormat), longestPause, true},
	} {
		h := http.Header{}
		h.Set("Retry-After", c.text)
		if got, ok := RetryAfter(h, now); got != c.want || ok != c.ok {
			t.Errorf("%q: %v %v, want %v %v", c.text, got, ok, c.want, c.ok)
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	f.Add("120")
	f.Add("Fri, 02 Jan 2026 03:04:05 GMT")
	f.Fuzz(func(t *testing.T, s string) {
		d, ok := RetryAfter(http.Header{"Retry-After": {s}}, time.Unix(1767323045, 0))
		if d < 0 || d > longestPause || !ok && d != 0 {
			t.Errorf("%q: %v %v", s, d, ok)
		}
	})
}
