package fetchxml

import (
	"errors"
	"iter"
	"strings"
	"testing"

	"github.com/spotler-connector/connector/internal/sandbox/dataversesim/query"
)

type bareColumn struct {
	name  string
	holds query.Type
}

func (c *bareColumn) Title() string     { return c.name }
func (c *bareColumn) Holds() query.Type { return c.holds }

// bareTable is a table without rows.
type bareTable struct {
	name    string
	columns []*bareColumn
}

func (t *bareTable) Title() string            { return t.name }
func (t *bareTable) Identifier() query.Column { return t.columns[0] }
func (t *bareTable) Column(name string) (query.Column, bool) {
	for _, c := range t.columns {
		if c.name == name {
			return c, true
		}
	}
	return nil, false
}
func (t *bareTable) Property(string) (query.Column, bool) { return nil, false }
func (t *bareTable) Columns() (out []query.Column) {
	for _, c := range t.columns {
		out = append(out, c)
	}
	return out
}
func (t *bareTable) Way(string) (query.Way, bool)                          { return query.Way{}, false }
func (t *bareTable) Parent() (query.Column, bool)                          { return nil, false }
func (t *bareTable) All(int64) iter.Seq[query.Row]                         { return func(func(query.Row) bool) {} }
func (t *bareTable) Find(query.GUID) query.Row                             { return nil }
func (t *bareTable) Pointing(query.Column, query.GUID) ([]query.Row, bool) { return nil, false }

func bareTables(name string) (query.Table, bool) {
	t, ok := map[string]*bareTable{
		"contact":    {"contact", []*bareColumn{{"contactid", query.Identity}, {"lastname", query.Text}, {"firstname", query.Text}, {"score", query.Whole}, {"createdon", query.Instant}}},
		"listmember": {"listmember", []*bareColumn{{"listmemberid", query.Identity}, {"listid", query.Identity}, {"entityid", query.Identity}}},
	}[name]
	return t, ok
}

const member = `<link-entity name="listmember" from="entityid" to="contactid" alias="m"`

func TestParse(t *testing.T) {
	f, err := Parse(`<?xml version="1.0"?><fetch version="1.0" mapping="logical" distinct="true" count="50" page="3" returntotalrecordcount="true" no-lock="true">
	 <entity name="contact"><attribute name="lastname"/><attribute name="firstname" alias="f"/><order attribute="lastname" descending="true"/><order attribute="listid" entityname="m"/>
	  <filter type="or"><condition attribute="score" operator="in"><value>1</value><value>2</value></condition><filter><condition attribute="lastname" operator="null" value=""/></filter>
	   <condition entityname="m" attribute="listid" operator="not-null"/><condition attribute="firstname" operator="eq" valueof="lastname"/></filter>
	  `+member+` link-type="outer" intersect="true"><attribute name="listid"/><filter><condition attribute="listid" operator="eq" value="{A0000000-0000-4000-8000-000000000001}"/></filter></link-entity>
	 </entity></fetch>`, bareTables)
	if err != nil {
		t.Fatal(err)
	}
	q := f.Query
	if !q.Distinct || !q.Count || q.Size != 50 || q.Page != 3 || q.Fixed || q.Whole || len(q.Select) != 3 || len(q.Links) != 1 || len(q.Order) != 2 {
		t.Errorf("%+v", q)
	}
	if q.Select[1].Alias != "f" || q.Select[2].Alias != "m.listid" || q.Select[2].Link != q.Links[0] || q.Order[1].Link != q.Links[0] || !q.Order[0].Down {
		t.Errorf("select %+v, order %+v", q.Select, q.Order)
	}
	or := q.Where.(query.And)[0].(query.Or)
	in := or[0].(query.Condition)
	if len(or) != 4 || in.Op != query.In || len(in.Values) != 2 || in.Values[1] != int64(2) || or[2].(query.Condition).Ref.Link != q.Links[0] || or[3].(query.Condition).Other.Column.Title() != "lastname" {
		t.Errorf("filter %+v", or)
	}
	if l := q.Links[0]; l.Kind != query.Outer || len(l.Where.(query.And)) != 1 || l.From.Title() != "contactid" || l.To.Title() != "entityid" {
		t.Errorf("link %+v", l)
	}
}

func TestParseAggregate(t *testing.T) {
	f, err := Parse(`<fetch aggregate="true" top="5"><entity name="contact"><attribute name="createdon" groupby="true" dategrouping="month" alias="m"/><attribute name="score" aggregate="sum" alias="s"/><attribute name="contactid" aggregate="countcolumn" distinct="true" alias="n"/><order alias="s" descending="true"/></entity></fetch>`, bareTables)
	if err != nil {
		t.Fatal(err)
	}
	q := f.Query
	if !q.Aggregated() || q.Groups[0].Part != query.ByMonth || q.Sums[0].Do != query.Add || !q.Sums[1].Distinct || q.Order[0].Alias != "s" || q.Size != 5 || !q.Fixed {
		t.Errorf("%+v", q)
	}
}

func entity(inside string) string {
	return `<fetch><entity name="contact">` + inside + `</entity></fetch>`
}

func TestRefused(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		kind query.Kind
		says string
	}{
		"no XML":                 {"fetch", query.Malformed, "root"},
		"cut":                    {"<fetch><entity", query.Malformed, "well-formed"},
		"entities":               {`<!DOCTYPE x [<!ENTITY a "b">]><fetch/>`, query.Malformed, "document type"},
		"another root":           {"<get/>", query.Malformed, "'get'"},
		"nothing in it":          {"<fetch/>", query.Malformed, "entity"},
		"two entities":           {`<fetch><entity name="contact"/><entity name="contact"/></fetch>`, query.Malformed, "one child"},
		"unknown table":          {`<fetch><entity name="contacts"/></fetch>`, query.Unknown, "'contacts'"},
		"unknown column":         {entity(`<attribute name="nickname"/>`), query.Unknown, "'nickname'"},
		"unknown attribute":      {`<fetch size="5"><entity name="contact"/></fetch>`, query.Malformed, "'size'"},
		"unknown element":        {entity(`<columns/>`), query.Malformed, "'columns'"},
		"no operator":            {entity(`<filter><condition attribute="lastname"/></filter>`), query.Malformed, "'operator'"},
		"unknown operator":       {entity(`<filter><condition attribute="lastname" operator="is" value="x"/></filter>`), query.Unsupported, "'is'"},
		"a wrong value":          {entity(`<filter><condition attribute="score" operator="eq" value="x"/></filter>`), query.Mistyped, "'score'"},
		"unknown alias":          {entity(`<filter><condition entityname="x" attribute="lastname" operator="null"/></filter>`), query.Malformed, "'x'"},
		"top and page":           {`<fetch top="5" page="1"><entity name="contact"/></fetch>`, query.Malformed, "top"},
		"page zero":              {`<fetch page="0"><entity name="contact"/></fetch>`, query.Malformed, "'page'"},
		"neither true nor false": {`<fetch distinct="yes"><entity name="contact"/></fetch>`, query.Malformed, "'distinct'"},
		"filter type":            {entity(`<filter type="xor"/>`), query.Malformed, "'xor'"},
		"link without from":      {entity(`<link-entity name="listmember" to="contactid"/>`), query.Malformed, "'from'"},
		"link type":              {entity(member + ` link-type="left"/>`), query.Malformed, "'left'"},
		"any outside a filter":   {entity(member + ` link-type="any"/>`), query.Malformed, "filter"},
		"inner in a filter":      {entity(`<filter>` + member + `/></filter>`), query.Malformed, "filter"},
		"alias twice":            {entity(member + `/>` + member + `/>`), query.Malformed, "twice"},
		"columns of exists":      {entity(member + ` link-type="exists"><attribute name="listid"/></link-entity>`), query.Malformed, "only filters"},
		"aggregate unsaid":       {entity(`<attribute name="score" aggregate="sum" alias="s"/>`), query.Malformed, "aggregate='true'"},
		"aggregate, no alias":    {`<fetch aggregate="true"><entity name="contact"><attribute name="score" aggregate="sum"/></entity></fetch>`, query.Malformed, "alias"},
		"unknown aggregate":      {`<fetch aggregate="true"><entity name="contact"><attribute name="score" aggregate="median" alias="s"/></entity></fetch>`, query.Malformed, "'median'"},
		"order without alias":    {`<fetch aggregate="true"><entity name="contact"><attribute name="score" aggregate="sum" alias="s"/><order attribute="score"/></entity></fetch>`, query.Malformed, "alias"},
		"bad cookie":             {`<fetch paging-cookie="x"><entity name="contact"/></fetch>`, query.Malformed, "cookie"},
		"columns of two types":   {entity(`<filter><condition attribute="lastname" operator="eq" valueof="score"/></filter>`), query.Mistyped, "'score'"},
		"too deep":               {entity(strings.Repeat("<filter>", 100) + strings.Repeat("</filter>", 100)), query.Malformed, "deeply"},
		"too long":               {entity(strings.Repeat(" ", maxBytes)), query.Malformed, "longer"},
		"too many links":         {entity(strings.Repeat(`<link-entity name="listmember" from="entityid" to="contactid"/>`, 16)), query.Malformed, "at most 15"},
	} {
		_, err := Parse(c.text, bareTables)
		var trouble *query.Error
		if !errors.As(err, &trouble) || trouble.Kind != c.kind || !strings.Contains(trouble.Text, c.says) {
			t.Errorf("%s: %v, want %q of kind %d", name, err, c.says, c.kind)
		}
	}
}

func FuzzFetchXML(f *testing.F) {
	for _, s := range []string{entity(""), entity(`<all-attributes/><filter type="or"><condition attribute="score" operator="in"><value>1</value></condition></filter><order attribute="score"/>`),
		entity(member + ` link-type="outer"><filter><condition attribute="listid" operator="null"/></filter></link-entity>`), `<fetch aggregate="1"><entity name="contact"><attribute name="createdon" groupby="1" dategrouping="week" alias="w"/></entity></fetch>`,
		entity(`<filter>` + member + ` link-type="not any"/></filter>`), `<fetch page="2" paging-cookie="&lt;cookie page=&quot;1&quot;&gt;&lt;contactid place=&quot;3&quot;/&gt;&lt;/cookie&gt;"><entity name="contact"/></fetch>`,
		entity(`<filter><condition attribute="lastname" operator="like" value="[a-%_"/><condition attribute="createdon" operator="last-x-years" value="999999"/></filter>`)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		fetch, err := Parse(text, bareTables)
		if err != nil {
			var trouble *query.Error
			if !errors.As(err, &trouble) || trouble.Text == "" {
				t.Errorf("%q: the trouble is %v", text, err)
			}
			return
		}
		if plan, err := query.Compile(fetch.Query, query.Env{}); err == nil {
			if _, err := plan.Run(); err != nil {
				t.Logf("%q: %v", text, err)
			}
		}
	})
}
