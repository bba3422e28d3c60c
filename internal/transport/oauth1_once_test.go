package transport

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// A read whose connection breaks is never sent again with the nonce that it used: only
// the layer that repeats reads does so, and has it signed anew.
func TestNonceIsUsedOnce(t *testing.T) {
	var mu sync.Mutex
	seen := map[string]int{}
	breaks := false
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		seen[r.Header.Get("Authorization")]++
		if r.ContentLength != 0 || len(r.TransferEncoding) > 0 {
			t.Errorf("a read carries a body: %d %v", r.ContentLength, r.TransferEncoding)
		}
		if !breaks {
			return
		}
		breaks = false
		c, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_ = c.Close()
	}))
	defer server.Close()
	base := &http.Transport{}
	defer base.CloseIdleConnections()
	get := func(layers ...Layer) error {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := (&http.Client{Transport: Stack(base, layers...)}).Do(r)
		if err != nil {
			return err
		}
		return resp.Body.Close()
	}
	breakNext := func() {
		mu.Lock()
		defer mu.Unlock()
		breaks = true
	}
	sign := OAuth1{Key: "k", Secret: "s"}.Layer()
	if err := get(sign); err != nil {
		t.Fatal(err)
	}
	breakNext()
	if err := get(sign); err == nil {
		t.Error("a read whose connection broke went well without being repeated")
	}
	breakNext()
	if err := get(RetryReads{}.Layer(), sign, Classify()); err != nil {
		t.Errorf("the layer that repeats reads: %v", err)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(seen) != 4 {
		t.Errorf("%d signatures for 4 requests", len(seen))
	}
	for _, n := range seen {
		if n > 1 {
			t.Errorf("a signature was used %d times", n)
		}
	}
}
