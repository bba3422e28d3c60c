package transport

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/spotler-connector/connector/internal/fault"
)

const personalPath = "/contact/jan%40example.com?MPSearchQuery=email%3Djan%40example.com"

// client sends through the layers with connections of its own.
func client(t *testing.T, layers ...Layer) *http.Client {
	t.Helper()
	base := &http.Transport{}
	t.Cleanup(base.CloseIdleConnections)
	return &http.Client{Transport: Stack(base, layers...)}
}

// hangup is a server that reads a request and closes the connection without an answer.
func hangup(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		conn.Close()
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// nobody is an address where nothing listens.
func nobody(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "http://" + l.Addr().String()
}

func TestClassify(t *testing.T) {
	plainServer := httptest.NewServer(http.NotFoundHandler())
	defer plainServer.Close()
	tlsServer := httptest.NewUnstartedServer(http.NotFoundHandler())
	tlsServer.Config.ErrorLog = quiet
	tlsServer.StartTLS()
	defer tlsServer.Close()
	for _, c := range []struct {
		name, base string
		want       fault.Kind
	}{
		{"connection refused", nobody(t), fault.Unreachable},
		{"unknown host", "http://no-such-host.invalid", fault.Unreachable},
		{"TLS without TLS", strings.Replace(plainServer.URL, "http:", "https:", 1), fault.Unreachable},
		{"unknown certificate", tlsServer.URL, fault.Unreachable},
		{"no answer", hangup(t), fault.Uncertain},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := request(t, "POST", c.base+personalPath, `{"a":1}`)
			r.GetBody = nil
			_, err := client(t, Classify()).Do(r.WithContext(WithRoute(r.Context(), "contact/{id}")))
			if fault.Of(err) != c.want {
				t.Errorf("kind %q, want %q: %v", fault.Of(err), c.want, err)
			}
			checkClean(t, Redact(err))
			if !strings.Contains(Redact(err).Error(), "contact/{id}") {
				t.Errorf("no route in %q", Redact(err))
			}
		})
	}
}

// checkClean fails when err, or anything in its chain, could be a person's address.
func checkClean(t *testing.T, err error) {
	t.Helper()
	for e := err; e != nil; e = errors.Unwrap(e) {
		if s := e.Error(); strings.Contains(s, "jan") || strings.Contains(s, "MPSearchQuery") {
			t.Errorf("the error carries an address: %q", s)
		}
	}
}

func TestCancel(t *testing.T) {
	for _, c := range []struct {
		method string
		want   fault.Kind // fault.Broken: nobody's kind, a bare context error
	}{{"GET", fault.Broken}, {"POST", fault.Uncertain}} {
		t.Run(c.method, func(t *testing.T) {
			arrived, done := make(chan struct{}), make(chan struct{})
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				close(arrived)
				<-done
			}))
			defer s.Close()
			defer close(done)
			ctx, cancel := context.WithCancelCause(context.Background())
			go func() { <-arrived; cancel(errors.New("jan left")) }()
			r := request(t, c.method, s.URL+personalPath, "")
			_, err := client(t, Classify()).Do(r.WithContext(ctx))
			if !errors.Is(err, context.Canceled) || fault.Of(err) != c.want {
				t.Errorf("kind %q, want %q: %v", fault.Of(err), c.want, err)
			}
			checkClean(t, Redact(err))
		})
	}
}

func TestCancelBeforeSending(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r := request(t, "POST", nobody(t), "")
	_, err := client(t, Classify()).Do(r.WithContext(ctx))
	if !errors.Is(err, context.Canceled) || fault.As(err) != nil {
		t.Errorf("want the bare end of the context, got %v", err)
	}
}

func TestTimeoutAfterSendingIsUncertain(t *testing.T) {
	done := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-done }))
	defer s.Close()
	defer close(done)
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	_, err := client(t, Classify()).Do(request(t, "PUT", s.URL+personalPath, "").WithContext(ctx))
	if fault.Of(err) != fault.Uncertain || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("want uncertain after a timeout, got %v", err)
	}
	// http.Client's own timeout replaces the error, kind and all.
	c := client(t, Classify())
	c.Timeout = 50 * time.Millisecond
	_, err = c.Do(request(t, "PUT", s.URL+personalPath, ""))
	if err = Redact(err); KindOf(err, true) != fault.Uncertain || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("want uncertain after the client's timeout, got %v", err)
	}
	checkClean(t, err)
}

func TestRedact(t *testing.T) {
	t.Run("a bare client", func(t *testing.T) {
		for _, base := range []string{nobody(t), hangup(t), "http://no-such-host.invalid", "gopher://x"} {
			_, err := client(t).Do(request(t, "GET", base+personalPath, ""))
			if err == nil {
				t.Fatal("no error")
			}
			checkClean(t, Redact(err))
		}
	})
	t.Run("an answer that is not HTTP", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		go func() {
			if conn, err := l.Accept(); err == nil {
				conn.Read(make([]byte, 1024))
				conn.Write([]byte("jan@example.com is not HTTP\r\n\r\n"))
				conn.Close()
			}
		}()
		_, err = client(t, RedactErrors()).Do(request(t, "GET", "http://"+l.Addr().String()+personalPath, ""))
		checkClean(t, Redact(err))
		if !strings.HasPrefix(Redact(err).Error(), "GET 127.0.0.1") {
			t.Errorf("no host in %q", Redact(err))
		}
	})
	if Redact(nil) != nil {
		t.Error("nil became an error")
	}
}
