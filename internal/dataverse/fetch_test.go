package dataverse

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/spotler-connector/connector/internal/fault"
)

func TestFetchBuilder(t *testing.T) {
	f := NewFetch("contact", "contactid", "emailaddress1").Where(Condition("statecode", "eq", "0"), AnyOf(Condition("fullname", "like", `O'R & "x"%`), Condition("leadid", "null"), Condition("gendercode", "in", "1", "2"))).OrderBy("createdon", true).Size(99999)
	f.Entity().Add(Link("listmember", "entityid", "contactid", "inner"))
	text := f.String()
	for _, part := range []string{`<fetch count="5000"><entity name="contact"><attribute name="contactid">`, `value="O&#39;R &amp; &#34;x&#34;%"`, `operator="null"></condition>`,
		`<condition attribute="gendercode" operator="in"><value>1</value><value>2</value></condition>`, `<order attribute="createdon" descending="true">`, `link-type="inner"`} {
		if !strings.Contains(text, part) {
			t.Errorf("%s\nlacks %s", text, part)
		}
	}
	again, err := ParseFetch(text)
	if err != nil || again.String() != text || again.Table() != "contact" {
		t.Error(err, again)
	}
	for _, bad := range []string{"", "<fetch>", "<fetch/>", "<entity name='x'/>", "<fetch><entity/></fetch>", "no"} {
		if _, err := ParseFetch(bad); fault.Of(err) != fault.NotValid {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// C: a dynamic list is run with its stored FetchXML; distinct and filters stay.
func TestRetarget(t *testing.T) {
	f, err := ParseFetch(`<fetch version="1.0" distinct="true" top="5"> <entity name="contact">
		<attribute name="fullname"/><order attribute="fullname"/><filter><condition attribute="address1_city" operator="eq" value="Utrecht"/></filter>
		<link-entity name="account" from="accountid" to="parentcustomerid"><all-attributes/><order attribute="name"/><filter><condition attribute="name" operator="not-null"/></filter></link-entity></entity></fetch>`)
	if err != nil {
		t.Fatal(err)
	}
	want := `<fetch version="1.0" distinct="true" top="5"><entity name="contact"><attribute name="contactid"></attribute><order attribute="fullname"></order><filter><condition attribute="address1_city" operator="eq" value="Utrecht"></condition></filter><link-entity name="account" from="accountid" to="parentcustomerid"><filter><condition attribute="name" operator="not-null"></condition></filter></link-entity></entity></fetch>`
	if got := f.Retarget("contactid").String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

const outerCookie = `<cookie pagenumber=\"2\" pagingcookie=\"%253ccookie%2520page%253d%25221%2522%253e%253ccontactid%2520last%253d%2522%257bX%257d%2522%2520%252f%253e%253c%252fcookie%253e\" istracking=\"False\" />`

func TestFetchPages(t *testing.T) {
	page := 0
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		page++
		f, err := ParseFetch(r.URL.Query().Get("fetchXml"))
		if err != nil {
			t.Error(err)
			return
		}
		switch page {
		case 1:
			if f.Root().Get("page") != "" || f.Root().Get("count") != "5000" {
				t.Error(f.String())
			}
			answer(w, 200, `{"value":[{"contactid":"`+string(idA)+`"}],"@Microsoft.Dynamics.CRM.morerecords":true,"@Microsoft.Dynamics.CRM.fetchxmlpagingcookie":"`+outerCookie+`"}`)
		default:
			if f.Root().Get("page") != "2" || f.Root().Get("paging-cookie") != `<cookie page="1"><contactid last="{X}" /></cookie>` {
				t.Error(f.String())
			}
			answer(w, 200, `{"value":[{"contactid":"`+string(idB)+`"}]}`)
		}
	})
	f := NewFetch("contact", "contactid")
	var got []string
	for row, err := range c.FetchRows(context.Background(), table(t, "contact"), f) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(row.ID))
	}
	if len(got) != 2 || got[1] != string(idB) || f.Root().Get("page") != "" {
		t.Error(got, f)
	}
}

func TestFetchNeverTurnsInCircles(t *testing.T) {
	for name, body := range map[string]string{
		"same cookie": `{"value":[{"contactid":"` + string(idA) + `"}],"@Microsoft.Dynamics.CRM.morerecords":true,"@Microsoft.Dynamics.CRM.fetchxmlpagingcookie":"` + outerCookie + `"}`,
		"empty page":  `{"value":[],"@Microsoft.Dynamics.CRM.morerecords":true}`,
		"bad cookie":  `{"value":[],"@Microsoft.Dynamics.CRM.morerecords":true,"@Microsoft.Dynamics.CRM.fetchxmlpagingcookie":"<x"}`,
		"no rows":     `[]`,
	} {
		calls := 0
		c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) { calls++; answer(w, 200, body) })
		var last error
		for _, err := range c.FetchRows(context.Background(), table(t, "contact"), NewFetch("contact")) {
			last = err
		}
		if fault.Of(last) != fault.Garbled || calls > 2 {
			t.Error(name, calls, last)
		}
	}
}

// A query that no URL can hold travels in a batch.
func TestLongFetchTravelsInABatch(t *testing.T) {
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if !strings.HasSuffix(r.URL.Path, "/$batch") || !strings.Contains(string(body), "fetchXml=") || !strings.Contains(string(body), "\r\nPrefer: ") {
			t.Errorf("%s", r.URL.Path)
		}
		w.Header().Set("Content-Type", "multipart/mixed; boundary=b")
		fmt.Fprintf(w, "--b\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"value\":[{\"contactid\":\"%s\"}]}\r\n--b--\r\n", idA)
	})
	f := NewFetch("contact").Where(Condition("description", "eq", strings.Repeat("x", maxURL)))
	n := 0
	for row, err := range c.FetchRows(context.Background(), table(t, "contact"), f) {
		if err != nil || row.ID != idA {
			t.Error(err)
		}
		n++
	}
	if n != 1 {
		t.Error(n)
	}
}

func TestAggregates(t *testing.T) {
	var query url.Values
	body := `{"value":[{"statuscode":1,"count":12},{"statuscode":2,"count":3}]}`
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) { query = r.URL.Query(); answer(w, 200, body) })
	ctx, tab := context.Background(), table(t, "contact")
	sum := ""
	for g, err := range c.Aggregate(ctx, tab, "groupby((statuscode),aggregate($count as count))") {
		if err != nil {
			t.Fatal(err)
		}
		sum += fmt.Sprint(g["statuscode"], "=", g["count"], " ")
	}
	if sum != "1=12 2=3 " || query.Get("$apply") != "groupby((statuscode),aggregate($count as count))" {
		t.Error(sum, query)
	}
	for range c.FetchGroups(ctx, tab, NewFetch("contact")) {
		break
	}
	if !strings.Contains(query.Get("fetchXml"), `<entity name="contact">`) {
		t.Error(query)
	}
	body = `{"value":{}}`
	for _, err := range c.Aggregate(ctx, tab, "x") {
		wantKind(t, err, fault.Garbled)
	}
	body = `{"@odata.count":5000,"@Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded":true,"value":[]}`
	if n, capped, err := c.Count(ctx, tab, Eq("statecode", 0)); n != 5000 || !capped || err != nil || query.Get("$count") != "true" || query.Get("$filter") != "statecode eq 0" {
		t.Error(n, capped, err, query)
	}
	body = `{"value":[]}`
	_, _, err := c.Count(ctx, tab, "")
	wantKind(t, err, fault.Garbled)
	body = `{"EntityRecordCountCollection":{"Count":1,"IsReadOnly":false,"Keys":["contact"],"Values":[100000]}}`
	if n, err := c.TotalRecordCount(ctx, "contact"); err != nil || n["contact"] != 100000 {
		t.Error(n, err)
	}
	body = `{"EntityRecordCountCollection":{"Keys":["contact"],"Values":[]}}`
	_, err = c.TotalRecordCount(ctx, "contact")
	wantKind(t, err, fault.Garbled)
}

func TestExpand(t *testing.T) {
	acc := Expand{Navigation: "parentcustomerid_account", Table: table(t, "account"), Select: []string{"name"}}
	many := Expand{Navigation: "contact_customer", Table: table(t, "contact"), Select: []string{"fullname"}, Filter: Eq("statecode", 0), OrderBy: "fullname", Top: 3, Expand: []Expand{acc}}
	const want = "contact_customer($select=fullname;$filter=statecode eq 0;$orderby=fullname;$top=3;$expand=parentcustomerid_account($select=name))"
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if got := r.URL.Query().Get("$expand"); got != want {
			t.Errorf("got %s", got)
		}
		answer(w, 200, `{"value":[{"contactid":"`+string(idA)+`","parentcustomerid_account":{"accountid":"`+string(idB)+`","name":"Acme"},"contact_customer":[{"contactid":"`+string(idB)+`"}],"contact_customer@odata.nextLink":"x","bad":{"accountid":1}}]}`)
	})
	for row, err := range c.Rows(context.Background(), Query{Table: table(t, "contact"), Expand: []Expand{many}}) {
		if err != nil {
			t.Fatal(err)
		}
		one, ok, err := row.Expanded(acc)
		if err != nil || !ok || one.ID != idB || one.String("name") != "Acme" {
			t.Error(one, ok, err)
		}
		rows, more, err := row.ExpandedMany(many)
		if err != nil || len(rows) != 1 || rows[0].ID != idB || more != "x" {
			t.Error(rows, more, err)
		}
		_, _, err = row.Expanded(Expand{Navigation: "bad", Table: acc.Table})
		wantKind(t, err, fault.Garbled)
		if _, ok, err := row.Expanded(Expand{Navigation: "none", Table: acc.Table}); ok || err != nil {
			t.Error("something that is not there", err)
		}
	}
}

// Two pages that link to each other are not followed for ever, nor another host.
func TestLinksInACircle(t *testing.T) {
	calls := 0
	c, s := serve(t, nil)
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls++
		next := "b"
		if r.URL.Query().Get("$skiptoken") == "b" {
			next = "a"
		}
		answer(w, 200, `{"value":[],"@odata.nextLink":"`+s.URL+`/api/data/v9.2/contacts?$skiptoken=`+next+`"}`)
	})
	var last error
	for _, err := range c.Rows(context.Background(), Query{Table: table(t, "contact")}) {
		last = err
	}
	if fault.Of(last) != fault.Garbled || calls > 4 {
		t.Error(calls, last)
	}
	last = nil
	for _, err := range c.Changes(table(t, "contact"), nil, "").All(context.Background()) {
		last = err
	}
	if fault.Of(last) != fault.Garbled || errors.Is(last, ErrTokenExpired) {
		t.Error(last)
	}
}
