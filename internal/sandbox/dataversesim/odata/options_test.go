package odata

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/spotler-connector/connector/internal/sandbox/dataversesim/query"
)

// told tells a query in short.
func told(q *query.Query) string {
	var out []string
	t := q.Table.(*bareTable)
	if !q.Whole {
		out = append(out, "show")
		for _, s := range q.Select {
			out = append(out, reference(s.Ref, t, ""))
		}
	}
	if q.Where != nil {
		out = append(out, "where", written(q.Where, t, ""))
	}
	for _, g := range q.Groups {
		out = append(out, "by", reference(g.Ref, t, ""), "as", g.Alias)
	}
	for _, s := range q.Sums {
		out = append(out, string(s.Do))
		if s.Distinct {
			out = append(out, "distinct")
		}
		if s.Column != nil {
			out = append(out, reference(s.Ref, t, ""))
		}
		out = append(out, "as", s.Alias)
	}
	for _, o := range q.Order {
		word := "up"
		if o.Down {
			word = "down"
		}
		if o.Column != nil {
			o.Alias = reference(o.Ref, t, "")
		}
		out = append(out, word, o.Alias)
	}
	if q.Fixed {
		out = append(out, fmt.Sprint("top ", q.Size))
	}
	if q.Count {
		out = append(out, "count")
	}
	for _, x := range q.Expand {
		name := x.Name
		if x.Reference {
			name += "/$ref"
		}
		out = append(out, name+"{"+told(x.Query)+"}")
	}
	return strings.Join(out, " ")
}

func TestParse(t *testing.T) {
	for address, want := range map[string]string{
		"":                                  "",
		"$select=*":                         "",
		"other=1&fetchXml=x":                "",
		"$select=name, score":               "show name score",
		"$select=name,name":                 "show name",
		"$select=_firmid_value":             "show _firmid_value",
		"$filter=score eq 1":                "where score eq 1",
		"$filter=score eq @s&@s=3":          "where score eq 3",
		"$orderby=name":                     "up name",
		"$orderby=name desc,score":          "down name up score",
		"$orderby=firm/name asc":            "up firm/name",
		"$top=3":                            "top 3",
		"$top=0":                            "top 0",
		"$count=true":                       "count",
		"$count=false":                      "",
		"$expand=firm":                      "firm{}",
		"$expand=firm/$ref":                 "firm/$ref{}",
		"$expand=firm($filter=name eq 'x')": "firm{where name eq 'x'}",
		"$expand=firm,lists":                "firm{} lists{}",
		"$expand=firm($select=name)":        "firm{show name}",
		"$expand= firm ( ) ,parent":         "firm{} parent{}",
		"$expand=lists($filter=title eq 'a,;b)';$orderby=title desc;$top=2;$select=title)": "lists{show title where title eq 'a,;b)' down title top 2}",
		"$expand=firm($expand=people($select=name;$expand=parent),parent;$select=name)":    "firm{show name people{show name parent{}} parent{}}",
		"$expand=lists($filter=title eq @t)&@t='x'":                                        "lists{where title eq 'x'}",
	} {
		values, err := url.ParseQuery(strings.NewReplacer(";", "%3B", " ", "+").Replace(address))
		if err != nil {
			t.Fatal(err)
		}
		r, err := Parse(people(), values)
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		if got := told(r.Query); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}

func TestParseRefused(t *testing.T) {
	for address, want := range map[string]query.Kind{
		"$select=nonesuch": query.Unknown, "$select=name,,score": query.Unknown, "$select=firm/name": query.Unknown,
		"$filter=score": query.Malformed, "$filter=score eq 1&$filter=score eq 2": query.Malformed,
		"$orderby=nonesuch": query.Unknown, "$orderby=name down": query.Malformed, "$orderby=name,": query.Malformed, "$orderby=lists/title": query.Malformed, "$orderby=3": query.Malformed,
		"$top=-1": query.Malformed, "$top=x": query.Malformed, "$top=": query.Malformed, "$count=yes": query.Malformed, "$skiptoken=nonsense": query.Malformed,
		"$skiptoken=<cookie pagenumber=\"2\" pagingcookie=\"\" istracking=\"False\" />": query.Malformed,
		"$expand=nonesuch": query.Unknown, "$expand=firm,firm": query.Malformed, "$expand=firm(": query.Malformed, "$expand=firm($select=nonesuch)": query.Unknown,
		"$expand=firm($select=name": query.Malformed, "$expand=firm(nonsense=1)": query.Malformed, "$expand=firm($count=true)": query.Malformed,
		"$expand=firm($skip=1)": query.Malformed, "$expand=firm($select=name%3B$select=name)": query.Malformed, "$expand=firm/$count": query.Unsupported, "$expand=lists/$ref": query.Malformed, "$expand=firm/$ref($select=name)": query.Malformed,
		"$expand=firm($top=1)": query.Malformed, "$expand=firm($orderby=name)": query.Malformed, "$expand=lists($top=1),firm($expand=parent)": query.Malformed,
		"$expand=" + strings.Repeat("parent($expand=", 30) + "firm" + strings.Repeat(")", 30): query.Malformed,
		"$expand=" + strings.Repeat("parent($expand=", 30):                                    query.Malformed,
	} {
		values, err := url.ParseQuery(strings.ReplaceAll(address, " ", "+"))
		if err != nil {
			t.Fatal(err)
		}
		_, err = Parse(people(), values)
		var e *query.Error
		if !errors.As(err, &e) || e.Kind != want {
			t.Errorf("%.80s: %v, want the kind %d", address, err, want)
		}
	}
}

func FuzzOptions(f *testing.F) {
	for _, s := range []string{"$select=name,score&$filter=score eq @s&@s=3", "$orderby=name desc,firm/name&$top=3&$count=true", "$expand=lists($filter=title eq 'a';$top=2)",
		"$apply=groupby((mail),aggregate($count as n))&$orderby=n desc", "$skiptoken=<cookie pagenumber=\"2\" pagingcookie=\"%253ccookie%2520page%253d%25221%2522%253e\" />", "$top=9999999999999999999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, address string) {
		values := url.Values{}
		for part := range strings.SplitSeq(address, "&") { // without the escapes of addresses
			name, value, _ := strings.Cut(part, "=")
			values.Add(name, value)
		}
		r, err := Parse(people(), values)
		if err != nil {
			var e *query.Error
			if !errors.As(err, &e) {
				t.Fatalf("%q: an error of another kind: %v", address, err)
			}
			return
		}
		if r.Query.Size < 0 || r.Query.Page < 1 || depth(r.Query) > maxExpand+1 {
			t.Errorf("%q gives %s", address, told(r.Query))
		}
		told(r.Query)
	})
}

// depth is how deep expansions nest.
func depth(q *query.Query) (most int) {
	for _, x := range q.Expand {
		most = max(most, depth(x.Query))
	}
	return most + 1
}

func FuzzExpand(f *testing.F) {
	for _, s := range []string{"firm", "firm($select=name),lists", "lists($filter=title eq 'a,;b)';$orderby=title desc;$top=2)", "firm($expand=people($expand=parent))", "firm(", "((", "parent($expand=parent($expand=parent))"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		x, err := Expand(people(), text, aliases)
		if err != nil {
			return
		}
		if q := (&query.Query{Table: people(), Whole: true, Expand: x}); depth(q) > maxExpand+2 {
			t.Errorf("%q nests %d deep", text, depth(q))
		}
	})
}
