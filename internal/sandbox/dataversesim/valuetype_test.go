package dataversesim

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// Values by the type of their column (reference: dataverse-api 2.4, 2.9).
func TestValuesByType(t *testing.T) {
	o := newOrg(t, Config{Seed: 1})
	o.must(204, "POST", "EntityDefinitions", visitTable(""))
	for _, c := range []string{
		attribute("Integer", "new_Whole", `"MinValue":-5,"MaxValue":100`), attribute("Decimal", "new_Exact", `"Precision":3,"MinValue":0,"MaxValue":10`), attribute("Double", "new_Float", `"Precision":1`),
		attribute("Money", "new_Fee", `"Precision":2,"MinValue":0`), attribute("DateTime", "new_Local", ""), attribute("DateTime", "new_Day", `"DateTimeBehavior":{"Value":"DateOnly"},"Format":"DateOnly"`),
		attribute("DateTime", "new_Wall", `"DateTimeBehavior":{"Value":"TimeZoneIndependent"}`), attribute("DateTime", "new_Midnight", `"Format":"DateOnly"`), attribute("MultiSelectPicklist", "new_Tags", `"OptionSet":{"Options":[{"Value":1,"Label":`+labelled("A")+`},{"Value":22,"Label":`+labelled("B")+`},{"Value":3,"Label":`+labelled("C")+`}]}`),
		attribute("Memo", "new_Text", `"MaxLength":5`), attribute("BigInt", "new_Big", ""), attribute("File", "new_Paper", ""), attribute("Image", "new_Photo", `"MaxSizeInKB":1`), attribute("Boolean", "new_Paid", ""),
	} {
		o.must(204, "POST", visitColumns, c)
	}
	for _, c := range []struct {
		name, value string
		status      int
		code        string
		shown       string // as the answer has it
	}{
		{"new_whole", "-5", 204, "", "-5"}, {"new_whole", "-6", 400, "0x80044330", ""}, {"new_whole", "101", 400, "0x80044330", ""}, {"new_whole", "1.5", 400, "0x80048d19", ""}, {"new_whole", `"1"`, 400, "0x80048d19", ""}, {"new_whole", "99999999999", 400, "0x80048d19", ""},
		{"new_exact", "1.23456", 204, "", "1.2350000000"}, {"new_exact", "10.001", 400, "0x80044330", ""}, {"new_exact", "-0.1", 400, "0x80044330", ""}, {"new_exact", "true", 400, "0x80048d19", ""},
		{"new_float", "2.25", 204, "", "2.3"}, {"new_float", "1e300", 400, "0x80044330", ""}, {"new_big", "9007199254740993", 204, "", "9007199254740993"},
		{"new_fee", "12.345", 204, "", "12.3500000000"}, {"new_fee", "-1", 400, "0x80044330", ""}, {"new_fee_base", "5", 204, "", "12.3500000000"},
		{"new_local", `"2024-06-12T16:13:25+02:00"`, 204, "", `"2024-06-12T14:13:25Z"`}, {"new_local", `"12 June"`, 400, "0x80048d19", ""}, {"new_local", `"1752-12-31T00:00:00Z"`, 400, "0x80040239", ""},
		{"new_day", `"1980-05-17"`, 204, "", `"1980-05-17"`}, {"new_day", `"1980-05-17T00:00:00Z"`, 400, "0x80048d19", ""}, {"new_day", `"1980-02-30"`, 400, "0x80048d19", ""},
		{"new_wall", `"2024-06-12T16:13:25+02:00"`, 204, "", `"2024-06-12T16:13:25Z"`}, {"new_wall", `"2024-06-12"`, 204, "", `"2024-06-12T00:00:00Z"`}, {"new_midnight", `"2024-06-12"`, 204, "", `"2024-06-12T00:00:00Z"`},
		{"new_tags", `"22,1,22"`, 204, "", `"1,22"`}, {"new_tags", `""`, 204, "", "null"}, {"new_tags", `"1,4"`, 400, "0x80044330", ""}, {"new_tags", `"a"`, 400, "0x80048d19", ""}, {"new_tags", "1", 400, "0x80048d19", ""},
		{"new_text", `"12345"`, 204, "", `"12345"`}, {"new_text", `"123456"`, 400, "0x80044331", ""}, {"new_text", `"žžžžž"`, 204, "", `"žžžžž"`}, {"new_paid", "true", 204, "", "true"}, {"new_paid", "1", 400, "0x80048d19", ""},
		{"new_paper", `"x"`, 400, "0x80048d19", ""}, {"new_photo", `"/w=="`, 204, "", `"/w=="`}, {"new_photo", `"?"`, 400, "0x80048d19", ""}, {"new_photo", `"` + strings.Repeat("AAAA", 342) + `"`, 400, "0x80040203", ""},
		{"statuscode", "2", 400, "0x80048408", ""}, {"statecode", "7", 400, "0x80044330", ""},
	} {
		r := o.call("PATCH", "new_visits("+ann+")", fmt.Sprintf(`{"new_name":"x",%q:%s}`, c.name, c.value))
		if r.status != c.status || r.code() != c.code {
			t.Errorf("%s = %s: %d %s", c.name, c.value, r.status, r.body)
			continue
		}
		if body := o.must(200, "GET", "new_visits("+ann+")?$select="+c.name, "").body; c.shown != "" && !strings.Contains(body, fmt.Sprintf(`%q:%s`, c.name, c.shown)) {
			t.Errorf("%s = %s: %s, want %s", c.name, c.value, body, c.shown)
		}
	}
}

// A row keeps the rate at which its money was turned into the base currency.
func TestMoneyHasItsBase(t *testing.T) {
	o := newOrg(t, Config{Seed: 1})
	o.must(204, "PATCH", "transactioncurrencies("+bob+")", `{"currencyname":"Dollar","isocurrencycode":"USD","currencysymbol":"$","currencyprecision":2,"exchangerate":1.25}`)
	euro := o.must(200, "GET", "organizations?$select=_basecurrencyid_value", "").json(t)["value"].([]any)[0].(map[string]any)["_basecurrencyid_value"]
	check := func(money, base, rate string, currency any) {
		t.Helper()
		r := o.must(200, "GET", "contacts("+ann+")?$select=annualincome,annualincome_base,exchangerate,_transactioncurrencyid_value", "")
		for name, want := range map[string]string{"annualincome": money, "annualincome_base": base, "exchangerate": rate} {
			if !strings.Contains(r.body, fmt.Sprintf(`%q:%s,`, name, want)) && !strings.Contains(r.body, fmt.Sprintf(`%q:%s}`, name, want)) {
				t.Errorf("%s is not %s in %s", name, want, r.body)
			}
		}
		if got := r.json(t)["_transactioncurrencyid_value"]; got != currency {
			t.Errorf("currency %v, want %v", got, currency)
		}
	}
	o.must(204, "PATCH", "contacts("+ann+")", `{"lastname":"Bee"}`)
	check("null", "null", "null", nil)
	o.must(204, "PATCH", "contacts("+ann+")", `{"annualincome":100}`)
	check("100.0000000000", "100.0000000000", "1.000000000000", euro)
	o.must(204, "PATCH", "contacts("+ann+")", `{"transactioncurrencyid@odata.bind":"/transactioncurrencies(`+bob+`)"}`)
	check("100.0000000000", "80.0000000000", "1.250000000000", bob)
	o.must(204, "PATCH", "transactioncurrencies("+bob+")", `{"exchangerate":2}`)
	o.must(204, "PATCH", "contacts("+ann+")", `{"annualincome":10.5}`)
	check("10.5000000000", "8.4000000000", "1.250000000000", bob)
	o.must(204, "PATCH", "contacts("+ann+")", `{"annualincome":null}`)
	check("null", "null", "1.250000000000", bob)
}

func TestFilesAreNotSimulated(t *testing.T) {
	o := newOrg(t, Config{Seed: 1})
	o.must(204, "POST", "EntityDefinitions", visitTable(""))
	o.must(204, "POST", visitColumns, attribute("File", "new_Paper", ""))
	o.must(204, "PATCH", "new_visits("+ann+")", `{"new_name":"x"}`)
	for _, c := range [][2]string{{"PATCH", "new_visits(" + ann + ")/new_paper"}, {"GET", "new_visits(" + ann + ")/new_paper/$value"}, {"POST", "InitializeFileBlocksUpload"}} {
		if r := o.call(c[0], c[1], "bytes"); r.status != 501 || !strings.Contains(r.body, "is not simulated") {
			t.Error(c, r.status, r.body)
		}
	}
}

// A multi-select choice is found by the values in it, in both languages.
func TestMultiSelectIsFiltered(t *testing.T) {
	o := newOrg(t, Config{Seed: 1})
	o.must(204, "POST", "EntityDefinitions", visitTable(""))
	o.must(204, "POST", visitColumns, attribute("MultiSelectPicklist", "new_Tags", `"OptionSet":{"Options":[{"Value":1,"Label":`+labelled("A")+`},{"Value":2,"Label":`+labelled("B")+`},{"Value":3,"Label":`+labelled("C")+`}]}`))
	for name, tags := range map[string]string{"one": "1", "both": "2,1", "last": "3"} {
		o.must(204, "POST", "new_visits", fmt.Sprintf(`{"new_name":%q,"new_tags":%q}`, name, tags))
	}
	o.must(204, "POST", "new_visits", `{"new_name":"none"}`)
	odata := url.QueryEscape("Microsoft.Dynamics.CRM.ContainValues(PropertyName='new_tags',PropertyValues=['2','3'])")
	fetch := url.QueryEscape(`<fetch><entity name="new_visit"><attribute name="new_name"/><order attribute="new_name"/><filter><condition attribute="new_tags" operator="contain-values"><value>2</value><value>3</value></condition></filter></entity></fetch>`)
	for _, path := range []string{"new_visits?$select=new_name&$orderby=new_name&$filter=" + odata, "new_visits?fetchXml=" + fetch} {
		var got []any
		for _, r := range values(t, o.must(200, "GET", path, "")) {
			got = append(got, r["new_name"])
		}
		if fmt.Sprint(got) != "[both last]" {
			t.Error(path, got)
		}
	}
}
