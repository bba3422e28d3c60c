package rig

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Tap stands in front of the connector: it notes when an event about a contact
// arrives, keeps bodies when asked to, and passes everything on.
type Tap struct {
	URL    string
	server *http.Server
	client *http.Client

	mu     sync.Mutex
	to     []string // tried in order; nobody means that the tap accepts itself
	at     map[string]time.Time
	keep   bool
	bodies [][]byte
}

// NewTap opens a tap on a free port of this machine; end it with Close.
func NewTap() (*Tap, error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	t := &Tap{URL: "http://" + l.Addr().String(), at: map[string]time.Time{}, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: Couriers}}}
	t.server = &http.Server{Handler: http.HandlerFunc(t.serve), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = t.server.Serve(l) }() // ends in Close
	return t, nil
}

// Close ends the tap.
func (t *Tap) Close() error {
	t.client.CloseIdleConnections()
	return t.server.Close()
}

func (t *Tap) serve(w http.ResponseWriter, r *http.Request) {
	at := time.Now()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	w.WriteHeader(t.pass(r, body, t.note(at, body)))
}

// pass sends an event to the first connector that takes it, as a load balancer
// would, and returns the status to answer.
func (t *Tap) pass(r *http.Request, body []byte, to []string) int {
	status := http.StatusAccepted
	for _, hook := range to {
		status = http.StatusBadGateway
		req, err := http.NewRequestWithContext(r.Context(), http.MethodPost, hook, bytes.NewReader(body))
		if err != nil {
			continue
		}
		req.Header = r.Header.Clone()
		resp, err := t.client.Do(req)
		if err != nil {
			continue
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		if status = resp.StatusCode; status < 300 {
			return status
		}
	}
	return status
}

// Forward says where events go from now on.
func (t *Tap) Forward(to ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.to = to
}

// note remembers when the row of an event was last heard of, and tells where to
// pass it.
func (t *Tap) note(at time.Time, body []byte) []string {
	id := ""
	if _, rest, ok := bytes.Cut(body, []byte(`"PrimaryEntityId":"`)); ok && len(rest) >= 36 {
		id = strings.ToLower(string(rest[:36]))
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.at[id] = at
	if t.keep {
		t.bodies = append(t.bodies, body)
	}
	return t.to
}

// Seen is when an event about a contact last arrived, and whether one did.
func (t *Tap) Seen(id string) (time.Time, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at, ok := t.at[id]
	return at, ok
}

// Keep begins to keep bodies, or ends it and returns those that were kept.
func (t *Tap) Keep(keep bool) [][]byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := t.bodies
	t.bodies, t.keep = nil, keep
	return out
}
