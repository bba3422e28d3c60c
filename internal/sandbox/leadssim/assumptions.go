package leadssim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// Assumptions are the answers to questions that no published source settles.
type Assumptions struct {
	VersionRequired     bool   `json:"version_required"`
	ScoreSpelling       string `json:"score_spelling"`
	ModelState          string `json:"model_state"`
	FirstPage           int    `json:"first_page"`
	Redelivery          string `json:"redelivery"`
	EmptyProcess        string `json:"empty_process"`
	QueueOff            string `json:"queue_off"`
	InvalidClientStatus int    `json:"invalid_client_status"`
	StrangerStatus      int    `json:"stranger_status"`
	Seconds             int    `json:"token_seconds"`
	RotateRefresh       bool   `json:"rotate_refresh"`
}

// DefaultAssumptions returns what the reference deems most likely.
func DefaultAssumptions() Assumptions {
	return Assumptions{
		VersionRequired: true, ScoreSpelling: "schema", ModelState: "object", FirstPage: 1, Redelivery: "same",
		EmptyProcess: "null", QueueOff: "empty", InvalidClientStatus: 400, StrangerStatus: 403, Seconds: 3600, RotateRefresh: true,
	}
}

// about tells what each assumption is, where it comes from, and what it may be;
// no choices means any number or either truth.
var about = []struct {
	name, source, says string
	choices            []string
}{
	{"version_required", "10.13", "a call without the header api-version is answered 400", nil},
	{"score_spelling", "9.3", "last7DayScore and yesturdayScore as in the schema, last7DaysScore and yesterdayScore as in the example, or both", []string{"schema", "example", "both"}},
	{"model_state", "9.1", "modelState of an error 400 as object, as in the example, or as array, as in the schema", []string{"object", "array"}},
	{"first_page", "9.2", "the number of the first page", []string{"0", "1"}},
	{"redelivery", "9.2", "a batch that was not marked is delivered again under the same processId or a new one", []string{"same", "new"}},
	{"empty_process", "9.2", "the processId of an empty batch", []string{"null", "zero"}},
	{"queue_off", "9.2", "reading the queue of a client without one: an empty list, or 400", []string{"empty", "400"}},
	{"invalid_client_status", "G21", "what a wrong OAuth client is answered with", []string{"400", "401"}},
	{"stranger_status", "G21", "what a client that the user may not see, or that is not there, is answered with", []string{"403", "404"}},
	{"token_seconds", "9.1", "how long an access token lives", nil},
	{"rotate_refresh", "9.1", "a refresh token is used up by its use, and another one is given", nil},
}

// Check returns what cannot be assumed, or nil.
func (a Assumptions) Check() error {
	values := a.values()
	for _, q := range about {
		if got := fmt.Sprint(values[q.name]); q.choices != nil && !slices.Contains(q.choices, got) {
			return fmt.Errorf("assumption %s cannot be %q: choose one of %v", q.name, got, q.choices)
		}
	}
	if a.Seconds < 1 {
		return fmt.Errorf("assumption token_seconds cannot be below 1")
	}
	return nil
}

func (a Assumptions) values() map[string]any {
	b, _ := json.Marshal(a)
	out := map[string]any{}
	_ = json.Unmarshal(b, &out)
	return out
}

// with returns a with the members of a JSON object changed.
func (a Assumptions) with(object []byte) (Assumptions, error) {
	d := json.NewDecoder(bytes.NewReader(object))
	d.DisallowUnknownFields()
	if err := d.Decode(&a); err != nil {
		return a, err
	}
	return a, a.Check()
}
