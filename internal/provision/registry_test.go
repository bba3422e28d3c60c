package provision

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/spotler-connector/connector/internal/dataverse"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// registry is the event registration of an organisation, as the reference tells it
// (dataverse-api 1.1 to 1.3): rows by entity set, equality filters, lookups by bind.
type registry struct {
	t      *testing.T
	rows   map[string][]map[string]any
	next   int
	writes []string // method and set of every write
	// refuse answers a write of a set with that status.
	refuse map[string]int
}

func newRegistry(t *testing.T) (*registry, *dataverse.Client) {
	g := &registry{t: t, rows: map[string][]map[string]any{}, refuse: map[string]int{}}
	for _, message := range []string{"Create", "Update", "Delete"} {
		id := g.add("sdkmessages", map[string]any{"name": message})
		for _, table := range []string{"contact", "lead", "account", "dh_spotlerjob", "dh_spotlerpermission"} {
			g.add("sdkmessagefilters", map[string]any{"primaryobjecttypecode": table, "sdkmessageid/name": message, "_sdkmessageid_value": id})
		}
	}
	s := httptest.NewServer(g)
	t.Cleanup(s.Close)
	c, err := dataverse.New(dataverse.Config{URL: s.URL, HTTP: s.Client()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Client().CloseIdleConnections)
	return g, c
}

var keys = map[string]string{"serviceendpoints": "serviceendpointid", "sdkmessages": "sdkmessageid", "sdkmessagefilters": "sdkmessagefilterid",
	"sdkmessageprocessingsteps": "sdkmessageprocessingstepid", "sdkmessageprocessingstepimages": "sdkmessageprocessingstepimageid"}

func (g *registry) add(set string, row map[string]any) string {
	g.next++
	id := fmt.Sprintf("00000000-0000-4000-8000-%012d", g.next)
	row[keys[set]] = id
	g.rows[set] = append(g.rows[set], row)
	return id
}

func (g *registry) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	set, id, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/api/data/v9.2/"), "(")
	id = strings.TrimSuffix(id, ")")
	if keys[set] == "" {
		g.t.Errorf("no such set: %s", r.URL)
	}
	if r.Method == http.MethodGet {
		g.get(w, set, r.URL.Query().Get("$filter"))
		return
	}
	g.writes = append(g.writes, r.Method+" "+set)
	if status := g.refuse[set]; status != 0 {
		http.Error(w, `{"error":{"code":"0x80040220","message":"missing privilege"}}`, status)
		return
	}
	if r.Method == http.MethodDelete {
		g.rows[set] = without(g.rows[set], keys[set], id)
		w.WriteHeader(http.StatusNoContent)
		return
	}
	g.write(w, r, set, id)
}

func without(rows []map[string]any, key, id string) (out []map[string]any) {
	for _, row := range rows {
		if row[key] != id {
			out = append(out, row)
		}
	}
	return out
}

var equality = regexp.MustCompile(`([\w/]+) eq ('(?:[^']|'')*'|[\w-]+)`)

func (g *registry) get(w http.ResponseWriter, set, filter string) {
	out := []map[string]any{}
	for _, row := range g.rows[set] {
		fits := filter != ""
		for _, m := range equality.FindAllStringSubmatch(filter, -1) {
			want := strings.ReplaceAll(strings.Trim(m[2], "'"), "''", "'")
			fits = fits && fmt.Sprint(row[m[1]]) == want
		}
		if fits {
			out = append(out, row)
		}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"value": out})
}

var bind = regexp.MustCompile(`^/\w+\(([0-9a-f-]+)\)$`)

func (g *registry) write(w http.ResponseWriter, r *http.Request, set, id string) {
	var body map[string]any
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		g.t.Error(err)
	}
	row := map[string]any{}
	if r.Method == http.MethodPatch {
		for _, have := range g.rows[set] {
			if have[keys[set]] == id {
				row = have
			}
		}
	}
	for k, v := range body {
		name, isBind := strings.CutSuffix(k, "@odata.bind")
		switch {
		case isBind:
			m := bind.FindStringSubmatch(v.(string))
			if m == nil || name != strings.ToLower(name) {
				g.t.Errorf("%s: %v", k, v)
				return
			}
			row["_"+strings.TrimSuffix(name, "_serviceendpoint")+"_value"] = m[1]
		case k == "authvalue": // cannot be read back
			var x struct {
				Setting struct {
					Name  string `xml:"name,attr"`
					Value string `xml:"value,attr"`
				} `xml:"setting"`
			}
			if err := xml.Unmarshal([]byte(v.(string)), &x); err != nil {
				g.t.Error(err)
			}
			row["isauthvalueset"], row["test_secret"] = true, x.Setting.Name+": "+x.Setting.Value
		default:
			row[k] = v
		}
	}
	if r.Method == http.MethodPost {
		if set == "sdkmessageprocessingsteps" && row["statecode"] == nil {
			row["statecode"] = 0
		}
		id = g.add(set, row)
		w.Header().Set("OData-EntityId", "http://"+r.Host+"/api/data/v9.2/"+set+"("+id+")")
	}
	w.WriteHeader(http.StatusNoContent)
}

// find returns the row whose column has that value.
func (g *registry) find(set, col string, value any) map[string]any {
	for _, row := range g.rows[set] {
		if row[col] == value {
			return row
		}
	}
	g.t.Fatalf("no row of %s has %s = %v", set, col, value)
	return nil
}
