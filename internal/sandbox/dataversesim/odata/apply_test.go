package odata

import (
	"errors"
	"net/url"
	"testing"

	"github.com/spotler-connector/connector/internal/sandbox/dataversesim/query"
)

func TestApply(t *testing.T) {
	for _, c := range []struct{ text, order, want string }{
		{"groupby((mail))", "", "by mail as mail"},
		{"groupby((mail,score),aggregate($count as n))", "score desc,mail", "by mail as mail by score as score count as n down score up mail"},
		{"groupby( ( mail , firm/name ) , aggregate( score with sum as s , money with average as a ) )", "firm/name desc", "by mail as mail by firm/name as firm_name sum score as s avg money as a down firm_name"},
		{"aggregate(score with min as low,score with max as high,score with countdistinct as many)", "", "min score as low max score as high countcolumn distinct score as many"},
		{"filter(score gt 1)/groupby((mail),aggregate($count as n))", "", "where score gt 1 by mail as mail count as n"},
		{"filter(score gt 1)/filter(mail eq true)/aggregate($count as n)", "", "where (score gt 1) and (mail eq true) count as n"},
		{"filter(lists/any(l:l/title eq 'x') or score eq @n)/aggregate($count as n)", "", "where (lists/any(o:o/title eq 'x')) or (score eq 7) count as n"},
	} {
		values := url.Values{"$apply": {c.text}, "@n": {"7"}}
		if c.order != "" {
			values.Set("$orderby", c.order)
		}
		r, err := Parse(people(), values)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
		} else if got := told(r.Query); got != c.want {
			t.Errorf("%s: %s, want %s", c.text, got, c.want)
		}
	}
}

// A $filter beside $apply narrows what is added up.
func TestApplyBesideFilter(t *testing.T) {
	r, err := Parse(people(), url.Values{"$apply": {"filter(mail eq true)/aggregate($count as n)"}, "$filter": {"score gt 1"}})
	if err != nil || told(r.Query) != "where (score gt 1) and (mail eq true) count as n" {
		t.Errorf("%v %v", r, err)
	}
}

func TestApplyRefused(t *testing.T) {
	for text, want := range map[string]query.Kind{
		"nonsense": query.Malformed, "groupby": query.Malformed, "groupby()": query.Malformed, "groupby(mail)": query.Malformed, "groupby((mail)": query.Malformed,
		"groupby((mail),sum)": query.Malformed, "groupby((nonesuch))": query.Unknown, "aggregate()": query.Malformed, "aggregate(score)": query.Malformed,
		"aggregate(score with sum)": query.Malformed, "aggregate(score with nonesuch as n)": query.Malformed, "aggregate($count as n,$count as n)": query.Malformed,
		"groupby((mail),aggregate($count as mail))": query.Malformed, "filter(score gt 1)": query.Malformed, "filter(score gt 1": query.Malformed, "filter(score)/aggregate($count as n)": query.Malformed,
		"aggregate($count as n)/": query.Unsupported, "aggregate($count as n)/aggregate($count as m)": query.Unsupported, "compute(score add 1 as s)": query.Unsupported,
		"aggregate($count as n) x": query.Malformed, "groupby((born))": query.Malformed, "groupby((mail,seen))": query.Malformed,
	} {
		_, err := Parse(people(), url.Values{"$apply": {text}})
		var e *query.Error
		if !errors.As(err, &e) || e.Kind != want {
			t.Errorf("%s: %v, want the kind %d", text, err, want)
		}
	}
	for _, more := range []url.Values{{"$select": {"name"}}, {"$orderby": {"n desc"}}, {"$orderby": {"name"}}, {"$orderby": {"firm/"}}} {
		more.Set("$apply", "aggregate($count as n)")
		if _, err := Parse(people(), more); err == nil {
			t.Errorf("%v was read", more)
		}
	}
}

func FuzzApply(f *testing.F) {
	for _, s := range []string{"groupby((mail),aggregate($count as n))", "filter(score gt 1)/groupby((firm/name))", "aggregate(score with sum as s,money with average as a)", "groupby((", "filter(", "aggregate("} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := Parse(people(), url.Values{"$apply": {text}})
		if err != nil || text == "" {
			return
		}
		if !r.Query.Aggregated() {
			t.Errorf("%q aggregates nothing", text)
		}
		told(r.Query)
	})
}
