package dataversesim

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// request is one operation of the Web API, whether it came alone or as a part
// of a $batch.
type request struct {
	method string
	path   string // behind /api/data/v9.2/, decoded
	raw    string // the query as it was written
	header http.Header
	body   []byte
	base   string // absolute address of the Web API, with its final slash
	prefs  preferences

	batched bool // came in a $batch, where addresses may be longer

	// Of a request in a change set: the transaction it shares, and $1 → the
	// address of the row that an earlier request made.
	tx    *transaction
	links map[string]string
}

// response is the answer to a request.
type response struct {
	status      int
	header      []field
	body        []byte
	contentType string
	rows        int // read or written, for the execution time
	items       int // requests that this one stands for, when it is not one
}

type field struct{ name, value string }

// with notes how many rows the answer took.
func (r *response) with(rows int) *response {
	r.rows = rows
	return r
}

func (r *response) set(name, value string) { r.header = append(r.header, field{name, value}) }

const (
	jsonMinimal = "application/json; odata.metadata=minimal"
	noContent   = http.StatusNoContent
)

// preferences are what the Prefer headers ask for (reference: dataverse-api 2.2).
type preferences struct {
	representation  bool
	trackChanges    bool
	continueOnError bool
	pageSize        int
	notes           annotations
	noted           string // the annotations as they were asked for
}

// annotations says which annotations an answer carries.
type annotations struct {
	formatted  bool // OData.Community.Display.V1.FormattedValue
	target     bool // Microsoft.Dynamics.CRM.lookuplogicalname
	navigation bool // Microsoft.Dynamics.CRM.associatednavigationproperty
	totals     bool // Microsoft.Dynamics.CRM.totalrecordcount and its neighbours
	errors     bool // Microsoft.PowerApps.CDS.…, in errors
}

func (a annotations) any() bool { return a.formatted || a.target || a.navigation }

const maxPageSize = 5000

func parsePreferences(h http.Header) preferences {
	p := preferences{pageSize: maxPageSize}
	for _, line := range h["Prefer"] {
		for line != "" {
			var item string
			item, line = cutPreference(line)
			name, value, _ := strings.Cut(item, "=")
			value = strings.Trim(value, `"`)
			switch strings.TrimSpace(name) {
			case "return":
				p.representation = value == "representation"
			case "odata.track-changes":
				p.trackChanges = true
			case "odata.continue-on-error":
				p.continueOnError = true
			case "odata.maxpagesize":
				if n, err := strconv.Atoi(value); err == nil && n > 0 && n <= maxPageSize {
					p.pageSize = n
				}
			case "odata.include-annotations":
				p.notes, p.noted = parseAnnotations(value), value
			}
		}
	}
	return p
}

// cutPreference splits at the first comma that is not inside quotes.
func cutPreference(s string) (item, rest string) {
	quoted := false
	for i := range len(s) {
		switch s[i] {
		case '"':
			quoted = !quoted
		case ',', ';':
			if !quoted {
				return strings.TrimSpace(s[:i]), s[i+1:]
			}
		}
	}
	return strings.TrimSpace(s), ""
}

func parseAnnotations(list string) annotations {
	patterns := strings.Split(list, ",")
	wants := func(name string) bool {
		for _, p := range patterns {
			p = strings.TrimSpace(p)
			if head, wild := strings.CutSuffix(p, "*"); p == name || wild && strings.HasPrefix(name, head) {
				return true
			}
		}
		return false
	}
	return annotations{
		formatted:  wants("OData.Community.Display.V1.FormattedValue"),
		target:     wants("Microsoft.Dynamics.CRM.lookuplogicalname"),
		navigation: wants("Microsoft.Dynamics.CRM.associatednavigationproperty"),
		totals:     wants("Microsoft.Dynamics.CRM.totalrecordcount"),
		errors:     wants("Microsoft.PowerApps.CDS.HelpLink"),
	}
}

// query parses the query of the address.
func (r *request) query() (url.Values, *failure) {
	if r.raw == "" {
		return nil, nil
	}
	q, err := url.ParseQuery(r.raw)
	if err != nil {
		return nil, badSyntax("The query of the address cannot be read.")
	}
	return q, nil
}

// address is a parsed resource path: contacts(id)/rest.
type address struct {
	set    string
	hasKey bool
	key    string
	rest   string
}

func parseAddress(path string) (address, bool) {
	path = strings.Trim(path, "/")
	open := strings.IndexByte(path, '(')
	slash := strings.IndexByte(path, '/')
	if open < 0 || slash >= 0 && slash < open {
		set, rest, _ := strings.Cut(path, "/")
		return address{set: set, rest: rest}, set != ""
	}
	end := closing(path[open:])
	if end < 0 {
		return address{}, false
	}
	a := address{set: path[:open], hasKey: true, key: path[open+1 : open+end]}
	rest := path[open+end+1:]
	if rest != "" && rest[0] != '/' {
		return address{}, false
	}
	a.rest = strings.TrimPrefix(rest, "/")
	return a, true
}

// closing finds the bracket that ends a key, outside quotes; -1 when there is none.
func closing(s string) int {
	quoted := false
	for i := range len(s) {
		switch {
		case s[i] == '\'':
			quoted = !quoted
		case s[i] == ')' && !quoted:
			return i
		}
	}
	return -1
}
