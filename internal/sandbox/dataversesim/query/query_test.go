package query

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func ask(t *testing.T, q *Query) (*Plan, *Page) {
	t.Helper()
	if q.Size == 0 {
		q.Size = 100
	}
	p, err := Compile(q, Env{Now: noon, User: idOf("person", 1), Unit: idOf("firm", 2), Teams: []GUID{idOf("person", 3)}})
	if err != nil {
		t.Fatal(err)
	}
	page, err := p.Run()
	if err != nil {
		t.Fatal(err)
	}
	return p, page
}

// initials are the first letters of the names of the rows of an answer.
func initials(page *Page) string {
	var b strings.Builder
	for _, t := range page.Rows {
		for i, r := range t {
			if i > 0 {
				b.WriteByte('-')
			}
			if r == nil {
				b.WriteByte('.')
				continue
			}
			values := r.(*fakeRow).values
			name, _ := values["name"].(string)
			if name == "" {
				name, _ = values["list"].(string)
			}
			b.WriteString(strings.ToUpper(name[:1]))
		}
		if len(t) > 1 {
			b.WriteByte(' ')
		}
	}
	return strings.TrimSpace(b.String())
}

func TestOperators(t *testing.T) {
	people, _, _ := town()
	one := idOf("person", 1).String()
	for _, c := range []struct{ col, op, values, want string }{
		{"name", "eq", "ANN", "A"}, {"name", "ne", "ann", "BCDEF"}, {"name", "neq", "ann", "BCDEF"}, {"name", "gt", "dora", "EF"}, {"name", "le", "b", "A"},
		{"score", "ge", "3", "DE"}, {"score", "lt", "1", "A"}, {"score", "ne", "1", "ACDEF"}, {"money", "gt", "3", "DE"}, {"mail", "eq", "1", "ACE"}, {"mail", "eq", "false", "BDF"},
		{"score", "null", "", "F"}, {"score", "not-null", "", "ABCDE"},
		{"name", "like", "%O%", "BDF"}, {"name", "like", "_o_", "B"}, {"name", "like", "[a-b]%", "AB"}, {"name", "like", "[^a-b]%", "CDEF"}, {"name", "not-like", "%o%", "ACE"},
		{"name", "begins-with", "d", "D"}, {"name", "not-begin-with", "d", "ABCEF"}, {"name", "ends-with", "E", "E"}, {"name", "ends-with", "É", "C"}, {"name", "not-end-with", "o", "ABCDE"},
		{"score", "in", "1,2,9", "BC"}, {"score", "not-in", "1,2", "ADEF"}, {"score", "between", "1,3", "BCD"}, {"score", "not-between", "1,3", "AEF"},
		{"tags", "contain-values", "3,7", "C"}, {"tags", "not-contain-values", "3", "ABDEF"},
		{"personid", "eq-userid", "", "A"}, {"personid", "ne-userid", "", "BCDEF"}, {"firm", "eq-businessid", "", "BD"}, {"firm", "ne-businessid", "", "ACEF"},
		{"personid", "eq-userteams", "", "C"}, {"personid", "eq-useroruserteams", "", "AC"}, {"personid", "eq", one, "A"}, {"personid", "in", "{" + one + "}", "A"},
		{"seen", "today", "", "A"}, {"seen", "yesterday", "", ""}, {"seen", "last-seven-days", "", "AB"}, {"seen", "last-x-days", "10", "ABC"}, {"seen", "last-x-hours", "1", "A"},
		{"seen", "this-week", "", "A"}, {"seen", "last-week", "", "BC"}, {"seen", "this-month", "", "ABC"}, {"seen", "last-month", "", "DEF"}, {"seen", "this-year", "", "ABCDEF"},
		{"seen", "last-x-weeks", "1", "AB"}, {"seen", "last-x-months", "1", "ABCDEF"}, {"seen", "next-x-days", "3", "A"}, {"seen", "tomorrow", "", ""},
		{"seen", "olderthan-x-days", "10", "DEF"}, {"seen", "olderthan-x-weeks", "3", "F"}, {"seen", "olderthan-x-minutes", "5", "BCDEF"},
		{"seen", "on", "2026-05-08", "B"}, {"seen", "on-or-before", "2026-05-03", "CDEF"}, {"seen", "on-or-after", "2026-05-08T10:00:00Z", "AB"},
		{"seen", "this-fiscal-year", "", "ABCDEF"}, {"seen", "this-fiscal-period", "", "ABCDEF"}, {"seen", "in-fiscal-period", "2", "ABCDEF"}, {"seen", "in-fiscal-period-and-year", "2,2026", "ABCDEF"}, {"seen", "in-fiscal-year", "2025", ""},
		{"born", "on", "1980-01-02", "B"}, {"born", "on-or-after", "1980-01-05", "EF"}, {"born", "eq", "1980-01-03", "C"}, {"born", "in-or-before-fiscal-period-and-year", "1,1980", "ABCDEF"},
	} {
		var values []string
		if c.values != "" {
			values = strings.Split(c.values, ",")
		}
		n, err := Where(people.ref(c.col), Op(c.op), values...)
		if err != nil {
			t.Errorf("%s %s %s: %v", c.col, c.op, c.values, err)
			continue
		}
		if _, page := ask(t, &Query{Table: people, Where: n}); initials(page) != c.want {
			t.Errorf("%s %s %s: %s, want %s", c.col, c.op, c.values, initials(page), c.want)
		}
	}
}

func TestOperatorsRefused(t *testing.T) {
	people, _, _ := town()
	for _, c := range []struct {
		col, op string
		values  []string
		kind    Kind
	}{
		{"name", "resembles", []string{"x"}, Unsupported}, {"score", "eq", nil, Malformed}, {"score", "eq", []string{"1", "2"}, Malformed}, {"score", "null", []string{"1"}, Malformed},
		{"score", "eq", []string{"many"}, Mistyped}, {"score", "like", []string{"1%"}, Mistyped}, {"name", "today", nil, Mistyped}, {"seen", "last-x-days", []string{"-1"}, Mistyped},
		{"seen", "on", []string{"soon"}, Mistyped}, {"name", "under", []string{"x"}, Mistyped}, {"score", "contain-values", []string{"1"}, Mistyped}, {"mail", "eq", []string{"2"}, Mistyped},
	} {
		_, err := Where(people.ref(c.col), Op(c.op), c.values...)
		var trouble *Error
		if !errors.As(err, &trouble) || trouble.Kind != c.kind {
			t.Errorf("%s %s %v: %v, want kind %d", c.col, c.op, c.values, err, c.kind)
		}
	}
}

func TestHierarchy(t *testing.T) {
	_, firms, _ := town()
	for op, want := range map[Op]string{"under": "B", "eq-or-under": "AB", "not-under": ""} {
		n, _ := Where(firms.ref("firmid"), op, idOf("firm", 1).String())
		if _, page := ask(t, &Query{Table: firms, Where: n}); initials(page) != want {
			t.Errorf("%s: %s, want %s", op, initials(page), want)
		}
	}
	n, _ := Where(firms.ref("firmid"), "above", idOf("firm", 2).String())
	if _, page := ask(t, &Query{Table: firms, Where: n}); initials(page) != "A" {
		t.Errorf("above: %s", initials(page))
	}
	firms.rows[0].values["parent"] = idOf("firm", 2) // a circle ends
	if _, page := ask(t, &Query{Table: firms, Where: n}); initials(page) != "AB" {
		t.Errorf("a circle: %s", initials(page))
	}
}

func TestLinks(t *testing.T) {
	people, firms, members := town()
	toMembers := func(kind LinkKind, list string) *Link {
		l := &Link{Hop: Hop{people.col("personid"), members, members.col("who")}, Kind: kind}
		if list != "" {
			l.Where = Condition{Ref: members.ref("list"), Op: Equal, Values: []any{list}}
		}
		return l
	}
	toFirm := func(kind LinkKind) *Link {
		return &Link{Hop: Hop{people.col("firm"), firms, firms.col("firmid")}, Kind: kind}
	}
	for name, c := range map[string]struct {
		links []*Link
		want  string
	}{
		"inner":              {[]*Link{toMembers(Inner, "")}, "A-N A-O B-N E-O"},
		"inner with filter":  {[]*Link{toMembers(Inner, "news")}, "A-N B-N"},
		"outer":              {[]*Link{toMembers(Outer, "offers")}, "A-O B-. C-. D-. E-O F-."},
		"first":              {[]*Link{toMembers(First, "")}, "A-N B-N E-O"},
		"exists":             {[]*Link{toMembers(Exist, "offers")}, "AE"},
		"not any":            {[]*Link{toMembers(NotAny, "")}, "CDF"},
		"all":                {[]*Link{toMembers(All, "offers")}, "B"},
		"two links":          {[]*Link{toMembers(Inner, ""), toFirm(Outer)}, "A-N-A A-O-A B-N-B E-O-."},
		"outer, then inner":  {[]*Link{toFirm(Outer), toMembers(Inner, "offers")}, "A-A-O E-.-O"},
		"lookup both inner":  {[]*Link{toFirm(Inner), toMembers(Exist, "")}, "A-A B-B"},
		"a link within":      {[]*Link{{Hop: toMembers(Inner, "").Hop, Links: []*Link{{Hop: Hop{members.col("who"), people, people.col("personid")}, Where: Condition{Ref: people.ref("mail"), Op: Equal, Values: []any{true}}}}}}, "A-N-A A-O-A E-O-E"},
		"a column, no index": {[]*Link{{Hop: Hop{people.col("name"), people, people.col("name")}, Where: Condition{Ref: people.ref("score"), Op: Equal, Values: []any{int64(1)}}}}, "B-B"},
	} {
		if _, page := ask(t, &Query{Table: people, Links: c.links}); initials(page) != c.want {
			t.Errorf("%s: %s, want %s", name, initials(page), c.want)
		}
	}
	outer := toMembers(Outer, "")
	q := &Query{Table: people, Links: []*Link{outer}, Where: Condition{Ref: Ref{Link: outer, Column: members.col("memberid")}, Op: IsNull}}
	if _, page := ask(t, q); initials(page) != "C-. D-. F-." {
		t.Errorf("a condition on an outer link: %s", initials(page))
	}
}

func TestIndexesSpareTheScan(t *testing.T) {
	people, _, members := town()
	for name, n := range map[string]Node{
		"key":            Condition{Ref: people.ref("personid"), Op: Equal, Values: []any{idOf("person", 2)}},
		"keys":           Or{Condition{Ref: people.ref("personid"), Op: Equal, Values: []any{idOf("person", 2)}}, Condition{Ref: people.ref("personid"), Op: In, Values: []any{idOf("person", 4), idOf("person", 2)}}},
		"lookup":         Condition{Ref: people.ref("firm"), Op: Equal, Values: []any{idOf("firm", 2)}},
		"lookup and":     And{Condition{Ref: people.ref("score"), Op: Above, Values: []any{int64(0)}}, Condition{Ref: people.ref("firm"), Op: Equal, Values: []any{idOf("firm", 2)}}},
		"exists, by key": Exists{&Link{Hop: Hop{people.col("personid"), members, members.col("who")}, Kind: Exist, Where: Condition{Ref: members.ref("who"), Op: In, Values: []any{idOf("person", 2), idOf("person", 4)}}}},
	} {
		people.scans = 0
		_, page := ask(t, &Query{Table: people, Where: n})
		want := "BD"
		if name == "key" || name == "exists, by key" {
			want = "B"
		}
		if initials(page) != want || people.scans != 0 {
			t.Errorf("%s: %s after %d scans, want %s after none", name, initials(page), people.scans, want)
		}
	}
}

// Every order and every page size shows every row once.
func TestPages(t *testing.T) {
	people, _, members := town()
	orders := map[string][]Order{"none": nil, "score": {{Ref: people.ref("score")}}, "mail, name down": {{Ref: people.ref("mail")}, {Ref: people.ref("name"), Down: true}}}
	for name, order := range orders {
		for size := 1; size < 8; size++ {
			for _, cookies := range []bool{true, false} {
				q := &Query{Table: people, Order: order, Size: size, Page: 1, Count: true, Links: []*Link{{Hop: Hop{people.col("personid"), members, members.col("who")}, Kind: Outer}}}
				var seen []string
				for more := true; more; q.Page++ {
					_, page := ask(t, q)
					seen = append(seen, initials(page))
					if more = page.More; page.Total != 7 {
						t.Fatalf("%s: counted %d", name, page.Total)
					}
					if cookies && more {
						number, inner, err := OpenSkipToken(SkipToken(q.Page+1, Cookie(q, page)))
						if err != nil || number != q.Page+1 {
							t.Fatal(number, err)
						}
						if q.After, err = ParseCookie(q, inner); err != nil {
							t.Fatal(err)
						}
					}
				}
				want := map[string]string{"none": "A-N A-O B-N C-. D-. E-O F-.", "score": "F-. A-N A-O B-N C-. D-. E-O", "mail, name down": "F-. D-. B-N E-O C-. A-N A-O"}[name]
				if got := strings.Join(seen, " "); got != want {
					t.Errorf("%s in pages of %d: %s, want %s", name, size, got, want)
				}
			}
		}
	}
}

func TestCookiesRefused(t *testing.T) {
	people, _, _ := town()
	q := &Query{Table: people, Order: []Order{{Ref: people.ref("score")}}}
	for _, text := range []string{"", "x", "<cookie", `<cookie page="1"><personid last="{x}" place="1"/></cookie>`, `<cookie page="1"><score last="much"/><personid place="1"/></cookie>`, `<cookie page="1"><score last="1"/><personid place="one"/></cookie>`, `<biscuit page="1"/>`} {
		if _, err := ParseCookie(q, text); err == nil {
			t.Errorf("%q was read", text)
		}
	}
	for _, text := range []string{"", `<cookie pagenumber="0" pagingcookie="x"/>`, `<cookie pagenumber="2" pagingcookie="%zz"/>`} {
		if _, _, err := OpenSkipToken(text); err == nil {
			t.Errorf("%q was opened", text)
		}
	}
}

func TestDistinct(t *testing.T) {
	people, _, members := town()
	q := &Query{Table: people, Distinct: true, Select: []Selected{{Ref: people.ref("mail")}}, Count: true}
	if _, page := ask(t, q); initials(page) != "AB" || page.Total != 2 {
		t.Errorf("%s of %d", initials(page), page.Total)
	}
	q = &Query{Table: people, Distinct: true, Whole: true, Links: []*Link{{Hop: Hop{people.col("personid"), members, members.col("who")}}}}
	if _, page := ask(t, q); initials(page) != "A-N B-N E-O" {
		t.Errorf("%s", initials(page))
	}
}

func lines(page *Page) string {
	var out []string
	for _, l := range page.Lines {
		var cells []string
		for _, c := range l {
			cells = append(cells, fmt.Sprint(c.Value))
		}
		out = append(out, strings.Join(cells, " "))
	}
	return strings.Join(out, "; ")
}

func TestAggregates(t *testing.T) {
	people, _, _ := town()
	sums := []Sum{{Alias: "n", Do: CountRows}, {Ref: people.ref("score"), Alias: "c", Do: CountColumn}, {Ref: people.ref("score"), Alias: "s", Do: Add}, {Ref: people.ref("score"), Alias: "a", Do: Mean},
		{Ref: people.ref("money"), Alias: "m", Do: Add}, {Ref: people.ref("name"), Alias: "lo", Do: Least}, {Ref: people.ref("born"), Alias: "hi", Do: Most}, {Ref: people.ref("mail"), Alias: "d", Do: CountColumn, Distinct: true}}
	_, page := ask(t, &Query{Table: people, Sums: sums})
	if got := lines(page); got != "6 5 10 2 10.5 Ann 1980-01-06 2" {
		t.Errorf("all: %s", got)
	}
	_, page = ask(t, &Query{Table: people, Groups: []Group{{Ref: people.ref("firm"), Alias: "f"}}, Sums: sums[:3], Order: []Order{{Alias: "s", Down: true}}})
	if got := lines(page); got != "<nil> 2 1 4; "+idText("firm", 2)+" 2 2 4; "+idText("firm", 1)+" 2 2 2" {
		t.Errorf("by firm: %s", got)
	}
	_, page = ask(t, &Query{Table: people, Groups: []Group{{Ref: people.ref("seen"), Alias: "m", Part: ByMonth}, {Ref: people.ref("seen"), Alias: "w", Part: ByWeek}}, Sums: sums[:1]})
	if got := lines(page); got != "4 16 1; 4 17 1; 4 18 1; 5 19 2; 5 20 1" {
		t.Errorf("by month and week: %s", got)
	}
	_, page = ask(t, &Query{Table: people, Where: And{Condition{Ref: people.ref("name"), Op: Equal, Values: []any{"nobody"}}}, Sums: sums[:4]})
	if got := lines(page); got != "0 0 <nil> <nil>" {
		t.Errorf("of none: %s", got)
	}
}

func idText(table string, n int64) string { return idOf(table, n).String() }

func TestWorkIsBounded(t *testing.T) {
	people, _, _ := town()
	same := func() *Link { return &Link{Hop: Hop{people.col("mail"), people, people.col("mail")}} }
	p, err := Compile(&Query{Table: people, Size: 10, Links: []*Link{same(), same(), same(), same(), same()}}, Env{Now: noon, Steps: 500})
	if err != nil {
		t.Fatal(err)
	}
	var trouble *Error
	if _, err := p.Run(); !errors.As(err, &trouble) || trouble.Kind != TooMuch {
		t.Errorf("got %v", err)
	}
}
