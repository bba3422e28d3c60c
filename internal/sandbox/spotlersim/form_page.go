package spotlersim

import (
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// formPage is the object FormResponse.
type formPage struct {
	HTML         string `json:"html,omitempty"`
	Script       string `json:"script,omitempty"`
	Confirmation bool   `json:"isConfirmationPage"`
	URL          string `json:"url,omitempty"`
}

// formPageRequest asks for the page of a form.
type formPageRequest struct {
	PostURL      text              `json:"postUrl"`
	EncryptedID  text              `json:"encId"`
	ExtraParams  text              `json:"extraParams"`
	OutputFormat string            `json:"outputFormat"`
	OutputMode   string            `json:"outputMode"`
	Prefilled    map[string][]text `json:"prefilledValues"`
}

// formParams is what somebody filled in.
type formParams struct {
	PostURL      text              `json:"postUrl"`
	OutputFormat string            `json:"outputFormat"`
	OutputMode   string            `json:"outputMode"`
	Params       map[string][]text `json:"formParams"`
}

// encIDField is the hidden field of a form by which a contact is known.
const encIDField = "encId"

func decimal(n int32) string { return strconv.FormatInt(int64(n), 10) }

// layout checks how a page is to look.
func layout(postURL text, format, mode string) *refusal {
	if u, err := url.Parse(string(postURL)); err != nil || postURL == "" || u.Host == "" {
		return refuse(http.StatusBadRequest, InvalidParams, "Invalid postUrl or no postUrl given")
	}
	if !slices.Contains([]string{"", "HTML4STRICT", "XHTML1STRICT"}, format) || !slices.Contains([]string{"", "TABLES", "DIV"}, mode) {
		return refuse(http.StatusBadRequest, InvalidParams, "Invalid outputFormat or outputMode")
	}
	return nil
}

func (c *call) getForm() (any, *refusal) {
	q := c.URL.Query()
	return c.formPage(formPageRequest{PostURL: text(q.Get("postUrl")), EncryptedID: text(q.Get("encId")), ExtraParams: text(q.Get("extraParams")),
		OutputFormat: q.Get("outputFormat"), OutputMode: q.Get("outputMode")})
}

func (c *call) prefilledForm() (any, *refusal) {
	var req formPageRequest
	if no := c.read(&req); no != nil {
		return nil, no
	}
	return c.formPage(req)
}

func (c *call) formPage(req formPageRequest) (any, *refusal) {
	if no := layout(req.PostURL, req.OutputFormat, req.OutputMode); no != nil {
		return nil, no
	}
	return c.ofForm(func(f *form) (any, *refusal) {
		given := map[string][]text{encIDField: {req.EncryptedID}}
		if who := c.account.find(selector{EncryptedID: string(req.EncryptedID)}); who != nil {
			for _, field := range f.Fields {
				if value := scalarOf(who.values[field.Property]); value != "" {
					given[field.ID] = []text{text(value)}
				}
			}
		}
		for id, values := range req.Prefilled {
			given[id] = values
		}
		return formPage{HTML: f.html(req, given, "")}, nil
	})
}

// html writes the form. says is shown above it.
func (f *form) html(req formPageRequest, given map[string][]text, says string) string {
	open, row, end := "<table>", "<tr><td>%</td></tr>", "</table>"
	if req.OutputMode == "DIV" {
		open, row, end = "<div>", "<div>%</div>", "</div>"
	}
	close := ">"
	if req.OutputFormat == "XHTML1STRICT" {
		close = "/>"
	}
	value := func(id string) string {
		if v := given[id]; len(v) > 0 {
			return html.EscapeString(string(v[0]))
		}
		return ""
	}
	var b strings.Builder
	b.WriteString(`<form method="post" action="` + html.EscapeString(string(req.PostURL)) + `">`)
	b.WriteString(`<input type="hidden" name="formId" value="` + decimal(f.ID) + `"` + close)
	b.WriteString(`<input type="hidden" name="` + encIDField + `" value="` + value(encIDField) + `"` + close)
	b.WriteString(html.EscapeString(says) + open)
	for _, field := range f.Fields {
		input := html.EscapeString(field.Description) + ` <input type="text" name="` + html.EscapeString(field.ID) + `" value="` + value(field.ID) + `"` + close
		b.WriteString(strings.Replace(row, "%", input, 1))
	}
	return b.String() + end + `<input type="submit"` + close + `</form>`
}

// submitForm is POST /form/result/{formId}. What cannot be accepted is answered
// with the form once more; a right one with the page that confirms it.
func (c *call) submitForm() (any, *refusal) {
	var req formParams
	if no := c.read(&req); no != nil {
		return nil, no
	}
	if no := layout(req.PostURL, req.OutputFormat, req.OutputMode); no != nil {
		return nil, no
	}
	return c.ofForm(func(f *form) (any, *refusal) {
		d, says := c.answered(f, req.Params)
		if says != "" {
			again := formPageRequest{PostURL: req.PostURL, OutputFormat: req.OutputFormat, OutputMode: req.OutputMode}
			return formPage{HTML: f.html(again, req.Params, says)}, nil
		}
		who := c.formContact(f, d, req.Params)
		r := &formResult{id: int32(len(f.results) + 1), at: c.account.stamp(c.sim.clock()), test: f.State != "final", completed: true, who: who}
		for i, field := range f.Fields {
			answer := formAnswer{Rank: i + 1, FieldID: field.ID, Description: field.Description}
			for _, v := range req.Params[field.ID] {
				answer.Answer = append(answer.Answer, string(v))
			}
			r.answers = append(r.answers, answer)
		}
		f.results = append(f.results, r)
		c.account.effect(c.sim.clock(), "form_filled_in", decimal(f.ID), who)
		return formPage{HTML: "<p>Bedankt</p>", Confirmation: true}, nil
	})
}

// answered reads the answers that belong to properties; says is what is wrong
// with one.
func (c *call) answered(f *form, given map[string][]text) (d *draft, says string) {
	object := map[string]string{}
	for _, field := range f.Fields {
		values := given[field.ID]
		empty := len(values) == 0 || values[0] == ""
		if empty && field.Required {
			return nil, field.Description + " is verplicht"
		}
		if !empty && field.Property != "" {
			object[field.Property] = string(values[0])
		}
	}
	raw, _ := json.Marshal(object)
	d, wrong := c.account.draft(raw, c.sim)
	if wrong != nil {
		return nil, wrong.message
	}
	return d, ""
}

// formContact finds the contact that filled in a form, by the hidden field or by
// the address, and does to it what the form is for.
func (c *call) formContact(f *form, d *draft, given map[string][]text) *contact {
	a, now := c.account, c.sim.clock()
	who := a.withEmail(d.email)
	if ids := given[encIDField]; len(ids) > 0 {
		if known := a.find(selector{EncryptedID: string(ids[0])}); known != nil {
			who = known
		}
	}
	switch {
	case f.SubType == "unSubscribe":
		if who != nil {
			a.optOut(who, now)
		}
	case f.SubType == "subscribe" && who == nil && d.email != "":
		who = a.create(a.stamp(now))
		a.apply(who, d, false)
		a.touch(who, now, true)
	case f.SubType == "subscribe" || f.SubType == "editProfile":
		if who != nil {
			a.apply(who, d, false)
			a.touch(who, now, true)
		}
	}
	return who
}
