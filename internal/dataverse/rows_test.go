package dataverse

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/schema"
)

const contactJSON = `{"@odata.context":"x/$metadata#contacts/$entity","@odata.etag":"W/\"4372108\"","fullname":"J\u00fcrgen \"J\" \ud83d\ude00","familystatuscode":1,
"familystatuscode@OData.Community.Display.V1.FormattedValue":"Single","donotemail":false,"birthdate":"1980-05-17","modifiedon":"2024-06-12T14:13:25Z",
"_parentcustomerid_value":"9FD4A450-cb0c-ea11-a813-000d3a1b1223","_parentcustomerid_value@OData.Community.Display.V1.FormattedValue":"Contoso",
"_parentcustomerid_value@Microsoft.Dynamics.CRM.lookuplogicalname":"account","jobtitle":null,"nested":{"a":[1]},"contactid":"cdcfa450-cb0c-ea11-a813-000d3a1b1223"}`

func TestGet(t *testing.T) {
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if q := r.URL.RawQuery; q != "$select=fullname,_parentcustomerid_value" {
			t.Errorf("query %s", q)
		}
		if !strings.Contains(r.Header.Get("Prefer"), "FormattedValue") {
			t.Error("no annotations asked")
		}
		answer(w, 200, contactJSON)
	})
	row, err := c.Get(context.Background(), table(t, "contact"), idA, "fullname", "parentcustomerid")
	if err != nil {
		t.Fatal(err)
	}
	if row.ID != idA || row.Version != 4372108 || row.String("fullname") != `Jürgen "J" 😀` || row.Formatted("familystatuscode") != "Single" || row.Formatted("parentcustomerid") != "Contoso" {
		t.Errorf("%+v", row)
	}
	if n, ok := row.Int("familystatuscode"); n != 1 || !ok {
		t.Error(n, ok)
	}
	if b, ok := row.Bool("donotemail"); b || !ok {
		t.Error(b, ok)
	}
	if _, ok := row.Bool("jobtitle"); ok || !row.Has("jobtitle") || row.Has("telephone1") || !row.Has("parentcustomerid") {
		t.Error("empty and absent are mixed up")
	}
	if d, ok := row.Time("birthdate"); !ok || d.Year() != 1980 {
		t.Error(d, ok)
	}
	if d, ok := row.Time("modifiedon"); !ok || d.Hour() != 14 {
		t.Error(d, ok)
	}
	if to, ok := row.Lookup("parentcustomerid"); !ok || to != (connector.Record{Table: "account", ID: idB}) {
		t.Error(to, ok)
	}
}

func TestGetRefusesAnotherRow(t *testing.T) {
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) { answer(w, 200, contactJSON) })
	_, err := c.Get(context.Background(), table(t, "contact"), idB)
	wantKind(t, err, fault.Garbled)
	_, err = c.Get(context.Background(), table(t, "contact"), "")
	wantKind(t, err, fault.NotValid)
	wantKind(t, c.Delete(context.Background(), table(t, "contact"), "x)/y("), fault.NotValid)
}

func TestCreate(t *testing.T) {
	header := true
	c, s := serve(t, nil)
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		if !strings.Contains(string(b), `"dh_Customer_contact@odata.bind":"/contacts(`+string(idA)+`)"`) {
			t.Errorf("body %s", b)
		}
		if header {
			w.Header().Set("OData-EntityId", s.URL+"/api/data/v9.2/dh_spotlerjobs("+strings.ToUpper(string(idB))+")")
		}
		w.WriteHeader(204)
	})
	tab := table(t, "dh_spotlerjob")
	f := Fields{}
	if err := f.Bind(tab, "dh_customer", connector.Record{Table: "contact", ID: idA}); err != nil {
		t.Fatal(err)
	}
	if id, err := c.Create(context.Background(), tab, f); err != nil || id != idB {
		t.Error(id, err)
	}
	header = false
	_, err := c.Create(context.Background(), tab, f)
	wantKind(t, err, fault.Garbled)
	f["dh_spotlerjobid"] = idA
	if id, err := c.Create(context.Background(), tab, f); err != nil || id != idA {
		t.Error(id, err)
	}
	wantKind(t, f.Bind(tab, "dh_customer", connector.Record{Table: "lead", ID: idA}), fault.NotValid)
	wantKind(t, f.Bind(tab, "dh_name", connector.Record{Table: "lead", ID: idA}), fault.NotValid)
	if err := f.Bind(tab, "dh_lead", connector.Record{}); err != nil || f["dh_Lead@odata.bind"] != nil {
		t.Error(err, f)
	}
	if err := f.Bind(table(t, "contact"), "ownerid", connector.Record{Table: "team", ID: idA}); err != nil || f["ownerid@odata.bind"] != "/teams("+string(idA)+")" {
		t.Error(err, f)
	}
}

func TestPaging(t *testing.T) {
	var prefers []string
	c, s := serve(t, nil)
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		prefers = append(prefers, r.Header.Get("Prefer"))
		if !strings.Contains(r.URL.RawQuery, "$skiptoken") {
			answer(w, 200, `{"value":[{"contactid":"`+string(idA)+`"}],"@odata.nextLink":"`+s.URL+`/api/data/v9.2/contacts?$select=fullname&$skiptoken=%3Ccookie%20pagenumber=%222%22%20/%3E"}`)
			return
		}
		if r.URL.RawQuery != "$select=fullname&$skiptoken=%3Ccookie%20pagenumber=%222%22%20/%3E" {
			t.Errorf("the link was changed: %s", r.URL.RawQuery)
		}
		answer(w, 200, `{"value":[{"contactid":"`+string(idB)+`"}]}`)
	})
	var ids []connector.RecordID
	for row, err := range c.Rows(context.Background(), Query{Table: table(t, "contact"), Select: []string{"fullname", "ownerid"}, PageSize: 1}) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, row.ID)
	}
	if !slices.Equal(ids, []connector.RecordID{idA, idB}) {
		t.Error(ids)
	}
	if len(prefers) != 2 || prefers[0] != prefers[1] || !strings.Contains(prefers[0], "odata.maxpagesize=1,") || !strings.Contains(prefers[0], "lookuplogicalname") {
		t.Error(prefers)
	}
}

func TestNextLinks(t *testing.T) {
	c, err := New(Config{URL: "https://org.crm4.dynamics.com"})
	if err != nil {
		t.Fatal(err)
	}
	for link, want := range map[string]string{
		"https://org.crm4.dynamics.com/api/data/v9.2/contacts?a=%20b": "contacts?a=%20b",
		"https://org.api.crm4.dynamics.com/api/data/v9.2/contacts?x":  "contacts?x",
		"/api/data/v9.2/contacts?x":                                   "contacts?x",
		"https://evil.example/api/data/v9.2/contacts":                 "",
		"https://org.crm4.dynamics.com.evil.example/api/data/v9.2/x":  "",
		"https://other.crm4.dynamics.com/api/data/v9.2/contacts":      "",
		"https://me@org.crm4.dynamics.com/api/data/v9.2/contacts":     "",
		"https://org.crm4.dynamics.com/other/contacts":                "",
		"https://org.crm4.dynamics.com/api/data/v9.2/":                "",
		"://": "",
	} {
		got, err := c.rebase("op", "on", link)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q %v", link, got, err)
		}
	}
}

func TestNextLinkToItself(t *testing.T) {
	c, s := serve(t, nil)
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer(w, 200, `{"value":[],"@odata.nextLink":"`+s.URL+r.URL.RequestURI()+`"}`)
	})
	for _, err := range c.Rows(context.Background(), Query{Table: table(t, "contact")}) {
		wantKind(t, err, fault.Garbled)
	}
}

func TestFilters(t *testing.T) {
	for got, want := range map[string]string{
		Eq("lastname", "O'Neil"):                 "lastname eq 'O''Neil'",
		Eq("contactid", idA):                     "contactid eq " + string(idA),
		Eq("statecode", 0):                       "statecode eq 0",
		Eq("merged", false):                      "merged eq false",
		Eq("masterid", nil):                      "masterid eq null",
		In("contactid", idA, idB):                "Microsoft.Dynamics.CRM.In(PropertyName='contactid',PropertyValues=['" + string(idA) + "','" + string(idB) + "'])",
		In[string]("x"):                          "(x eq null) and (x ne null)",
		And("", "a eq 1"):                        "a eq 1",
		And("f(a)", ""):                          "f(a)",
		And("a eq 1", "", "b eq 2"):              "(a eq 1) and (b eq 2)",
		Property(table(t, "contact"), "ownerid"): "_ownerid_value",
		escape("a b&c=d'%+#é"):                   "a%20b%26c%3Dd'%25%2B%23%C3%A9",
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestURLLimit(t *testing.T) {
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) { t.Error("it was sent") })
	ids := slices.Repeat([]connector.RecordID{idA}, 1000)
	for _, err := range c.Rows(context.Background(), Query{Table: table(t, "contact"), Filter: In("contactid", ids...)}) {
		wantKind(t, err, fault.NotValid)
	}
	if n := len(Query{Table: table(t, "contact"), Filter: In("contactid", ids[:400]...)}.path()); n > 20000 {
		t.Errorf("400 ids cost %d characters", n)
	}
}

func TestRecordedPages(t *testing.T) {
	c, _ := New(Config{URL: "https://org5bd08fdd.crm.dynamics.com"})
	rows, next, err := DecodeRows(BatchResponse{Status: 200, Body: fixture(t, "dataverse-responses", "contacts-read.json")}, table(t, "contact"))
	if err != nil || len(rows) != 2 || rows[0].ID != idA || rows[0].Version != 4372108 || rows[1].String("fax") != "281-555-0158" || rows[0].Formatted("familystatuscode") != "Single" {
		t.Fatal(rows, err)
	}
	if path, err := c.rebase("", "", next); err != nil || !strings.HasPrefix(path, "contacts?$select=fullname,emailaddress1,fax,familystatuscode&$skiptoken=%3Ccookie") {
		t.Error(path, err)
	}
	for file, tab := range map[string]schema.Table{"contact-row.json": table(t, "contact"), "account-row.json": table(t, "account")} {
		row, err := newReader(tab).single(fixture(t, "dataverse-responses", file))
		if err != nil || row.ID == "" || row.Version == 0 {
			t.Errorf("%s: %v %v", file, row.ID, err)
		}
	}
}

func TestWhoAmI(t *testing.T) {
	body := `{"BusinessUnitId":"` + string(idA) + `","UserId":"` + string(idB) + `","OrganizationId":"` + string(idA) + `"}`
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("x-ms-dop-hint", "10")
		answer(w, 200, body)
	})
	if who, err := c.WhoAmI(context.Background()); err != nil || who != (Identity{idB, idA, idA, 10}) {
		t.Error(who, err)
	}
	for _, body = range []string{"{}", "[]", `{"UserId":"x","OrganizationId":"y"}`} {
		_, err := c.WhoAmI(context.Background())
		wantKind(t, err, fault.Garbled)
	}
	body = string(fixture(t, "dataverse-responses", "whoami.json"))
	if who, err := c.WhoAmI(context.Background()); err != nil || who.OrganizationID == "" {
		t.Error(who, err)
	}
}

func FuzzPage(f *testing.F) {
	f.Add([]byte(`{"value":[` + contactJSON + `]}`))
	f.Add([]byte(`{"value":[{"@odata.context":"x/$deletedEntity","id":"` + string(idA) + `","reason":"deleted"}],"@odata.deltaLink":"x"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := newReader(schema.Table{Key: "contactid"}).page(b)
		if err != nil {
			return
		}
		for _, r := range p.rows {
			if r.ID == "" {
				t.Fatal("a row without an id")
			}
		}
	})
}

func BenchmarkPageOf5000(b *testing.B) {
	body := []byte(`{"value":[` + strings.Repeat(contactJSON+",", 4999) + contactJSON + `]}`)
	tab := table(b, "contact")
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		p, err := newReader(tab).page(body)
		if err != nil || len(p.rows) != 5000 {
			b.Fatal(err)
		}
	}
}
