package spotler

import "slices"

// Certainty says how sure an assumption is.
type Certainty string

// The degrees: seen in somebody's working code, deduced from what the vendor
// says about behaviour, or made up here in the style of the known API.
const (
	Seen    Certainty = "seen"
	Deduced Certainty = "deduced"
	Guessed Certainty = "guessed"
)

// Assumption is one word of Spotler's wire language that the vendor has not
// published. Config.Paths overrides it by name.
type Assumption struct {
	Name      string    `json:"name"`           // the key in the setting spotler.overrides
	Value     string    `json:"value"`          // a verb and a path, or a form of words
	Body      string    `json:"body,omitempty"` // the shape of the request, with the answer behind an arrow
	Certainty Certainty `json:"certainty"`
	Source    string    `json:"source"` // section of the Mail+ API reference
}

// assumed is the one table of what we believe without the vendor's word.
var assumed = []Assumption{
	{"contact.inactivate", "PUT contact/inactivate/{id}", "-> 204", Seen, "5.1 no. 7 and G19"},
	{"search.query", "{property}={value}", "", Seen, "G12: the only grammar seen"},
	{"anonymize.gone", "200,204,410,404", "", Deduced, "G6: 204 in 2022, 410 and 404 in the newer manual"},
	{"automation.list", "GET automation/list", "-> [{automationId, name, active, triggers: [{triggerCode, name, automationFields}]}]", Guessed, "G1"},
	{"automation.list-fallback", "GET automation", "as automation.list, asked when that is not there", Guessed, "G1"},
	{"automation.fields", "automationFields", "the member of a trigger's body that holds [{name, type, value, values}]", Deduced, "G2"},
	{"automation.stop", "POST automation/{id}/stop", "{externalContactId} -> 204", Guessed, "G3"},
	{"automation.stop-runs", "POST automation/stop", "{automationContactIds: []} -> 204", Guessed, "G3"},
	{"automation-mailing.get", "GET automation-mailing/{id}", "-> as campaign-mailing.get", Guessed, "G9"},
	{"interaction.unsubscribed", "GET mailing-interaction/unsubscribed", "-> as interaction.clicked", Guessed, "G10"},
	{"tag.list", "GET tag/list", "-> [{name}]", Guessed, "G4"},
	{"tag.post", "POST tag", "{name} -> 204", Guessed, "G4"},
	{"contact.tags", "GET contact/{id}/tags", "-> [{name, score}]", Guessed, "G4"},
	{"contact.tags-add", "POST contact/{id}/tags", "{tags: []} -> 204", Guessed, "G4"},
	{"contact.tags-remove", "DELETE contact/{id}/tags", "{tags: []} -> 204", Guessed, "G4"},
	{"contact.score", "PUT contact/{id}/score", "{tag, operation: SET|INCREASE|DECREASE, score} -> 204", Guessed, "G4"},
}

// Assumptions is the table of what we believe without the vendor's word.
func Assumptions() []Assumption { return slices.Clone(assumed) }

func isAssumed(name string) bool {
	return slices.ContainsFunc(assumed, func(a Assumption) bool { return a.Name == name })
}
