package transport

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// shared is a budget of so many requests a second for everybody who leases.
type shared struct {
	mu     sync.Mutex
	left   float64
	rate   float64
	at     time.Time
	leases int
	spent  time.Duration
}

func (s *shared) lease(_ context.Context, want int, cost, spent time.Duration) (int, time.Duration, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leases++
	s.spent += spent
	now := time.Now()
	s.left = min(s.left+now.Sub(s.at).Seconds()*s.rate, s.rate/10)
	s.at = now
	n := min(want, int(s.left))
	s.left -= float64(n)
	s.spent += time.Duration(n) * cost
	if n == 0 {
		return 0, time.Duration((1 - s.left) / s.rate * float64(time.Second)), nil
	}
	return n, 0, nil
}

type taking time.Duration

func (t taking) RoundTrip(*http.Request) (*http.Response, error) {
	<-time.After(time.Duration(t)) // of the synctest bubble
	return &http.Response{StatusCode: 200, Body: http.NoBody}, nil
}

func spend(ctx context.Context, t testing.TB, rt http.RoundTripper) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://crm.example/", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := rt.RoundTrip(r)
	if err == nil {
		err = resp.Body.Close()
	}
	return err
}

// Two nodes that are busy use the whole of what they share, with far fewer leases than requests.
func TestNodesShareABudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bank := &shared{rate: 200, at: time.Now()}
		done := 0
		var mu sync.Mutex
		var nodes sync.WaitGroup
		end := time.Now().Add(10 * time.Second)
		for range 2 {
			rt := NewBudget(BudgetSettings{Lease: bank.lease}).Layer()(taking(20 * time.Millisecond))
			for range 20 {
				nodes.Go(func() {
					for time.Now().Before(end) {
						if err := spend(context.Background(), t, rt); err != nil {
							t.Error(err)
						}
						mu.Lock()
						done++
						mu.Unlock()
					}
				})
			}
		}
		nodes.Wait()
		if done < 1900 || done > 2100 {
			t.Errorf("%d requests in ten seconds at 200 a second", done)
		}
		if bank.leases > done/2 {
			t.Errorf("%d leases for %d requests", bank.leases, done)
		}
		if took := bank.spent.Seconds(); took < 0.8*float64(done)*0.02 || took > 1.2*float64(done)*0.02 {
			t.Errorf("%.1f s were charged for %d requests of 20 ms", took, done)
		}
	})
}

func TestWhoLeavesTheQueueTakesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bank := &shared{rate: 1, at: time.Now()}
		rt := NewBudget(BudgetSettings{Lease: func(ctx context.Context, want int, cost, spent time.Duration) (int, time.Duration, error) {
			return bank.lease(ctx, min(want, 1), cost, spent)
		}}).Layer()(taking(0))
		bank.rate = 10
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		defer cancel()
		if err := spend(ctx, t, rt); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		if err := spend(context.Background(), t, rt); err != nil {
			t.Error(err)
		}
		synctest.Wait()
	})
}

// A budget that cannot be read lets requests pass: the remote guards itself.
func TestALostBudgetHoldsNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rt := NewBudget(BudgetSettings{Lease: func(context.Context, int, time.Duration, time.Duration) (int, time.Duration, error) {
			return 0, 0, errors.New("the database is away")
		}}).Layer()(taking(time.Millisecond))
		for range 5 {
			if err := spend(context.Background(), t, rt); err != nil {
				t.Error(err)
			}
		}
		synctest.Wait()
	})
}
