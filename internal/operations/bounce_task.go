package operations

import (
	"slices"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/dataverse"
	"github.com/spotler-connector/connector/internal/store"
)

// ownerColumn is the column of the person who looks after a row.
const ownerColumn = "ownerid"

// bounceTask is the task of the owner of a row to correct the address, after messages
// to it came back (manual: "Bounces", How to solve bounces): one for a bounce, however
// often it is told. It repeats no address. The lookups of an activity carry the name of its
// table (reference: dataverse-api 5.4).
func (b *run) bounceTask(a *arrival) []store.Telling {
	status := a.standing.Status
	if a.standing.Reason == "" || !slices.Contains(b.env.BounceTasks, status) {
		return nil
	}
	fields := dataverse.Fields{"subject": "Correct the e-mail address", "prioritycode": 2,
		"description": clipText("Spotler cannot reach this person any more ("+string(status)+"). "+sentence(a.standing.Reason), 2000),
		"regardingobjectid_" + string(a.record.Table) + "_task@odata.bind": "/" + target(a.record.Table, a.record.ID)}
	if owner, ok := a.row.Lookup(ownerColumn); ok && owner.Table == "team" {
		fields["ownerid_task@odata.bind"] = "/teams(" + string(owner.ID) + ")"
	} else if ok {
		fields["ownerid_task@odata.bind"] = "/systemusers(" + string(owner.ID) + ")"
	}
	id := b.env.rowID("bounce/" + a.record.String() + "/" + a.in.Changed.UTC().String())
	return []store.Telling{{Environment: b.env.Name, Target: taskSet + "(" + string(id) + ")", Create: true, Body: b.body(fields)}}
}

// taskSet is the entity set of tasks.
const taskSet = "tasks"

// wantsOwner reports whether the owner of rows of t must be read.
func (e *Environment) wantsOwner(t connector.Table) bool {
	_, owned := e.Tables[t].Column(ownerColumn)
	return owned && len(e.BounceTasks) > 0
}
