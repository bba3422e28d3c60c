package spotlersim

import (
	"net/http"
	"slices"
	"time"
)

// form is a form of an account, as it is set up, with what was filled in.
type form struct {
	ID      int32       `json:"id"`
	Name    string      `json:"name"`
	SubType string      `json:"formSubType"` // one of formSubTypes
	State   string      `json:"formState"`   // one of formStates
	Fields  []formField `json:"fields"`
	results []*formResult
}

// formField is one question. What is answered goes into the property it names.
type formField struct {
	ID          string `json:"fieldId"`
	Description string `json:"description"`
	Property    string `json:"property,omitempty"`
	Required    bool   `json:"required,omitempty"`
}

// The complete enumerations.
var (
	formSubTypes = []string{"normal", "subscribe", "unSubscribe", "editProfile"}
	formStates   = []string{"draft", "proof", "final"}
)

// formOut is the object Form.
type formOut struct {
	ID      int32  `json:"id"`
	Name    string `json:"name"`
	SubType string `json:"formSubType"`
	State   string `json:"formState"`
}

// formResult is one form that was filled in.
type formResult struct {
	id        int32
	at        int64
	test      bool // of a form that is not final
	completed bool
	answers   []formAnswer
	who       *contact // nil when nobody is known by it
}

type formAnswer struct {
	Rank        int      `json:"rank"`
	FieldID     string   `json:"fieldId"`
	Description string   `json:"description"`
	Answer      []string `json:"answer,omitempty"`
}

// formResultOut is the object FormResult.
type formResultOut struct {
	ID        int32        `json:"formResultId"`
	Submitted any          `json:"submittedAt"`
	Test      bool         `json:"testResult"`
	Completed bool         `json:"completed"`
	Answers   []formAnswer `json:"answers,omitempty"`
}

// formHistoryOut is an element of the forms of a contact.
type formHistoryOut struct {
	Form      formOut `json:"form"`
	ID        int32   `json:"formResultId"`
	Submitted string  `json:"submitDate"`
	Completed bool    `json:"completed"`
}

func formOperations() []operation {
	show := []string{"postUrl!", "encId", "extraParams", "outputFormat", "outputMode"}
	return []operation{
		{method: "GET", path: "form/list", serve: (*call).formList, says: "The forms", query: []string{"formSubType", "formState"}, gives: []formOut{}, errors: []int{400}},
		{method: "GET", path: "form/{formId}", serve: (*call).getForm, says: "The page of a form", query: show, gives: formPage{}, errors: []int{400, 404}},
		{method: "POST", path: "form/{formId}", serve: (*call).prefilledForm, says: "The page of a form with answers filled in",
			takes: formPageRequest{}, gives: formPage{}, errors: []int{400, 404}},
		{method: "GET", path: "form/result/{formId}", serve: (*call).formResults, says: "What was filled in",
			query: []string{"completed", "startDate", "endDate"}, gives: []formResultOut{}, errors: []int{400, 404}},
		{method: "POST", path: "form/result/{formId}", serve: (*call).submitForm, says: "Fill in a form", takes: formParams{}, gives: formPage{}, errors: []int{400, 404}},
		{method: "GET", path: "form/result/{formId}/{formResultId}", serve: (*call).formResult, says: "One form that was filled in", gives: formResultOut{}, errors: []int{404}},
	}
}

func (f *form) show() formOut { return formOut{f.ID, f.Name, f.SubType, f.State} }

// oneOf reads a query parameter that is empty or one of the words.
func (c *call) oneOf(name string, words []string) (string, *refusal) {
	got := c.URL.Query().Get(name)
	if got != "" && !slices.Contains(words, got) {
		return "", refuse(http.StatusBadRequest, InvalidParams, "Invalid "+name)
	}
	return got, nil
}

func (c *call) formList() (any, *refusal) {
	sub, no := c.oneOf("formSubType", formSubTypes)
	if no != nil {
		return nil, no
	}
	state, no := c.oneOf("formState", formStates)
	if no != nil {
		return nil, no
	}
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	out := []formOut{}
	for _, f := range a.forms {
		if (sub == "" || f.SubType == sub) && (state == "" || f.State == state) {
			out = append(out, f.show())
		}
	}
	return out, nil
}

// formResults is GET /form/result/{formId}: the completed ones, or with
// completed=false the others, in the period from startDate to endDate.
func (c *call) formResults() (any, *refusal) {
	q := c.URL.Query()
	completed, no := c.oneOf("completed", []string{"true", "false"})
	if no != nil {
		return nil, no
	}
	from, no := formDate(q.Get("startDate"), time.UnixMilli(0))
	if no != nil {
		return nil, no
	}
	to, no := formDate(q.Get("endDate"), time.UnixMilli(1<<52))
	if no != nil {
		return nil, no
	}
	return c.ofForm(func(f *form) (any, *refusal) {
		out := []formResultOut{}
		for _, r := range f.results {
			if r.completed == (completed != "false") && r.at >= from.UnixMilli() && r.at < to.UnixMilli() {
				out = append(out, c.showResult(r))
			}
		}
		return out, nil
	})
}

func (c *call) showResult(r *formResult) formResultOut {
	return formResultOut{r.id, c.date(r.at), r.test, r.completed, r.answers}
}

// formDate reads yyyyMMddHHmmss, whose time may be missing from the right.
func formDate(text string, absent time.Time) (time.Time, *refusal) {
	const layout = "20060102150405"
	if text == "" {
		return absent, nil
	}
	if n := len(text); n >= 8 && n <= len(layout) {
		if at, err := time.ParseInLocation(layout[:n], text, amsterdam); err == nil {
			return at, nil
		}
	}
	return absent, refuse(http.StatusBadRequest, InvalidParams, "Invalid date: use yyyyMMddHHmmss")
}

func (c *call) formResult() (any, *refusal) {
	return c.ofForm(func(f *form) (any, *refusal) {
		for _, r := range f.results {
			if decimal(r.id) == c.args[1] {
				return c.showResult(r), nil
			}
		}
		return nil, refuse(http.StatusNotFound, FormResultNotFound, "Form result not found")
	})
}

// ofForm runs do with the form of the path, under the lock.
func (c *call) ofForm(do func(*form) (any, *refusal)) (any, *refusal) {
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, f := range a.forms {
		if decimal(f.ID) == c.args[0] {
			return do(f)
		}
	}
	return nil, refuse(http.StatusNotFound, FormNotFound, "Form not found")
}

// formHistory is GET /contact/{externalId}/forms.
func (c *call) formHistory() (any, *refusal) {
	p, no := c.page(false)
	if no != nil {
		return nil, no
	}
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	who := a.byID[c.key.field][c.args[0]]
	if who == nil {
		return nil, c.rules.notFound()
	}
	out := []formHistoryOut{}
	for _, f := range a.forms {
		for _, r := range f.results {
			if r.who == who && p.take() {
				out = append(out, formHistoryOut{f.show(), r.id, isoDate(r.at), r.completed})
			}
		}
	}
	return c.wrapped("formHistories", out, len(out), p), nil
}
