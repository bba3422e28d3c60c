package spotlersim_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// The handler alone, without a network: what the simulator itself costs.
func BenchmarkPostContactHandler(b *testing.B) {
	s := start(b)
	h := s.sim.Handler()
	i := 0
	for b.Loop() {
		i++
		body := fmt.Sprintf(`{"update":true,"contact":{"externalId":"c%d","properties":{"email":"c%d@b.example","firstName":"Jan","freeField1":%d}}}`, i%1000, i%1000, i)
		b.StopTimer()
		r := s.request("POST", "/contact", body)
		b.StartTimer()
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != 204 {
			b.Fatal(w.Code, w.Body)
		}
	}
}

// A signed POST over a real connection, client included.
func BenchmarkPostContact(b *testing.B) {
	s := start(b)
	var n atomic.Int64
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	b.SetParallelism(8)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := n.Add(1)
			body := fmt.Sprintf(`{"update":true,"contact":{"externalId":"c%d","properties":{"email":"c%d@b.example","firstName":"Jan","freeField1":%d}}}`, i%1000, i%1000, i)
			resp, err := client.Do(s.request("POST", "/contact", body))
			if err != nil {
				b.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			if resp.StatusCode != 204 {
				b.Error(resp.StatusCode)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
}

func BenchmarkPostList(b *testing.B) {
	s := start(b)
	h := s.sim.Handler()
	body := many(100)
	for b.Loop() {
		r := s.request("POST", "/contact/list", "")
		r.Header.Set("Content-Type", "application/json")
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != 200 {
			b.Fatal(w.Code, w.Body)
		}
	}
}
