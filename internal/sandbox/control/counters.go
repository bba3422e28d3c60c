package control

import (
	"bufio"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
)

// Counters counts what arrives at a simulator and what leaves it. Create it
// with NewCounters; it is safe for use by many goroutines.
type Counters struct {
	label       func(*http.Request) string
	connections atomic.Int64
	open        atomic.Int64
	bytesIn     atomic.Int64
	bytesOut    atomic.Int64
	classes     [6]atomic.Int64 // by the first digit of the status; 0 is no answer
	routes      sync.Map        // "GET /contact/{id}" → *atomic.Int64
}

// Count is a reading of the counters.
type Count struct {
	Requests       map[string]int64 `json:"requests"` // by method and route label
	Total          int64            `json:"total"`
	BytesIn        int64            `json:"bytes_in"`  // bodies only
	BytesOut       int64            `json:"bytes_out"` // bodies only
	Statuses       map[string]int64 `json:"statuses"`  // "2xx" …; "dropped" is no answer
	NewConnections int64            `json:"new_connections"`
	OpenNow        int64            `json:"open_now"`
}

// NewCounters returns counters at zero. label gives the route of a request,
// without ids, so that the number of labels stays small: "/contact/{id}". It
// must not depend on the handler having run. nil labels by path.
func NewCounters(label func(*http.Request) string) *Counters {
	if label == nil {
		label = func(r *http.Request) string { return r.URL.Path }
	}
	return &Counters{label: label}
}

// ConnState counts connections: hang it in http.Server.ConnState.
func (c *Counters) ConnState(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		c.connections.Add(1)
		c.open.Add(1)
	case http.StateClosed, http.StateHijacked:
		c.open.Add(-1)
	case http.StateActive, http.StateIdle:
	}
}

// Wrap returns next with counting around it.
func (c *Counters) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if Own(r) {
			next.ServeHTTP(w, r)
			return
		}
		c.route(r.Method + " " + c.label(r)).Add(1)
		if r.ContentLength > 0 {
			c.bytesIn.Add(r.ContentLength)
		}
		m := &meter{ResponseWriter: w, dropped: &c.classes[0]}
		defer c.settle(m)
		next.ServeHTTP(m, r)
		if m.status == 0 && !m.hijacked {
			m.status = http.StatusOK
		}
	})
}

func (c *Counters) settle(m *meter) {
	c.bytesOut.Add(m.written)
	if m.hijacked {
		return // was counted as dropped before the connection was closed
	}
	class := m.status / 100
	if class < 0 || class >= len(c.classes) {
		class = 0
	}
	c.classes[class].Add(1)
}

func (c *Counters) route(name string) *atomic.Int64 {
	if n, ok := c.routes.Load(name); ok {
		return n.(*atomic.Int64)
	}
	n, _ := c.routes.LoadOrStore(name, new(atomic.Int64))
	return n.(*atomic.Int64)
}

// Read returns the present values.
func (c *Counters) Read() Count {
	out := Count{
		Requests: map[string]int64{}, Statuses: map[string]int64{},
		BytesIn: c.bytesIn.Load(), BytesOut: c.bytesOut.Load(),
		NewConnections: c.connections.Load(), OpenNow: c.open.Load(),
	}
	c.routes.Range(func(name, n any) bool {
		count := n.(*atomic.Int64).Load()
		if count > 0 {
			out.Requests[name.(string)] = count
			out.Total += count
		}
		return true
	})
	for class, name := range []string{"dropped", "1xx", "2xx", "3xx", "4xx", "5xx"} {
		if n := c.classes[class].Load(); n > 0 {
			out.Statuses[name] = n
		}
	}
	return out
}

// Reset sets everything to zero except the number of open connections.
func (c *Counters) Reset() {
	c.routes.Range(func(_, n any) bool {
		n.(*atomic.Int64).Store(0)
		return true
	})
	for i := range c.classes {
		c.classes[i].Store(0)
	}
	c.bytesIn.Store(0)
	c.bytesOut.Store(0)
	c.connections.Store(0)
}

// Mount adds the calls that read the counters to mux:
//
//	GET    /control/counters  tells them
//	DELETE /control/counters  sets them to zero and tells what they were
func (c *Counters) Mount(mux *http.ServeMux) {
	mux.HandleFunc("GET /control/counters", func(w http.ResponseWriter, _ *http.Request) {
		Answer(w, http.StatusOK, c.Read())
	})
	mux.HandleFunc("DELETE /control/counters", func(w http.ResponseWriter, _ *http.Request) {
		was := c.Read()
		c.Reset()
		Answer(w, http.StatusOK, was)
	})
}

// meter watches one answer go by.
type meter struct {
	http.ResponseWriter
	status   int
	written  int64
	hijacked bool
	dropped  *atomic.Int64
}

// WriteHeader remembers the final status; 1xx answers are passed on only.
func (m *meter) WriteHeader(status int) {
	if m.status == 0 && status >= 200 {
		m.status = status
	}
	m.ResponseWriter.WriteHeader(status)
}

// Write counts the bytes of the body.
func (m *meter) Write(b []byte) (int, error) {
	if m.status == 0 {
		m.status = http.StatusOK
	}
	n, err := m.ResponseWriter.Write(b)
	m.written += int64(n)
	return n, err
}

// Hijack hands the connection over and remembers that no answer was given.
func (m *meter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(m.ResponseWriter).Hijack()
	if err == nil && !m.hijacked {
		m.hijacked = true
		m.dropped.Add(1)
	}
	return conn, rw, err
}

// Unwrap lets http.ResponseController reach what is below.
func (m *meter) Unwrap() http.ResponseWriter { return m.ResponseWriter }
