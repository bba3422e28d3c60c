package dataversesim

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// Aggregates have the shape that Microsoft documents (Microsoft Learn: "Aggregate
// data by using OData").
func TestApply(t *testing.T) {
	o := town(t)
	const formatted = `odata.include-annotations="OData.Community.Display.V1.FormattedValue"`
	for text, want := range map[string]string{
		"groupby((statuscode),aggregate($count as n))":                                               `"value":[{"statuscode":1,"statuscode@OData.Community.Display.V1.FormattedValue":"Active","n":11,"n@OData.Community.Display.V1.FormattedValue":"11"},{"statuscode":2,"statuscode@OData.Community.Display.V1.FormattedValue":"Inactive","n":1,"n@OData.Community.Display.V1.FormattedValue":"1"}]}`,
		"aggregate(createdon with max as last)":                                                      `"value":[{"last":"2026-05-13T11:00:00Z","last@OData.Community.Display.V1.FormattedValue":"5/13/2026 11:00 AM"}]}`,
		"filter(lastname eq 'N01' or lastname eq 'N03')/groupby((parentcustomerid_account/name))":    `"value":[{"account_name":"Acme"},{"account_name":"Bolt"}]}`,
		"filter(contactid eq " + numbered(1) + ")/aggregate(annualincome with sum as s,$count as n)": `"value":[{"n":1,"n@OData.Community.Display.V1.FormattedValue":"1"}]}`,
		"aggregate(statuscode with countdistinct as n)":                                              `"value":[{"n":2,"n@OData.Community.Display.V1.FormattedValue":"2"}]}`,
	} {
		r := o.must(200, "GET", "contacts?$apply="+url.QueryEscape(text), "", "Prefer", formatted)
		if !strings.HasSuffix(r.body, want) || !strings.Contains(r.body, `$metadata#contacts"`) {
			t.Errorf("%s: %s", text, r.body)
		}
	}
	for text, code := range map[string]string{"groupby((createdon))": "0x80060888", "groupby((nonesuch))": "0x80048d0b", "groupby((statuscode),aggregate($count as n))&$orderby=n": "0x80060888"} {
		apply, order, _ := strings.Cut(text, "&")
		if r := o.must(400, "GET", "contacts?$apply="+url.QueryEscape(apply)+"&"+order, ""); r.code() != code {
			t.Errorf("%s: %s", text, r.body)
		}
	}
}

// Lines of aggregates have pages too.
func TestApplyPages(t *testing.T) {
	o := town(t)
	var seen []string
	next := "contacts?$apply=" + url.QueryEscape("groupby((dh_engagementscore),aggregate($count as n))")
	for next != "" {
		page := o.must(200, "GET", next, "", "Prefer", "odata.maxpagesize=2").json(t)
		for _, v := range page["value"].([]any) {
			seen = append(seen, fmt.Sprint(v.(map[string]any)["dh_engagementscore"], "*", v.(map[string]any)["n"]))
		}
		seen = append(seen, "|")
		next, _ = page["@odata.nextLink"].(string)
	}
	if got := strings.Join(seen, " "); got != "0*3 1*3 | 2*2 3*2 | 4*2 |" {
		t.Errorf("saw %s", got)
	}
}

// The count ends at 5,000 (reference: dataverse-api 2.5).
func TestCountEnds(t *testing.T) {
	o := newOrg(t, Config{Seed: 1})
	var rows []string
	for i := range 5001 {
		rows = append(rows, fmt.Sprintf(`{"lastname":"M%d"}`, i))
	}
	const totals = `odata.include-annotations="Microsoft.Dynamics.CRM.*"`
	for exceeded, chunk := range [][]string{rows[:5000], rows[5000:]} {
		o.must(200, "POST", "/control/rows/contacts", "["+strings.Join(chunk, ",")+"]")
		want := fmt.Sprintf(`"@odata.count":5000,"@Microsoft.Dynamics.CRM.totalrecordcount":5000,"@Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded":%v`, exceeded == 1)
		if r := o.must(200, "GET", "contacts?$select=lastname&$count=true&$top=1", "", "Prefer", totals); !strings.Contains(r.body, want) {
			t.Errorf("counted: %.400s", r.body)
		}
	}
}
