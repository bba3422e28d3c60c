package dataversesim

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// registerBus makes a Service Bus queue as the endpoint of a step.
func (o *org) registerBus(message, table, more string) {
	o.t.Helper()
	step := o.register("http://127.0.0.1:1/", message, table, "")
	handler := o.must(200, "GET", "sdkmessageprocessingsteps("+step+")?$select=_eventhandler_value", "").json(o.t)["_eventhandler_value"]
	o.must(204, "PATCH", fmt.Sprintf("serviceendpoints(%s)", handler), `{"contract":6,"namespaceformat":2,"namespaceaddress":"sb://contoso.servicebus.windows.net/","solutionnamespace":"contoso",
		"path":"spotler-jobs","authtype":2,"saskeyname":"send","saskey":"c2VjcmV0","messageformat":2`+more+`}`)
}

func (o *org) mapBus(b *broker, more string) {
	o.t.Helper()
	o.must(200, "PUT", "/control/servicebus", `{"namespaces":{"contoso.servicebus.windows.net":{"address":"`+b.listener.Addr().String()+`"`+more+`}},"retries":30,"retry_millis":1}`)
}

func TestServiceBus(t *testing.T) {
	o, b := newOrg(t, Config{Seed: 1, OrganizationName: "orgtest", Workers: 1}), newBroker(t, "send", "c2VjcmV0")
	o.registerBus("Update", "contact", "")
	o.mapBus(b, `,"prefix":"/queues/"`)
	o.must(201, "POST", "/control/columns/contact", `{"name":"dh_story","kind":"memo","max":1000000}`)
	o.must(204, "PATCH", "contacts("+ann+")", `{"lastname":"Bee"}`)
	o.must(204, "PATCH", "contacts("+ann+")", `{"jobtitle":"x"}`)
	o.must(204, "PATCH", "contacts("+ann+")", `{"dh_story":"`+strings.Repeat("d", 195<<10)+`"}`)
	o.flush()
	got := b.take()
	if len(got) != 2 {
		t.Fatalf("%d messages; jobs: %s", len(got), o.must(200, "GET", "asyncoperations", "").body)
	}
	if got[0].address != "/queues/spotler-jobs" {
		t.Errorf("sent to %q", got[0].address)
	}
	var context struct{ MessageName, PrimaryEntityName, OperationId string }
	if err := json.Unmarshal([]byte(got[0].sections[0x75].(string)), &context); err != nil || context.MessageName != "Update" || context.PrimaryEntityName != "contact" {
		t.Errorf("%v in %v", err, got[0].sections[0x75])
	}
	properties := got[0].sections[0x73].([]any)
	if properties[0] != context.OperationId || properties[6] != "application/json" {
		t.Errorf("properties %v", properties)
	}
	for i, want := range map[int]string{0: "", 1: "MessageMaxSizeExceeded"} {
		text := fmt.Sprint(got[i].sections[0x74])
		for _, pair := range []string{claims + "Organization orgtest.crm4.dynamics.com", claims + "EntityLogicalName contact", claims + "RequestName Update", want} {
			if !strings.Contains(text, pair) {
				t.Errorf("%q is missing in %s", pair, text)
			}
		}
		if slim := strings.Contains(got[i].sections[0x75].(string), `"InputParameters":[]`); slim != (i == 1) {
			t.Errorf("message %d: slim %v", i, slim)
		}
	}
	if jobs := o.must(200, "GET", "asyncoperations?$filter=statuscode%20eq%2030", "").json(t)["value"].([]any); len(jobs) != 2 {
		t.Errorf("%d succeeded jobs", len(jobs))
	}
}

// A broker that is away is tried again until it is back; nothing is lost.
func TestServiceBusRestart(t *testing.T) {
	o, b := newOrg(t, Config{Seed: 1, Workers: 1}), newBroker(t, "send", "c2VjcmV0")
	o.registerBus("Create", "contact", "")
	o.mapBus(b, "")
	for i := range 6 {
		if i == 3 {
			o.flush()
			b.setDown(true)
		}
		o.must(204, "POST", "contacts", fmt.Sprintf(`{"lastname":"N%d"}`, i))
	}
	<-b.turned
	<-b.turned // the first wait is over
	if jobs := o.must(200, "GET", "asyncoperations?$filter=statecode%20eq%201%20and%20statuscode%20eq%2010", "").json(t)["value"].([]any); len(jobs) != 1 {
		t.Errorf("%d waiting jobs", len(jobs))
	}
	b.setDown(false)
	o.flush()
	var all strings.Builder
	for _, m := range b.take() {
		all.WriteString(m.sections[0x75].(string))
	}
	for i := range 6 {
		if !strings.Contains(all.String(), fmt.Sprintf(`"key":"lastname","value":"N%d"`, i)) {
			t.Errorf("message %d is lost", i)
		}
	}
}

func TestServiceBusTrouble(t *testing.T) {
	for name, c := range map[string]struct{ more, prefix, want string }{
		"a wrong key":       {`,"saskey":"wrong"`, "", "could not be sent"},
		"another format":    {`,"messageformat":1`, "", "Only JSON"},
		"a token":           {`,"authtype":3`, "", "Only SAS keys"},
		"no path":           {`,"path":null`, "", "no path"},
		"another namespace": {`,"namespaceaddress":"sb://fabrikam.servicebus.windows.net/"`, "", "not mapped"},
		"a relay":           {`,"contract":3`, "", "not simulated"},
	} {
		t.Run(name, func(t *testing.T) {
			o, b := newOrg(t, Config{Seed: 1, Workers: 1}), newBroker(t, "send", "c2VjcmV0")
			o.registerBus("Create", "contact", c.more)
			o.must(200, "PUT", "/control/servicebus", `{"namespaces":{"contoso.servicebus.windows.net":{"address":"`+b.listener.Addr().String()+`"}},"retries":1,"retry_millis":1}`)
			o.must(204, "POST", "contacts", `{"lastname":"Bee"}`)
			o.flush()
			jobs := o.must(200, "GET", "asyncoperations?$select=message,statuscode", "").json(t)["value"].([]any)
			job, _ := jobs[0].(map[string]any)
			if len(jobs) != 1 || job["statuscode"] != 31.0 || !strings.Contains(fmt.Sprint(job["message"]), c.want) || strings.Contains(fmt.Sprint(job), "c2VjcmV0") {
				t.Errorf("%v", jobs)
			}
		})
	}
}
