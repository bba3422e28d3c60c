package dataverse

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/spotler-connector/connector/internal/fault"
)

// reply writes parts as Dataverse does (section 2.7).
func reply(w http.ResponseWriter, closed bool, parts ...string) {
	w.Header().Set("Content-Type", "multipart/mixed; boundary=batchresponse_1")
	for _, p := range parts {
		io.WriteString(w, "--batchresponse_1\r\n"+p+"\r\n")
	}
	if closed {
		io.WriteString(w, "--batchresponse_1--\r\n")
	}
}

const httpPart = "Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"

func done(id string) string {
	return httpPart + "HTTP/1.1 204 No Content\r\nOData-Version: 4.0\r\nLocation: http://x/api/data/v9.2/contacts(" + id + ")\r\nOData-EntityId: http://x/api/data/v9.2/contacts(" + id + ")\r\n\r\n"
}

func failedPart(status int, code string) string {
	return httpPart + fmt.Sprintf("HTTP/1.1 %d Some Words\r\nContent-Type: application/json; odata.metadata=minimal\r\nRetry-After: 7\r\n\r\n{\"error\":{\"code\":%q,\"message\":\"no\"}}", status, code)
}

func twoUpdates(t *testing.T, c *Client) []BatchRequest {
	return []BatchRequest{c.UpdateRequest(table(t, "contact"), idA, []byte(`{"a":1}`)), c.UpsertRequest(table(t, "contact"), idB, []byte(`{"b":2}`))}
}

func TestBatchAnswers(t *testing.T) {
	tests := []struct {
		name   string
		goOn   bool
		write  func(w http.ResponseWriter)
		first  fault.Kind
		second fault.Kind
	}{
		{"all done", true, func(w http.ResponseWriter) { reply(w, true, done(string(idA)), done(string(idB))) }, "", ""},
		{"second gone", true, func(w http.ResponseWriter) { reply(w, true, done(string(idA)), failedPart(404, "0x80040217")) }, "", fault.NotFound},
		{"second busy", true, func(w http.ResponseWriter) { reply(w, true, done(string(idA)), failedPart(429, "0x80072322")) }, "", fault.Busy},
		{"stopped", false, func(w http.ResponseWriter) { reply(w, true, failedPart(400, "0x80040265")) }, fault.NotValid, fault.Unreachable},
		{"stopped by nonsense", false, func(w http.ResponseWriter) { reply(w, true, "what\r\n\r\never") }, fault.Uncertain, fault.Uncertain},
		{"cut short", true, func(w http.ResponseWriter) { reply(w, false, done(string(idA)), done(string(idB))) }, "", fault.Uncertain},
		{"one missing, first proven", true, func(w http.ResponseWriter) { reply(w, true, done(string(idA))) }, "", fault.Uncertain},
		{"one missing, nothing proven", true, func(w http.ResponseWriter) { reply(w, true, done(string(idB))) }, fault.Uncertain, fault.Uncertain},
		{"too many", true, func(w http.ResponseWriter) {
			reply(w, true, failedPart(404, ""), failedPart(404, ""), failedPart(404, ""))
		}, fault.Uncertain, fault.Uncertain},
		{"nonsense part", true, func(w http.ResponseWriter) { reply(w, true, done(string(idA)), "what\r\n\r\never") }, "", fault.Garbled},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) { tt.write(w) })
			out, err := c.Batch(context.Background(), twoUpdates(t, c), tt.goOn)
			if err != nil || len(out) != 2 {
				t.Fatal(out, err)
			}
			if fault.Of(out[0].Err) != tt.first || fault.Of(out[1].Err) != tt.second {
				t.Errorf("%v\n%v", out[0].Err, out[1].Err)
			}
			if f := fault.As(out[1].Err); f != nil && f.Kind == fault.Busy && f.After == 0 {
				t.Error("no wait")
			}
		})
	}
}

// A stopped batch may carry its parts under the status of the failure.
func TestBatchUnderErrorStatus(t *testing.T) {
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "multipart/mixed; boundary=batchresponse_1")
		w.WriteHeader(400)
		reply(w, true, failedPart(400, "0x80040265"))
	})
	out, err := c.Batch(context.Background(), twoUpdates(t, c), false)
	if err != nil || fault.Of(out[0].Err) != fault.NotValid {
		t.Error(out, err)
	}
}

func TestBatchAsAWhole(t *testing.T) {
	body, status := "<html>", 200
	c, s := serve(t, func(w http.ResponseWriter, r *http.Request) { answer(w, status, body) })
	both := twoUpdates(t, c)
	_, err := c.Batch(context.Background(), both, true)
	wantKind(t, err, fault.Garbled)
	status, body = 429, ""
	_, err = c.Batch(context.Background(), both, true)
	wantKind(t, err, fault.Busy)
	status = 502
	_, err = c.Batch(context.Background(), both, true)
	wantKind(t, err, fault.Uncertain)
	reads := []BatchRequest{c.GetRequest(Query{Table: table(t, "contact")})}
	_, err = c.Batch(context.Background(), reads, true)
	wantKind(t, err, fault.Unreachable)
	s.Close()
	_, err = c.Batch(context.Background(), both, true)
	wantKind(t, err, fault.Unreachable)
	for _, bad := range [][]BatchRequest{make([]BatchRequest, 1001), {{}}, {{Method: "PATCH", Path: "a b"}}, {{Method: "GET", Path: "x", ChangeSet: 1}},
		{{Method: "GET", Path: "x", Header: http.Header{"A": {"b\r\nc"}}}}, {{Method: "GET", Path: strings.Repeat("x", 70000)}}} {
		_, err := c.Batch(context.Background(), bad, true)
		wantKind(t, err, fault.NotValid)
	}
	if out, err := c.Batch(context.Background(), nil, true); out != nil || err != nil {
		t.Error(out, err)
	}
}

func TestBatchBytes(t *testing.T) {
	var got []byte
	var header http.Header
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got, _ = io.ReadAll(r.Body)
		header = r.Header
		reply(w, true, done(string(idA)),
			"Content-Type: multipart/mixed; boundary=changesetresponse_2\r\n\r\n--changesetresponse_2\r\n"+done(string(idA))+"\r\n--changesetresponse_2\r\n"+done(string(idB))+"\r\n--changesetresponse_2--\r\n",
			failedPart(412, "0x80060882"))
	})
	n := 0
	c.nonce = func() string { n++; return fmt.Sprint("n", n) }
	rs := append(twoUpdates(t, c), twoUpdates(t, c)...)
	rs = append(rs, BatchRequest{Method: "DELETE", Path: "contacts(" + string(idA) + ")", ChangeSet: 2})
	for i := range rs[1:] {
		rs[i+1].ChangeSet = 1 + i/2
	}
	out, err := c.Batch(context.Background(), rs, true)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []fault.Kind{"", "", "", fault.Conflict, fault.Conflict} {
		if fault.Of(out[i].Err) != want {
			t.Errorf("%d: %v", i, out[i].Err)
		}
	}
	if header.Get("Prefer") != "odata.continue-on-error" || header.Get("Content-Type") != `multipart/mixed; boundary="batch_n1"` {
		t.Error(header)
	}
	if bytes.Contains(bytes.ReplaceAll(got, []byte("\r\n"), nil), []byte("\n")) {
		t.Error("a line does not end in CR LF")
	}
	want := "--batch_n1\r\n" + httpPart + "PATCH /api/data/v9.2/contacts(" + string(idA) + ") HTTP/1.1\r\nAccept: application/json\r\nContent-Type: application/json\r\nIf-Match: *\r\n\r\n{\"a\":1}\r\n--batch_n1\r\nContent-Type: multipart/mixed; boundary=\"changeset_n2\"\r\n\r\n--changeset_n2\r\n"
	if !strings.HasPrefix(string(got), want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	// The standard library reads it, too.
	_, params, _ := mime.ParseMediaType(header.Get("Content-Type"))
	parts := 0
	for r := multipart.NewReader(bytes.NewReader(got), params["boundary"]); ; parts++ {
		if _, err := r.NextRawPart(); err != nil {
			break
		}
	}
	if parts != 3 || !regexp.MustCompile(`Content-ID: 2\r\n\r\nPATCH `).Match(got) {
		t.Errorf("%d parts", parts)
	}
}

func TestBatchReads(t *testing.T) {
	c, s := serve(t, nil)
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := `{"value":[` + contactJSON + `],"@odata.nextLink":"` + s.URL + `/api/data/v9.2/contacts?$skiptoken=2"}`
		if r.Method == http.MethodGet {
			answer(w, 200, `{"value":[{"contactid":"`+string(idB)+`"}]}`)
			return
		}
		reply(w, true, httpPart+"HTTP/1.1 200 OK\r\nContent-Type: application/json; odata.metadata=minimal\r\n\r\n"+body)
	})
	q := Query{Table: table(t, "contact"), Filter: In("contactid", idA)}
	out, err := c.Batch(context.Background(), []BatchRequest{c.GetRequest(q)}, true)
	if err != nil {
		t.Fatal(err)
	}
	rows, next, err := DecodeRows(out[0], q.Table)
	if err != nil || len(rows) != 1 || next == "" {
		t.Fatal(rows, next, err)
	}
	for row, err := range c.RowsFrom(context.Background(), q, next) {
		if err != nil || row.ID != idB {
			t.Error(row, err)
		}
	}
	_, _, err = DecodeRows(BatchResponse{Status: 200, Body: []byte("<html>")}, q.Table)
	wantKind(t, err, fault.Garbled)
}

func FuzzBatchReader(f *testing.F) {
	f.Add([]byte("--b\r\n" + done(string(idA)) + "\r\n--b\r\n" + failedPart(400, "x") + "\r\n--b--\r\n"))
	f.Add([]byte("--b\nContent-Type: multipart/mixed; boundary=b\n\n--b--\n--b--"))
	f.Add([]byte("--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n" + done("") + "\r\n--c--\r\n\r\n--b--"))
	c, _ := New(Config{URL: "https://org.crm4.dynamics.com"})
	f.Fuzz(func(t *testing.T, b []byte) {
		parts, complete := readBatch(b, "b")
		rs := []BatchRequest{{Method: "PATCH", Path: "contacts(" + string(idA) + ")"}, {Method: "POST", Path: "a", ChangeSet: 1}, {Method: "POST", Path: "b", ChangeSet: 1}}
		for _, goOn := range []bool{true, false} {
			for i, a := range c.match(rs, parts, complete, goOn) {
				if a.Err == nil && a.Status == 0 {
					t.Fatalf("request %d has neither an answer nor an error", i)
				}
			}
		}
	})
}

func BenchmarkBatchOf400(b *testing.B) {
	c, _ := New(Config{URL: "https://org.crm4.dynamics.com"})
	body := []byte(`{"statecode":1,"statuscode":2,"dh_resultcode":"done","dh_resultmessage":"The contact was written.","dh_completedon":"2024-06-12T14:13:25Z"}`)
	tab := table(b, "dh_spotlerjob")
	rs := make([]BatchRequest, 400)
	for i := range rs {
		rs[i] = c.UpdateRequest(tab, idA, body)
	}
	answer := []byte(strings.Repeat("--batchresponse_1\r\n"+done(string(idA))+"\r\n", 400) + "--batchresponse_1--\r\n")
	b.Run("write", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			c.writeBatch(rs, "batch_x")
		}
	})
	b.Run("read", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			parts, complete := readBatch(answer, "batchresponse_1")
			for _, a := range c.match(rs, parts, complete, true) {
				if a.Err != nil {
					b.Fatal(a.Err)
				}
			}
		}
	})
}
