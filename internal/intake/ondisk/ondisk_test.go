// Package ondisk tests intake on a real database. It stands apart because coverage
// of SQLite would slow down the fuzz tests of intake a thousand times.
package ondisk

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/intake"
	"github.com/spotler-connector/connector/internal/settings"
	"github.com/spotler-connector/connector/internal/store"
	"github.com/spotler-connector/connector/internal/store/storetest"
)

// BenchmarkIntake posts bodies of 7.8 KB about 2,500 records from 64 senders over
// HTTP into SQLite with synchronous=FULL. One iteration is one event whose answer
// was awaited, so ops/s are durable events per second.
func BenchmarkIntake(b *testing.B) {
	const senders, records, size = 64, 2500, 7800
	s := storetest.OpenSQLite(b, storetest.NewClock())
	srv := httptest.NewServer(handler(s))
	defer srv.Close()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: senders}}
	defer client.CloseIdleConnections()
	var next atomic.Int64
	var wg sync.WaitGroup
	b.ResetTimer()
	for range senders {
		wg.Go(func() {
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				r, err := http.NewRequest(http.MethodPost, srv.URL+intake.Path+hookID, bytes.NewReader(update(n%records, n, size)))
				if err != nil {
					b.Error(err)
					return
				}
				r.Header.Set(intake.SecretHeader, "blue")
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

const (
	organisation = connector.RecordID("00aa00aa-bb11-cc22-dd33-44ee44ee44ee")
	hookID       = "k3J9xQ"
)

func handler(s *store.Store) http.Handler {
	env := &intake.Environment{Name: "acme", Organisation: organisation, Secrets: []settings.Secret{settings.NewSecret("blue")}, Tables: connector.People}
	return intake.New(intake.Options{Store: s, Environments: func(hook string) (*intake.Environment, bool) { return env, hook == hookID }})
}

var filler = strings.Repeat("x", 10000)

// update writes an Update of a contact of about size bytes.
func update(record, operation int64, size int) []byte {
	return fmt.Appendf(nil, `{"InputParameters":[{"key":"Target","value":{"__type":"Entity:http:\/\/schemas.microsoft.com\/xrm\/2011\/Contracts","Attributes":[{"key":"firstname","value":"A"},{"key":"description","value":"%s"}],"Id":"00000000-0000-4000-8000-%012d","LogicalName":"contact"}}],`+
		`"MessageName":"Update","OperationId":"4af10637-4ea2-e711-8122-%012d","OrganizationId":%q,"PrimaryEntityId":"00000000-0000-4000-8000-%012d","PrimaryEntityName":"contact"}`,
		filler[:size-520], record, operation, organisation, record)
}

func TestUpdateBecomesAnOp(t *testing.T) {
	body := recorded(t)
	s := storetest.OpenSQLite(t, storetest.NewClock())
	h := handler(s)
	for range 2 { // a repeated delivery is the same request
		if w := post(h, body); w.Code != http.StatusAccepted {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	ops, err := s.Ops(context.Background(), store.OpFilter{Environment: "acme", Limit: 10})
	person := connector.Record{Table: connector.Contact, ID: "6d81597f-0f9f-e711-8122-000d3aa2331c"}
	if err != nil || len(ops) != 1 || ops[0].Lane != store.LaneOf("acme", person) || ops[0].Operation != connector.SyncContact || ops[0].State != store.OpQueued || ops[0].Class != store.Live || ops[0].Source != "webhook" {
		t.Errorf("%+v %v", ops, err)
	}
}

func post(h http.Handler, body []byte) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, intake.Path+hookID, bytes.NewReader(body))
	r.Header.Set(intake.SecretHeader, "blue")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// recorded is an event of a real organisation.
func recorded(t *testing.T) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "shared", "fixtures", "webhook-bodies", "update-contact.json"))
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("the recorded webhook bodies are missing")
		}
		t.Skip("the recorded webhook bodies are not on this machine")
	}
	return b
}
