package spotler

import (
	"context"
	"strconv"
	"time"
)

// Form is a form that Spotler can show and take in (Mail+ API section 5.14).
type Form struct {
	ID    int64
	Name  string
	Kind  string // normal, subscribe, unSubscribe, editProfile or one we do not know
	State string // draft, proof, final or one we do not know
}

func decodeForm(o *object) Form {
	return Form{o.mustWhole("id"), o.text("name"), o.word("formSubType"), o.word("formState")}
}

// Forms lists the forms; kind and state narrow it unless empty (Mail+ API 5.14 no. 61).
func (c *Client) Forms(ctx context.Context, kind, state string) ([]Form, error) {
	var q query
	if kind != "" {
		q = q.add("formSubType", kind)
	}
	if state != "" {
		q = q.add("formState", state)
	}
	return read(ctx, c, call{op: "spotler.Forms", path: "form.list", query: string(q)}, all("forms", decoder(c.dates, decodeForm)))
}

// FormPage says how a form is shown.
type FormPage struct {
	PostURL      string // where the page posts to; required
	Contact      string // Spotler's own reference of the person, to fill the form in; may be empty
	Extra        string // parameters that are handed on; may be empty
	OutputFormat string // HTML4STRICT (when empty) or XHTML1STRICT
	OutputMode   string // TABLES (when empty) or DIV
	// Prefilled is sent by PrefillForm only.
	Prefilled map[string][]string
}

func (p FormPage) wire() map[string]any {
	out := map[string]any{"postUrl": p.PostURL}
	for name, v := range map[string]string{"encId": p.Contact, "extraParams": p.Extra, "outputFormat": p.OutputFormat, "outputMode": p.OutputMode} {
		if v != "" {
			out[name] = v
		}
	}
	return out
}

// FormView is what to show for a form.
type FormView struct {
	HTML, Script string
	Confirmation bool   // the page that thanks
	URL          string // where to go instead, when set
}

func decodeFormView(o *object) FormView {
	return FormView{o.text("html"), o.text("script"), o.flag("isConfirmationPage"), o.text("url")}
}

// Form gives the page of a form (Mail+ API 5.14 no. 62).
func (c *Client) Form(ctx context.Context, id int64, p FormPage) (FormView, error) {
	const op = "spotler.Form"
	if p.PostURL == "" {
		return FormView{}, wants(op, "a form needs the address it posts to")
	}
	var q query
	wire := p.wire()
	for _, name := range []string{"postUrl", "encId", "extraParams", "outputFormat", "outputMode"} {
		if v, ok := wire[name].(string); ok {
			q = q.add(name, v)
		}
	}
	return read(ctx, c, call{op: op, path: "form.get", id: strconv.FormatInt(id, 10), query: string(q)}, decoder(c.dates, decodeFormView))
}

// PrefillForm gives the page of a form with values filled in (Mail+ API 5.14 no. 63).
func (c *Client) PrefillForm(ctx context.Context, id int64, p FormPage) (FormView, error) {
	const op = "spotler.PrefillForm"
	if p.PostURL == "" {
		return FormView{}, wants(op, "a form needs the address it posts to")
	}
	body := p.wire()
	if len(p.Prefilled) > 0 {
		body["prefilledValues"] = p.Prefilled
	}
	return ask(ctx, c, call{op: op, path: "form.prefill", id: strconv.FormatInt(id, 10)}, body, decoder(c.dates, decodeFormView))
}

// SubmitForm sends in a form and gives the page that follows (Mail+ API 5.14 no. 65).
func (c *Client) SubmitForm(ctx context.Context, id int64, p FormPage, answers map[string][]string) (FormView, error) {
	const op = "spotler.SubmitForm"
	if p.PostURL == "" {
		return FormView{}, wants(op, "a form needs the address it posts to")
	}
	body := p.wire()
	delete(body, "encId")
	delete(body, "extraParams")
	if answers == nil {
		answers = map[string][]string{}
	}
	body["formParams"] = answers
	return ask(ctx, c, call{op: op, path: "form.submit", id: strconv.FormatInt(id, 10)}, body, decoder(c.dates, decodeFormView))
}

// FormResult is what somebody sent in.
type FormResult struct {
	ID              int64
	Submitted       time.Time
	Test, Completed bool
	Answers         []FormAnswer
}

// FormAnswer is the answer to one question.
type FormAnswer struct {
	Rank, FieldID int64
	Description   string
	Answer        []string
}

func decodeFormResult(o *object) FormResult {
	answer := func(o *object) FormAnswer {
		return FormAnswer{o.whole("rank"), o.whole("fieldId"), o.text("description"), o.texts("answer")}
	}
	return FormResult{o.mustWhole("formResultId"), o.time("submittedAt"), o.flag("testResult"), o.flag("completed"), nested(o, "answers", answer)}
}

// FormResults lists what was sent in during a period; all of it, or only the
// completed ones (Mail+ API 5.14 no. 64). Bounds are sent in the zone of the client.
func (c *Client) FormResults(ctx context.Context, id int64, when Between, completed bool) ([]FormResult, error) {
	const op = "spotler.FormResults"
	if when.wrong() {
		return nil, wants(op, "the period ends before it begins")
	}
	q := query("").add("completed", strconv.FormatBool(completed))
	const layout = "20060102150405"
	if !when.From.IsZero() {
		q = q.add("startDate", when.From.In(c.dates.zone()).Format(layout))
	}
	if !when.To.IsZero() {
		q = q.add("endDate", when.To.In(c.dates.zone()).Format(layout))
	}
	k := call{op: op, path: "form.results", id: strconv.FormatInt(id, 10), query: string(q)}
	return read(ctx, c, k, all("formResults", decoder(c.dates, decodeFormResult)))
}

// FormResult reads one of them (Mail+ API 5.14 no. 66).
func (c *Client) FormResult(ctx context.Context, form, result int64) (FormResult, error) {
	k := call{op: "spotler.FormResult", path: "form.result", id: strconv.FormatInt(form, 10), of: strconv.FormatInt(result, 10)}
	return read(ctx, c, k, decoder(c.dates, decodeFormResult))
}
