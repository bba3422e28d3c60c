package dataversesim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// Assumptions are the answers to questions that the reference does not settle,
// or marks as inferred. A test that would break when one of them flips has found
// a place where the connector depends on a guess.
type Assumptions struct {
	LabelsWait      bool   `json:"labels_need_publishing"`
	UnknownSolution string `json:"unknown_solution"`
	OptionPrefix    bool   `json:"option_prefix"`
	KeySeconds      int    `json:"key_index_seconds"`
	MissingKeyCode  string `json:"missing_key_code"`
}

// DefaultAssumptions returns what the reference deems most likely.
func DefaultAssumptions() Assumptions {
	return Assumptions{LabelsWait: true, UnknownSolution: "refuse", OptionPrefix: true, MissingKeyCode: "0x80040217"}
}

// assumption tells what an assumption is, where it comes from, and what it may be;
// no choices means any number or either truth.
type assumption struct {
	name, source, says string
	choices            []string
}

// about lists the assumptions that can be changed.
var about = []assumption{
	{"labels_need_publishing", "6.1", "a changed label is seen only after PublishXml or PublishAllXml; what is made is seen at once", nil},
	{"unknown_solution", "2.2", "what MSCRM.SolutionUniqueName with a name that is not there does: refuse the request, or make the component in the default solution", []string{"refuse", "default"}},
	{"option_prefix", "6.1", "option values made for a solution must begin with its publisher's option value prefix", nil},
	{"key_index_seconds", "6.1", "how long the index of a new alternate key is Pending", nil},
	{"missing_key_code", "2.9", "the code of the 404 for a row that no alternate key has", []string{"0x80040217", "0x80060891"}},
}

// Check returns what cannot be assumed, or nil.
func (a Assumptions) Check() error {
	values := a.values()
	for _, q := range about {
		got := fmt.Sprint(values[q.name])
		if q.choices != nil && !slices.Contains(q.choices, got) {
			return fmt.Errorf("assumption %s cannot be %q: choose one of %v", q.name, got, q.choices)
		}
	}
	if a.KeySeconds < 0 {
		return fmt.Errorf("assumption key_index_seconds cannot be below 0")
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

// settled are the assumptions that are part of how the simulator is built: they
// are told, not changed.
var settled = []struct {
	name         string
	value        any
	source, says string
}{
	{"code_dependency", "0x8004f01f", "2.9", "the code of a definition that cannot be deleted because another needs it"},
	{"code_platform", "0x80047013", "2.9", "the code of a definition of the platform that cannot be deleted or changed so"},
	{"put_missing", "default", "6.1", "what a PUT of a definition leaves out gets its default; a label that is left out stays"},
}
