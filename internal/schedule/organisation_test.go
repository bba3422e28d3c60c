package schedule

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/dataverse"
	"github.com/spotler-connector/connector/internal/schema"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// organisation is a Dataverse organisation as the reference tells it (dataverse-api
// 2.4 to 2.7): rows with versions, change tracking whose tokens expire, server-side
// pages, and deletions in a $batch.
type organisation struct {
	t       *testing.T
	rows    map[string]map[connector.RecordID]map[string]any // by entity set
	deleted map[string]map[connector.RecordID]int64
	version int64
	expired int64 // tokens below are too old
	refuse  map[string]int
	page    int      // rows in a page
	asked   []string // method, set and query of every request
	// keep are job rows that cannot be deleted.
	keep map[connector.RecordID]bool
}

func newOrganisation(t *testing.T) (*organisation, *dataverse.Client) {
	o := &organisation{t: t, page: 2, rows: map[string]map[connector.RecordID]map[string]any{}, deleted: map[string]map[connector.RecordID]int64{}, refuse: map[string]int{}, keep: map[connector.RecordID]bool{}}
	s := httptest.NewServer(o)
	t.Cleanup(s.Close)
	c, err := dataverse.New(dataverse.Config{URL: s.URL, HTTP: s.Client()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Client().CloseIdleConnections)
	return o, c
}

// set writes columns of a row and returns its new version.
func (o *organisation) set(table connector.Table, id connector.RecordID, columns map[string]any) int64 {
	tab, _ := schema.Of(table)
	o.version++
	if o.rows[tab.Set] == nil {
		o.rows[tab.Set] = map[connector.RecordID]map[string]any{}
	}
	row := o.rows[tab.Set][id]
	if row == nil {
		row = map[string]any{tab.Key: string(id)}
		o.rows[tab.Set][id] = row
	}
	for k, v := range columns {
		row[k] = v
	}
	row["@odata.etag"] = fmt.Sprintf(`W/"%d"`, o.version)
	return o.version
}

func (o *organisation) remove(table connector.Table, id connector.RecordID) {
	tab, _ := schema.Of(table)
	o.version++
	delete(o.rows[tab.Set], id)
	if o.deleted[tab.Set] == nil {
		o.deleted[tab.Set] = map[connector.RecordID]int64{}
	}
	o.deleted[tab.Set][id] = o.version
}

func (o *organisation) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	set := strings.TrimPrefix(r.URL.Path, "/api/data/v9.2/")
	o.asked = append(o.asked, r.Method+" "+set+" "+r.URL.RawQuery)
	if status := o.refuse[set]; status != 0 {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `{"error":{"code":"0x80040220","message":"no rights"}}`)
		return
	}
	q := r.URL.Query()
	switch {
	case set == "$batch":
		o.batch(w, r)
	case strings.Contains(r.Header.Get("Prefer"), "odata.track-changes"):
		since, _ := strconv.ParseInt(q.Get("$deltatoken"), 10, 64)
		if q.Has("$deltatoken") && since < o.expired {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"error":{"code":"0x80044352","message":"Version stamp associated with the client has expired."}}`)
			return
		}
		o.answer(w, r, set, o.changed(set, since, q.Has("$deltatoken")), true)
	case strings.HasSuffix(set, ")"):
		set, id, _ := strings.Cut(strings.TrimSuffix(set, ")"), "(")
		w.Header().Set("Content-Type", "application/json")
		row := o.rows[set][connector.RecordID(id)]
		if row == nil {
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{"error":{"code":"0x80040217","message":"does not exist"}}`)
			return
		}
		if err := json.NewEncoder(w).Encode(row); err != nil {
			o.t.Error(err)
		}
	default:
		var rows []map[string]any
		for _, id := range o.ids(set) {
			if o.fits(o.rows[set][id], q.Get("$filter")) {
				rows = append(rows, o.rows[set][id])
			}
		}
		if top, err := strconv.Atoi(q.Get("$top")); err == nil && len(rows) > top {
			rows = rows[:top]
		}
		o.answer(w, r, set, rows, false)
	}
}

func (o *organisation) ids(set string) (out []connector.RecordID) {
	for id := range o.rows[set] {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}

func versionOf(row map[string]any) int64 {
	n, _ := strconv.ParseInt(strings.Trim(fmt.Sprint(row["@odata.etag"]), `W/"`), 10, 64)
	return n
}

func (o *organisation) changed(set string, since int64, deletions bool) (out []map[string]any) {
	for _, id := range o.ids(set) {
		if versionOf(o.rows[set][id]) > since {
			out = append(out, o.rows[set][id])
		}
	}
	for id, at := range o.deleted[set] {
		if deletions && at > since {
			out = append(out, map[string]any{"@odata.context": "x/$metadata#" + set + "/$deletedEntity", "id": string(id), "reason": "deleted"})
		}
	}
	return out
}

// answer writes a page of rows and a link to the next ones.
func (o *organisation) answer(w http.ResponseWriter, r *http.Request, set string, rows []map[string]any, delta bool) {
	q := r.URL.Query()
	from, _ := strconv.Atoi(q.Get("$skiptoken"))
	base := "http://" + r.Host + r.URL.Path + "?"
	answer := map[string]any{}
	end := min(from+o.page, len(rows))
	if end < len(rows) {
		q.Set("$skiptoken", strconv.Itoa(end))
		answer["@odata.nextLink"] = base + q.Encode()
	} else if delta {
		answer["@odata.deltaLink"] = base + "$deltatoken=" + strconv.FormatInt(o.version, 10)
	}
	answer["value"] = o.selected(rows[from:end], q.Get("$select"), r.Header.Get("Prefer"))
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		o.t.Error(err)
	}
}

// selected keeps the columns that were asked for, the key and the etag. Columns that
// a row does not have are empty.
func (o *organisation) selected(rows []map[string]any, columns, prefer string) []map[string]any {
	out := []map[string]any{}
	for _, row := range rows {
		kept := map[string]any{}
		for k, v := range row {
			annotation := strings.Contains(k, "@") && strings.Contains(prefer, "include-annotations")
			if k == "@odata.etag" || k == "@odata.context" || k == "id" || k == "reason" || strings.HasSuffix(k, "id") || annotation {
				kept[k] = v
			}
		}
		if _, isDeletion := row["reason"]; !isDeletion {
			for c := range strings.SplitSeq(columns, ",") {
				kept[c] = row[c]
			}
		}
		out = append(out, kept)
	}
	return out
}

var (
	comparison = regexp.MustCompile(`(\w+) (eq|lt|ge) ('[^']*'|[^ )]+)`)
	inList     = regexp.MustCompile(`In\(PropertyName='(\w+)',PropertyValues=\[([^\]]*)\]\)`)
)

func (o *organisation) fits(row map[string]any, filter string) bool {
	for _, m := range inList.FindAllStringSubmatch(filter, -1) {
		if !strings.Contains(m[2], "'"+fmt.Sprint(row[m[1]])+"'") {
			return false
		}
	}
	for _, m := range comparison.FindAllStringSubmatch(filter, -1) {
		have, want := fmt.Sprint(row[m[1]]), strings.Trim(m[3], "'")
		if m[2] != "eq" {
			a, errA := time.Parse(time.RFC3339, have)
			b, errB := time.Parse(time.RFC3339, want)
			if errA != nil || errB != nil {
				o.t.Errorf("%q: %v %v", m[0], errA, errB)
			}
			if m[2] == "lt" && !a.Before(b) || m[2] == "ge" && a.Before(b) {
				return false
			}
			continue
		}
		if have != want {
			return false
		}
	}
	return true
}

var deletion = regexp.MustCompile(`DELETE \S*/(\w+)\(([0-9a-f-]{36})\)`)

func (o *organisation) batch(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		o.t.Error(err)
	}
	w.Header().Set("Content-Type", "multipart/mixed; boundary=batchresponse_1")
	part := func(status, body string) {
		_, _ = io.WriteString(w, "--batchresponse_1\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\nHTTP/1.1 "+status+"\r\nOData-Version: 4.0\r\nContent-Type: application/json\r\n\r\n"+body+"\r\n")
	}
	for _, m := range deletion.FindAllStringSubmatch(string(body), -1) {
		id := connector.RecordID(m[2])
		if o.keep[id] {
			part("403 Forbidden", `{"error":{"code":"0x80040220","message":"no rights"}}`)
			continue
		}
		delete(o.rows[m[1]], id)
		part("204 No Content", "")
	}
	_, _ = io.WriteString(w, "--batchresponse_1--\r\n")
}

// requests counts the requests whose description begins with prefix.
func (o *organisation) requests(prefix string) (n int) {
	for _, a := range o.asked {
		if strings.HasPrefix(a, prefix) {
			n++
		}
	}
	return n
}

var background = context.Background()
