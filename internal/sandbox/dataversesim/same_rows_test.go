package dataversesim

import (
	"encoding/xml"
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"testing"
)

// The same question as OData and as FetchXML finds the same rows, whole and
// page by page.
func TestPairs(t *testing.T) {
	o := town(t)
	n := 0
	for _, group := range [][]pair{comparing, calling, joining, arranging} {
		for _, p := range group {
			n++
			want, _ := o.pages(p.address(), p.key())
			got, more := o.fetched(p, 5000, "", p.key())
			if got != want || more != "" {
				t.Errorf("%s: FetchXML %q, OData %q", p.odata, got, want)
			}
			if !strings.Contains(p.odata, "$top") && (len(want) == 0 || o.total(p) != len(strings.Fields(want))) {
				t.Errorf("%s finds %q; $count says %d", p.odata, want, o.total(p))
			}
			o.compareTurning(p)
		}
	}
	for _, p := range adding {
		n++
		ours := o.must(200, "GET", p.address(), "").json(t)["value"]
		text := `<fetch aggregate="true"><entity name="` + strings.TrimSuffix(p.set, "s") + `">` + p.fetch + `</entity></fetch>`
		theirs := o.must(200, "GET", p.set+"?fetchXml="+url.QueryEscape(text), "").json(t)["value"]
		if !reflect.DeepEqual(ours, theirs) {
			t.Errorf("%s: FetchXML %v, OData %v", p.odata, theirs, ours)
		}
	}
	if n < 60 {
		t.Errorf("only %d pairs", n)
	}
	t.Logf("%d pairs", n)
}

func (p pair) key() string {
	if p.set == "tasks" {
		return "activityid"
	}
	return strings.TrimSuffix(p.set, "s") + "id"
}

// address is the OData address with the options encoded.
func (p pair) address() string {
	out := p.set + "?$select=" + p.key()
	if strings.HasPrefix(p.odata, "$apply") {
		out = p.set + "?"
	}
	for option := range strings.SplitSeq(p.odata, "&") {
		name, value, _ := strings.Cut(option, "=")
		plain, _ := url.PathUnescape(value)
		out += "&" + name + "=" + url.QueryEscape(plain)
	}
	return out
}

// total is what $count says of a pair.
func (o *org) total(p pair) int {
	o.t.Helper()
	body := o.must(200, "GET", p.address()+"&$count=true", "").json(o.t)
	return int(body["@odata.count"].(float64))
}

// pages reads a page of ids, in short, and where the next one is.
func (o *org) pages(address, key string, headers ...string) (ids, next string) {
	o.t.Helper()
	body := o.must(200, "GET", address, "", headers...).json(o.t)
	next, _ = body["@odata.nextLink"].(string)
	return idsOf(body, key), next
}

func idsOf(body map[string]any, key string) string {
	var out []string
	for _, v := range body["value"].([]any) {
		id := v.(map[string]any)[key].(string)
		out = append(out, id[:1]+strings.TrimLeft(id[24:], "0"))
	}
	return strings.Join(out, " ")
}

// fetched is pages for FetchXML; next is the attributes that ask for the next page.
func (o *org) fetched(p pair, size int, attributes, key string) (ids, next string) {
	o.t.Helper()
	inside, isDistinct := strings.CutPrefix(p.fetch, "distinct ")
	if top, rest, ok := strings.Cut(inside, " "); ok && strings.HasPrefix(top, "top=") {
		attributes, inside = " "+top, rest
	} else {
		attributes += fmt.Sprintf(` count="%d"`, size)
	}
	if isDistinct {
		attributes += ` distinct="true"`
	}
	text := `<fetch` + attributes + `><entity name="` + strings.TrimSuffix(p.set, "s") + `"><attribute name="` + key + `"/>` + inside + `</entity></fetch>`
	body := o.must(200, "GET", p.set+"?fetchXml="+url.QueryEscape(text), "").json(o.t)
	cookie, ok := body["@Microsoft.Dynamics.CRM.fetchxmlpagingcookie"].(string)
	if !ok {
		return idsOf(body, key), ""
	}
	var outer struct {
		Page   string `xml:"pagenumber,attr"`
		Cookie string `xml:"pagingcookie,attr"`
	}
	if err := xml.Unmarshal([]byte(cookie), &outer); err != nil {
		o.t.Fatal(err)
	}
	for range 2 {
		outer.Cookie, _ = url.PathUnescape(outer.Cookie)
	}
	var quoted strings.Builder
	_ = xml.EscapeText(&quoted, []byte(outer.Cookie))
	return idsOf(body, key), ` page="` + outer.Page + `" paging-cookie="` + quoted.String() + `"`
}

// compareTurning turns the pages of a pair in both languages.
func (o *org) compareTurning(p pair) {
	o.t.Helper()
	if strings.Contains(p.odata, "$top") {
		return
	}
	const size = 2
	address, attributes := p.address(), ""
	for page := 1; address != ""; page++ {
		var want, got string
		want, address = o.pages(address, p.key(), "Prefer", fmt.Sprintf("odata.maxpagesize=%d", size))
		got, attributes = o.fetched(p, size, attributes, p.key())
		if got != want || (attributes == "") != (address == "") || page > 10 {
			o.t.Errorf("%s: page %d: FetchXML %q, OData %q", p.odata, page, got, want)
			return
		}
	}
}
