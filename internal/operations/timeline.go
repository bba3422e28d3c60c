package operations

import (
	"strconv"
	"strings"

	"github.com/spotler-connector/connector/internal/schema"
	"github.com/spotler-connector/connector/internal/store"
)

// timelinePost is the line that an op leaves on the timeline of its person (manual:
// "Timeline Posts"): one, however often the op runs or the line is told. None for an
// op that is not in the lane of a person.
func (b *run) timelinePost(t store.Taken, text string) []store.Telling {
	person, ok := t.Lane.Record()
	if !ok || !person.Table.IsPerson() {
		return nil
	}
	id := b.env.rowID("post/" + strconv.FormatInt(t.ID, 10))
	body, err := b.env.CRM.PostBody(person, id, clipText(text, 2000))
	if err != nil { // a line is not worth the work it tells of
		b.Log.Error("a timeline post could not be written", "environment", b.env.Name, "op", t.ID, "err", err)
		return nil
	}
	return []store.Telling{{Environment: b.env.Name, Target: target(schema.PostTable, id), Create: true, Body: body}}
}

// isPost reports whether a telling makes a timeline post. Posts know no update
// (reference: dataverse-api 5.5).
func isPost(target string) bool {
	return strings.HasPrefix(target, schema.SetOf(schema.PostTable)+"(")
}
