package fetchxml

import (
	"strconv"
	"strings"

	"github.com/spotler-connector/connector/internal/sandbox/dataversesim/query"
)

// Tables finds a table by its logical name.
type Tables func(name string) (query.Table, bool)

// Fetch is a FetchXML query.
type Fetch struct {
	Query *query.Query
	// Cookie is the paging cookie of the page before, or empty.
	Cookie string
}

// MaxSize is how many rows a page may have.
const MaxSize = 5000

// reading is one document while it is read.
type reading struct {
	tables Tables
	query  *query.Query
	// aliases names the links that conditions can refer to.
	aliases    map[string]*query.Link
	aggregated bool
	links      int
	// filters are read when all links are known.
	filters []func() error
}

// maxLinks is how many tables a query may join (Learn: "Join tables using
// FetchXml", limitations).
const maxLinks = 15

// Parse reads a query. Trouble is a *query.Error.
func Parse(text string, tables Tables) (*Fetch, error) {
	root, err := parseXML(text)
	if err != nil {
		return nil, err
	}
	if root.name != "fetch" {
		return nil, bad("The root element of FetchXML is fetch, not '%s'.", root.name)
	}
	r := &reading{tables: tables, query: &query.Query{}, aliases: map[string]*query.Link{}}
	f := &Fetch{Query: r.query, Cookie: root.attrs["paging-cookie"]}
	if err := r.head(root); err != nil {
		return nil, err
	}
	if len(root.children) != 1 || root.children[0].name != "entity" {
		return nil, bad("The element fetch needs one child, entity.")
	}
	if err := r.entity(root.children[0]); err != nil {
		return nil, err
	}
	for _, read := range r.filters {
		if err := read(); err != nil {
			return nil, err
		}
	}
	if f.Cookie != "" {
		if r.query.After, err = query.ParseCookie(r.query, f.Cookie); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// head reads the attributes of fetch.
func (r *reading) head(e *element) error {
	err := e.only("version", "output-format", "mapping", "distinct", "top", "count", "page", "paging-cookie", "aggregate",
		"returntotalrecordcount", "no-lock", "utc-offset", "aggregatelimit", "useraworderby", "latematerialize", "options",
		"min-active-row-version", "savedqueryid", "datasource")
	if err != nil {
		return err
	}
	if e.attrs["datasource"] != "" {
		return query.Errorf(query.Unsupported, "Long-term data (the attribute datasource) is not simulated.")
	}
	if r.query.Distinct, err = e.flag("distinct"); err != nil {
		return err
	}
	if r.aggregated, err = e.flag("aggregate"); err != nil {
		return err
	}
	if r.query.Count, err = e.flag("returntotalrecordcount"); err != nil {
		return err
	}
	return r.size(e)
}

// size reads top, or count and page.
func (r *reading) size(e *element) error {
	numbers := map[string]int{}
	for _, name := range []string{"top", "count", "page"} {
		text, there := e.attrs[name]
		if !there {
			continue
		}
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || n < 0 || name == "page" && n == 0 {
			return bad("The attribute '%s' of fetch is not a number that is above zero.", name)
		}
		numbers[name] = n
	}
	r.query.Size, r.query.Page = MaxSize, max(numbers["page"], 1)
	if n, there := numbers["count"]; there && n > 0 {
		r.query.Size = min(n, MaxSize)
	}
	if n, there := numbers["top"]; there {
		if numbers["page"] > 0 || numbers["count"] > 0 {
			return bad("The attribute top cannot be used with page or count.")
		}
		r.query.Size, r.query.Fixed = min(n, MaxSize), true
	}
	return nil
}

// entity reads the table that is asked.
func (r *reading) entity(e *element) error {
	if err := e.only("name", "enableprefiltering", "prefilterparametername"); err != nil {
		return err
	}
	t, err := r.table(e)
	if err != nil {
		return err
	}
	r.query.Table = t
	var where query.And
	if err := r.body(e, place{table: t, where: &where, links: &r.query.Links}); err != nil {
		return err
	}
	r.filters = append(r.filters, func() error { r.query.Where = where; return nil })
	if r.aggregated && !r.query.Aggregated() {
		return bad("An aggregate needs an attribute with aggregate or groupby.")
	}
	if !r.aggregated && !r.shows(e) {
		r.query.Whole = true
	}
	return nil
}

// shows says whether an entity says which of its columns it wants.
func (r *reading) shows(e *element) bool {
	for _, c := range e.children {
		if c.name == "attribute" || c.name == "no-attrs" {
			return true
		}
	}
	return false
}

func (r *reading) table(e *element) (query.Table, error) {
	name, err := e.need("name")
	if err != nil {
		return nil, err
	}
	t, ok := r.tables(name)
	if !ok {
		return nil, &query.Error{Kind: query.Unknown, Table: name, Text: "The entity with a name = '" + name + "' was not found in the MetadataCache."}
	}
	return t, nil
}

func column(t query.Table, name string) (query.Column, error) {
	if c, ok := t.Column(name); ok {
		return c, nil
	}
	return nil, query.NoColumn(t, name)
}
