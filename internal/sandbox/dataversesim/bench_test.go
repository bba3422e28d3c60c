package dataversesim

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
)

// bench is an organisation with n contacts, on a real port.
func bench(b *testing.B, n int) (*Sim, string) {
	sim := New(Config{Seed: 1, Workers: 8})
	srv := httptest.NewServer(sim.Handler())
	b.Cleanup(func() {
		srv.Close()
		sim.Close()
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	})
	var rows strings.Builder
	for i := range n {
		sep := byte(',')
		if i == 0 {
			sep = '['
		}
		rows.WriteByte(sep)
		fmt.Fprintf(&rows, `{"contactid":"%s","firstname":"F","lastname":"N%d","emailaddress1":"n%d@example.org","_masterid_value":"%s"}`, numbered(i), i, i, numbered(i))
	}
	send(b, "POST", srv.URL+"/control/rows/contacts", rows.String()+"]")
	return sim, srv.URL
}

func send(b *testing.B, method, address, body string, headers ...string) string {
	req, _ := http.NewRequest(method, address, strings.NewReader(body))
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	if resp.StatusCode >= 400 {
		b.Fatalf("%d %.300s", resp.StatusCode, text)
	}
	return string(text)
}

func BenchmarkPatch(b *testing.B) {
	_, at := bench(b, 1000)
	var n atomic.Int64
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			send(b, "PATCH", at+"/api/data/v9.2/contacts("+numbered(int(n.Add(1))%1000)+")", `{"jobtitle":"x","emailaddress1":"y@example.org"}`, "If-Match", "*")
		}
	})
}

func BenchmarkBatch400(b *testing.B) {
	_, at := bench(b, 1)
	body := patches(400)
	for b.Loop() {
		send(b, "POST", at+"/api/data/v9.2/$batch", body, "Content-Type", "multipart/mixed; boundary=b1")
	}
}

func benchmarkIn(b *testing.B, column string) {
	_, at := bench(b, 100_000)
	ids := make([]string, 100)
	for i := range ids {
		ids[i] = "'" + numbered(i*997) + "'"
	}
	filter := "Microsoft.Dynamics.CRM.In(PropertyName='" + column + "',PropertyValues=[" + strings.Join(ids, ",") + "])"
	address := at + "/api/data/v9.2/contacts?$select=fullname,emailaddress1,statecode&$filter=" + url.QueryEscape(filter)
	if got := strings.Count(send(b, "GET", address, ""), "fullname"); got != 101 { // once in the context
		b.Fatalf("%d rows", got-1)
	}
	b.ResetTimer()
	for b.Loop() {
		send(b, "GET", address, "")
	}
}

func BenchmarkInPrimaryKey(b *testing.B) { benchmarkIn(b, "contactid") }

func BenchmarkInLookup(b *testing.B) { benchmarkIn(b, "masterid") }

// BenchmarkWebhooks is edits and webhooks together, with the receiver in the
// same process.
func BenchmarkWebhooks(b *testing.B) {
	sim, at := bench(b, 1000)
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	defer hook.Close()
	sim.mu.Lock()
	sim.steps = steps{by: map[string][]*step{"Update contact": {{id: guid{1}, name: "bench", autoDelete: true, endpoint: endpoint{contract: 8, authType: 4, auth: "hush", url: hook.URL}}}}}
	sim.mu.Unlock()
	var edits strings.Builder
	for i := range b.N {
		sep := byte(',')
		if i == 0 {
			sep = '['
		}
		edits.WriteByte(sep)
		fmt.Fprintf(&edits, `{"set":"contacts","id":"%s","body":{"jobtitle":"t%d"}}`, numbered(i%1000), i)
	}
	b.ResetTimer()
	send(b, "POST", at+"/control/edits", edits.String()+"]")
	send(b, "POST", at+"/control/events/flush", "")
	b.StopTimer()
	if got := sim.courier.delivered.Load(); got != int64(b.N) {
		b.Fatalf("%d delivered", got)
	}
}

// BenchmarkScanByStatus is the safety net's pull: the few rows of one status
// among many, without an index.
func BenchmarkScanByStatus(b *testing.B) {
	_, at := bench(b, 100_000)
	send(b, "PATCH", at+"/api/data/v9.2/contacts("+numbered(99_999)+")", `{"statecode":1,"statuscode":2}`)
	for b.Loop() {
		send(b, "GET", at+"/api/data/v9.2/contacts?$select=fullname&$filter=statecode%20eq%201%20and%20statuscode%20eq%202", "")
	}
}
