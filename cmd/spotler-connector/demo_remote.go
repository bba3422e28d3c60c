package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"sync"
)

// control calls the control plane of a simulator.
func control(ctx context.Context, method, address string, body, into any) error {
	var payload io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		payload = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, address, payload)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := (&http.Client{Timeout: patience}).Do(req)
	if err != nil {
		return fmt.Errorf("the sandbox does not answer: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode >= 300 {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 300))
		return fmt.Errorf("the sandbox answered %d to %s: %s", resp.StatusCode, method, text)
	}
	if into == nil {
		_, err = io.Copy(io.Discard, resp.Body)
		return err
	}
	return json.NewDecoder(resp.Body).Decode(into)
}

// received is how many requests a simulator answered.
func received(ctx context.Context, address string) (int64, error) {
	var c struct {
		Total int64 `json:"total"`
	}
	err := control(ctx, http.MethodGet, address+"/control/counters", nil, &c)
	return c.Total, err
}

// counting counts the requests of the made-up people, so that they are not taken
// for the connector's.
type counting struct {
	mu sync.Mutex
	n  map[string]int64
}

func newCounting() *counting { return &counting{n: map[string]int64{}} }

func (c *counting) client() *http.Client { return &http.Client{Transport: roundTripper(c.trip)} }

func (c *counting) trip(r *http.Request) (*http.Response, error) {
	if len(r.URL.Path) < 9 || r.URL.Path[:9] != "/control/" {
		c.mu.Lock()
		c.n[r.URL.Host]++
		c.mu.Unlock()
	}
	return http.DefaultTransport.RoundTrip(r)
}

func (c *counting) requests(address string) int64 {
	u, err := url.Parse(address)
	if err != nil {
		return 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n[u.Host]
}

// logFile is a log that begins with its first line.
type logFile struct {
	path string
	mu   sync.Mutex
	file *os.File
}

// Write appends to the file.
func (l *logFile) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		f, err := os.OpenFile(l.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return 0, err
		}
		l.file = f
	}
	return l.file.Write(p)
}
