package odata

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/spotler-connector/connector/internal/sandbox/dataversesim/query"
)

const some = "a0000000-0000-4000-8000-000000000001"

var aliases = url.Values{"@p": {"'v'"}, "@n": {"7"}, "@col": {"'name'"}, "@list": {"['a','b']"}, "@self": {"@self"}, "@bad": {"7 7"}}

// What is read is written down again in one form.
func TestFilter(t *testing.T) {
	crm := functions
	for text, want := range map[string]string{
		"score eq 3":                                     "score eq 3",
		"3 lt score":                                     "score gt 3",
		"3 ge score":                                     "score le 3",
		" name   ne\t'it''s' ":                           "name ne 'it''s'",
		`name eq "it's"`:                                 "name eq 'it''s'",
		"name eq ''":                                     "name eq ''",
		"name eq null":                                   "name eq null",
		"null ne name":                                   "name ne null",
		"name eq note":                                   "name eq note",
		"name eq @p and score gt @n":                     "(name eq 'v') and (score gt 7)",
		"money ge -1.50":                                 "money ge -1.5",
		"money lt 2e3":                                   "money lt 2000",
		"mail eq true":                                   "mail eq true",
		"born le 1980-01-02":                             "born le 1980-01-02",
		"seen gt 2026-05-10T14:00:00+02:00":              "seen gt 2026-05-10T12:00:00Z",
		"seen gt 2026-05-10":                             "seen gt 2026-05-10T00:00:00Z",
		"seen gt '2026-05-10'":                           "seen gt 2026-05-10T00:00:00Z",
		"personid eq " + strings.ToUpper(some):           "personid eq " + some,
		"_firmid_value eq '" + some + "'":                "_firmid_value eq " + some,
		"firm/name eq 'x'":                               "firm/name eq 'x'",
		"firm/parent/name eq firm/name":                  "firm/parent/name eq firm/name",
		"score eq 1 or score eq 2 and mail eq true":      "(score eq 1) or ((score eq 2) and (mail eq true))",
		"(score eq 1 or score eq 2) and mail eq true":    "((score eq 1) or (score eq 2)) and (mail eq true)",
		"not score eq 1 and mail eq true":                "(not (score eq 1)) and (mail eq true)",
		"not not (score eq 1)":                           "not (not (score eq 1))",
		"contains(name,'a')":                             "contains(name,'a')",
		"startswith(firm/name,'a') or endswith(name,@p)": "(startswith(firm/name,'a')) or (endswith(name,'v'))",
		"lists/any()":                                    "lists/any()",
		"lists/any(l:l/title eq 'x')":                    "lists/any(o:o/title eq 'x')",
		"children/any(p:p/score eq 1 and contains(p/name,'a'))":                                      "children/any(o:(o/score eq 1) and (contains(o/name,'a')))",
		"children/all(p:p/score eq 1)":                                                               "not (children/any(o:not (o/score eq 1)))",
		"children/any(f:f/children/any(p:p/firm/name eq 'x'))":                                       "children/any(o:o/children/any(oo:oo/firm/name eq 'x'))",
		crm + "In(PropertyName='score',PropertyValues=['1','2'])":                                    crm + "In(PropertyName='score',PropertyValues=['1','2'])",
		crm + "In(PropertyName=@col,PropertyValues=@list)":                                           crm + "In(PropertyName='name',PropertyValues=['a','b'])",
		crm + `NotIn( PropertyName = 'firmid' , PropertyValues = ["` + some + `"] )`:                 crm + "NotIn(PropertyName='firmid',PropertyValues=['" + some + "'])",
		crm + "In(PropertyName='_firmid_value',PropertyValues=['" + some + "'])":                     crm + "In(PropertyName='firmid',PropertyValues=['" + some + "'])",
		crm + "Between(PropertyName='score',PropertyValues=['1','2'])":                               crm + "Between(PropertyName='score',PropertyValues=['1','2'])",
		crm + "LastXDays(PropertyName='seen',PropertyValue=7)":                                       crm + "LastXDays(PropertyName='seen',PropertyValue=7)",
		crm + "LastXDays(PropertyValue='7',PropertyName='seen')":                                     crm + "LastXDays(PropertyName='seen',PropertyValue=7)",
		crm + "Last7Days(PropertyName='seen')":                                                       crm + "Last7Days(PropertyName='seen')",
		crm + "On(PropertyName='seen',PropertyValue='2026-05-10')":                                   crm + "On(PropertyName='seen',PropertyValue=2026-05-10T00:00:00Z)",
		crm + "NotOn(PropertyName='born',PropertyValue='2026-05-10')":                                "not (" + crm + "On(PropertyName='born',PropertyValue=2026-05-10T00:00:00Z))",
		crm + "ContainValues(PropertyName='tags',PropertyValues=['1','3'])":                          crm + "ContainValues(PropertyName='tags',PropertyValues=['1','3'])",
		crm + "DoesNotContainValues(PropertyName='tags',PropertyValues=['1'])":                       crm + "DoesNotContainValues(PropertyName='tags',PropertyValues=['1'])",
		crm + "EqualUserId(PropertyName='ownerid')":                                                  crm + "EqualUserId(PropertyName='ownerid')",
		crm + "Under(PropertyName='personid',PropertyValue='" + some + "')":                          crm + "Under(PropertyName='personid',PropertyValue=" + some + ")",
		crm + "InFiscalPeriodAndYear(PropertyName='seen',PropertyValue1=2,PropertyValue2=2026)":      crm + "InFiscalPeriodAndYear(PropertyName='seen',PropertyValue1=2,PropertyValue2=2026)",
		crm + "OlderThanXMonths(PropertyName='seen',PropertyValue=3)":                                crm + "OlderThanXMonths(PropertyName='seen',PropertyValue=3)",
		"children/any(p:" + crm + "LastXDays(PropertyName='seen',PropertyValue=7) and p/score eq 1)": "children/any(o:(" + crm + "LastXDays(PropertyName='seen',PropertyValue=7)) and (o/score eq 1))",
	} {
		persons := people()
		n, err := Filter(text, persons, aliases)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		got := written(n, persons, "")
		if got != want {
			t.Errorf("%s:\n got %s\nwant %s", text, got, want)
		}
		again, err := Filter(got, persons, nil)
		if err != nil || written(again, persons, "") != got {
			t.Errorf("%s is not read as it was written: %v", got, err)
		}
	}
}

func TestFilterRefused(t *testing.T) {
	crm := functions
	for text, want := range map[string]query.Kind{
		"name": query.Malformed, "name eq": query.Malformed, "eq 'x'": query.Unknown, "name eq 'x": query.Malformed, "name == 'x'": query.Malformed,
		"name eq 'x' and": query.Malformed, "(name eq 'x'": query.Malformed, "name eq 'x')": query.Malformed, "name eq 'x' name": query.Malformed,
		"nonesuch eq 1": query.Unknown, "firm/nonesuch eq 1": query.Unknown, "nonesuch/name eq 'x'": query.Unknown, "firmid eq " + some: query.Unknown,
		"name eq nonesuch": query.Unknown, "lists/any(l:l/nonesuch eq 1)": query.Unknown,
		"name eq 3": query.Mistyped, "score eq '3'": query.Mistyped, "score eq 1.5": query.Mistyped, "mail eq 1": query.Mistyped, "mail eq 'true'": query.Mistyped,
		"personid eq 7": query.Mistyped, "seen gt 'soon'": query.Mistyped, "name eq score": query.Mistyped, "contains(score,'1')": query.Mistyped, "contains(name,1)": query.Mistyped,
		"name gt null": query.Malformed, "tags eq 1": query.Malformed, "lists/title eq 'x'": query.Malformed, "lists/any": query.Malformed, "firm/people/any()": query.Malformed, "children/any(c:c/firm/people/any())": query.Malformed, "lists/all()": query.Malformed,
		"lists/any(l:title eq 'x')": query.Malformed, "lists/any(l:m/title eq 'x')": query.Malformed, "lists/any(:l/title eq 'x')": query.Malformed,
		"lists/any(l l/title eq 'x')": query.Malformed, "substring(name,1) eq 'x'": query.Malformed, "name eq @none": query.Malformed, "name eq @self": query.Malformed,
		"score eq @bad":                                              query.Malformed,
		crm + "In(":                                                  query.Malformed,
		crm + "In()":                                                 query.Malformed,
		crm + "In(PropertyName='nonesuch')":                          query.Malformed,
		crm + "In(PropertyName=name)":                                query.Malformed,
		crm + "In(PropertyName='name',Other='x')":                    query.Malformed,
		crm + "In(PropertyName='name',PropertyValues=[])":            query.Malformed,
		crm + "In(PropertyName='score',PropertyValues=[1,2])":        query.Malformed,
		crm + "In(PropertyName='score',PropertyValues=['x'])":        query.Mistyped,
		crm + "LastXDays(PropertyName='name',PropertyValue=7)":       query.Mistyped,
		crm + "LastXDays(PropertyName='seen',PropertyValue=-1)":      query.Mistyped,
		crm + "LastXDays(PropertyName='seen',PropertyValue=[1,2])":   query.Malformed,
		crm + "On(PropertyName='seen',PropertyValue='soon')":         query.Mistyped,
		crm + "Eq(PropertyName='score',PropertyValue=1)":             query.Unsupported,
		crm + "Nonesuch(PropertyName='score')":                       query.Unsupported,
		strings.Repeat("(", 500):                                     query.Malformed,
		strings.Repeat("not ", 500) + "score eq 1":                   query.Malformed,
		strings.Repeat("parent/", 50) + "name eq 'x'":                query.Malformed,
		"children/any(a:" + strings.Repeat("a/children/any(a:", 200): query.Malformed,
	} {
		_, err := Filter(text, people(), aliases)
		var e *query.Error
		if !errors.As(err, &e) || e.Kind != want {
			t.Errorf("%.80s: %v, want the kind %d", text, err, want)
		}
	}
}

func FuzzFilter(f *testing.F) {
	for _, s := range []string{"name eq 'x'", "not (score eq 1 or name ne null)", "contains(firm/name,'a''b')", "lists/any(l:l/title eq 'x')", "children/all(p:p/score gt 1)",
		functions + "In(PropertyName='personid',PropertyValues=['" + some + "'])", functions + "LastXDays(PropertyName='seen',PropertyValue=7)", "name eq @p", "((((", "'", "seen eq 2026-01-01T00:00:00Z",
		functions + "InFiscalPeriodAndYear(PropertyName='seen',PropertyValue1=2,PropertyValue2=2026)", "money eq 1e99", "name eq note"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		persons := people()
		n, err := Filter(text, persons, aliases)
		if err != nil {
			var e *query.Error
			if !errors.As(err, &e) {
				t.Fatalf("%q: an error of another kind: %v", text, err)
			}
			return
		}
		once := written(n, persons, "")
		again, err := Filter(once, persons, nil)
		if err != nil && strings.Contains(err.Error(), "too deeply") {
			return // it has more parentheses now
		}
		if err != nil {
			t.Fatalf("%q was written as %q: %v", text, once, err)
		}
		if twice := written(again, persons, ""); twice != once {
			t.Errorf("%q was written as %q and then as %q", text, once, twice)
		}
	})
}
