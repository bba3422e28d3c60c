package dataversesim

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// inner is what a row shows of an expanded collection, in short.
func inner(row map[string]any, name, column string) string {
	var out []string
	many, _ := row[name].([]any)
	for _, v := range many {
		out = append(out, fmt.Sprint(v.(map[string]any)[column]))
	}
	return strings.Join(out, " ")
}

// encoded is an address whose values are escaped.
func encoded(address string) string {
	path, query, _ := strings.Cut(address, "?")
	var out []string
	for option := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(option, "=")
		out = append(out, name+"="+url.QueryEscape(value))
	}
	return path + "?" + strings.Join(out, "&")
}

func TestExpand(t *testing.T) {
	o := town(t)
	get := func(address string) map[string]any { return o.must(200, "GET", encoded(address), "").json(t) }

	acme := get("accounts(" + firm(0) + ")?$select=name&$expand=contact_customer_accounts($select=lastname),primarycontactid($select=lastname),parentaccountid($select=name)")
	if inner(acme, "contact_customer_accounts", "lastname") != "N00 N03 N06" || acme["primarycontactid"].(map[string]any)["lastname"] != "N03" || acme["parentaccountid"] != nil {
		t.Errorf("of one row: %v", acme)
	}
	some := get("accounts(" + firm(0) + ")?$expand=contact_customer_accounts($select=lastname;$filter=dh_engagementscore lt 3;$orderby=lastname desc;$top=1)")
	if got := inner(some, "contact_customer_accounts", "lastname"); got != "N06" {
		t.Errorf("with options: %s", got)
	}
	deep := get("accounts?$select=name&$filter=accountid eq " + firm(1) + "&$expand=parentaccountid($select=name;$expand=primarycontactid($select=lastname;$expand=listcontact_association($select=listname))),contact_customer_accounts($select=lastname;$expand=listcontact_association($select=listname))")
	bolt := deep["value"].([]any)[0].(map[string]any)
	far := bolt["parentaccountid"].(map[string]any)["primarycontactid"].(map[string]any)
	if far["lastname"] != "N03" || inner(far, "listcontact_association", "listname") != "News" {
		t.Errorf("nested: %v", far)
	}
	first := bolt["contact_customer_accounts"].([]any)[0].(map[string]any)
	if first["lastname"] != "N01" || inner(first, "listcontact_association", "listname") != "News" {
		t.Errorf("nested below a collection: %v", first)
	}
	lists := get("contacts(" + numbered(2) + ")?$select=lastname&$expand=listcontact_association($select=listname;$orderby=listname desc)")
	if got := inner(lists, "listcontact_association", "listname"); got != "Offers News" {
		t.Errorf("N:N: %s", got)
	}
	whole := get("contacts?$top=1&$expand=parentcustomerid_account,parentcustomerid_contact")["value"].([]any)[0].(map[string]any)
	if whole["parentcustomerid_account"].(map[string]any)["name"] != "Acme" || whole["parentcustomerid_contact"] != nil {
		t.Errorf("a lookup to several tables: %v", whole["parentcustomerid_account"])
	}
}

func TestExpandRefused(t *testing.T) {
	o := town(t)
	for address, code := range map[string]string{
		"accounts?$expand=nonesuch":                                             "0x80048d0b",
		"accounts?$expand=contact_customer_accounts($select=nonesuch)":          "0x80048d0b",
		"accounts?$expand=contact_customer_accounts($filter=nonesuch eq 1)":     "0x80048d0b",
		"accounts?$expand=contact_customer_accounts($skip=1)":                   "0x80060888",
		"accounts?$expand=primarycontactid($orderby=lastname)":                  "0x80060888",
		"accounts?$expand=contact_customer_accounts/$ref":                       "0x80060888",
		"accounts?$expand=contact_customer_accounts($top=1;$expand=masterid)":   "0x80060888",
		"accounts?$expand=primarycontactid,primarycontactid":                    "0x80060888",
		"serviceendpoints?$expand=createdby($select=nonesuch)":                  "0x80048d0b",
		"accounts(" + firm(0) + ")?$filter=name eq 'x'":                         "0x80060888",
		"accounts(" + firm(0) + ")/primarycontactid?$filter=lastname eq 'x'":    "0x80060888",
		"accounts(" + firm(0) + ")/contact_customer_accounts?$filter=name eq 1": "0x80048d0b",
	} {
		if r := o.must(400, "GET", encoded(address), ""); r.code() != code {
			t.Errorf("%s: %s, want %s", address, r.body, code)
		}
	}
	o.must(204, "PUT", "/control/privileges", `{"table":"lead","right":"Read","allowed":false}`)
	for _, address := range []string{"contacts?$expand=originatingleadid", "contacts?$filter=originatingleadid/subject eq 'x'", "contacts?$orderby=originatingleadid/subject", "contacts?$filter=lead_parent_contact/any()",
		"contacts(" + numbered(1) + ")/lead_parent_contact", "contacts?$apply=groupby((originatingleadid/subject))"} {
		if r := o.must(403, "GET", encoded(address), ""); r.code() != "0x80040220" {
			t.Errorf("%s: %s", address, r.body)
		}
	}
}

// A collection of a row answers the query options of a set.
func TestCollections(t *testing.T) {
	o := town(t)
	at := "accounts(" + firm(0) + ")/contact_customer_accounts"
	for address, want := range map[string]string{
		at + "?$select=lastname": "00 03 06",
		at + "?$select=lastname&$filter=dh_engagementscore gt 0&$orderby=lastname desc":                                    "06 03",
		at + "?$select=lastname&$top=1&$orderby=dh_engagementscore desc":                                                   "03",
		"lists(" + firm(10) + ")/listcontact_association?$select=lastname&$filter=donotemail eq true or lastname eq 'n03'": "02 03",
		"accounts(" + firm(3) + ")/contact_customer_accounts?$select=lastname":                                             "",
	} {
		if got := names(t, o.must(200, "GET", encoded(address), "")); got != want {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
	}
	for address, want := range map[string]string{at + "/$count": "3", at + "/$count?$filter=dh_engagementscore gt 0": "2", "lists(" + firm(10) + ")/listcontact_association/$count": "3"} {
		if got := o.must(200, "GET", encoded(address), "").body; got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
	var seen []string
	for next := at + "?$select=lastname&$expand=parentcustomerid_account($select=name)"; next != ""; {
		r := o.must(200, "GET", next, "", "Prefer", "odata.maxpagesize=2")
		seen = append(seen, names(t, r))
		next, _ = r.json(t)["@odata.nextLink"].(string)
	}
	if got := strings.Join(seen, "|"); got != "00 03|06" {
		t.Errorf("pages: %s", got)
	}
	one := o.must(200, "GET", "accounts("+firm(0)+")/primarycontactid?$select=lastname&$expand=parentcustomerid_account($select=name)", "").json(t)
	if one["lastname"] != "N03" || one["parentcustomerid_account"].(map[string]any)["name"] != "Acme" {
		t.Errorf("one row: %v", one)
	}
	o.must(204, "GET", "accounts("+firm(3)+")/primarycontactid", "")
	o.must(204, "GET", "accounts("+firm(3)+")/primarycontactid/$ref", "")
	base := o.http.URL + "/api/data/v9.2/"
	if got, want := o.must(200, "GET", "accounts("+firm(0)+")/primarycontactid/$ref", "").body, `{"@odata.context":"`+base+`$metadata#$ref","@odata.id":"`+base+"contacts("+numbered(3)+`)"}`; got != want {
		t.Errorf("a reference: %s, want %s", got, want)
	}
	if got, want := o.must(200, "GET", encoded(at+"/$ref?$filter=lastname ne 'N00'"), "").body, `{"@odata.context":"`+base+`$metadata#Collection($ref)","value":[{"@odata.id":"`+base+"contacts("+numbered(3)+`)"},{"@odata.id":"`+base+"contacts("+numbered(6)+`)"}]}`; got != want {
		t.Errorf("references: %s, want %s", got, want)
	}
	o.must(404, "GET", "accounts("+other+")/contact_customer_accounts", "")
}

// A plain collection has a link to the same rows; nested ones have pages of their own
// (Microsoft Learn: "Join tables using OData").
func TestExpandPages(t *testing.T) {
	o := town(t)
	at := "accounts(" + firm(0) + ")?$select=name&$expand=contact_customer_accounts($select=lastname;$filter=lastname ne 'x')"
	r := o.must(200, "GET", encoded(at), "", "Prefer", "odata.maxpagesize=2").json(t)
	if got := inner(r, "contact_customer_accounts", "lastname"); got != "N00 N03 N06" {
		t.Errorf("a plain collection: %s", got)
	}
	first := r["contact_customer_accounts"].([]any)[0].(map[string]any)
	if first["@odata.etag"] == nil || first["_parentcustomerid_value"] != firm(0) {
		t.Errorf("a row of a plain collection: %v", first)
	}
	if got := inner(o.must(200, "GET", r["contact_customer_accounts@odata.nextLink"].(string), "").json(t), "value", "lastname"); got != "N00 N03 N06" {
		t.Errorf("behind the link of a plain collection: %s", got)
	}
	r = o.must(200, "GET", encoded(strings.TrimSuffix(at, ")")+";$expand=parentcustomerid_account($select=name))"), "", "Prefer", "odata.maxpagesize=2").json(t)
	var seen []string
	next := ""
	for page := r; ; page = o.must(200, "GET", next, "", "Prefer", "odata.maxpagesize=2").json(t) {
		name := "value"
		if next == "" {
			name = "contact_customer_accounts"
		}
		for _, v := range page[name].([]any) {
			row := v.(map[string]any)
			seen = append(seen, row["lastname"].(string)+" of "+row["parentcustomerid_account"].(map[string]any)["name"].(string))
		}
		if next, _ = page[strings.TrimPrefix(name+"@odata.nextLink", "value")].(string); next == "" {
			break
		}
		seen = append(seen, "|")
	}
	if got := strings.Join(seen, " "); got != "N00 of Acme N03 of Acme | N06 of Acme" {
		t.Errorf("nested: %s", got)
	}
}

// @odata.context tells what was selected and expanded, and a reference is an address.
func TestExpandContext(t *testing.T) {
	o := town(t)
	for address, want := range map[string]string{
		"accounts?$select=name&$top=1&$expand=primarycontactid($select=fullname;$expand=createdby($select=fullname)),contact_customer_accounts($select=lastname,fullname)": "accounts(name,primarycontactid(fullname,createdby(fullname)),contact_customer_accounts(lastname,fullname))",
		"accounts?$top=1": "accounts",
		"accounts(" + firm(0) + ")?$select=name&$expand=primarycontactid($select=fullname)":                                   "accounts(name,primarycontactid(fullname))/$entity",
		"accounts?$select=name&$top=1&$expand=primarycontactid/$ref":                                                          "accounts(name,primarycontactid,primarycontactid/$ref())",
		"accounts(" + firm(0) + ")/contact_customer_accounts?$select=lastname&$expand=parentcustomerid_account($select=name)": "contacts(lastname,parentcustomerid_account(name))",
	} {
		got, _ := o.must(200, "GET", encoded(address), "").json(t)["@odata.context"].(string)
		if _, got, _ = strings.Cut(got, "#"); got != want {
			t.Errorf("%s: %s", address, got)
		}
	}
	row := o.must(200, "GET", encoded("accounts("+firm(0)+")?$select=name&$expand=primarycontactid/$ref"), "").json(t)
	if ref := row["primarycontactid"].(map[string]any); len(ref) != 1 || ref["@odata.id"] != o.http.URL+"/api/data/v9.2/contacts("+numbered(3)+")" || row["_primarycontactid_value"] != numbered(3) {
		t.Errorf("a reference: %v", row)
	}
	far := o.must(200, "GET", encoded("accounts("+firm(0)+")?$select=name&$expand=primarycontactid($select=fullname)"), "").json(t)["primarycontactid"].(map[string]any)
	if far["@odata.etag"] != nil || len(far) != 2 {
		t.Errorf("behind a lookup: %v", far)
	}
}
