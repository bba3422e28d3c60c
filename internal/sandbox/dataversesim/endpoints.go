package dataversesim

import (
	"slices"
	"strings"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/schema"
)

// What contract, authtype, stage and mode can be (reference: dataverse-api 1.1 and 1.3).
const (
	contractWebhook  = 8
	authWebhookKey   = 4
	authHTTPHeader   = 5
	authQueryString  = 6
	stagePost        = 40
	modeAsynchronous = 1
)

// eventTables are the platform's own tables about events, and the few it
// cannot do without.
func eventTables() []schema.Table {
	return []schema.Table{
		{Name: "systemuser", Set: "systemusers", Key: "systemuserid", Primary: "fullname", Columns: []schema.Column{
			{Name: "systemuserid", Kind: schema.PrimaryKey}, text("fullname", 200), text("applicationid", 36)}},
		{Name: "businessunit", Set: "businessunits", Key: "businessunitid", Primary: "name", Columns: []schema.Column{
			{Name: "businessunitid", Kind: schema.PrimaryKey}, text("name", 160)}},
		{Name: "serviceendpoint", Set: "serviceendpoints", Key: "serviceendpointid", Primary: "name", Columns: []schema.Column{
			{Name: "serviceendpointid", Kind: schema.PrimaryKey}, text("name", 256), text("description", 2000), whole("contract"), whole("authtype"),
			text("authvalue", 2048), text("url", 2000), whole("messageformat"), whole("messagecharset"), whole("namespaceformat"),
			text("namespaceaddress", 255), text("solutionnamespace", 160), text("path", 160), text("saskeyname", 256), text("saskey", 256),
			text("sastoken", 256), whole("userclaim"), whole("connectionmode"), whole("schematype"),
			{Name: "isauthvalueset", Kind: schema.Bool}, {Name: "issaskeyset", Kind: schema.Bool}, {Name: "issastokenset", Kind: schema.Bool}}},
		{Name: "sdkmessage", Set: "sdkmessages", Key: "sdkmessageid", Primary: "name", Columns: []schema.Column{
			{Name: "sdkmessageid", Kind: schema.PrimaryKey}, text("name", 256)}},
		{Name: "sdkmessagefilter", Set: "sdkmessagefilters", Key: "sdkmessagefilterid", Columns: []schema.Column{
			{Name: "sdkmessagefilterid", Kind: schema.PrimaryKey}, text("primaryobjecttypecode", 64), text("secondaryobjecttypecode", 64), to("sdkmessageid", "sdkmessage")}},
		stepTable(),
		{Name: "environmentvariabledefinition", Set: "environmentvariabledefinitions", Key: "environmentvariabledefinitionid", Primary: "schemaname", Columns: []schema.Column{
			{Name: "environmentvariabledefinitionid", Kind: schema.PrimaryKey}, text("schemaname", 100), text("displayname", 100), whole("type"), text("defaultvalue", 2000)}},
		{Name: "environmentvariablevalue", Set: "environmentvariablevalues", Key: "environmentvariablevalueid", Primary: "schemaname", Columns: []schema.Column{
			{Name: "environmentvariablevalueid", Kind: schema.PrimaryKey}, text("schemaname", 100), text("value", 2000), to("environmentvariabledefinitionid", "environmentvariabledefinition")}},
		listMemberTable(),
		{Name: "sdkmessageprocessingstepimage", Set: "sdkmessageprocessingstepimages", Key: "sdkmessageprocessingstepimageid", Primary: "name", Columns: []schema.Column{
			{Name: "sdkmessageprocessingstepimageid", Kind: schema.PrimaryKey}, text("name", 256), text("entityalias", 256), whole("imagetype"),
			text("messagepropertyname", 256), text("attributes", 100000), to("sdkmessageprocessingstepid", stepTableName)}},
		{Name: "asyncoperation", Set: "asyncoperations", Key: "asyncoperationid", Primary: "name", Columns: []schema.Column{
			{Name: "asyncoperationid", Kind: schema.PrimaryKey}, text("name", 256), text("message", 1<<20), text("friendlymessage", 1<<20), whole("errorcode"),
			whole("operationtype"), text("messagename", 160), text("primaryentitytype", 128), to("owningextensionid", stepTableName),
			{Name: "correlationid", Kind: unique}, {Name: "createdon", Kind: schema.DateTime}, {Name: "startedon", Kind: schema.DateTime}, {Name: "completedon", Kind: schema.DateTime},
			{Name: "statecode", Kind: schema.State, Options: []schema.Option{{Value: 0, Label: "Ready"}, {Value: 1, Label: "Suspended"}, {Value: 2, Label: "Locked"}, {Value: 3, Label: "Completed"}}},
			{Name: "statuscode", Kind: schema.Status, Options: []schema.Option{{Value: 0, Label: "Waiting For Resources"}, {Value: 10, Label: "Waiting", State: 1}, {Value: 20, Label: "In Progress", State: 2},
				{Value: 30, Label: "Succeeded", State: 3}, {Value: 31, Label: "Failed", State: 3}, {Value: 32, Label: "Canceled", State: 3}}}}},
	}
}

const stepTableName = "sdkmessageprocessingstep"

func stepTable() schema.Table {
	return schema.Table{Name: stepTableName, Set: "sdkmessageprocessingsteps", Key: "sdkmessageprocessingstepid", Primary: "name", Columns: []schema.Column{
		{Name: "sdkmessageprocessingstepid", Kind: schema.PrimaryKey}, text("name", 256), text("description", 256), whole("stage"), whole("mode"), whole("rank"),
		{Name: "asyncautodelete", Kind: schema.Bool}, whole("supporteddeployment"), whole("invocationsource"), text("filteringattributes", 100000), text("configuration", 1<<20),
		{Name: "eventhandler", Kind: schema.Lookup, Targets: []connector.Table{"serviceendpoint", "plugintype"}},
		to("sdkmessageid", "sdkmessage"), to("sdkmessagefilterid", "sdkmessagefilter"),
		{Name: "createdon", Kind: schema.DateTime}, {Name: "modifiedon", Kind: schema.DateTime},
		{Name: "statecode", Kind: schema.State, Options: []schema.Option{{Value: 0, Label: "Enabled"}, {Value: 1, Label: "Disabled"}}},
		{Name: "statuscode", Kind: schema.Status, Options: []schema.Option{{Value: 1, Label: "Enabled"}, {Value: 2, Label: "Disabled", State: 1}}},
	}}
}

func text(name string, limit int) schema.Column {
	return schema.Column{Name: name, Kind: schema.String, Max: limit}
}

func whole(name string) schema.Column { return schema.Column{Name: name, Kind: schema.Int} }

func to(name string, target connector.Table) schema.Column {
	return schema.Column{Name: name, Kind: schema.Lookup, Targets: []connector.Table{target}}
}

// platformMessage is a message that one can register a step for, on these
// tables; without tables on all that are not the platform's own.
type platformMessage struct {
	name, id string
	tables   []string
}

// platformMessages: the ids of the first three are the same in every
// organisation (reference: dataverse-api 4.1 and 6.2).
var platformMessages = []platformMessage{
	{"Create", "9ebdbb1b-ea3e-db11-86a7-000a3a5473e8", nil},
	{"Update", "20bebb1b-ea3e-db11-86a7-000a3a5473e8", nil},
	{"Delete", "a1bdbb1b-ea3e-db11-86a7-000a3a5473e8", nil},
	{"CreateMultiple", "", nil},
	{"UpdateMultiple", "", nil},
	{"UpsertMultiple", "", nil},
	{"AddMember", "", []string{"list"}},
	{"AddListMembers", "", []string{"list"}},
	{"RemoveMember", "", []string{"list"}},
}

// about says whether a step for the message can be registered on t.
func (m platformMessage) about(t *table) bool {
	if m.tables != nil {
		return slices.Contains(m.tables, t.name)
	}
	if t.name == memberTable { // reference: dataverse-api 4.1
		return m.name == "Create" || m.name == "Delete"
	}
	return t.eventful
}

// deriveEndpoint keeps the rules of the event tables: flags that tell whether
// a secret is there, and what a step may be.
func (tx *transaction) deriveEndpoint(c *change) *failure {
	switch c.table.name {
	case "serviceendpoint":
		c.put("isauthvalueset", c.value("authvalue") != nil)
		c.put("issaskeyset", c.value("saskey") != nil)
		c.put("issastokenset", c.value("sastoken") != nil)
		if c.value("contract") == int64(contractWebhook) && c.value("url") == nil {
			return badArgument("A webhook needs a url.")
		}
	case stepTableName:
		return tx.checkStep(c)
	}
	return nil
}

func (tx *transaction) checkStep(c *change) *failure {
	for _, name := range []string{"eventhandler", "sdkmessageid", "stage", "mode"} {
		if c.value(name) == nil {
			return badArgument("The step has no %s.", name)
		}
	}
	if c.value("mode") != int64(modeAsynchronous) {
		return notSimulated("A synchronous step")
	}
	if c.value("stage") != int64(stagePost) {
		return badArgument("An asynchronous step must be registered in stage 40.")
	}
	at, ok := c.value("sdkmessagefilterid").(ref)
	if !ok {
		return nil
	}
	filters := tx.sim.tables["sdkmessagefilter"]
	filter := filters.find(at.id)
	if filter.get(filters.shape.byName["sdkmessageid"]) != c.value("sdkmessageid") {
		return badArgument("The message filter does not belong to the message.")
	}
	name, _ := filter.get(filters.shape.byName["primaryobjecttypecode"]).(string)
	return checkAttributes(tx.sim.tables[name], c)
}

func checkAttributes(t *table, c *change) *failure {
	list, _ := c.value("filteringattributes").(string)
	for _, name := range splitList(list) {
		if t != nil && t.shape.byName[name] == nil {
			return badArgument("The filtering attribute '%s' does not exist on '%s'.", name, t.name)
		}
	}
	return nil
}

// splitList cuts a comma-separated list of logical names.
func splitList(s string) []string {
	return slices.DeleteFunc(strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' }), func(s string) bool { return s == "" })
}
