package dataversesim

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// crowd is an organisation with twelve contacts, numbered in their last name.
func crowd(t *testing.T) *org {
	at := time.Date(2026, 5, 10, 12, 0, 0, 0, time.UTC)
	o := newOrg(t, Config{Seed: 1, Now: func() time.Time { return at }})
	o.must(204, "PATCH", "accounts("+acme+")", `{"name":"Acme"}`)
	for i := range 12 {
		body := fmt.Sprintf(`{"lastname":"N%02d","dh_engagementscore":%d,"birthdate":"1980-01-%02d","donotemail":%v`, i, i, i+1, i%2 == 0)
		if i < 4 {
			body += `,"parentcustomerid_account@odata.bind":"/accounts(` + acme + `)"`
		}
		if i == 5 {
			body += `,"jobtitle":"It's (fine), and not null"`
		}
		o.must(204, "PATCH", "contacts("+numbered(i)+")", body+"}")
	}
	return o
}

func numbered(i int) string { return fmt.Sprintf("a0000000-0000-4000-8000-%012d", i) }

// names lists the last names in an answer, in its order.
func names(t *testing.T, r reply) string {
	var out []string
	value, _ := r.json(t)["value"].([]any)
	for _, v := range value {
		out = append(out, strings.TrimPrefix(v.(map[string]any)["lastname"].(string), "N"))
	}
	return strings.Join(out, " ")
}

func TestFilter(t *testing.T) {
	o := crowd(t)
	for _, c := range []struct{ filter, want string }{
		{"dh_engagementscore eq 3", "03"},
		{"dh_engagementscore gt 9", "10 11"},
		{"dh_engagementscore ge 10 or dh_engagementscore lt 1", "00 10 11"},
		{"3 ge dh_engagementscore and dh_engagementscore ne 2", "00 01 03"},
		{"not (dh_engagementscore lt 11)", "11"},
		{"not dh_engagementscore lt 10 and lastname ne 'n10'", "11"},
		{"(dh_engagementscore eq 1 or dh_engagementscore eq 2) and donotemail eq true", "02"},
		{"contains(lastname,'n0') and endswith(lastname,'7')", "07"},
		{"startswith(lastname,'N1')", "10 11"},
		{"jobtitle eq 'it''s (fine), and not null'", "05"},
		{"jobtitle ne null", "05"},
		{"jobtitle eq null and dh_engagementscore lt 2", "00 01"},
		{"jobtitle ne 'x' and dh_engagementscore gt 10", "11"},
		{"jobtitle gt 'a'", "05"},
		{"birthdate le 1980-01-02", "00 01"},
		{"createdon ge 2026-05-10T12:00:00Z and dh_engagementscore eq 4", "04"},
		{"createdon gt 2026-05-10T12:00:00Z", ""},
		{"contactid eq " + numbered(8), "08"},
		{"contactid eq '" + numbered(8) + "'", "08"},
		{"contactid eq " + numbered(9) + " or contactid eq " + numbered(1), "01 09"},
		{"contactid eq " + numbered(9) + " or lastname eq 'N05'", "05 09"},
		{"contactid eq " + numbered(9) + " and dh_engagementscore eq 1", ""},
		{"_parentcustomerid_value eq " + acme, "00 01 02 03"},
		{"_parentcustomerid_value eq " + acme + " and donotemail eq false", "01 03"},
		{"_parentcustomerid_value ne null and dh_engagementscore gt 2", "03"},
		{"parentcustomerid_account/name eq 'ACME' and dh_engagementscore eq 0", "00"},
		{"Microsoft.Dynamics.CRM.In(PropertyName='contactid',PropertyValues=['" + numbered(2) + "','" + numbered(4) + "','" + other + "'])", "02 04"},
		{"Microsoft.Dynamics.CRM.In(PropertyName='parentcustomerid',PropertyValues=['" + acme + "'])", "00 01 02 03"},
		{"Microsoft.Dynamics.CRM.In(PropertyName='dh_engagementscore',PropertyValues=['7','8']) and donotemail eq true", "08"},
		{`Microsoft.Dynamics.CRM.In(PropertyName='lastname',PropertyValues=["n03"])`, "03"},
		{"Microsoft.Dynamics.CRM.NotIn(PropertyName='dh_engagementscore',PropertyValues=['0','1','2','3','4','5','6','7','8','9'])", "10 11"},
		{"Microsoft.Dynamics.CRM.LastXDays(PropertyName='modifiedon',PropertyValue=7) and dh_engagementscore eq 6", "06"},
		{"Microsoft.Dynamics.CRM.On(PropertyName='modifiedon',PropertyValue='2026-05-11')", ""},
		{"statecode eq 0 and statuscode eq 1 and dh_engagementscore eq 6", "06"},
	} {
		r := o.must(200, "GET", "contacts?$select=lastname&$filter="+url.QueryEscape(c.filter), "")
		if got := names(t, r); got != c.want {
			t.Errorf("%s: %q, want %q", c.filter, got, c.want)
		}
	}
}

func TestFilterAlias(t *testing.T) {
	o := crowd(t)
	r := o.must(200, "GET", "contacts?$select=lastname&$filter=contactid%20eq%20@who&@who="+numbered(3), "")
	if got := names(t, r); got != "03" {
		t.Errorf("got %q", got)
	}
	call := "Microsoft.Dynamics.CRM.In(PropertyName=@p1,PropertyValues=@p2)&@p1='lastname'&@p2=['N01','N02']"
	if got := names(t, o.must(200, "GET", "contacts?$select=lastname&$filter="+call, "")); got != "01 02" {
		t.Errorf("got %q", got)
	}
}

func TestFilterRefused(t *testing.T) {
	o := crowd(t)
	for _, filter := range []string{
		"lastname", "lastname eq", "eq 'x'", "lastname eq 'x", "lastname == 'x'", "lastname eq x and", "(lastname eq 'x'", "lastname eq 'x')",
		"nosuchcolumn eq 'x'", "lastname eq 3", "dh_engagementscore eq '3'", "donotemail eq 1", "createdon gt yesterday", "contactid eq 7",
		"contains(dh_engagementscore,'1')", "substring(lastname,1) eq 'x'", "lastname gt null", "parentcustomerid eq " + acme,
		"Microsoft.Dynamics.CRM.In(PropertyName='nosuchcolumn',PropertyValues=['x'])", "Microsoft.Dynamics.CRM.In(PropertyName='lastname',PropertyValues=[])",
		"Microsoft.Dynamics.CRM.In(PropertyName='dh_engagementscore',PropertyValues=[1,2])", "Microsoft.Dynamics.CRM.In(", strings.Repeat("(", 500),
	} {
		if r := o.call("GET", "contacts?$filter="+url.QueryEscape(filter), ""); r.status != 400 {
			t.Errorf("%s: %d %s", filter, r.status, r.body)
		}
	}
}

func TestPaging(t *testing.T) {
	o := crowd(t)
	for _, order := range []string{"", "&$orderby=donotemail%20desc,lastname%20desc", "&$orderby=jobtitle"} {
		var seen []string
		next := "contacts?$select=lastname" + order
		for pages := 0; next != ""; pages++ {
			r := o.must(200, "GET", next, "", "Prefer", "odata.maxpagesize=5")
			if r.header.Get("Preference-Applied") != "odata.maxpagesize=5" || pages > 2 {
				t.Fatalf("page %d: %v", pages, r.header)
			}
			seen = append(seen, strings.Fields(names(t, r))...)
			next, _ = r.json(t)["@odata.nextLink"].(string)
			if pages == 0 && order == "" { // a page must survive deletes before its mark
				o.must(204, "DELETE", "contacts("+numbered(4)+")", "")
			}
		}
		want := 11
		if order == "" {
			want = 12
		}
		distinct := slices.Compact(slices.Sorted(slices.Values(seen)))
		if len(seen) != want || len(distinct) != want {
			t.Errorf("%q: saw %v", order, seen)
		}
	}
}

func TestQueryOptions(t *testing.T) {
	o := crowd(t)
	r := o.must(200, "GET", "contacts?$select=lastname&$orderby=dh_engagementscore%20desc&$top=2", "", "Prefer", "odata.maxpagesize=1")
	if got := names(t, r); got != "11 10" || strings.Contains(r.body, "nextLink") {
		t.Errorf("top: %s", r.body)
	}
	r = o.must(200, "GET", "contacts?$select=lastname&$count=true&$filter=dh_engagementscore%20lt%205", "", "Prefer", `odata.maxpagesize=2,odata.include-annotations="*"`)
	if got := r.json(t); got["@odata.count"] != 5.0 || got["@Microsoft.Dynamics.CRM.totalrecordcount"] != 5.0 || names(t, r) != "00 01" {
		t.Errorf("count: %s", r.body)
	}
	if r := o.must(200, "GET", "contacts/$count?$filter=donotemail%20eq%20true", ""); r.body != "6" {
		t.Errorf("$count: %s", r.body)
	}
	if want := o.http.URL + "/api/data/v9.2/$metadata#contacts(lastname)"; r.json(t)["@odata.context"] != want {
		t.Errorf("context %v, want %s", r.json(t)["@odata.context"], want)
	}
	r = o.must(200, "GET", "contacts("+numbered(1)+")?$select=lastname&$expand=parentcustomerid_account($select=name)", "")
	if far := r.json(t)["parentcustomerid_account"].(map[string]any); far["name"] != "Acme" || far["accountid"] != acme {
		t.Errorf("expand: %s", r.body)
	}
	o.must(400, "GET", "contacts?$skiptoken=nonsense", "")
	long := "contacts?$filter=lastname%20eq%20'" + strings.Repeat("x", 40_000) + "'"
	o.must(414, "GET", long, "")
	if r := o.batch(200, multipart("b1", part("GET "+long, ""))); !strings.Contains(r.body, "HTTP/1.1 200 OK") {
		t.Errorf("a long address in a batch: %.300s", r.body)
	}
}

// FuzzQuery asks whatever comes about an organisation of one contact.
func FuzzQuery(f *testing.F) {
	for _, s := range []string{"$filter=lastname eq 'x'", "$filter=not (lastname eq 'a' or jobtitle ne null)&$count=true", "$filter=contains(lastname,'a''b')&$orderby=masterid/lastname desc",
		"$filter=Microsoft.Dynamics.CRM.In(PropertyName='contactid',PropertyValues=['a',\"b\"])", "$filter=contactid eq @p", "$expand=masterid($select=fullname;$expand=createdby)",
		"$apply=groupby((lastname),aggregate($count as n))", "$filter=contact_master_contact/any(o:o/lastname eq 'x')", "fetchXml=<fetch><entity name='contact'/></fetch>", "$top=0&$orderby=lastname"} {
		f.Add(s)
	}
	sim := New(Config{Workers: 1})
	f.Cleanup(sim.Close)
	if made := sim.serve(&request{method: "POST", path: "contacts", body: []byte(`{"lastname":"x"}`), header: http.Header{}, prefs: parsePreferences(nil)}); made.status != 204 {
		f.Fatalf("%d %s", made.status, made.body)
	}
	f.Fuzz(func(t *testing.T, text string) {
		raw := url.Values{"@p": {"'v'"}}
		for part := range strings.SplitSeq(text, "&") {
			name, value, _ := strings.Cut(part, "=")
			raw.Set(name, value)
		}
		r := sim.serve(&request{method: "GET", path: "contacts", raw: raw.Encode(), header: http.Header{}, prefs: parsePreferences(http.Header{"Prefer": {`odata.include-annotations="*",odata.maxpagesize=1`}})})
		if v, err := parseJSON(r.body); err != nil || r.status >= 500 && r.status != 501 {
			t.Errorf("%q: %d %v %.300s", text, r.status, v, r.body)
		}
	})
}

func FuzzJSON(f *testing.F) {
	for _, s := range []string{`{"a":[1,-2.5e3,true,null,"\u00e9\n"],"b":{}}`, `[]`, ` "x" `, `{"a":`, "\xff"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if v, err := parseJSON(text); err == nil {
			if s, ok := v.(string); ok {
				if again, err := parseJSON(appendString(nil, s)); err != nil || again != v {
					t.Errorf("%q became %q: %v", s, again, err)
				}
			}
		}
	})
}
