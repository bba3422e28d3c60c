// Package operations does the work of ops: gather facts, decide, act, and say what
// Dataverse must hear of it.
package operations

import (
	"bytes"
	"encoding/json"
	"fmt"

	connector "github.com/spotler-connector/connector"
)

// Arguments are what an op needs beyond its lane. They are encrypted at rest.
type Arguments struct {
	// Job are the parameters of a Spotler Job; zero for a change that was seen.
	Job connector.Job `json:"job,omitzero"`
	// Resolve is a row whose person or parameters must be read first: a permission
	// row or a job row that an event named without its columns. The op then only
	// hands the request over to the right lane.
	Resolve connector.Record `json:"resolve,omitzero"`
	// Load is a table all of whose rows are to be synchronised.
	Load connector.Table `json:"load,omitempty"`
	// Inbound is a person as Spotler told of them.
	Inbound *Inbound `json:"inbound,omitempty"`
	// Answer is what a person chose for a field that both sides changed.
	Answer *Answer `json:"answer,omitempty"`
}

// Encode returns the arguments as an op carries them; nil when there are none.
func (a Arguments) Encode() ([]byte, error) {
	if a == (Arguments{}) {
		return nil, nil
	}
	b, err := json.Marshal(a)
	if err != nil {
		return nil, fmt.Errorf("operations: encode arguments: %w", err)
	}
	return b, nil
}

// DecodeArguments reads what Encode wrote; nothing reads as no arguments.
func DecodeArguments(b []byte) (Arguments, error) {
	var a Arguments
	if len(b) == 0 {
		return a, nil
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber() // bits are 64 bits wide
	if err := d.Decode(&a); err != nil {
		return a, fmt.Errorf("operations: decode arguments: %w", err)
	}
	return a, nil
}
