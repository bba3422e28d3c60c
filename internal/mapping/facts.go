package mapping

import (
	"strings"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
)

// factColumns are the columns that the rules read, beside the address.
var factColumns = []string{"donotemail", "donotbulkemail", "statecode", "statuscode", "merged", "masterid"}

// Facts is what the rules want to know of a row that was read.
type Facts struct {
	Active         bool // state Active; of a lead Open
	Merged         bool
	Qualified      bool // a lead only
	DoNotEmail     bool
	DoNotBulkEmail bool
	Master         connector.RecordID // the winner of a merge; "" for other rows
}

// Facts reads the columns of RuleColumns. A column that is missing from values,
// or has another type, is trouble and never a "no": the error is a fault of kind
// Garbled and names the column. An empty yes/no column is a no.
func (b *Bound) Facts(t connector.Table, values map[string]any) (Facts, error) {
	bt := b.tables[t]
	if bt == nil {
		return Facts{}, &fault.Error{Op: "mapping.Facts", On: string(t), Kind: fault.NotValid, Says: "the mapping does not synchronise this table"}
	}
	var f Facts
	var wrong []string
	read := func(name string) value {
		r, has := bt.facts[name]
		if !has {
			return value{}
		}
		v, says := r.read(values)
		if says != "" || name == "statecode" && v.canonical == "" {
			wrong = append(wrong, name)
		}
		return v
	}
	state := read("statecode")
	f.Active = state.canonical == "0"
	f.Qualified = t == connector.Lead && state.number == 1
	f.Merged = read("merged").number == 1
	f.DoNotEmail = read("donotemail").number == 1
	f.DoNotBulkEmail = read("donotbulkemail").number == 1
	if id, err := connector.ParseRecordID(read("masterid").canonical); err == nil && f.Merged {
		f.Master = id
	}
	if len(wrong) > 0 {
		return Facts{}, &fault.Error{Op: "mapping.Facts", On: string(t) + " " + strings.Join(wrong, ", "), Kind: fault.Garbled,
			Says: "these columns are missing from the answer of Dynamics 365 or have another type; check the connector's rights on them"}
	}
	return f, nil
}
