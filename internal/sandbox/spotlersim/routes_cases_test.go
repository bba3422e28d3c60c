package spotlersim_test

import (
	"maps"
	"net/url"
	"strings"
)

// try is one call with the status, and of a refusal the word, that it must have.
type try struct {
	status int
	word   string // errorType or result; "" does not look
	path   string // without the base
	body   string
}

const (
	page   = "after=0&pageSize=10"
	period = "fromDate=2023-12-31&toDate=2024-02-01"
)

// operationCases has a good and a bad call for every operation of the contract;
// of those without a documented refusal, a call that nobody may make.
func operationCases() map[string][]try {
	cases := map[string][]try{
		"GET contact/properties/list":      {{200, "", "/contact/properties/list", ""}},
		"GET contact/{}":                   {{200, "", "/contact/a", ""}, {404, "CONTACT_NOT_FOUND", "/contact/properties", ""}},
		"PUT contact/{}":                   {{204, "", "/contact/a", `{"contact":{"externalId":"a","properties":{"city":"Ede"}}}`}, {404, "CONTACT_NOT_FOUND", "/contact/z", `{"contact":{"externalId":"z"}}`}, {400, "INVALID_PROPERTY", "/contact/a", `{"contact":{"externalId":"a","properties":{"email":"x"}}}`}},
		"POST contact":                     {{204, "", "/contact/", `{"contact":{"externalId":"e","properties":{"email":"e@w.example"}}}`}, {400, "CONTACT_ALREADY_EXISTS", "/contact", `{"contact":{"externalId":"a","properties":{"email":"a@w.example"}}}`}},
		"POST contact/list":                {{200, "", "/contact/list", `{"update":true,"contacts":[{"externalId":"a"}]}`}, {400, "INVALID_PARAMS", "/contact/list", `{"contacts":[{}]}`}},
		"PUT contact/anonymize/{}":         {{410, "", "/contact/anonymize/c", ""}, {404, "CONTACT_NOT_FOUND", "/contact/anonymize/z", ""}},
		"PUT contact/inactivate/{}":        {{204, "", "/contact/inactivate/d", ""}, {404, "CONTACT_NOT_FOUND", "/contact/inactivate/z", ""}},
		"GET contact/updates/list":         {{200, "", "/contact/updates/list?" + period + "&" + page, ""}, {400, "INVALID_PARAMS", "/contact/updates/list?toDate=2024-01-01&pageSize=1", ""}},
		"GET contact/bounces/list":         {{200, "", "/contact/bounces/list?" + period + "&" + page, ""}, {400, "INVALID_PARAMS", "/contact/bounces/list?fromDate=2024-01-01&pageSize=1", ""}},
		"GET contact/search":               {{200, "", "/contact/search?MPSearchQuery=email%3Da%40w.example&pageSize=1", ""}, {400, "INVALID_PROPERTY", "/contact/search?MPSearchQuery=nope%3D1&pageSize=1", ""}},
		"GET contact/{}/mailings":          {{200, "", "/contact/a/mailings", ""}, {404, "CONTACT_NOT_FOUND", "/contact/z/mailings", ""}},
		"GET contact/{}/campaign-mailings": {{200, "", "/contact/a/campaign-mailings", ""}, {404, "CONTACT_NOT_FOUND", "/contact/z/campaign-mailings", ""}},
		"GET contact/{}/forms":             {{200, "", "/contact/a/forms?" + page, ""}, {404, "CONTACT_NOT_FOUND", "/contact/z/forms", ""}},
		"POST subscription/subscribe":      {{204, "", "/subscription/subscribe", `{"properties":{"email":"new@w.example"}}`}, {400, "INVALID_PROPERTY", "/subscription/subscribe", `{"properties":{"email":"new"}}`}, {400, "INVALID_PROPERTY", "/subscription/subscribe", `{"properties":{}}`}},
		"POST audience":                    {{200, "", "/audience", `{"externalId":"aud2","name":"Leden"}`}, {417, "NAME_ALREADY_IN_USE", "/audience", `{"externalId":"x","name":"Klanten"}`}, {417, "ID_NOTUNIQUE", "/audience", `{"externalId":"aud","name":"y"}`}, {417, "INVALID_PARAMS", "/audience", `{"externalId":"x","name":""}`}, {417, "INVALID_PARAMS", "/audience", `{"externalId":"x","name":"` + strings.Repeat("é", 256) + `"}`}},
		"GET audience/{}":                  {{200, "", "/audience/aud", ""}, {404, "RESOURCE_NOT_FOUND", "/audience/z", ""}},
		"PUT audience/{}":                  {{200, "", "/audience/aud", `{"externalId":"aud","name":"Klanten!"}`}, {400, "INVALID_PARAMS", "/audience/aud", `{"externalId":"other","name":"n"}`}, {404, "RESOURCE_NOT_FOUND", "/audience/z", `{"externalId":"z","name":"n"}`}, {417, "INVALID_PARAMS", "/audience/aud", `{"externalId":"aud"}`}},
		"POST audience/{}/contact":         {{204, "", "/audience/aud/contact", `{"contacts":["a","b"]}`}, {404, "CONTACT_NOT_FOUND", "/audience/aud/contact", `{"contacts":["a","zz"]}`}, {404, "RESOURCE_NOT_FOUND", "/audience/z/contact", `{"contacts":["a"]}`}, {413, "INVALID_PARAMS", "/audience/aud/contact", ids(2501)}},
		"DELETE audience/{}/contact":       {{204, "", "/audience/aud/contact", `{"contacts":["b","zz"]}`}, {404, "RESOURCE_NOT_FOUND", "/audience/z/contact", ""}, {413, "INVALID_PARAMS", "/audience/aud/contact", ids(2501)}},
		"DELETE audience/{}":               {{204, "", "/audience/aud", ""}, {404, "RESOURCE_NOT_FOUND", "/audience/aud", ""}},
		"GET templist":                     {{200, "", "/templist", ""}},
		"POST templist":                    {{204, "", "/templist", `{"externalTemporaryListId":"t2","name":"T2"}`}, {400, "CONTACT_NOT_FOUND", "/templist", `{"externalTemporaryListId":"t3","name":"T3","contacts":["zz"]}`}, {400, "ID_NOTUNIQUE", "/templist", `{"externalTemporaryListId":"tmp","name":"T4"}`}, {400, "NAME_ALREADY_IN_USE", "/templist", `{"externalTemporaryListId":"t4","name":"Beurs"}`}},
		"POST templist/{}":                 {{204, "", "/templist/tmp", `{"contacts":["b"]}`}, {400, "CONTACT_NOT_FOUND", "/templist/tmp", `{"contacts":["zz"]}`}, {404, "RESOURCE_NOT_FOUND", "/templist/z", `{"contacts":["a"]}`}},
		"DELETE templist/{}":               {{204, "", "/templist/tmp", ""}, {404, "RESOURCE_NOT_FOUND", "/templist/tmp", ""}},
		"GET campaign/list":                {{200, "", "/campaign/list", ""}},
		"POST campaign/trigger/{}":         {{204, "", "/campaign/trigger/trig", `{"externalContactId":"a","campaignFields":[{"name":"l","type":"PRODUCTLIST","values":["p1"]}]}`}, {400, "INVALID_STATE", "/campaign/trigger/trig", `{"externalContactId":"a"}`}, {400, "INVALID_STATE", "/campaign/trigger/trig-idle", `{"externalContactId":"a"}`}, {400, "CONTACT_NOT_FOUND", "/campaign/trigger/trig", `{"externalContactId":"z"}`}, {400, "PRODUCT_NOTFOUND", "/campaign/trigger/trig", `{"externalContactId":"b","campaignFields":[{"name":"l","type":"PRODUCTLIST","values":["p9"]}]}`}, {404, "TRIGGER_NOTFOUND", "/campaign/trigger/z", `{"externalContactId":"a"}`}},
		"POST campaign/{}/stop":            {{204, "", "/campaign/camp/stop", `{"externalContactId":"a"}`}, {400, "INVALID_STATE", "/campaign/camp/stop", `{"externalContactId":"a"}`}, {400, "INVALID_STATE", "/campaign/camp/stop", `{"externalContactId":"b"}`}, {404, "CAMPAIGN_NOTFOUND", "/campaign/z/stop", `{"externalContactId":"a"}`}},
		"GET campaign/{}/mailing":          {{200, "", "/campaign/camp/mailing", ""}, {404, "CAMPAIGN_NOTFOUND", "/campaign/z/mailing", ""}},
		"POST automation/trigger/{}":       {{200, "OK", "/automation/trigger/code", `{"externalContactId":"a","automationFields":[{"name":"link","type":"URL","value":"https://x.example"}]}`}, {417, "NOT_TRIGGERED", "/automation/trigger/code", `{"externalContactId":"a"}`}, {417, "NOT_TRIGGERED", "/automation/trigger/off", `{"externalContactId":"a"}`}, {404, "TRIGGER_NOTFOUND", "/automation/trigger/z", `{"externalContactId":"a"}`}, {404, "CONTACT_NOTFOUND", "/automation/trigger/code", `{"externalContactId":"z"}`}},
		"GET automation/list":              {{200, "", "/automation/list", ""}},
		"POST automation/{}/stop":          {{204, "", "/automation/auto/stop", `{"externalContactId":"a"}`}, {400, "INVALID_STATE", "/automation/auto/stop", `{"externalContactId":"a"}`}, {404, "RESOURCE_NOT_FOUND", "/automation/z/stop", `{"externalContactId":"a"}`}},
		"POST automation/stop":             {{404, "RESOURCE_NOT_FOUND", "/automation/stop", `{"automationContactIds":["z"]}`}},
		"GET tag/list":                     {{200, "", "/tag/list", ""}},
		"POST tag":                         {{204, "", "/tag", `{"name":"Fresh"}`}, {400, "NAME_ALREADY_IN_USE", "/tag", `{"name":"Fresh"}`}},
		"POST contact/{}/tags":             {{204, "", "/contact/a/tags", `{"tags":["Lead","Hot"]}`}, {404, "CONTACT_NOT_FOUND", "/contact/z/tags", `{"tags":["Lead"]}`}, {400, "INVALID_PARAMS", "/contact/a/tags", `{"tags":[]}`}},
		"PUT contact/{}/score":             {{204, "", "/contact/a/score", `{"tag":"Lead","operation":"SET","score":-5}`}, {204, "", "/contact/a/score", `{"tag":"Lead","operation":"INCREASE","score":15}`}, {400, "INVALID_PARAMS", "/contact/a/score", `{"tag":"Lead","operation":"DECREASE","score":-1}`}, {404, "CONTACT_NOT_FOUND", "/contact/z/score", `{"tag":"Lead","operation":"SET","score":1}`}},
		"GET contact/{}/tags":              {{200, "", "/contact/a/tags", ""}, {404, "CONTACT_NOT_FOUND", "/contact/z/tags", ""}},
		"DELETE contact/{}/tags":           {{204, "", "/contact/a/tags", `{"tags":["Hot"]}`}, {404, "CONTACT_NOT_FOUND", "/contact/z/tags", `{"tags":["Hot"]}`}},
	}
	maps.Copy(cases, shopCases())
	maps.Copy(cases, mailingCases())
	return cases
}

// shopCases are those of products, orders, conversions and forms.
func shopCases() map[string][]try {
	iso := url.QueryEscape("2024-01-01T10:00:00+01:00")
	return map[string][]try{
		"GET product/custom-properties/list": {{200, "", "/product/custom-properties/list", ""}},
		"GET product/search":                 {{200, "", "/product/search?MPSearchQuery=name%3Dfiets", ""}, {400, "INVALID_PARAMS", "/product/search", ""}},
		"GET product/{}":                     {{200, "", "/product/p1", ""}, {404, "PRODUCT_NOTFOUND", "/product/z", ""}},
		"POST product":                       {{204, "", "/product", `{"product":` + goods("p2") + `}`}, {400, "ID_NOTUNIQUE", "/product", `{"product":` + goods("p1") + `}`}, {400, "INVALID_PARAMS", "/product", `{}`}, {400, "INVALID_PROPERTY", "/product", `{"product":` + strings.Replace(goods("p3"), "colour", "size", 1) + `}`}, {400, "INVALID_PARAMS", "/product", `{"product":` + strings.Replace(goods("p3"), `"price":19900,`, "", 1) + `}`}},
		"PUT product/{}":                     {{204, "", "/product/p2", `{"product":` + goods("p2") + `}`}, {404, "PRODUCT_NOTFOUND", "/product/z", `{"product":` + goods("z") + `}`}, {400, "INVALID_PARAMS", "/product/p1", `{"product":{"externalId":"p1"}}`}},
		"DELETE product/{}":                  {{204, "", "/product/p2", ""}, {404, "PRODUCT_NOTFOUND", "/product/p2", ""}},
		"POST order":                         {{204, "", "/order/", `{"update":true,"order":` + purchase("o2") + `}`}, {400, "ID_NOTUNIQUE", "/order", `{"order":` + purchase("o1") + `}`}, {400, "CONTACT_NOT_FOUND", "/order", `{"order":` + strings.Replace(purchase("o3"), `"a"`, `"z"`, 1) + `}`}, {400, "PRODUCT_NOTFOUND", "/order", `{"order":` + strings.Replace(purchase("o3"), `"p1"`, `"z"`, 1) + `}`}, {400, "INVALID_PARAMS", "/order", `{}`}},
		"PUT order/{}":                       {{204, "", "/order/o2", `{"order":` + purchase("o2") + `}`}, {404, "ORDER_NOTFOUND", "/order/z", `{"order":` + purchase("z") + `}`}},
		"DELETE order/{}":                    {{204, "", "/order/o2", ""}, {404, "ORDER_NOTFOUND", "/order/o2", ""}},
		"POST conversion":                    {{400, "INVALID_PARAMS", "/conversion", `{"mailplusId":"x","type":"CREATE_SHOPPINGCART","interactionDate":"2024-01-01"}`}, {400, "INVALID_PARAMS", "/conversion", `{"mailplusId":"0123456789abcdef","type":"BUY","interactionDate":"2024-01-01"}`}},
		"GET form/list":                      {{200, "", "/form/list?formState=final", ""}, {400, "INVALID_PARAMS", "/form/list?formState=odd", ""}},
		"GET form/{}":                        {{200, "", "/form/1?postUrl=https%3A%2F%2Fx.example%2F", ""}, {404, "FORM_NOT_FOUND", "/form/9?postUrl=https%3A%2F%2Fx.example%2F", ""}, {400, "INVALID_PARAMS", "/form/1", ""}},
		"POST form/{}":                       {{200, "", "/form/1", `{"postUrl":"https://x.example/"}`}, {404, "FORM_NOT_FOUND", "/form/9", `{"postUrl":"https://x.example/"}`}},
		"GET form/result/{}":                 {{200, "", "/form/result/1?startDate=20231231&endDate=20240202120000", ""}, {404, "FORM_NOT_FOUND", "/form/result/9", ""}, {400, "INVALID_PARAMS", "/form/result/1?startDate=" + iso, ""}},
		"POST form/result/{}":                {{200, "", "/form/result/1", `{"postUrl":"https://x.example/","formParams":{"f1":["b@w.example"]}}`}, {404, "FORM_NOT_FOUND", "/form/result/9", `{"postUrl":"https://x.example/"}`}},
		"GET form/result/{}/{}":              {{200, "", "/form/result/1/1", ""}, {404, "FORMRESULT_NOT_FOUND", "/form/result/1/99", ""}},
	}
}

// mailingCases are those of mailings, streams and trend reports.
func mailingCases() map[string][]try {
	cases := map[string][]try{
		"GET mailing":               {{200, "", "/mailing?" + period, ""}, {400, "INVALID_PARAMS", "/mailing?fromDate=2024-01-01", ""}},
		"GET mailing/{}":            {{200, "", "/mailing/{bulk}", ""}, {400, "INVALID_MAILING", "/mailing/{camp}", ""}, {404, "MAILING_NOTFOUND", "/mailing/z", ""}},
		"GET mailing/{}/statistics": {{200, "", "/mailing/{bulk}/statistics", ""}, {400, "INVALID_MAILING", "/mailing/{camp}/statistics", ""}},
		"GET campaign-mailing/{}":   {{200, "", "/campaign-mailing/{camp}", ""}, {400, "INVALID_MAILING", "/campaign-mailing/{bulk}", ""}},
		"GET automation-mailing/{}": {{400, "INVALID_MAILING", "/automation-mailing/{bulk}", ""}, {404, "MAILING_NOTFOUND", "/automation-mailing/z", ""}},
		"GET trend-report":          {{200, "", "/trend-report?" + page, ""}, {400, "INVALID_PARAMS", "/trend-report?enabled=maybe", ""}},
	}
	for _, list := range []string{"recipients", "bounces", "opens", "clicks"} {
		cases["GET mailing/{}/"+list] = []try{{200, "", "/mailing/{bulk}/" + list + "?" + page, ""}, {404, "MAILING_NOTFOUND", "/mailing/z/" + list, ""}}
		cases["GET campaign-mailing/{}/"+list] = []try{{200, "", "/campaign-mailing/{camp}/" + list + "?" + period, ""}, {404, "MAILING_NOTFOUND", "/campaign-mailing/z/" + list, ""}}
	}
	for _, list := range []string{"opens", "clicks"} {
		cases["GET mailing/{}/"+list+"/{}"] = []try{{200, "", "/mailing/{bulk}/" + list + "/a", ""}, {400, "INVALID_PARAMS", "/mailing/{bulk}/" + list + "/z", ""}}
		cases["GET campaign-mailing/{}/"+list+"/{}"] = []try{{200, "", "/campaign-mailing/{camp}/" + list + "/1", ""}, {400, "INVALID_PARAMS", "/campaign-mailing/{camp}/" + list + "/99", ""}}
	}
	for _, stream := range []string{"sent", "opened", "clicked", "bounced"} {
		cases["GET mailing-interaction/"+stream] = []try{{200, "", "/mailing-interaction/" + stream + "?" + page, ""}, {400, "INVALID_PARAMS", "/mailing-interaction/" + stream + "?pageSize=10001", ""}}
	}
	return cases
}

func ids(n int) string { return `{"contacts":[` + strings.Repeat(`"a",`, n-1) + `"a"]}` }
