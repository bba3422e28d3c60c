package dataversesim

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// receiver is somebody's webhook: it keeps what it gets.
type receiver struct {
	*httptest.Server
	mu    sync.Mutex
	calls []call
	// reply gives the status for the n-th call; nil answers 200.
	reply func(n int) int
}

type call struct {
	query  string
	header http.Header
	body   string
}

func newReceiver(t testing.TB) *receiver {
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		r.mu.Lock()
		r.calls = append(r.calls, call{req.URL.RawQuery, req.Header, string(body)})
		n, reply := len(r.calls), r.reply
		r.mu.Unlock()
		if reply != nil {
			w.WriteHeader(reply(n))
		}
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) take() []call {
	r.mu.Lock()
	defer r.mu.Unlock()
	calls := r.calls
	r.calls = nil
	return calls
}

// register makes an endpoint and a step over the Web API, as an installer does,
// and returns the id of the step.
func (o *org) register(url, message, table, more string, auth ...string) string {
	o.t.Helper()
	first := func(path, key string) string {
		value := o.must(200, "GET", path, "").json(o.t)["value"].([]any)
		if len(value) != 1 {
			o.t.Fatalf("%s: %v", path, value)
		}
		return value[0].(map[string]any)[key].(string)
	}
	id := func(r reply) string {
		at := r.header.Get("OData-EntityId")
		return strings.TrimSuffix(at[strings.LastIndexByte(at, '(')+1:], ")")
	}
	kind, value := "4", "hush"
	if len(auth) == 2 {
		kind, value = auth[0], auth[1]
	}
	endpoint := id(o.must(204, "POST", "serviceendpoints", fmt.Sprintf(`{"name":"hook","contract":8,"url":%q,"authtype":%s,"authvalue":%q}`, url, kind, value)))
	sdkMessage := first("sdkmessages?$select=sdkmessageid,name&$filter=name%20eq%20'"+message+"'", "sdkmessageid")
	filter := first("sdkmessagefilters?$select=sdkmessagefilterid&$filter=primaryobjecttypecode%20eq%20'"+table+"'%20and%20sdkmessageid/name%20eq%20'"+message+"'", "sdkmessagefilterid")
	return id(o.must(204, "POST", "sdkmessageprocessingsteps", `{"name":"Test: `+message+` of `+table+`","stage":40,"mode":1,"rank":1,"supporteddeployment":0,
		"eventhandler_serviceendpoint@odata.bind":"/serviceendpoints(`+endpoint+`)","sdkmessageid@odata.bind":"/sdkmessages(`+sdkMessage+`)",
		"sdkmessagefilterid@odata.bind":"/sdkmessagefilters(`+filter+`)"`+more+`}`))
}

func (o *org) flush() {
	o.t.Helper()
	o.must(200, "POST", "/control/events/flush", "")
}

func TestWebhook(t *testing.T) {
	o, hook := newOrg(t, Config{Seed: 1, OrganizationName: "orgtest", Workers: 1}), newReceiver(t)
	step := o.register(hook.URL+"/hook?x=1", "Update", "contact", `,"asyncautodelete":true,"filteringattributes":"emailaddress1,donotemail"`)
	o.must(204, "POST", "sdkmessageprocessingstepimages", `{"name":"PreImage","entityalias":"PreImage","imagetype":0,"messagepropertyname":"Target","attributes":"emailaddress1,statecode","sdkmessageprocessingstepid@odata.bind":"/sdkmessageprocessingsteps(`+step+`)"}`)
	o.must(204, "PATCH", "contacts("+ann+")", `{"lastname":"Bee","emailaddress1":"old@example.org"}`)
	o.must(204, "PATCH", "contacts("+ann+")", `{"jobtitle":"outside the filter"}`)
	o.must(204, "PATCH", "contacts("+ann+")", `{"emailaddress1":"new@example.org","firstname":"Ann"}`)
	o.must(204, "PATCH", "contacts("+ann+")", `{"emailaddress1":"new@example.org"}`) // present, though unchanged
	o.must(204, "PATCH", "contacts("+ann+")", `{"emailaddress1":"x@example.org"}`, "MSCRM.BypassBusinessLogicExecution", "CustomSync,CustomAsync")
	o.flush()
	calls := hook.take()
	if len(calls) != 2 {
		t.Fatalf("%d calls", len(calls))
	}
	c := calls[0]
	if c.query != "x=1&code=hush" {
		t.Errorf("query %q", c.query)
	}
	for name, want := range map[string]string{"Content-Type": "application/json", "X-Ms-Dynamics-Organization": "orgtest.crm4.dynamics.com", "X-Ms-Dynamics-Entity-Name": "contact", "X-Ms-Dynamics-Request-Name": "Update", "X-Ms-Dynamics-Msg-Size-Exceeded": ""} {
		if c.header.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, c.header.Get(name), want)
		}
	}
	for _, want := range []string{`"Depth":1`, `"MessageName":"Update"`, `"Stage":40`, `"OrganizationName":"orgtest"`, `"PrimaryEntityId":"` + ann + `"`,
		`{"key":"emailaddress1","value":"new@example.org"}`, `{"key":"fullname","value":"Ann Bee"}`, `{"key":"PreImage","value":{"Attributes":[{"key":"emailaddress1","value":"old@example.org"}`,
		`{"key":"AsynchronousStepPrimaryName","value":{"Attributes":[{"key":"fullname","value":"Ann Bee"},{"key":"contactid","value":"` + ann + `"}]`, `"OutputParameters":[]`} {
		if !strings.Contains(c.body, want) {
			t.Errorf("%s is missing in\n%s", want, c.body)
		}
	}
	if strings.Contains(c.body, `"key":"donotemail"`) {
		t.Error("an unchanged column is in the body")
	}
	if len(c.body) < 3000 || len(c.body) > 9000 {
		t.Errorf("%d bytes", len(c.body))
	}
	if jobs := o.must(200, "GET", "asyncoperations?$count=true", "").json(t)["@odata.count"]; jobs != 0.0 {
		t.Errorf("%v system jobs are left", jobs)
	}
	if r := o.must(200, "GET", "serviceendpoints", ""); strings.Contains(r.body, "hush") || !strings.Contains(r.body, `"isauthvalueset":true`) {
		t.Errorf("endpoints %s", r.body)
	}
}

func TestWebhookCreateDelete(t *testing.T) {
	o, hook := newOrg(t, Config{Seed: 1, Workers: 1}), newReceiver(t)
	o.register(hook.URL, "Create", "dh_spotlerjob", "", "5", `<settings><setting name="x-secret" value="hush"/></settings>`)
	o.register(hook.URL, "Delete", "dh_spotlerjob", "", "6", `<settings><setting name="key" value="a b"/></settings>`)
	o.must(204, "PATCH", "contacts("+bob+")", `{"lastname":"Bee"}`)
	o.must(204, "PATCH", "dh_spotlerjobs("+ann+")?tag=mine", `{"dh_name":"a/b","dh_operation":480000006,"dh_Customer_contact@odata.bind":"/contacts(`+bob+`)"}`)
	o.must(204, "DELETE", "dh_spotlerjobs("+ann+")", "")
	o.flush()
	calls := hook.take()
	if len(calls) != 2 || calls[0].header.Get("X-Secret") != "hush" || calls[1].query != "key=a+b" {
		t.Fatalf("calls %+v", calls)
	}
	for _, want := range []string{`{"key":"dh_name","value":"a\/b"}`, `{"key":"dh_operation","value":{"__type":"OptionSetValue:http:\/\/schemas.microsoft.com\/xrm\/2011\/Contracts","Value":480000006}}`,
		`"LogicalName":"contact","Name":null`, `"OutputParameters":[{"key":"id","value":"` + ann + `"}]`, `{"key":"tag","value":"mine"}`, `{"key":"dh_operation","value":"Sync Contact"}`, `{"key":"statuscode","value":"Queued"}`} {
		if !strings.Contains(calls[0].body, want) {
			t.Errorf("%s is missing in\n%s", want, calls[0].body)
		}
	}
	if want := `"InputParameters":[{"key":"Target","value":{"__type":"EntityReference:http:\/\/schemas.microsoft.com\/xrm\/2011\/Contracts","Id":"` + ann + `"`; !strings.Contains(calls[1].body, want) {
		t.Errorf("%s is missing in\n%s", want, calls[1].body)
	}
	if n := o.must(200, "GET", "asyncoperations?$count=true&$filter=statuscode%20eq%2030", "").json(t)["@odata.count"]; n != 2.0 {
		t.Errorf("%v succeeded jobs", n)
	}
}

func TestWebhookRetry(t *testing.T) {
	o, hook := newOrg(t, Config{Seed: 1, Workers: 1}), newReceiver(t)
	step := o.register(hook.URL, "Update", "contact", `,"asyncautodelete":true`)
	o.must(204, "PATCH", "contacts("+ann+")", `{"lastname":"Bee"}`)
	for _, c := range []struct {
		statuses []int
		failed   float64
	}{{[]int{503, 200}, 0}, {[]int{502, 504}, 1}, {[]int{500}, 2}, {[]int{404}, 3}, {[]int{302}, 4}} {
		hook.mu.Lock()
		hook.reply = func(n int) int { return c.statuses[n-1] }
		hook.mu.Unlock()
		o.must(204, "PATCH", "contacts("+ann+")", `{"jobtitle":"x"}`)
		o.flush()
		if calls := hook.take(); len(calls) != len(c.statuses) {
			t.Errorf("%v: %d calls", c.statuses, len(calls))
		}
		r := o.must(200, "GET", "asyncoperations?$count=true&$orderby=completedon%20desc&$filter=statuscode%20eq%2031%20and%20_owningextensionid_value%20eq%20@stepid&@stepid="+step, "")
		if got := r.json(t)["@odata.count"]; got != c.failed {
			t.Errorf("%v: %v failed jobs", c.statuses, got)
		}
	}
	o.must(204, "PATCH", "sdkmessageprocessingsteps("+step+")", `{"statecode":1,"statuscode":2}`)
	o.must(204, "PATCH", "contacts("+ann+")", `{"jobtitle":"y"}`)
	o.flush()
	if calls := hook.take(); len(calls) != 0 {
		t.Errorf("a disabled step ran: %v", calls)
	}
}

func TestWebhookOversize(t *testing.T) {
	o, hook := newOrg(t, Config{Seed: 1, Workers: 1}), newReceiver(t)
	o.register(hook.URL, "Create", "dh_spotlerjob", "")
	o.must(204, "PATCH", "dh_spotlerjobs("+ann+")", `{"dh_automationfields":"`+strings.Repeat("x", 99_999)+`"}`)
	o.must(204, "PATCH", "dh_spotlerjobs("+bob+")", `{"dh_automationfields":"`+strings.Repeat(`\"`, 99_999)+`"}`)
	o.flush()
	calls := hook.take()
	if len(calls) != 2 || calls[0].header.Get("X-Ms-Dynamics-Msg-Size-Exceeded") != "" || calls[1].header.Get("X-Ms-Dynamics-Msg-Size-Exceeded") == "" {
		t.Fatalf("%d calls", len(calls))
	}
	if slim := calls[1].body; len(slim) > 4096 || !strings.Contains(slim, `"PrimaryEntityId":"`+bob+`"`) || !json.Valid([]byte(slim)) {
		t.Errorf("slim body %s", slim)
	}
}

func TestPauseAndFlush(t *testing.T) {
	o, hook := newOrg(t, Config{Seed: 1, Workers: 1}), newReceiver(t)
	o.register(hook.URL, "Create", "contact", "")
	o.must(200, "POST", "/control/events/pause", "")
	for i := range 20 {
		o.must(204, "PATCH", "contacts("+numbered(i)+")", `{"lastname":"x"}`)
	}
	if r := o.must(409, "POST", "/control/events/flush", ""); r.json(t)["queued"] != 20.0 {
		t.Errorf("paused: %s", r.body)
	}
	o.must(200, "POST", "/control/events/resume", "")
	o.flush()
	for i, c := range hook.take() {
		if !strings.Contains(c.body, `"PrimaryEntityId":"`+numbered(i)+`"`) {
			t.Errorf("call %d is out of order", i)
		}
	}
	if r := o.must(200, "GET", "/control/events", ""); r.json(t)["delivered"] != 20.0 {
		t.Errorf("events %s", r.body)
	}
}

func TestStepRefused(t *testing.T) {
	o := newOrg(t, Config{Seed: 1})
	step := o.register("http://127.0.0.1:9/", "Update", "contact", "")
	at := "sdkmessageprocessingsteps(" + step + ")"
	o.must(501, "PATCH", at, `{"mode":0}`)
	o.must(400, "PATCH", at, `{"stage":20}`)
	o.must(400, "PATCH", at, `{"filteringattributes":"emailaddress1,nosuchcolumn"}`)
	o.must(400, "POST", "sdkmessageprocessingsteps", `{"name":"x","stage":40,"mode":1}`)
	o.must(400, "POST", "sdkmessageprocessingsteps", `{"name":"x","SdkMessageId@odata.bind":"/sdkmessages(`+ann+`)"}`)
	r := o.must(200, "GET", "serviceendpoints?$filter=contract%20eq%208&$select=name,url&$expand=serviceendpoint_sdkmessageprocessingstep($select=name)", "")
	if !strings.Contains(r.body, `"name":"Test: Update of contact"`) {
		t.Errorf("expand %s", r.body)
	}
	id := firstValue(t, r.body, "serviceendpointid")
	r = o.must(200, "GET", "serviceendpoints("+id+")/serviceendpoint_sdkmessageprocessingstep?$select=name,mode,stage", "")
	if steps := r.json(t)["value"].([]any); len(steps) != 1 || steps[0].(map[string]any)["stage"] != 40.0 {
		t.Errorf("steps of an endpoint: %s", r.body)
	}
	r = o.must(200, "GET", at+"?$select=name&$expand=eventhandler_serviceendpoint($select=name),sdkmessagefilterid($select=primaryobjecttypecode),sdkmessageid($select=name)", "")
	if !strings.Contains(r.body, `"primaryobjecttypecode":"contact"`) || !strings.Contains(r.body, `"name":"Update"`) {
		t.Errorf("expand %s", r.body)
	}
}

func TestWhoDidIt(t *testing.T) {
	o, hook := newOrg(t, Config{Seed: 1, Workers: 1}), newReceiver(t)
	made := o.must(201, "POST", "/control/webhooks", `{"url":"`+hook.URL+`","authtype":5,"authvalue":"<settings><setting name='x-secret' value='hush'/></settings>","steps":[
		{"message":"Create","table":"contact"},{"message":"Update","table":"contact","filteringattributes":"jobtitle","pre_image":"jobtitle","auto_delete":true}]}`).json(t)
	if len(made["steps"].([]any)) != 2 {
		t.Fatalf("made %v", made)
	}
	who := o.must(200, "GET", "/control/organization", "").json(t)
	o.must(204, "PATCH", "contacts("+ann+")", `{"lastname":"Bee"}`)
	o.must(200, "POST", "/control/edits", `[{"set":"contacts","id":"`+ann+`","body":{"jobtitle":"x"}}]`)
	o.must(200, "POST", "/control/edits", `[{"set":"contacts","id":"`+ann+`","body":{"lastname":"Cee"}}]`)
	o.flush()
	calls := hook.take()
	if len(calls) != 2 {
		t.Fatalf("%d calls", len(calls))
	}
	for i, user := range []any{who["user_id"], who["person_id"]} {
		if want := fmt.Sprintf(`"InitiatingUserId":"%s"`, user); !strings.Contains(calls[i].body, want) || calls[i].header.Get("x-secret") != "hush" {
			t.Errorf("call %d is not of %s", i, user)
		}
	}
	o.must(400, "POST", "/control/webhooks", `{"url":"`+hook.URL+`","steps":[{"message":"Fly","table":"contact"}]}`)
}
