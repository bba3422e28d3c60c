// Package servicebus takes in the events that Dataverse sends to a queue of Azure
// Service Bus, for installations that Dataverse cannot reach over HTTPS. Any AMQP 1.0
// broker will do.
package servicebus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/Azure/go-amqp"

	"github.com/spotler-connector/connector/internal/fault"
)

// Options says which queue is read and who takes the events.
type Options struct {
	// Address is amqps://namespace.servicebus.windows.net. A queue is named as the broker
	// names it: on Service Bus by its name alone.
	Address, Queue string
	// KeyName and Key are the shared access policy with the claim Listen, sent as user
	// and password (SASL PLAIN).
	KeyName string
	Key     func() string
	// Receive returns when the event is durable. A fault.Garbled or fault.NotValid error
	// puts the message aside, any other returns it to the queue.
	Receive func(ctx context.Context, body []byte) error
	// AtOnce is how many messages are worked on at a time; 0 means 64.
	AtOnce int
	// Idle is how long nothing may come before the link is made anew: a link can be dead
	// without anybody noticing. 0 means 10 minutes.
	Idle time.Duration
	// Retry is the first wait after trouble; it doubles up to a minute. 0 means a second.
	Retry time.Duration
	Log   *slog.Logger
}

const (
	// workFor is how long one message may be worked on. It is far below the time for
	// which Service Bus locks a message (a minute unless the queue says otherwise), so
	// that no lock has to be renewed.
	workFor = 20 * time.Second
	// settleFor is how long a settlement may take.
	settleFor    = 5 * time.Second
	longestRetry = time.Minute
	// maxBody is larger than any message of Dataverse: 192 KB
	// (reference: dataverse-api 1.7).
	maxBody = 1 << 20
)

// Listener reads one queue. A message is settled after its event is durable, so it
// comes again when this process dies; the same event twice is one op.
type Listener struct{ o Options }

// New makes a listener.
func New(o Options) *Listener {
	if o.AtOnce <= 0 {
		o.AtOnce = 64
	}
	if o.Idle <= 0 {
		o.Idle = 10 * time.Minute
	}
	if o.Retry <= 0 {
		o.Retry = time.Second
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return &Listener{o}
}

// Run reads until ctx ends, connecting again after trouble, and returns when what was
// begun has ended.
func (l *Listener) Run(ctx context.Context) error {
	wait, said := l.o.Retry, ""
	for {
		heard, err := l.session(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if heard { // what goes wrong now is new trouble
			wait, said = l.o.Retry, ""
		}
		if err != nil && err.Error() != said {
			said = err.Error()
			l.o.Log.WarnContext(ctx, "the queue of Dataverse's events cannot be read; it is tried again", "queue", l.o.Queue, "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait/2 + rand.N(wait/2+1)):
		}
		wait = min(2*wait, longestRetry)
	}
}

// session connects and reads until the link breaks or ctx ends. heard says that it got
// as far as reading.
func (l *Listener) session(ctx context.Context) (heard bool, err error) {
	conn, err := amqp.Dial(ctx, l.o.Address, &amqp.ConnOptions{SASLType: amqp.SASLTypePlain(l.o.KeyName, l.o.Key())})
	if err != nil {
		return false, reason("connect", err)
	}
	defer func() { _ = conn.Close() }() // the broker forgets us either way
	session, err := conn.NewSession(ctx, nil)
	if err != nil {
		return false, reason("open a session", err)
	}
	for {
		receiver, err := session.NewReceiver(ctx, l.o.Queue, &amqp.ReceiverOptions{Credit: -1, MaxMessageSize: maxBody})
		if err != nil {
			return heard, reason("open the queue", err)
		}
		heard = true
		idle, err := l.read(ctx, receiver)
		if !idle {
			return heard, err
		}
		closing, cancel := context.WithTimeout(ctx, settleFor)
		err = receiver.Close(closing)
		cancel()
		if err != nil {
			return heard, reason("close an idle link", err)
		}
	}
}

// read works on messages, several at a time, until the link breaks, ctx ends, or
// nothing came for a while. Credit is given when the last is used up: RabbitMQ 3 loses
// count of credit that crosses its messages, and then sends no more.
func (l *Listener) read(ctx context.Context, receiver *amqp.Receiver) (idle bool, err error) {
	var working sync.WaitGroup
	defer working.Wait()
	slots := make(chan struct{}, l.o.AtOnce)
	for credit := 0; ; credit-- {
		if credit == 0 {
			credit = l.o.AtOnce
			if err := receiver.IssueCredit(uint32(credit)); err != nil {
				return false, reason("give credit", err)
			}
		}
		waiting, cancel := context.WithTimeout(ctx, l.o.Idle)
		m, err := receiver.Receive(waiting, nil)
		cancel()
		if err != nil {
			if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
				return true, nil
			}
			return false, reason("receive", err)
		}
		slots <- struct{}{}
		working.Go(func() {
			defer func() { <-slots }()
			l.work(ctx, receiver, m)
		})
	}
}

// work takes one message in and settles it. A settlement that fails is left: the broker
// sends the message again, and its event is known.
func (l *Listener) work(ctx context.Context, receiver *amqp.Receiver, m *amqp.Message) {
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), workFor)
	err := l.receive(bounded, m)
	cancel()
	settling, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleFor)
	defer cancel()
	switch kind := fault.Of(err); {
	case err == nil:
		err = receiver.AcceptMessage(settling, m)
	case kind == fault.Garbled || kind == fault.NotValid:
		l.o.Log.WarnContext(ctx, "a message is no event of this organisation; it is put aside", "queue", l.o.Queue, "err", err)
		err = receiver.RejectMessage(settling, m, deadLetter(err))
	default:
		l.pause(ctx) // a store in trouble must not make the queue spin
		err = receiver.ReleaseMessage(settling, m)
	}
	if err != nil {
		l.o.Log.DebugContext(ctx, "a message could not be settled; it comes again", "queue", l.o.Queue, "err", err)
	}
}

func (l *Listener) pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(min(l.o.Retry, settleFor/2)):
	}
}

// receive hands the body over. A panic is the trouble of this message only.
func (l *Listener) receive(ctx context.Context, m *amqp.Message) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &fault.Error{Op: "servicebus.Receive", Kind: fault.Broken, Says: fmt.Sprintf("a bug ended the reading of a message: %T", p)}
		}
	}()
	body, err := bodyOf(m)
	if err != nil {
		return err
	}
	return l.o.Receive(ctx, body)
}

// bodyOf is the JSON in a message. Dataverse says in the content type how it wrote it
// (reference: dataverse-api 1.7).
func bodyOf(m *amqp.Message) ([]byte, error) {
	format := ""
	if m.Properties != nil && m.Properties.ContentType != nil {
		format = *m.Properties.ContentType
	}
	switch format {
	case "application/msbin1", "application/xml":
		return nil, &fault.Error{Op: "servicebus.Receive", Kind: fault.Garbled, Says: "the message is written as " + format + ": set the message format of the service endpoint to JSON"}
	}
	switch {
	case len(m.Data) == 1:
		return m.Data[0], nil
	case len(m.Data) > 1:
		var all []byte
		for _, part := range m.Data {
			all = append(all, part...)
		}
		return all, nil
	}
	switch v := m.Value.(type) {
	case string:
		return []byte(v), nil
	case []byte:
		return v, nil
	}
	return nil, &fault.Error{Op: "servicebus.Receive", Kind: fault.Garbled, Says: "the message has no body"}
}

// deadLetter is what Service Bus shows of a message that was put aside.
func deadLetter(err error) *amqp.Error {
	says := "It is no event of Dataverse."
	if f := fault.As(err); f != nil && f.Says != "" {
		says = f.Says
	}
	return &amqp.Error{Condition: "com.microsoft:dead-letter", Description: says, Info: map[string]any{"DeadLetterReason": "NotAnEvent", "DeadLetterErrorDescription": says}}
}

// reason says what could not be done. The cause names addresses at most, never keys.
func reason(what string, err error) error { return fmt.Errorf("servicebus: %s: %w", what, err) }
