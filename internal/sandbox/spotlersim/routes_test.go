package spotlersim_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/spotler-connector/connector/internal/sandbox/spotlersim"
)

// world is an account with something in every chapter.
func world(t *testing.T) (s *rig, known *strings.Replacer) {
	t.Helper()
	s = start(t)
	for _, id := range []string{"a", "b", "c", "d"} {
		s.upsert(204, id, fmt.Sprintf(`{"email":"%s@w.example","firstName":"%s","permissions":[{"bit":1,"enabled":true}]}`, id, id))
	}
	s.setup("campaigns", `{"encrypted_id":"camp","name":"Welkom","active":true,"triggers":[{"encryptedId":"trig","name":"Start"}]}`)
	s.setup("campaigns", `{"encrypted_id":"idle","name":"Oud","active":false,"triggers":[{"encryptedId":"trig-idle","name":"Start"}]}`)
	s.setup("automations", `{"id":"auto","name":"Welkom","active":true,"limit":1,"triggers":[{"triggerCode":"code","name":"Nieuw","automationFields":[{"name":"link","type":"url"}]}]}`)
	s.setup("automations", `{"id":"auto2","name":"Uit","active":false,"triggers":[{"triggerCode":"code","name":"Nieuw"},{"triggerCode":"off","name":"Uit"}]}`)
	s.setup("forms", `{"name":"Inschrijven","formSubType":"subscribe","fields":[{"fieldId":"f1","description":"E-mail","property":"email","required":true}]}`)
	if status, body := s.control("PUT", "/control/products/custom-properties", `[{"name":"colour"}]`); status != 201 {
		t.Fatal(status, body)
	}
	s.want(204, "POST", "/product", `{"product":`+goods("p1")+`}`)
	s.want(200, "POST", "/audience", `{"externalId":"aud","name":"Klanten"}`)
	s.want(204, "POST", "/templist", `{"externalTemporaryListId":"tmp","name":"Beurs","contacts":["a"]}`)
	s.want(204, "POST", "/order", `{"order":`+purchase("o1")+`}`)
	mail, bulk := s.sentOut("bulk", ""), s.sentOut("campaign", `"campaign":"camp",`)
	for _, act := range []string{`{"external_id":"a","act":"open"}`, `{"external_id":"a","act":"click","link":1}`} {
		for _, ref := range []string{mail, bulk} {
			if status, body := s.control("POST", "/control/life/mailings/"+ref+"/act", act); status != 204 {
				t.Fatal(status, body)
			}
		}
	}
	s.want(200, "POST", "/form/result/1", `{"postUrl":"https://x.example/","formParams":{"f1":["a@w.example"]}}`)
	return s, strings.NewReplacer("{bulk}", mail, "{camp}", bulk)
}

func (s *rig) setup(what, body string) string {
	s.Helper()
	status, answer := s.control("POST", "/control/"+what, body)
	if status != 201 {
		s.Fatalf("%s: %d %s", what, status, answer)
	}
	return answer
}

// sentOut sends a mailing to a and returns its id.
func (s *rig) sentOut(kind, more string) string {
	s.Helper()
	var row struct {
		Ref string `json:"encrypted_id"`
	}
	body := fmt.Sprintf(`{"name":"Brief","kind":%q,%s"to":{"external_ids":["a"]},"rates":{"hard":0,"soft":0,"open":0,"click":0,"blind":0}}`, kind, more)
	decode(s, s.setup("life/mailings", body), &row)
	return row.Ref
}

func goods(id string) string {
	return fmt.Sprintf(`{"externalId":%q,"name":"Fiets","link":"https://shop.example/1","price":19900,"imageUrl":"https://shop.example/1.png","imageLargeUrl":"https://shop.example/1L.png","visible":"true","customProperties":{"colour":"red"}}`, id)
}

func purchase(id string) string {
	return fmt.Sprintf(`{"externalId":%q,"externalContactId":"a","date":"2024-01-01T10:00:00+01:00","value":19900,"externalProductIds":["p1"]}`, id)
}

// inOrder calls what must exist before what takes it away.
func inOrder(cases map[string][]try) []string {
	rank := func(key string) int {
		switch {
		case strings.HasPrefix(key, "GET contact/{}/tags"):
			return 5
		case strings.Contains(key, "/stop") || strings.Contains(key, "/tags") && key[0] == 'D':
			return 6
		case key == "PUT contact/{}/score":
			return 4
		case strings.HasPrefix(key, "DELETE audience/{}/contact"):
			return 7
		case strings.HasPrefix(key, "DELETE"), strings.Contains(key, "anonymize"), strings.Contains(key, "inactivate"):
			return 8
		case strings.HasPrefix(key, "PUT audience"):
			return 7
		case strings.HasPrefix(key, "PUT"):
			return 3
		case strings.HasPrefix(key, "POST"):
			return 2
		}
		return 1
	}
	var keys []string
	for k := range cases {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int {
		if d := rank(a) - rank(b); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	return keys
}

// Every operation of the contract, on both bases, answers as documented.
func TestEveryOperation(t *testing.T) {
	for _, base := range []string{spotlersim.BaseCurrent, spotlersim.BaseV110} {
		s, known := world(t)
		s.base = base
		cases := operationCases()
		for _, key := range inOrder(cases) {
			method, _, _ := strings.Cut(key, " ")
			for _, c := range cases[key] {
				status, answer := s.call(method, known.Replace(c.path), c.body)
				if status != c.status {
					t.Errorf("%s %s%s %s: %d %s, want %d", method, base, c.path, c.body, status, answer, c.status)
				}
				var said struct{ ErrorType, Message, Result string }
				_ = json.Unmarshal([]byte(answer), &said)
				if c.word != "" && said.ErrorType+said.Result != c.word {
					t.Errorf("%s %s %s: %s, want %s", method, c.path, c.body, answer, c.word)
				}
				if said.ErrorType != "" && said.Message == "" {
					t.Errorf("%s %s: no message", method, c.path)
				}
				if (status == 204) != (answer == "" && status < 300) {
					t.Errorf("%s %s: %d with the body %q", method, c.path, status, answer)
				}
			}
		}
	}
}

// documented reads the operations of the listing as "GET contact/{}".
func (s *rig) documented() map[string]bool {
	s.Helper()
	var list struct{ APIs []struct{ Path string } }
	decode(s, s.want(200, "GET", "/api-docs", ""), &list)
	out := map[string]bool{}
	for _, resource := range list.APIs {
		var d struct {
			BasePath string
			APIs     []struct {
				Path       string
				Operations []struct {
					Method, Nickname, Type string
					Parameters             []struct{ Name, ParamType, Type string }
				}
			}
			Models map[string]struct{ Properties map[string]map[string]any }
		}
		decode(s, s.want(200, "GET", "/api-docs"+resource.Path, ""), &d)
		if d.BasePath != s.url+spotlersim.BaseCurrent {
			s.Errorf("base path %q", d.BasePath)
		}
		nicknames := map[string]bool{}
		for _, api := range d.APIs {
			for _, o := range api.Operations {
				out[o.Method+" "+anonymous(api.Path)] = true
				if nicknames[o.Nickname] {
					s.Errorf("nickname %s is there twice", o.Nickname)
				}
				nicknames[o.Nickname] = true
				for _, p := range o.Parameters {
					if p.ParamType == "body" && d.Models[p.Type].Properties == nil {
						s.Errorf("%s %s: the model %s is missing", o.Method, api.Path, p.Type)
					}
				}
				if o.Type != "void" && o.Type != "array" && d.Models[o.Type].Properties == nil {
					s.Errorf("%s %s: the model %s is missing", o.Method, api.Path, o.Type)
				}
			}
		}
	}
	return out
}

// anonymous is a path of the listing without the names of its arguments.
func anonymous(path string) string {
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i, p := range parts {
		if p[0] == '{' {
			parts[i] = "{}"
		}
	}
	return strings.Join(parts, "/")
}

// What is described is what is tested above, and under the contract of 2022
// exactly the 65 operations of that year; the others answer 404.
func TestDescribesItself(t *testing.T) {
	s, _ := world(t)
	cases := operationCases()
	all := s.documented()
	for key := range all {
		if cases[key] == nil {
			t.Errorf("%s is described, and no case calls it", key)
		}
	}
	for key := range cases {
		if !all[key] {
			t.Errorf("%s is not described", key)
		}
	}
	s.assume(`{"contract_2022":true}`)
	old := s.documented()
	if len(old) != 65 {
		t.Errorf("%d operations are described under the contract of 2022, want 65", len(old))
	}
	for key := range all {
		method, path, _ := strings.Cut(key, " ")
		if !old[key] {
			s.refused(404, "RESOURCE_NOT_FOUND", method, "/"+strings.ReplaceAll(path, "{}", "a"), "")
		}
	}
	s.refused(404, "RESOURCE_NOT_FOUND", "GET", "/api-docs/tag", "")
	s.base = spotlersim.BaseV110
	s.refused(404, "RESOURCE_NOT_FOUND", "GET", "/api-docs", "")
}

// Each assumed part has a switch of its own.
func TestSwitches(t *testing.T) {
	s, _ := world(t)
	var started struct {
		AutomationResults []struct {
			AutomationID, AutomationContactID, Result string
		}
	}
	decode(t, s.want(200, "POST", "/automation/trigger/code", `{"externalContactId":"b"}`), &started)
	if r := started.AutomationResults; len(r) != 2 || r[0].AutomationContactID == "" || r[1].Result != "AUTOMATION_INACTIVE" || r[1].AutomationContactID != "" {
		t.Errorf("results %+v", r)
	}
	s.want(204, "POST", "/automation/stop", `{"automationContactIds":["`+started.AutomationResults[0].AutomationContactID+`","zz"]}`)
	s.refused(400, "INVALID_STATE", "POST", "/automation/auto/stop", `{"externalContactId":"b"}`)
	s.refused(400, "INVALID_PARAMS", "POST", "/automation/trigger/code", `{"externalContactId":"c","automationFields":[{"name":"a b"}]}`)
	s.assume(`{"automation_list":"/automation","automation_stop":false,"automation_fields":false,"tags":false}`)
	if list := s.want(200, "GET", "/automation", ""); strings.Contains(list, "automationFields") || !strings.Contains(list, `"triggerCode":"code"`) {
		t.Errorf("list %s", list)
	}
	s.refused(404, "RESOURCE_NOT_FOUND", "GET", "/automation/list", "")
	s.refused(404, "RESOURCE_NOT_FOUND", "POST", "/automation/stop", `{}`)
	s.refused(404, "RESOURCE_NOT_FOUND", "GET", "/contact/a/tags", "")
	if answer := s.want(200, "POST", "/automation/trigger/code", `{"externalContactId":"c","automationFields":[{"name":"a b"}]}`); strings.Contains(answer, "automationContactId") {
		t.Errorf("a run id without fields: %s", answer)
	}
	s.control("PUT", "/control/licence", `{"licence":"professional"}`)
	s.refused(403, "NOT_AUTHORIZED", "GET", "/audience/aud", "")
	s.control("PUT", "/control/licence", `{"licence":"ecommerce"}`)
	s.want(200, "GET", "/audience/aud", "")
}
