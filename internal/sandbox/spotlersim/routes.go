package spotlersim

import (
	"net/http"
	"net/url"
	"strings"
)

// operation is one row of the API's table: what is called, who answers, and
// what the listing at /api-docs says of it.
type operation struct {
	method string
	path   string // below the base; {…} stands for one segment
	serve  func(*call) (any, *refusal)

	later bool                    // not in the published contract of 2022
	guess func(*Assumptions) bool // the switch of an operation that is assumed; nil when there is none

	says   string   // what it is for, in the listing
	query  []string // its parameters in the query; one that ends in ! is required
	takes  any      // a value of the type of the body, nil when it has none
	gives  any      // a value of the type of the answer, a pageOf, or nil for 204
	errors []int    // the statuses of its refusals besides 401 and 403

	segments []string
}

// served reports whether the operation is there under the rules.
func (o *operation) served(rules *Assumptions) bool {
	return !(o.later && rules.Contract2022) && (o.guess == nil || o.guess(rules))
}

// chapter is the first word of the path: the resource of the listing.
func (o *operation) chapter() string { return o.segments[0] }

// parts put together the two halves of every list that is paged.
var (
	pageQuery   = []string{"after", "pageSize"}
	windowQuery = []string{"fromDate!", "toDate!", "after", "pageSize!"}
)

// routes is the API's table, by the first word of the path. Literal paths stand
// before the ones that they would also match.
type routes struct {
	all       []*operation
	byChapter map[string][]*operation
}

// newRoutes is the whole API, chapter by chapter.
func newRoutes() *routes {
	r := &routes{byChapter: map[string][]*operation{}}
	for _, chapter := range [][]operation{
		contactOperations(), tagOperations(), audienceOperations(), temporaryListOperations(), campaignOperations(),
		automationOperations(), mailingOperations(), productOperations(), orderOperations(), formOperations(), docsOperations(),
	} {
		for i := range chapter {
			o := &chapter[i]
			o.segments = strings.Split(o.path, "/")
			r.all = append(r.all, o)
			r.byChapter[o.chapter()] = append(r.byChapter[o.chapter()], o)
		}
	}
	return r
}

// locate finds the base and the operation of a request, and its arguments. The
// operation is nil when there is none; known says that another method would do.
func (t *routes) locate(r *http.Request) (base string, op *operation, args []string, known bool) {
	path := r.URL.EscapedPath()
	rest, ok := strings.CutPrefix(path, BaseV110+"/")
	base = BaseV110
	if !ok {
		rest, ok = strings.CutPrefix(path, BaseCurrent+"/")
		base = BaseCurrent
	}
	if !ok {
		return "", nil, nil, false
	}
	segments := strings.Split(strings.TrimSuffix(rest, "/"), "/") // a slash at the end does no harm
	for _, o := range t.byChapter[segments[0]] {
		found, ok := o.match(segments)
		if ok && o.method == r.Method {
			return base, o, found, true
		}
		known = known || ok
	}
	return base, nil, nil, known
}

func (o *operation) match(segments []string) (args []string, ok bool) {
	if len(segments) != len(o.segments) {
		return nil, false
	}
	for i, want := range o.segments {
		if want[0] != '{' {
			if want != segments[i] {
				return nil, false
			}
			continue
		}
		arg, err := url.PathUnescape(segments[i])
		if err != nil || arg == "" {
			return nil, false
		}
		args = append(args, arg)
	}
	return args, true
}

// label names the route of a request for the counters, without ids.
func (t *routes) label(r *http.Request) string {
	_, op, _, _ := t.locate(r)
	if op == nil {
		return "(none)"
	}
	return "/" + op.path
}
