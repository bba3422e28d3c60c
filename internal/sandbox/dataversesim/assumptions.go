package dataversesim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
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
	MissingPair     string `json:"missing_pair"`
	ElasticBulk     string `json:"elastic_bulk"`
	CountItems      bool   `json:"entitlement_counts_items"`
	PerDay          int    `json:"entitlement_per_day"`
	// Codes exchanges codes of errors: what the simulator says, then what it should.
	Codes map[string]string `json:"codes"`
}

// form of a code that codes may hold.
var codeForm = regexp.MustCompile(`^0x[0-9a-f]{8}$`)

// code is a code as it is to be told.
func (a *Assumptions) code(code string) string {
	if other, ok := a.Codes[code]; ok {
		return other
	}
	return code
}

// DefaultAssumptions returns what the reference deems most likely.
func DefaultAssumptions() Assumptions {
	return Assumptions{LabelsWait: true, UnknownSolution: "refuse", OptionPrefix: true, MissingKeyCode: "0x80040217", MissingPair: "nothing", ElasticBulk: "good rows", CountItems: true, PerDay: 500000, Codes: map[string]string{}}
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
	{"missing_pair", "2.3", "what taking apart rows that are no pair does: nothing, or it is refused with 404", []string{"nothing", "404"}},
	{"elastic_bulk", "2.8", "what a bulk message on an elastic table keeps when one row is refused", []string{"good rows", "nothing"}},
	{"entitlement_counts_items", "3", "each item of a batch and each row of a bulk message counts by itself", nil},
	{"entitlement_per_day", "3", "requests of a day before the report says that there were too many; none is refused", nil},
	{"codes", "2.9", "codes of errors that are said differently: {what the simulator says: what it should}", nil},
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
	if a.KeySeconds < 0 || a.PerDay < 0 {
		return fmt.Errorf("assumptions key_index_seconds and entitlement_per_day cannot be below 0")
	}
	for from, to := range a.Codes {
		if !codeForm.MatchString(from) || !codeForm.MatchString(to) {
			return fmt.Errorf("assumption codes cannot hold %q: %q; a code is 0x and eight hexadecimal digits in lower case", from, to)
		}
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
	a.Codes = maps.Clone(a.Codes)
	d := json.NewDecoder(bytes.NewReader(object))
	d.DisallowUnknownFields()
	if err := d.Decode(&a); err != nil {
		return a, err
	}
	return a, a.Check()
}
