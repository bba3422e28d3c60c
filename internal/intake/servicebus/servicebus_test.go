package servicebus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/Azure/go-amqp"
	"go.uber.org/goleak"

	"github.com/spotler-connector/connector/internal/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// heard counts the bodies that were taken in.
type heard struct {
	mu    sync.Mutex
	times map[string]int
	some  chan struct{} // signalled at every body
}

func newHeard() *heard { return &heard{times: map[string]int{}, some: make(chan struct{}, 1)} }

func (h *heard) take(body []byte) {
	h.mu.Lock()
	h.times[string(body)]++
	h.mu.Unlock()
	select {
	case h.some <- struct{}{}:
	default:
	}
}

func (h *heard) count() (different, all int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, n := range h.times {
		all += n
	}
	return len(h.times), all
}

// wait returns when so many different bodies came.
func (h *heard) wait(t *testing.T, n int) {
	t.Helper()
	limit := time.NewTimer(2 * time.Minute)
	defer limit.Stop()
	for {
		if got, _ := h.count(); got >= n {
			return
		}
		select {
		case <-h.some:
		case <-limit.C:
			got, _ := h.count()
			t.Fatalf("%d of %d came", got, n)
		}
	}
}

func listen(t *testing.T, b *broker, idle time.Duration, receive func(context.Context, []byte) error) {
	t.Helper()
	l := New(Options{Address: b.address(), Queue: queue, KeyName: "guest", Key: func() string { return "guest" }, Receive: receive,
		Retry: 50 * time.Millisecond, Idle: idle, Log: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func event(n int) string {
	return fmt.Sprintf(`{"OperationId":"%08d-0000-4000-8000-000000000000"}`, n)
}

// The broker is killed and started again in the middle of 5,000 messages: every event is
// taken in, and one that came twice is the same event.
func TestBrokerKilledInTheMiddle(t *testing.T) {
	b := startBroker(t)
	const messages = 5000
	h := newHeard()
	listen(t, b, 0, func(_ context.Context, body []byte) error { h.take(body); return nil })
	var senders sync.WaitGroup
	for part := range 4 {
		senders.Go(func() {
			s := &sender{b: b, queue: queue}
			defer s.close()
			for n := part; n < messages; n += 4 {
				s.insist(event(n))
			}
		})
	}
	h.wait(t, messages/3)
	b.kill()
	b.start()
	senders.Wait()
	h.wait(t, messages)
	different, all := h.count()
	t.Logf("%d messages, %d came more than once", different, all-different)
	if different != messages {
		t.Errorf("%d events", different)
	}
}

// What is no event is put aside once; an event that could not be stored comes again.
func TestWhatBecomesOfAMessage(t *testing.T) {
	b := startBroker(t)
	h := newHeard()
	listen(t, b, 0, func(_ context.Context, body []byte) error {
		h.take(body)
		h.mu.Lock()
		times := h.times[string(body)]
		h.mu.Unlock()
		switch {
		case string(body) == "no event":
			return &fault.Error{Op: "test", Kind: fault.Garbled, Says: "it is no JSON"}
		case string(body) == "a bug":
			if times == 1 {
				panic("a bug")
			}
		case string(body) == "store away" && times < 3:
			return errors.New("the database is away")
		}
		return nil
	})
	s := &sender{b: b, queue: queue}
	defer s.close()
	for _, body := range []string{"no event", "store away", "a bug", event(1)} {
		s.insist(body)
	}
	h.wait(t, 4)
	limit := time.After(time.Minute)
	for {
		h.mu.Lock()
		away, bug, none := h.times["store away"], h.times["a bug"], h.times["no event"]
		h.mu.Unlock()
		if away == 3 && bug == 2 {
			if none != 1 {
				t.Errorf("what is no event came %d times", none)
			}
			return
		}
		select {
		case <-h.some:
		case <-limit:
			t.Fatalf("store away %d times, a bug %d times", away, bug)
		}
	}
}

// A link on which nothing comes is made anew, and goes on.
func TestIdleLink(t *testing.T) {
	b := startBroker(t)
	h := newHeard()
	listen(t, b, 2*time.Second, func(_ context.Context, body []byte) error { h.take(body); return nil })
	s := &sender{b: b, queue: queue}
	defer s.close()
	s.insist(event(1))
	h.wait(t, 1)
	idle := time.NewTimer(2500 * time.Millisecond) // longer than the idle time of this listener
	<-idle.C
	s.insist(event(2))
	h.wait(t, 2)
}

func TestBodies(t *testing.T) {
	binary, text := "application/msbin1", "application/json"
	for name, tt := range map[string]struct {
		m    amqp.Message
		want string
		kind fault.Kind
	}{
		"data":            {amqp.Message{Data: [][]byte{[]byte(`{}`)}, Properties: &amqp.MessageProperties{ContentType: &text}}, `{}`, ""},
		"data in parts":   {amqp.Message{Data: [][]byte{[]byte(`{`), []byte(`}`)}}, `{}`, ""},
		"text":            {amqp.Message{Value: `{}`}, `{}`, ""},
		"bytes":           {amqp.Message{Value: []byte(`{}`)}, `{}`, ""},
		"a binary format": {amqp.Message{Data: [][]byte{{1}}, Properties: &amqp.MessageProperties{ContentType: &binary}}, "", fault.Garbled},
		"nothing":         {amqp.Message{}, "", fault.Garbled},
		"a number":        {amqp.Message{Value: 7}, "", fault.Garbled},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := bodyOf(&tt.m)
			if string(got) != tt.want || tt.kind != "" && fault.Of(err) != tt.kind || tt.kind == "" && err != nil {
				t.Errorf("%q %v", got, err)
			}
		})
	}
}
