package dataversesim

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
)

// ordering is one part of $orderby.
type ordering struct {
	col  *column
	down bool
}

func orderBy(t *table, text string) ([]ordering, *failure) {
	var out []ordering
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	for part := range strings.SplitSeq(text, ",") {
		words := strings.Fields(part)
		if len(words) == 0 || len(words) > 2 || len(words) == 2 && words[1] != "asc" && words[1] != "desc" {
			return nil, badSyntax("Syntax error in the $orderby expression.")
		}
		c := t.shape.byWire[words[0]]
		if c == nil || c.secret {
			return nil, unknownProperty(t, words[0])
		}
		out = append(out, ordering{c, len(words) == 2 && words[1] == "desc"})
	}
	return out, nil
}

// compare orders two rows: by $orderby, then by age. Missing values come first.
func (l listing) compare(a, b *row) int {
	for _, o := range l.order {
		if n := o.compare(a.get(o.col), b.get(o.col)); n != 0 {
			return n
		}
	}
	return inOrder(a.seq, b.seq)
}

func (o ordering) compare(a, b any) int {
	n, ok := compare(a, b)
	if !ok {
		n = truth(a != nil) - truth(b != nil)
	}
	if o.down {
		return -n
	}
	return n
}

// cursor is the last row of a page: the next page starts behind it, also when
// rows come and go in between.
type cursor struct {
	seq  int64
	keys []any // the values of $orderby
}

// past says whether r lies behind the cursor of the listing.
func (l listing) past(r *row) bool {
	if l.after == nil {
		return true
	}
	for i, o := range l.order {
		if n := o.compare(r.get(o.col), l.after.keys[i]); n != 0 {
			return n > 0
		}
	}
	return r.seq > l.after.seq
}

func cursorAt(r *row, l listing) string {
	b := appendValue([]byte{'['}, r.seq)
	for _, o := range l.order {
		b = appendValue(append(b, ','), r.get(o.col))
	}
	return base64.RawURLEncoding.EncodeToString(append(b, ']'))
}

func parseCursor(mark string, t *table, order []ordering) (*cursor, *failure) {
	bad := badSyntax("The $skiptoken is malformed.")
	text, err := base64.RawURLEncoding.DecodeString(mark)
	if err != nil {
		return nil, bad
	}
	v, err := parseJSON(text)
	parts, ok := v.([]any)
	if err != nil || !ok || len(parts) != len(order)+1 {
		return nil, bad
	}
	seq, f := (&column{kind: bigInt}).fromWhole(t, parts[0])
	if f != nil {
		return nil, bad
	}
	c := &cursor{seq: seq.(int64)}
	for i, o := range order {
		key, ok := cursorKey(o.col, parts[i+1])
		if !ok {
			return nil, bad
		}
		c.keys = append(c.keys, key)
	}
	return c, nil
}

func cursorKey(c *column, v any) (any, bool) {
	var l literal
	switch v := v.(type) {
	case nil:
		return nil, true
	case bool:
		return v, c.edm() == "Edm.Boolean"
	case number:
		l.text = string(v)
	case string:
		l = literal{v, true}
	}
	key, f := c.fromLiteral(l)
	return key, f == nil
}

// nextLink is the address of the page behind mark: this request's options with
// another $skiptoken.
func (r *request) nextLink(q url.Values, mark string) string {
	return r.base + r.path + "?" + options(q, "$skiptoken", mark)
}

// options writes the query of q in a fixed order, with name set to value.
func options(q url.Values, name, value string) string {
	names := make([]string, 0, len(q))
	for n := range q {
		if n != "$skiptoken" && n != "$deltatoken" {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	var b strings.Builder
	for _, n := range names {
		b.WriteString(n + "=" + strings.ReplaceAll(url.QueryEscape(q.Get(n)), "+", "%20") + "&")
	}
	b.WriteString(name + "=" + url.QueryEscape(value))
	return b.String()
}
