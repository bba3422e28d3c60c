package dataversesim

import (
	"fmt"
	"strings"
	"testing"
)

// multipart writes a batch body; each part is headers, an empty line and more.
func multipart(boundary string, parts ...string) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString("--" + boundary + "\r\n" + p + "\r\n")
	}
	return b.String() + "--" + boundary + "--\r\n"
}

func part(request, body string, headers ...string) string {
	head := "Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n"
	for _, h := range headers {
		head += h + "\r\n"
	}
	return head + "\r\n" + request + " HTTP/1.1\r\nContent-Type: application/json\r\n\r\n" + body
}

func changeSet(parts ...string) string {
	return "Content-Type: multipart/mixed; boundary=cs\r\n\r\n" + multipart("cs", parts...)
}

func (o *org) batch(status int, body string, headers ...string) reply {
	o.t.Helper()
	return o.must(status, "POST", "$batch", body, append(headers, "Content-Type", `multipart/mixed; boundary="b1"`)...)
}

func TestBatchContinues(t *testing.T) {
	o := newOrg(t, Config{Seed: 1})
	body := multipart("b1",
		part("PATCH /api/data/v9.2/contacts("+ann+")", `{"lastname":"Bee"}`),
		part("PATCH "+o.http.URL+"/api/data/v9.2/contacts("+bob+")", `{"nosuchcolumn":"x"}`),
		part("GET contacts("+ann+")?$select=lastname", ""),
	)
	r := o.batch(200, body, "Prefer", "odata.continue-on-error")
	for _, want := range []string{"HTTP/1.1 204 No Content\r\n", "HTTP/1.1 400 Bad Request\r\n", "HTTP/1.1 200 OK\r\n", "OData-EntityId: " + o.http.URL + "/api/data/v9.2/contacts(" + ann + ")\r\n", `"lastname":"Bee"`, "0x80048d19"} {
		if !strings.Contains(r.body, want) {
			t.Errorf("%q is missing in\n%s", want, r.body)
		}
	}
	if !strings.HasPrefix(r.header.Get("Content-Type"), "multipart/mixed; boundary=batchresponse_") {
		t.Errorf("content type %q", r.header.Get("Content-Type"))
	}
	r = o.batch(400, body)
	if strings.Count(r.body, "HTTP/1.1 ") != 2 {
		t.Errorf("without the preference the first failure is the end:\n%s", r.body)
	}
}

func TestChangeSet(t *testing.T) {
	o := newOrg(t, Config{Seed: 1})
	good := changeSet(
		part("POST /api/data/v9.2/accounts", `{"name":"Acme"}`, "Content-ID: 1"),
		part("POST /api/data/v9.2/contacts", `{"lastname":"Bee","parentcustomerid_account@odata.bind":"$1"}`, "Content-ID: 2"),
		part("PUT $2/jobtitle", `{"value":"Chief"}`, "Content-ID: 3"),
	)
	r := o.batch(200, multipart("b1", good))
	if strings.Count(r.body, "HTTP/1.1 204") != 3 || !strings.Contains(r.body, "boundary=changesetresponse_") || !strings.Contains(r.body, "Content-ID: 2\r\n") {
		t.Fatalf("got\n%s", r.body)
	}
	rows := o.must(200, "GET", "contacts?$expand=parentcustomerid_account($select=name)", "").body
	if !strings.Contains(rows, `"jobtitle":"Chief"`) || !strings.Contains(rows, `"name":"Acme"`) {
		t.Errorf("rows %s", rows)
	}
	before := o.must(200, "GET", "/control/rows/contacts", "").body
	written := o.must(200, "GET", "/control/written", "").body
	bad := changeSet(
		part("POST /api/data/v9.2/contacts", `{"lastname":"Never"}`),
		part("DELETE /api/data/v9.2/contacts("+firstValue(t, rows, "contactid")+")", ``),
		part("PATCH /api/data/v9.2/contacts("+ann+")", `{"nosuchcolumn":"x"}`),
	)
	r = o.batch(400, multipart("b1", bad))
	if strings.Count(r.body, "HTTP/1.1 ") != 1 || !strings.Contains(r.body, "0x80048d19") {
		t.Errorf("got\n%s", r.body)
	}
	if after := o.must(200, "GET", "/control/rows/contacts", "").body; after != before {
		t.Errorf("a failed change set left traces:\n%s\nwas\n%s", after, before)
	}
	if after := o.must(200, "GET", "/control/written", "").body; after != written {
		t.Errorf("a failed change set was counted: %s, was %s", after, written)
	}
}

// A delete that is rolled back puts the row where it was, also for a query that
// is on its way through the pages.
func TestRollbackKeepsOrder(t *testing.T) {
	o := crowd(t)
	first := o.must(200, "GET", "contacts?$select=lastname", "", "Prefer", "odata.maxpagesize=5")
	o.batch(404, multipart("b1", changeSet(
		part("DELETE contacts("+numbered(2)+")", ""),
		part("DELETE contacts("+numbered(8)+")", ""),
		part("DELETE contacts("+ann+")", ""))))
	if got := names(t, o.must(200, "GET", first.json(t)["@odata.nextLink"].(string), "")); got != "05 06 07 08 09 10 11" {
		t.Errorf("second page %s", got)
	}
	if got := names(t, o.must(200, "GET", "contacts?$select=lastname", "")); got != "00 01 02 03 04 05 06 07 08 09 10 11" {
		t.Errorf("all %s", got)
	}
}

// Rows that came and went leave no holes behind that every scan must step over.
func TestHolesAreFilled(t *testing.T) {
	o := newOrg(t, Config{Seed: 1})
	for i := range 200 {
		o.must(204, "PATCH", "contacts("+numbered(i)+")", `{"lastname":"x"}`)
		if i > 0 {
			o.must(204, "DELETE", "contacts("+numbered(i)+")", "")
		}
	}
	if n := len(o.sim.tables["contact"].order); n > 130 {
		t.Errorf("%d places for one row", n)
	}
	o.must(200, "GET", "contacts("+numbered(0)+")", "")
}

// firstValue is the first text value of a member in a JSON text.
func firstValue(t *testing.T, text, name string) string {
	t.Helper()
	_, rest, _ := strings.Cut(text, `"`+name+`":"`)
	value, _, ok := strings.Cut(rest, `"`)
	if !ok {
		t.Fatalf("no %s in %s", name, text)
	}
	return value
}

func TestBatchRefused(t *testing.T) {
	o := newOrg(t, Config{Seed: 1})
	get := part("GET contacts", "")
	for name, body := range map[string]string{
		"bare line feeds":        strings.ReplaceAll(multipart("b1", get), "\r\n", "\n"),
		"another boundary":       multipart("b2", get),
		"no end":                 strings.TrimSuffix(multipart("b1", get), "--b1--\r\n"),
		"a GET in a change set":  multipart("b1", changeSet(get)),
		"a batch in a batch":     multipart("b1", part("POST $batch", "")),
		"a part of another type": multipart("b1", "Content-Type: text/plain\r\n\r\nx"),
		"no request line":        multipart("b1", "Content-Type: application/http\r\n\r\nnonsense"),
		"too many":               multipart("b1", strings.Split(strings.Repeat(get+"|", 1000)+get, "|")...),
	} {
		if r := o.batch(400, body); r.code() == "" {
			t.Errorf("%s: %s", name, r.body)
		}
	}
	o.must(400, "POST", "$batch", "x")
	o.batch(400, multipart("b1", changeSet(part("PATCH $9", `{}`))))
}

func FuzzBatch(f *testing.F) {
	f.Add([]byte(multipart("b1", part("GET contacts", ""), changeSet(part("POST contacts", `{"lastname":"x"}`, "Content-ID: 1"), part("PATCH $1", `{"jobtitle":"y"}`)))))
	f.Add([]byte("--b1\r\n\r\n--b1--"))
	sim := New(Config{Workers: 1})
	f.Cleanup(sim.Close)
	f.Fuzz(func(t *testing.T, body []byte) {
		r := &request{method: "POST", path: "$batch", body: body, base: "http://x/api/data/v9.2/", header: map[string][]string{"Content-Type": {"multipart/mixed; boundary=b1"}}}
		if resp := sim.serve(r); resp.status == 0 {
			t.Error("no status")
		}
	})
}

// patches is a batch of n upserts.
func patches(n int) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = part("PATCH /api/data/v9.2/dh_spotlerjobs("+numbered(i)+")", fmt.Sprintf(`{"statecode":1,"statuscode":2,"dh_resultcode":"OK","dh_resultmessage":"message %d"}`, i))
	}
	return multipart("b1", parts...)
}
