package spotlersim

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// docsOperations are the rows for the API's description of itself, in Swagger
// 1.2. They are only at the newer base, and do not describe themselves.
func docsOperations() []operation {
	return []operation{
		{method: "GET", path: docsChapter, serve: (*call).docsListing},
		{method: "GET", path: docsChapter + "/{resource}", serve: (*call).docsResource},
	}
}

const (
	docsChapter = "api-docs"
	docsVersion = "1.0.0"
)

// pageOf describes a list that is paged: the name of its elements, and one.
type pageOf struct {
	name    string
	element any
}

// docsListing is GET /api-docs: the resources.
func (c *call) docsListing() (any, *refusal) {
	if c.base != BaseCurrent {
		return nil, noDocs()
	}
	type resource struct {
		Path        string `json:"path"`
		Description string `json:"description"`
	}
	apis := []resource{}
	for _, chapter := range c.sim.routes.chapters(c.rules) {
		apis = append(apis, resource{"/" + chapter, "Operations about " + strings.ReplaceAll(chapter, "-", " ") + "s"})
	}
	return map[string]any{"apiVersion": docsVersion, "swaggerVersion": "1.2", "apis": apis}, nil
}

func noDocs() *refusal { return refuse(http.StatusNotFound, ResourceNotFound, "Resource not found") }

// chapters lists the resources that are served, by name.
func (t *routes) chapters(rules *Assumptions) []string {
	var out []string
	for name, ops := range t.byChapter {
		if name != docsChapter && slices.ContainsFunc(ops, func(o *operation) bool { return o.served(rules) }) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// docsAPI is one path of a declaration.
type docsAPI struct {
	Path       string          `json:"path"`
	Operations []docsOperation `json:"operations"`
}

type docsOperation struct {
	Method     string         `json:"method"`
	Summary    string         `json:"summary"`
	Nickname   string         `json:"nickname"`
	Type       string         `json:"type"`
	Items      map[string]any `json:"items,omitempty"`
	Parameters []docsParam    `json:"parameters"`
	Responses  []docsResponse `json:"responseMessages,omitempty"`
	Produces   []string       `json:"produces"`
	Consumes   []string       `json:"consumes,omitempty"`
}

type docsParam struct {
	Name     string `json:"name"`
	In       string `json:"paramType"` // path, query or body
	Type     string `json:"type"`
	Required bool   `json:"required"`
}

type docsResponse struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
	Model   string `json:"responseModel,omitempty"`
}

// docsResource is GET /api-docs/{resource}: the operations of one resource that
// are served under the rules in force, and the models they need.
func (c *call) docsResource() (any, *refusal) {
	var apis []docsAPI
	models := docsModels{}
	for _, o := range c.sim.routes.byChapter[c.args[0]] {
		if !o.served(c.rules) {
			continue
		}
		path := "/" + o.path
		i := slices.IndexFunc(apis, func(a docsAPI) bool { return a.Path == path })
		if i < 0 {
			i, apis = len(apis), append(apis, docsAPI{Path: path})
		}
		apis[i].Operations = append(apis[i].Operations, o.describe(models))
	}
	if len(apis) == 0 || c.args[0] == docsChapter || c.base != BaseCurrent {
		return nil, noDocs()
	}
	root := strings.TrimSuffix(address(c.Request), c.URL.EscapedPath())
	return map[string]any{"apiVersion": docsVersion, "swaggerVersion": "1.2", "basePath": root + BaseCurrent,
		"resourcePath": "/" + c.args[0], "apis": apis, "models": models}, nil
}

func (o *operation) describe(models docsModels) docsOperation {
	json := []string{"application/json"}
	out := docsOperation{Method: o.method, Summary: o.says, Nickname: o.nickname(), Type: "void", Parameters: []docsParam{}, Produces: json}
	for _, s := range o.segments {
		if s[0] == '{' {
			out.Parameters = append(out.Parameters, docsParam{strings.Trim(s, "{}"), "path", "string", true})
		}
	}
	for _, name := range o.query {
		plain, required := strings.CutSuffix(name, "!")
		kind := "string"
		if plain == "after" || plain == "pageSize" {
			kind = "integer"
		}
		out.Parameters = append(out.Parameters, docsParam{plain, "query", kind, required})
	}
	if o.takes != nil {
		out.Consumes = json
		out.Parameters = append(out.Parameters, docsParam{"body", "body", models.name(o.takes), o.method != "DELETE"})
	}
	success := http.StatusNoContent
	if o.gives != nil {
		success = http.StatusOK
		out.Type, out.Items = models.answer(o.gives, o.path)
	}
	out.Responses = append(out.Responses, docsResponse{success, http.StatusText(success), ""})
	for _, status := range o.errors {
		out.Responses = append(out.Responses, docsResponse{status, http.StatusText(status), models.name(refusal{})})
	}
	return out
}

// nickname is a name for the operation that no other of its resource has.
func (o *operation) nickname() string {
	name := strings.ToLower(o.method)
	for _, s := range o.segments {
		for word := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == '-' || r == '{' || r == '}' }) {
			name += strings.ToUpper(word[:1]) + word[1:]
		}
	}
	return name + strconv.Itoa(len(o.segments))
}
