package intake

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/dataverse"
	"github.com/spotler-connector/connector/internal/operations"
	"github.com/spotler-connector/connector/internal/store"
)

const event = "4af10637-4ea2-e711-8122-000d3aa2331c"

func decode(t testing.TB, body string) dataverse.ExecutionContext {
	t.Helper()
	x, err := dataverse.DecodeExecutionContext([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// row writes an Entity with columns, which are JSON.
func row(columns ...string) string {
	var list []string
	for i := 0; i < len(columns); i += 2 {
		list = append(list, fmt.Sprintf(`{"key":%q,"value":%s}`, columns[i], columns[i+1]))
	}
	return `{"Attributes":[` + strings.Join(list, ",") + `],"Id":"` + string(ID(9)) + `","LogicalName":"x"}`
}

func target(columns ...string) string {
	return `,"InputParameters":[{"key":"Target","value":` + strings.Replace(row(columns...), "{", `{"__type":"Entity:http:\/\/schemas.microsoft.com\/xrm\/2011\/Contracts",`, 1) + `}]`
}

func pre(columns ...string) string {
	return `,"PreEntityImages":[{"key":"PreImage","value":` + row(columns...) + `}]`
}

func post(columns ...string) string {
	return `,"PostEntityImages":[{"key":"AsynchronousStepPrimaryName","value":` + row("statuscode", option(2)) + `},{"key":"PostImage","value":` + row(columns...) + `}]`
}

func option(n int) string {
	return fmt.Sprintf(`{"__type":"OptionSetValue:http:\/\/schemas.microsoft.com\/xrm\/2011\/Contracts","Value":%d}`, n)
}

func ref(table connector.Table, n int) string {
	return fmt.Sprintf(`{"__type":"EntityReference:http:\/\/schemas.microsoft.com\/xrm\/2011\/Contracts","Id":%q,"LogicalName":%q}`, ID(n), table)
}

// say writes requests down: lane, operation, class, key and job.
func say(t *testing.T, puts []store.Put) (out []string) {
	t.Helper()
	for _, p := range puts {
		args, err := operations.DecodeArguments(p.Arguments)
		if err != nil || p.Environment != "acme" || p.Source != "webhook" {
			t.Errorf("%+v %v", p, err)
		}
		s := fmt.Sprintf("%s %s class %d key %s", p.Lane, p.Operation, p.Class, p.Key)
		if p.Job != "" {
			s += " job " + string(p.Job)
		}
		if !args.Resolve.IsZero() {
			s += " resolve " + args.Resolve.String()
		}
		out = append(out, strings.ReplaceAll(s, "00000000-0000-4000-8000-00000000000", "#"))
	}
	return out
}

func TestPeople(t *testing.T) {
	live, urgent := "acme/%s/#9 Sync Contact class 1 key "+event, "acme/%s/#9 Sync Contact class 0 key "+event
	for _, tt := range []struct{ message, table, more, want string }{
		{"Create", "contact", target("donotemail", "false"), live},
		{"Create", "account", "", live},
		{"Update", "lead", target("firstname", `"A"`), live},
		{"Update", "contact", target("donotemail", "true"), urgent},
		{"Update", "contact", target("donotbulkemail", "null"), urgent},
		{"Update", "contact", "", urgent}, // size exceeded
		{"Update", "contact", `,"InputParameters":[{"key":"Target","value":{"Id":"broken","LogicalName":"contact"}}]`, urgent},
		{"Delete", "contact", "", urgent},
		{"Merge", "contact", "", ""},
		{"SetState", "contact", "", ""},
	} {
		puts, err := Requests(testEnvironment(), decode(t, contextOf(tt.message, connector.Table(tt.table), ID(9), tt.more)))
		var want []string
		if tt.want != "" {
			want = []string{fmt.Sprintf(tt.want, tt.table)}
		}
		if d := cmp.Diff(want, say(t, puts)); err != nil || d != "" {
			t.Errorf("%s %s %s: %v %s", tt.message, tt.table, tt.more, err, d)
		}
	}
	env := testEnvironment()
	env.Tables = []connector.Table{connector.Contact}
	if puts, err := Requests(env, decode(t, contextOf("Update", "lead", ID(9), ""))); len(puts) != 0 || err != nil {
		t.Errorf("a table that is not synchronised: %v %v", puts, err)
	}
}

func TestPermissions(t *testing.T) {
	sync := func(table string, n int) string {
		return fmt.Sprintf("acme/%s/#%d Sync Contact class 0 key %s/%s/#%d", table, n, event, table, n)
	}
	resolve := "acme/unresolved/dh_spotlerpermission/#9 Sync Contact class 0 key resolve/" + event + " resolve dh_spotlerpermission/#9"
	for _, tt := range []struct {
		name, message, more string
		want                []string
	}{
		{"created", "Create", target("dh_customer", ref("contact", 1), "dh_subscribed", "true"), []string{sync("contact", 1)}},
		{"created for a lead", "Create", target("dh_lead", ref("lead", 1)), []string{sync("lead", 1)}},
		{"created for nobody", "Create", target("dh_subscribed", "true"), nil},
		{"created, size exceeded", "Create", "", []string{resolve}},
		{"changed", "Update", target("dh_subscribed", "false") + post("dh_customer", ref("account", 2)), []string{sync("account", 2)}},
		{"changed, only the image before", "Update", target("dh_subscribed", "false") + pre("dh_customer", ref("contact", 1)), []string{sync("contact", 1)}},
		{"changed, no image", "Update", target("dh_subscribed", "false"), []string{resolve}},
		{"moved", "Update", target("dh_customer", ref("contact", 2)) + pre("dh_customer", ref("contact", 1)) + post("dh_customer", ref("contact", 2)), []string{sync("contact", 1), sync("contact", 2)}},
		{"from a lead to a contact", "Update", target("dh_customer", ref("contact", 2), "dh_lead", "null") + pre("dh_lead", ref("lead", 1)), []string{sync("lead", 1), sync("contact", 2)}},
		{"taken from everybody", "Update", target("dh_customer", "null") + pre("dh_customer", ref("contact", 1)) + post(), []string{sync("contact", 1)}},
		{"deleted", "Delete", pre("dh_customer", ref("contact", 1)), []string{sync("contact", 1)}},
		{"deleted, no image", "Delete", "", []string{resolve}},
		{"a broken id", "Update", `,"PostEntityImages":[{"key":"PostImage","value":{"Attributes":[{"key":"dh_customer","value":{"Id":"broken","LogicalName":"contact"}}],"LogicalName":"x"}}]`, []string{resolve}},
		{"of a row that is not synchronised", "Update", post("dh_customer", ref("opportunity", 1)), nil},
	} {
		puts, err := Requests(testEnvironment(), decode(t, contextOf(tt.message, "dh_spotlerpermission", ID(9), tt.more)))
		if d := cmp.Diff(tt.want, say(t, puts)); err != nil || d != "" {
			t.Errorf("%s: %v %s", tt.name, err, d)
		}
	}
}

func TestJobs(t *testing.T) {
	job := func(lane string, op connector.Operation, key string) []string {
		return []string{fmt.Sprintf("acme/%s %s class 1 key #9%s job #9", lane, op, key)}
	}
	resolve := func(key string) []string {
		return []string{"acme/unresolved/dh_spotlerjob/#9 Sync Contact class 0 key resolve/#9" + key + " resolve dh_spotlerjob/#9"}
	}
	tag := []string{"dh_operation", option(480000009), "dh_customer", ref("contact", 1), "dh_parametername", `"VIP"`}
	with := func(more ...string) []string { return append(append([]string{}, tag...), more...) }
	back := "/" + event
	for _, tt := range []struct {
		name, message, more string
		want                []string
	}{
		{"created", "Create", target(with("statuscode", option(1))...), job("contact/#1", connector.AddTag, "")},
		{"created without a status", "Create", target(tag...), job("contact/#1", connector.AddTag, "")},
		{"created by us", "Create", target(with("statuscode", option(1), "dh_madebyconnector", "true")...), nil},
		{"created as Completed", "Create", target(with("statuscode", option(2))...), nil},
		{"created with an empty status", "Create", target(with("statuscode", "null")...), nil},
		{"created with a status that does not exist", "Create", target(with("statuscode", option(77))...), nil},
		{"created, size exceeded", "Create", "", resolve("")},
		{"of a list", "Create", target("dh_operation", option(480000000), "dh_list", ref("list", 3)), job("list/#3", connector.SyncList, "")},
		{"unknown operation", "Create", target("dh_operation", option(5), "dh_customer", ref("contact", 1)), job("environment/job/#9", 5, "")},
		{"operation of another type", "Create", target("dh_operation", `"Add Tag"`, "dh_customer", ref("contact", 1)), job("environment/job/#9", 0, "")},
		{"no operation", "Create", target("dh_customer", ref("contact", 1)), job("environment/job/#9", 0, "")},
		{"two customers", "Create", target(with("dh_lead", ref("lead", 2))...), job("environment/job/#9", connector.AddTag, "")},
		{"no customer", "Create", target("dh_operation", option(480000006)), job("environment/job/#9", connector.SyncContact, "")},
		{"a broken id", "Create", target("dh_customer", `{"__type":"EntityReference:x","Id":"broken","LogicalName":"contact"}`), resolve("")},
		{"set back", "Update", target("statuscode", option(1)) + pre("statuscode", option(480000002)) + post(with("statuscode", option(1))...), job("contact/#1", connector.AddTag, back)},
		{"set back with a new parameter", "Update", target("statuscode", option(1), "dh_operation", option(480000010)) + pre("statuscode", option(2)) + post(tag...), job("contact/#1", connector.RemoveTag, back)},
		{"set to Queued while queued", "Update", target("statuscode", option(1)) + pre("statuscode", option(1)) + post(tag...), nil},
		{"set to Queued while in progress", "Update", target("statuscode", option(1)) + pre("statuscode", option(480000001)) + post(tag...), nil},
		{"set to Queued, nobody knows from what", "Update", target("statuscode", option(1)) + post(tag...), job("contact/#1", connector.AddTag, back)},
		{"told by us", "Update", target("statuscode", option(2)) + pre("statuscode", option(1)) + post(with("statuscode", option(2))...), nil},
		{"told by us, no image", "Update", target("statuscode", option(2)), nil},
		{"a Queued row is edited", "Update", target("dh_parametername", `"x"`) + post(with("statuscode", option(1))...), nil},
		{"our row set back", "Update", target("statuscode", option(1)) + post(with("statuscode", option(1), "dh_madebyconnector", "true")...), nil},
		{"set back, no image", "Update", target("statuscode", option(1)), resolve(back)},
		{"set back, size exceeded", "Update", "", resolve(back)},
		{"deleted", "Delete", "", nil},
	} {
		puts, err := Requests(testEnvironment(), decode(t, contextOf(tt.message, "dh_spotlerjob", ID(9), tt.more)))
		if d := cmp.Diff(tt.want, say(t, puts)); err != nil || d != "" {
			t.Errorf("%s: %v %s", tt.name, err, d)
		}
	}
}

func TestJobParameters(t *testing.T) {
	x := decode(t, contextOf("Create", "dh_spotlerjob", ID(9), target("dh_operation", option(480000001), "dh_lead", ref("lead", 1), "dh_automation", ref("dh_spotlerautomation", 2),
		"dh_list", ref("list", 3), "dh_automationfields", `"{}"`, "dh_automationcontactid", `"7"`, "dh_parametername", `"n"`, "dh_parametervalue", `"v"`)))
	puts, err := Requests(testEnvironment(), x)
	if err != nil || len(puts) != 1 {
		t.Fatal(puts, err)
	}
	args, err := operations.DecodeArguments(puts[0].Arguments)
	want := connector.Job{ID: ID(9), Operation: connector.StartAutomation, Lead: connector.Record{Table: "lead", ID: ID(1)}, List: connector.Record{Table: "list", ID: ID(3)},
		Name: "n", Value: "v", Automation: connector.Record{Table: "dh_spotlerautomation", ID: ID(2)}, AutomationFields: "{}", AutomationContactIDs: "7"}
	if d := cmp.Diff(want, args.Job); err != nil || d != "" {
		t.Error(err, d)
	}
}

func TestEventKeys(t *testing.T) {
	person := connector.Record{Table: "contact", ID: ID(9)}
	base := strings.Replace(contextOf("Update", "contact", ID(9), ""), `,"OperationId":"`+event+`"`, "", 1)
	with := func(members string) string { return strings.TrimSuffix(base, "}") + members + "}" }
	for body, want := range map[string]string{
		base:                                     "",
		with(`,"RequestId":"` + event + `"`):     event + "/Update/" + person.String(),
		with(`,"CorrelationId":"` + event + `"`): event + "/Update/" + person.String(),
		with(`,"RequestId":"` + event + `","OperationCreatedOn":"\/Date(1506384247000)\/"`): event + "/Update/" + person.String() + "/1506384247000",
		with(`,"OperationCreatedOn":"\/Date(1506384247000)\/"`):                             "/Update/" + person.String() + "/1506384247000",
		with(`,"OperationId":"` + event + `"`):                                              event,
	} {
		if got := eventKey(decode(t, body), person); got != want {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
}
