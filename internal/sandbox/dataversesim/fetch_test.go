package dataversesim

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
)

func fetchOf(inside string) string {
	return "contacts?fetchXml=" + url.QueryEscape(`<fetch><entity name="contact"><attribute name="lastname"/>`+inside+`</entity></fetch>`)
}

func cond(column, op, value string) string {
	return `<condition attribute="` + column + `" operator="` + op + `" value="` + value + `"/>`
}

func TestFetchLink(t *testing.T) {
	o := crowd(t)
	link := `<link-entity name="account" from="accountid" to="parentcustomerid" alias="a"><attribute name="name"/><filter>` + cond("name", "eq", "acme") + `</filter></link-entity>`
	r := o.must(200, "GET", fetchOf(link), "")
	if names(t, r) != "00 01 02 03" || !strings.Contains(r.body, `"a.name":"Acme"`) {
		t.Errorf("a link: %s", r.body)
	}
}

func TestFetchPages(t *testing.T) {
	o := crowd(t)
	var seen []string
	cookie := ""
	for page := 1; page < 5; page++ {
		text := fmt.Sprintf(`<fetch count="5" page="%d"%s returntotalrecordcount="true"><entity name="contact"><attribute name="lastname"/><order attribute="lastname" descending="true"/></entity></fetch>`, page, cookie)
		r := o.must(200, "GET", "contacts?fetchXml="+url.QueryEscape(text), "")
		seen = append(seen, strings.Fields(names(t, r))...)
		body := r.json(t)
		if body["@Microsoft.Dynamics.CRM.totalrecordcount"].(float64) != float64(12-max(0, page-2)) {
			t.Errorf("page %d: %v", page, body["@Microsoft.Dynamics.CRM.totalrecordcount"])
		}
		if body["@Microsoft.Dynamics.CRM.morerecords"] != true {
			break
		}
		outer := body["@Microsoft.Dynamics.CRM.fetchxmlpagingcookie"].(string)
		_, inner, _ := strings.Cut(outer, `pagingcookie="`)
		inner, _, _ = strings.Cut(inner, `"`)
		for range 2 {
			inner, _ = url.PathUnescape(inner)
		}
		cookie = ` paging-cookie="` + strings.NewReplacer("&", "&amp;", "<", "&lt;", `"`, "&quot;").Replace(inner) + `"`
		if page == 2 {
			o.must(204, "DELETE", "contacts("+numbered(2)+")", "") // the cookie outlives its row
		}
	}
	if got := strings.Join(seen, " "); got != "11 10 09 08 07 06 05 04 03 02 01 00" {
		t.Errorf("saw %s", got)
	}
}

func TestFetchAggregate(t *testing.T) {
	o := crowd(t)
	text := `<fetch aggregate="true"><entity name="contact"><attribute name="donotemail" groupby="true" alias="mail"/><attribute name="dh_engagementscore" aggregate="sum" alias="s"/><attribute name="contactid" aggregate="count" alias="n"/></entity></fetch>`
	r := o.must(200, "GET", "contacts?fetchXml="+url.QueryEscape(text), "")
	if want := `"value":[{"mail":false,"s":36,"n":6},{"mail":true,"s":30,"n":6}]`; !strings.Contains(r.body, want) {
		t.Errorf("%s, want %s", r.body, want)
	}
}

func TestCopyDynamicList(t *testing.T) {
	o := crowd(t)
	const dynamic = "b0000000-0000-4000-8000-000000000001"
	stored := `<fetch distinct='true'><entity name='contact'><attribute name='contactid'/><filter><condition attribute='donotemail' operator='eq' value='1'/></filter></entity></fetch>`
	o.must(204, "PATCH", "lists("+dynamic+")", `{"listname":"Mailable","type":true,"createdfromcode":2,"query":"`+stored+`"}`)
	made, _ := o.must(200, "POST", "lists("+dynamic+")/Microsoft.Dynamics.CRM.CopyDynamicListToStatic", "{}").json(t)["StaticListId"].(string)
	r := o.must(200, "GET", "lists("+made+")/listcontact_association?$select=lastname", "")
	if got := names(t, r); got != "00 02 04 06 08 10" {
		t.Errorf("the copy holds %q", got)
	}
}

func TestFetchRefused(t *testing.T) {
	o := crowd(t)
	for _, c := range []struct{ text, code string }{
		{"<fetch", codeBadFetch}, {`<fetch><entity name="contacts"/></fetch>`, codeNoEntity}, {`<fetch><entity name="contact"><attribute name="nonesuch"/></entity></fetch>`, codeNoAttribute},
		{`<fetch><entity name="account"/></fetch>`, "0x80040203"},
	} {
		if r := o.must(400, "GET", "contacts?fetchXml="+url.QueryEscape(c.text), ""); !strings.Contains(r.body, c.code) {
			t.Errorf("%s: %s", c.text, r.body)
		}
	}
}

// A view is asked by its id; what has no value is not in the answer.
func TestSavedQueries(t *testing.T) {
	o := crowd(t)
	const view, mine = "d0000000-0000-4000-8000-000000000001", "d0000000-0000-4000-8000-000000000002"
	stored := `<fetch><entity name='contact'><attribute name='lastname'/><attribute name='jobtitle'/><order attribute='lastname' descending='true'/><filter><condition attribute='dh_engagementscore' operator='gt' value='VALUE'/></filter></entity></fetch>`
	o.must(204, "PATCH", "savedqueries("+view+")", `{"name":"Engaged","returnedtypecode":"contact","querytype":0,"fetchxml":"`+strings.ReplaceAll(stored, "VALUE", "8")+`"}`)
	o.must(204, "PATCH", "userqueries("+mine+")", `{"name":"Mine","returnedtypecode":"contact","querytype":0,"fetchxml":"`+strings.ReplaceAll(stored, "VALUE", "4")+`"}`)
	r := o.must(200, "GET", "contacts?savedQuery="+view, "")
	if names(t, r) != "11 10 09" || strings.Contains(r.body, "jobtitle\":") {
		t.Errorf("a view of all: %s", r.body)
	}
	if r := o.must(200, "GET", "contacts?userQuery="+mine, ""); names(t, r) != "11 10 09 08 07 06 05" || strings.Count(r.body, `"jobtitle":"It's`) != 1 {
		t.Errorf("a view of one's own: %s", r.body)
	}
	found := o.must(200, "GET", "savedqueries?$select=name,savedqueryid&$filter="+url.QueryEscape("name eq 'Engaged'"), "").json(t)["value"].([]any)
	if len(found) != 1 || found[0].(map[string]any)["savedqueryid"] != view {
		t.Errorf("by name: %v", found)
	}
	o.must(404, "GET", "contacts?savedQuery="+other, "")
	o.must(404, "GET", "contacts?userQuery="+view, "")
	o.must(400, "GET", "contacts?savedQuery=x", "")
	o.must(400, "GET", "accounts?savedQuery="+view, "")
	o.must(501, "GET", "contacts("+numbered(1)+")?savedQuery="+view, "")
}
