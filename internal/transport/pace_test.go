package transport

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spotler-connector/connector/internal/fault"
)

// answering is a transport whose answers have a body, a status and a header.
func answering(status int, header ...string) roundTripper {
	return func(*http.Request) (*http.Response, error) {
		h := http.Header{}
		for i := 0; i < len(header); i += 2 {
			h.Set(header[i], header[i+1])
		}
		return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader("{}"))}, nil
	}
}

func send(t *testing.T, rt http.RoundTripper) {
	t.Helper()
	resp, err := rt.RoundTrip(request(t, "GET", "http://h/", ""))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
}

func TestPacerGrowsWhileCleanAndUsed(t *testing.T) {
	p := NewPacer(PacerSettings{Start: 1, Max: 4})
	rt := p.Layer()(answering(200))
	for range 100 {
		send(t, rt)
	}
	if _, most := p.InFlight(); most < 2 || most > 3 {
		// One at a time uses at most half of a limit of 3: there it stops.
		t.Errorf("limit %d after single requests, want 2 or 3", most)
	}
	var open []*http.Response
	for range 100 {
		resp, err := rt.RoundTrip(request(t, "GET", "http://h/", ""))
		if err != nil {
			t.Fatal(err)
		}
		if open = append(open, resp); len(open) >= 2 {
			open[0].Body.Close()
			open = open[1:]
		}
	}
	for _, resp := range open {
		resp.Body.Close()
	}
	if now, most := p.InFlight(); now != 0 || most != 4 {
		t.Errorf("%d in flight of %d, want 0 of 4", now, most)
	}
}

func TestPacerHalvesOncePerWarning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []time.Time
		p := NewPacer(PacerSettings{Start: 8, Max: 8, MaxWait: time.Minute,
			OnPause: func(until time.Time, reason string) {
				told = append(told, until)
				if reason != "HTTP 429" {
					t.Errorf("reason %q", reason)
				}
			}})
		gate := make(chan struct{})
		refusing := p.Layer()(roundTripper(func(r *http.Request) (*http.Response, error) {
			<-gate
			return answering(429, "Retry-After", "10")(r)
		}))
		start := time.Now()
		for range 8 {
			go func() {
				if resp, err := refusing.RoundTrip(request(t, "POST", "http://h/", "")); err == nil {
					resp.Body.Close()
				}
			}()
		}
		synctest.Wait()
		<-time.After(time.Second) // the answers come later than the requests left
		close(gate)
		synctest.Wait()
		if _, most := p.InFlight(); most != 4 {
			t.Errorf("limit %d after one burst of refusals, want 4", most)
		}
		if len(told) != 1 || !told[0].Equal(start.Add(11*time.Second)) || !p.PausedUntil().Equal(told[0]) {
			t.Errorf("told %v, started %v", told, start)
		}
		send(t, p.Layer()(answering(200)))
		if waited := time.Since(start); waited != 11*time.Second {
			t.Errorf("the next request left after %v, want 11s", waited)
		}
	})
}

func TestPacerLongPauseIsBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPacer(PacerSettings{Start: 2, Max: 2, MaxWait: 5 * time.Second})
		send(t, p.Layer()(answering(503, "Retry-After", "60")))
		_, err := p.Layer()(answering(200)).RoundTrip(request(t, "GET", "http://h/jan", ""))
		f := fault.As(err)
		if f == nil || f.Kind != fault.Busy || f.After != time.Minute {
			t.Errorf("got %v, want busy for a minute", err)
		}
		checkClean(t, err)
		<-time.After(56 * time.Second)
		send(t, p.Layer()(answering(200)))
		p.PauseUntil(time.Now().Add(time.Hour))
		p.PauseUntil(time.Now())
		if left := time.Until(p.PausedUntil()); left != time.Hour {
			t.Errorf("a later word shortened the pause to %v", left)
		}
	})
}

func TestPacerBacksOffWithoutRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPacer(PacerSettings{Start: 1, Max: 1, MaxWait: 10 * time.Minute, Jitter: func() float64 { return 1 }})
		for _, want := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60} {
			send(t, p.Layer()(answering(503)))
			if wait := time.Until(p.PausedUntil()); wait != want*time.Second {
				t.Errorf("pause %v, want %v", wait, want*time.Second)
			}
		}
		send(t, p.Layer()(answering(204)))
		send(t, p.Layer()(answering(429)))
		if wait := time.Until(p.PausedUntil()); wait != time.Second {
			t.Errorf("pause %v after a clean answer, want 1s", wait)
		}
	})
}

func TestPacerHint(t *testing.T) {
	p := NewPacer(PacerSettings{Start: 10, Max: 50})
	send(t, p.Layer()(answering(200, "x-ms-dop-hint", "3")))
	if _, most := p.InFlight(); most != 3 {
		t.Errorf("limit %d, want the hinted 3", most)
	}
	send(t, p.Layer()(answering(200, "x-ms-dop-hint", "-7")))
	if _, most := p.InFlight(); most != 3 {
		t.Errorf("limit %d after a senseless hint, want 3", most)
	}
}

func TestPacerQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPacer(PacerSettings{Start: 1, Max: 1})
		rt := p.Layer()(answering(200))
		first, err := rt.RoundTrip(request(t, "GET", "http://h/", ""))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		gone := make(chan error)
		go func() {
			_, err := rt.RoundTrip(request(t, "GET", "http://h/", "").WithContext(ctx))
			gone <- err
		}()
		synctest.Wait()
		second := make(chan error)
		go func() {
			resp, err := rt.RoundTrip(request(t, "GET", "http://h/", ""))
			if err == nil {
				resp.Body.Close()
			}
			second <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-gone; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		io.ReadAll(first.Body)
		first.Body.Close() // a second release must not free a second slot
		if err := <-second; err != nil {
			t.Error(err)
		}
		if now, _ := p.InFlight(); now != 0 {
			t.Errorf("%d in flight at the end", now)
		}
	})
}

func TestPacerReleasesAfterAnError(t *testing.T) {
	p := NewPacer(PacerSettings{})
	bad := p.Layer()(roundTripper(func(*http.Request) (*http.Response, error) { return nil, io.EOF }))
	for range 3 {
		if _, err := bad.RoundTrip(request(t, "GET", "http://h/", "")); !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
	}
	if now, _ := p.InFlight(); now != 0 {
		t.Errorf("%d in flight", now)
	}
}
