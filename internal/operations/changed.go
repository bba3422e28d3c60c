package operations

import (
	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/decide"
	"github.com/spotler-connector/connector/internal/mapping"
	"github.com/spotler-connector/connector/internal/store"
)

// Columns are the columns of a person's row that a sync reads: the mapped ones
// and those of the rules, each once.
func Columns(m *mapping.Bound, t connector.Table) []string {
	seen := map[string]bool{}
	var out []string
	for _, c := range append(m.Columns(t), m.RuleColumns(t)...) {
		if !seen[c] {
			seen[c] = true
			out = append(out, c)
		}
	}
	return out
}

// Changed reports whether a row differs from what the link remembers of it, in a
// mapped value or in what the rules look at: whether a sync could do anything.
// hash is the environment's (store.Hasher). Permission rows are not looked at;
// they have events of their own.
func Changed(l store.Link, r mapping.Result, f mapping.Facts, hash func(string) string) bool {
	e := &Environment{hash: hash}
	if e.addressHash(r.Email) != l.AddressHash && l.Owner {
		return true
	}
	gone := f.Merged || f.Qualified
	if l.InSpotler() && (f.DoNotEmail || !f.Active || r.EmailState != connector.EmailValid || r.Excluded != "") && !gone {
		return true
	}
	if !l.InSpotler() {
		return true // whether it may come in is the sync's to decide
	}
	if l.Shadow[rulesEntry].CRM != e.rulesHash(f) {
		return true
	}
	s := decide.Fields(fieldsOf(r), shadowOf(l), false, e.fieldHash)
	for name, now := range s.Next {
		if was, ok := l.Shadow[name]; !ok || was.CRM != now.CRM {
			return true
		}
	}
	return false
}

// rulesEntry is the shadow entry of what the rules last saw of a row. It is no
// field's name.
const rulesEntry = "#rules"

// rulesHash is the keyed hash of the facts that change what a sync sends.
func (e *Environment) rulesHash(f mapping.Facts) string {
	return e.rulesHashOf(f.DoNotBulkEmail)
}

func (e *Environment) rulesHashOf(doNotBulkEmail bool) string {
	text := "bulk e-mail allowed"
	if doNotBulkEmail {
		text = "no bulk e-mail"
	}
	return e.fieldHash(rulesEntry, text)
}
