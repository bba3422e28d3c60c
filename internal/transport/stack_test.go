package transport

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spotler-connector/connector/internal/fault"
)

// The whole stack in its usual order, used by many at once: every third request
// meets a gateway error, reads recover from it and writes report it, and at the
// end nothing is in flight.
func TestWholeStack(t *testing.T) {
	var served, counted, nonces atomic.Int64
	var seen sync.Map
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, again := seen.LoadOrStore(r.Header.Get("Authorization"), true); !again {
			nonces.Add(1)
		}
		if served.Add(1)%3 == 0 {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		io.WriteString(w, "{}")
	}))
	defer s.Close()
	p := NewPacer(PacerSettings{Start: 2, Max: 4})
	c := client(t, LimitBody(0),
		RetryReads{Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }}.Layer(),
		p.Layer(), Count(Route, func(Counted) { counted.Add(1) }), OAuth1{Key: "k", Secret: "s"}.Layer(), Classify())
	var wg sync.WaitGroup
	for i := range 60 {
		method := "GET"
		if i%2 == 0 {
			method = "PUT"
		}
		wg.Go(func() {
			resp, err := c.Do(request(t, method, s.URL+personalPath, ""))
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			if _, err := io.ReadAll(resp.Body); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	now, most := p.InFlight()
	if now != 0 || most > 4 || counted.Load() != served.Load() || nonces.Load() != served.Load() {
		t.Errorf("%d in flight of %d; %d served, %d counted, %d signed", now, most, served.Load(), counted.Load(), nonces.Load())
	}
}

// A pause in the middle of a wait ends with the context, and frees the slot.
func TestPauseEndsWithTheContext(t *testing.T) {
	p := NewPacer(PacerSettings{MaxWait: time.Hour})
	p.PauseUntil(time.Now().Add(time.Minute))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := p.Layer()(answering(200)).RoundTrip(request(t, "GET", "http://h/", "").WithContext(ctx))
	if now, _ := p.InFlight(); now != 0 || !errors.Is(err, context.Canceled) || fault.As(err) != nil {
		t.Errorf("%d in flight, %v", now, err)
	}
}
