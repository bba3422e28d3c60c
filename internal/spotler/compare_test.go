package spotler

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// listing serves Swagger 1.2 of these calls, "VERB path" each.
func listing(calls []string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		type operation struct {
			Method string `json:"method"`
		}
		type api struct {
			Path       string      `json:"path"`
			Operations []operation `json:"operations,omitempty"`
		}
		var apis []api
		_, resource, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/base/"), "/")
		for _, c := range calls {
			verb, path, _ := strings.Cut(c, " ")
			first, _, _ := strings.Cut(path, "/")
			if resource == "" && !slices.ContainsFunc(apis, func(a api) bool { return a.Path == "/"+first }) {
				apis = append(apis, api{Path: "/" + first})
			}
			if resource == first {
				apis = append(apis, api{"/" + path, []operation{{verb}}})
			}
		}
		body, _ := json.Marshal(map[string]any{"swaggerVersion": "1.2", "apis": apis})
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body)
	}
}

// With the contract of 2022 what is missing is the assumed calls, and no other.
func TestCompareNamesWhatIsAssumed(t *testing.T) {
	var published []string
	for _, d := range documented {
		if !strings.HasPrefix(d.name, "docs") {
			published = append(published, strings.NewReplacer("{id}", "{encryptedId}", "{of}", "{externalId}").Replace(d.value))
		}
	}
	client, _ := listen(t, listing(published), nil)
	listed, err := client.APIDocs(t.Context())
	if err != nil || len(listed) != 65 {
		t.Fatalf("%d calls, %v", len(listed), err)
	}
	d := Compare(client.Endpoints(), listed)
	var missing, want []string
	for _, m := range d.Missing {
		missing = append(missing, m.Name)
		if m.Mended != "" {
			t.Errorf("%s is mended by %s", m.Name, m.Mended)
		}
	}
	for _, a := range assumed {
		if strings.Contains(a.Value, " ") {
			want = append(want, a.Name)
		}
	}
	slices.Sort(want)
	if !slices.Equal(missing, want) || len(d.Unknown) != 0 {
		t.Errorf("missing %v, want %v; unknown %v", missing, want, d.Unknown)
	}
}

func TestCompareMends(t *testing.T) {
	client, _ := listen(t, listing([]string{"GET automations/list-all", "PUT contact/{externalId}/inactivate", "POST tag/rename/{x}", "GET shop/{a}/{b}/{c}"}), nil)
	listed, err := client.APIDocs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	mended := map[string]string{}
	for _, m := range Compare(client.Endpoints(), listed).Missing {
		if m.Assumed && m.Mended != "" {
			mended[m.Name] = m.Mended
		}
	}
	if mended["automation.list"] != "GET automations/list-all" || mended["contact.inactivate"] != "PUT contact/{id}/inactivate" || mended["tag.post"] != "" {
		t.Errorf("got %v", mended)
	}
	client, _ = listen(t, listing([]string{"GET automations/list-all", "PUT contact/{externalId}/inactivate"}), map[string]string{"automation.list": mended["automation.list"], "contact.inactivate": mended["contact.inactivate"]})
	listed, err = client.APIDocs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if d := Compare(client.Endpoints(), listed); len(d.Unknown) != 0 || slices.ContainsFunc(d.Missing, func(m Missing) bool {
		return m.Name == "contact.inactivate" || strings.HasPrefix(m.Name, "automation.list")
	}) {
		t.Errorf("the overrides do not mend: %+v", d)
	}
}

func TestCheckProperties(t *testing.T) {
	sound := []Property{{Name: "email", Type: TypeEmail}, {Name: "permissions", Type: TypeSet, Entries: []Entry{{Bit: 1}, {Bit: 2}}}}
	if got := CheckProperties(sound); len(got) != 0 {
		t.Errorf("sound: %v", got)
	}
	odd := []Property{{Name: "a", Type: "colour"}, {Name: "b", Type: TypeSet}, {Name: "c", Type: TypeInt, Entries: []Entry{{}}}, {Name: "d", Type: TypeSet, Entries: []Entry{{Bit: 1}, {Bit: 1}}}}
	var names []string
	for _, p := range CheckProperties(odd) {
		names = append(names, p.Property)
	}
	if !slices.Equal(names, []string{"a", "b", "c", "d", "email"}) {
		t.Errorf("got %v", names)
	}
}
