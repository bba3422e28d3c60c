package intake

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/spotler-connector/connector/internal/store/storetest"
)

// BenchmarkIntake posts bodies of 7.8 KB about 2,500 records from 64 senders over
// HTTP into SQLite with synchronous=FULL. One iteration is one event whose answer
// was awaited, so ops/s are durable events per second.
func BenchmarkIntake(b *testing.B) {
	const senders, records, size = 64, 2500, 7800
	s := storetest.OpenSQLite(b, storetest.NewClock())
	srv := httptest.NewServer(serveQuietly(s))
	defer srv.Close()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: senders}}
	defer client.CloseIdleConnections()
	filler := target("description", `"`+strings.Repeat("x", size-600)+`"`, "firstname", `"A"`)
	var next atomic.Int64
	var wg sync.WaitGroup
	b.ResetTimer()
	for range senders {
		wg.Go(func() {
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				body := contextOf("Update", "contact", ID(int(n)%records), filler)
				body = strings.Replace(body, event, fmt.Sprintf("4af10637-4ea2-e711-8122-%012d", n), 1)
				r, err := http.NewRequest(http.MethodPost, srv.URL+Path+hookID, bytes.NewReader([]byte(body)))
				if err != nil {
					b.Error(err)
					return
				}
				r.Header.Set(SecretHeader, "blue")
				resp, err := client.Do(r)
				if err != nil {
					b.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
				if resp.StatusCode != http.StatusAccepted {
					b.Error(resp.Status)
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	b.SetBytes(size)
}

func serveQuietly(s Store) http.Handler {
	env := testEnvironment()
	return New(Options{Store: s, Environments: func(hook string) (*Environment, bool) { return env, hook == hookID }})
}
