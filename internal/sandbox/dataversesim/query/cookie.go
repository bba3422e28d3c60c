package query

import (
	"encoding/xml"
	"net/url"
	"strconv"
	"strings"
)

// The paging cookie looks like the platform's (reference: dataverse-api 2.5): the columns of
// the order and the primary key, each with its value in the first and the last
// row of the page. The attribute place is the simulator's own: it finds the
// end of the page also when that row is gone.
type cookie struct {
	XMLName xml.Name     `xml:"cookie"`
	Page    int          `xml:"page,attr"`
	Parts   []cookiePart `xml:",any"`
}

type cookiePart struct {
	XMLName xml.Name
	Last    string `xml:"last,attr"`
	LastNo  string `xml:"lastnull,attr"`
	Place   string `xml:"place,attr"`
}

// Cookie writes the paging cookie of a page of q.
func Cookie(q *Query, page *Page) string {
	var b strings.Builder
	b.WriteString(`<cookie page="` + strconv.Itoa(max(q.Page, 1)) + `">`)
	for i, key := range page.Last.Keys {
		b.WriteString("<" + q.Order[i].Column.Title())
		writeKey(&b, "last", key)
		writeKey(&b, "first", page.First.Keys[i])
		b.WriteString(" />")
	}
	var places []string
	for _, n := range page.Last.Places {
		places = append(places, strconv.FormatInt(n, 10))
	}
	rows := page.Rows
	b.WriteString("<" + q.Table.Identifier().Title())
	writeKey(&b, "last", rows[len(rows)-1][0].ID())
	writeKey(&b, "first", rows[0][0].ID())
	b.WriteString(` place="` + strings.Join(places, ",") + `" /></cookie>`)
	return b.String()
}

func writeKey(b *strings.Builder, name string, v any) {
	if v == nil {
		b.WriteString(" " + name + `null="1"`)
		return
	}
	b.WriteString(" " + name + `="`)
	xml.EscapeText(b, []byte(keyText(v))) //nolint:errcheck // a Builder does not fail
	b.WriteByte('"')
}

func keyText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.Itoa(truth(v))
	case Moment:
		return v.String()
	case Day:
		return string(v)
	case GUID:
		return "{" + strings.ToUpper(v.String()) + "}"
	}
	return ""
}

// ParseCookie reads the paging cookie that an earlier page of the same query had.
func ParseCookie(q *Query, text string) (*Mark, error) {
	bad := Errorf(Malformed, "The paging cookie is malformed.")
	var c cookie
	if err := xml.Unmarshal([]byte(text), &c); err != nil || len(c.Parts) != len(q.Order)+1 {
		return nil, bad
	}
	m := &Mark{}
	for i, o := range q.Order {
		part := c.Parts[i]
		if part.LastNo != "" {
			m.Keys = append(m.Keys, nil)
			continue
		}
		v, err := Parse(o.Column, part.Last)
		if err != nil {
			return nil, bad
		}
		m.Keys = append(m.Keys, v)
	}
	for place := range strings.SplitSeq(c.Parts[len(q.Order)].Place, ",") {
		n, err := strconv.ParseInt(place, 10, 64)
		if err != nil {
			return nil, bad
		}
		m.Places = append(m.Places, n)
	}
	return m, nil
}

// Envelope wraps a cookie for an answer to FetchXML: with the number of the next
// page, and encoded for addresses twice.
func Envelope(page int, inner string) string { return wrapped(page, percent(percent(inner))) }

// SkipToken wraps a cookie for a next link, whose address encodes it a second time.
func SkipToken(page int, inner string) string { return wrapped(page, percent(inner)) }

func wrapped(page int, inner string) string {
	return `<cookie pagenumber="` + strconv.Itoa(page) + `" pagingcookie="` + inner + `" istracking="False" />`
}

// OpenSkipToken is SkipToken the other way round.
func OpenSkipToken(text string) (page int, inner string, err error) {
	var e struct {
		XMLName xml.Name `xml:"cookie"`
		Number  int      `xml:"pagenumber,attr"`
		Cookie  string   `xml:"pagingcookie,attr"`
	}
	bad := Errorf(Malformed, "The $skiptoken is malformed.")
	if err := xml.Unmarshal([]byte(text), &e); err != nil || e.Number < 1 {
		return 0, "", bad
	}
	if inner, err = url.PathUnescape(e.Cookie); err != nil {
		return 0, "", bad
	}
	return e.Number, inner, nil
}

// percent escapes as the platform does: everything but letters, digits and a
// few signs, in lower case.
func percent(s string) string {
	const hex = "0123456789abcdef"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-' || c == '_' || c == '.' {
			b.WriteByte(c)
			continue
		}
		b.WriteString("%" + string(hex[c>>4]) + string(hex[c&15]))
	}
	return b.String()
}
