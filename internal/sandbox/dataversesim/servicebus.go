package dataversesim

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/Azure/go-amqp"
)

// The contracts that are sent as a message (reference: dataverse-api 1.1).
const (
	contractQueue           = 2
	contractTopic           = 5
	contractPersistentQueue = 6
	contractEventHub        = 7
	authSASKey              = 2
	formatJSON              = 2
	busLimit                = 192 << 10 // bytes of a body; above it four members are dropped
)

// The claims of a message, as application properties (reference: dataverse-api 1.7).
const claims = "http://schemas.microsoft.com/xrm/2011/Claims/"

// Bus says how Service Bus namespaces are reached from the sandbox;
// PUT /control/servicebus. Nothing is ever sent to a namespace that is not in it.
type Bus struct {
	// Namespaces maps a host name (contoso.servicebus.windows.net) to a broker.
	Namespaces map[string]Broker `json:"namespaces"`
	// Retries is how often a failed message is tried again, and RetryMillis the
	// first wait, which doubles up to a minute. *Assumed*: the reference says
	// "exponential back-off"; 10 and 1000 when absent.
	Retries     int `json:"retries"`
	RetryMillis int `json:"retry_millis"`
}

// Broker is an AMQP 1.0 peer without TLS.
type Broker struct {
	Address string `json:"address"` // host:port
	// Prefix stands in front of the path of the endpoint: "/queues/" for RabbitMQ 4.
	Prefix string `json:"prefix"`
}

// bus holds the connections to brokers, one per endpoint.
type bus struct {
	mu      sync.Mutex
	set     Bus
	senders map[endpoint]*busSender
}

// busSender is an open link. Its lock is held while a link is being opened.
type busSender struct {
	mu   sync.Mutex
	conn *amqp.Conn
	link *amqp.Sender
}

func (b *bus) configure(set Bus) Bus {
	if set.Retries == 0 {
		set.Retries = 10
	}
	if set.RetryMillis == 0 {
		set.RetryMillis = 1000
	}
	b.close()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.set = set
	return set
}

func (b *bus) read() Bus {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.set
}

// close ends all connections.
func (b *bus) close() {
	b.mu.Lock()
	senders := b.senders
	b.senders = nil
	b.mu.Unlock()
	for _, s := range senders {
		s.drop()
	}
}

// host is the name of the namespace of an endpoint.
func (e *endpoint) host() string {
	if u, err := url.Parse(e.namespaceAddress); err == nil && u.Host != "" {
		return strings.ToLower(u.Hostname())
	}
	if e.namespaceAddress != "" {
		return strings.ToLower(strings.Trim(e.namespaceAddress, "/"))
	}
	return strings.ToLower(e.namespace) + ".servicebus.windows.net"
}

// usable says what keeps messages from being sent to an endpoint.
func (e *endpoint) usable() string {
	switch {
	case e.authType != authSASKey:
		return "Only SAS keys (authtype 2) are simulated for Service Bus."
	case e.format != 0 && e.format != formatJSON:
		return "Only JSON messages (messageformat 2) are simulated for Service Bus."
	case e.path == "":
		return "The endpoint has no path: the name of the queue or topic."
	}
	return ""
}

// publish sends an event as a message, again and again after waits that grow.
func (s *Sim) publish(ctx context.Context, e *event) (trouble string) {
	if trouble = e.step.endpoint.usable(); trouble != "" {
		return trouble
	}
	message, trouble := s.message(e)
	if trouble != "" {
		return trouble
	}
	set := s.bus.read()
	broker, ok := set.Namespaces[e.step.endpoint.host()]
	if !ok {
		return "The Service Bus namespace of the endpoint is not mapped to a broker of the sandbox."
	}
	wait := time.Duration(set.RetryMillis) * time.Millisecond
	for attempt := 0; ; attempt++ {
		err := s.bus.send(ctx, e.step.endpoint, broker, message)
		if err == nil {
			return ""
		}
		var refused *amqp.Error
		if attempt >= set.Retries || ctx.Err() != nil || errors.As(err, &refused) && refused.Condition == amqp.ErrCondUnauthorizedAccess {
			return "The message could not be sent to the Service Bus: " + err.Error()
		}
		s.courier.retried.Add(1)
		s.suspendJob(e)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
		wait = min(2*wait, time.Minute)
	}
}

// message is the context of an event as a message (reference: dataverse-api 1.7).
func (s *Sim) message(e *event) (m *amqp.Message, trouble string) {
	body := s.body(nil, e, false)
	properties := map[string]any{
		claims + "Organization": s.domain(), claims + "User": e.user.id.String(), claims + "InitiatingUser": e.user.id.String(),
		claims + "EntityLogicalName": e.change.table.name, claims + "RequestName": e.change.message,
	}
	if len(body) > busLimit {
		body = s.body(body[:0], e, true)
		properties["MessageMaxSizeExceeded"] = true
		s.courier.oversize.Add(1)
	}
	if len(body) > busLimit {
		return nil, "The message is larger than 192 KB, even without its parameters and images."
	}
	kind := "application/json"
	m = amqp.NewMessage(body)
	m.Header = &amqp.MessageHeader{Durable: true}
	m.Properties = &amqp.MessageProperties{ContentType: &kind, MessageID: e.operation.String(), CorrelationID: "{" + e.correlation.String() + "}"}
	m.ApplicationProperties = properties
	return m, ""
}

// send hands a message over and waits until the broker has accepted it.
func (b *bus) send(ctx context.Context, e endpoint, to Broker, m *amqp.Message) error {
	ctx, cancel := context.WithTimeout(ctx, webhookTimeout)
	defer cancel()
	b.mu.Lock()
	if b.senders == nil {
		b.senders = map[endpoint]*busSender{}
	}
	sender := b.senders[e]
	if sender == nil {
		sender = &busSender{}
		b.senders[e] = sender
	}
	b.mu.Unlock()
	link, err := sender.open(ctx, e, to)
	if err != nil {
		return err
	}
	if err := link.Send(ctx, m, nil); err != nil {
		sender.forget(link)
		return err
	}
	return nil
}

func (x *busSender) open(ctx context.Context, e endpoint, to Broker) (*amqp.Sender, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.link != nil {
		return x.link, nil
	}
	conn, err := amqp.Dial(ctx, "amqp://"+to.Address, &amqp.ConnOptions{SASLType: amqp.SASLTypePlain(e.keyName, e.key), HostName: e.host()})
	if err != nil {
		return nil, fmt.Errorf("no connection to the broker: %w", err)
	}
	session, err := conn.NewSession(ctx, nil)
	if err != nil {
		_ = conn.Close() // the session's error says more
		return nil, fmt.Errorf("no session with the broker: %w", err)
	}
	link, err := session.NewSender(ctx, to.Prefix+e.path, nil)
	if err != nil {
		_ = conn.Close() // the link's error says more
		return nil, fmt.Errorf("the broker does not let messages be sent to the path of the endpoint: %w", err)
	}
	x.conn, x.link = conn, link
	return link, nil
}

// forget closes the connection of a link that failed, unless another one stands already.
func (x *busSender) forget(link *amqp.Sender) {
	x.mu.Lock()
	same := x.link == link
	x.mu.Unlock()
	if same {
		x.drop()
	}
}

func (x *busSender) drop() {
	x.mu.Lock()
	conn := x.conn
	x.conn, x.link = nil, nil
	x.mu.Unlock()
	if conn != nil {
		_ = conn.Close() // it failed already, or nobody needs it any more
	}
}
