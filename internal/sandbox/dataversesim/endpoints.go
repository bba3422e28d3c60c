package dataversesim

import (
	"slices"
	"strings"
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

const stepTableName = "sdkmessageprocessingstep"

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
