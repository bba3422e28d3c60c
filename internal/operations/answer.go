package operations

import (
	"fmt"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/store"
)

// Answer is what a person chose for a field of which each side has its own value.
type Answer struct {
	Field  string `json:"field"`  // the Spotler property
	Choice string `json:"choice"` // "crm" or "spotler"
}

// PutAnswer asks for the work of taking the chosen value to the other side, in the
// lane of the record that the question is about. It thaws a frozen field too. Only
// questions about one field of a record have two sides; others are fault.NotValid.
func PutAnswer(r store.Review, choice, key, source string) (store.Put, error) {
	record, err := connector.ParseRecord(r.Subject)
	if err != nil || r.Field == "" {
		return store.Put{}, &fault.Error{Op: "operations.PutAnswer", Kind: fault.NotValid, Says: "the question is not about the value of a field: dismiss it once it is settled by hand"}
	}
	if choice != "crm" && choice != "spotler" {
		return store.Put{}, &fault.Error{Op: "operations.PutAnswer", Kind: fault.NotValid, Says: "choose crm or spotler: the side whose value is right"}
	}
	args, err := Arguments{Answer: &Answer{Field: r.Field, Choice: choice}}.Encode()
	if err != nil {
		return store.Put{}, fmt.Errorf("operations: answer: %w", err)
	}
	return store.Put{Environment: r.Environment, Lane: store.LaneOf(r.Environment, record), Operation: connector.FromSpotler, Class: store.Live,
		Source: source, Arguments: args, Key: key}, nil
}
