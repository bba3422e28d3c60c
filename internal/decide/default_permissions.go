package decide

import (
	"strings"

	connector "github.com/spotler-connector/connector"
)

// Variables are the two environment variables about the permissions of new customers
// (manual: "Environment Variables", "Customizations").
type Variables struct {
	// Permissions names those that are made: "Newsletter;Productinfo;".
	Permissions string
	// Off says that Permissions has ";" as its Value: nothing is made or kept up to date.
	Off bool
	// Enabled names those that are Yes at first: a list, "[All]", or "[All];…" with
	// the exceptions behind it.
	Enabled string
}

// allPermissions is the keyword that stands for every permission.
const allPermissions = "[All]"

// VariableNames reads a list of an environment variable: names between semicolons,
// each once, without the spaces around them.
func VariableNames(value string) []string {
	var out []string
	seen := map[string]bool{}
	for part := range strings.SplitSeq(value, ";") {
		name := strings.TrimSpace(part)
		if key := strings.ToLower(name); name != "" && !seen[key] {
			seen[key] = true
			out = append(out, name)
		}
	}
	return out
}

// VariableOff reports whether a Value that somebody set switches the variable off.
func VariableOff(value string) bool { return strings.TrimSpace(value) == ";" }

// VariableList writes names as the variable holds them: "Newsletter;Productinfo;".
func VariableList(names []string) string {
	var b strings.Builder
	for _, n := range names {
		b.WriteString(n)
		b.WriteByte(';')
	}
	return b.String()
}

// DefaultPermissions are the permissions of a person who is new everywhere. Names that
// Spotler does not know (known) are left out: a row for them could never be sent.
func DefaultPermissions(v Variables, known []string) []connector.Permission {
	if v.Off {
		return nil
	}
	all, named := false, map[string]bool{}
	for _, n := range VariableNames(v.Enabled) {
		if strings.EqualFold(n, allPermissions) {
			all = true
			continue
		}
		named[strings.ToLower(n)] = true
	}
	spelled := make(map[string]string, len(known))
	for _, k := range known {
		spelled[strings.ToLower(k)] = k
	}
	var out []connector.Permission
	for _, n := range VariableNames(v.Permissions) {
		key := strings.ToLower(n)
		if name, ok := spelled[key]; ok {
			out = append(out, connector.Permission{Name: name, Subscribed: all != named[key]})
		}
	}
	return out
}

// Newcomer says who is asked about when permission rows are made.
type Newcomer struct {
	// Rows: the person has permission rows already.
	Rows bool
	// Speaks: the row is active, and neither merged nor qualified.
	Speaks bool
	// Erased: the person was erased and is not brought back now.
	Erased bool
	// MadeHere: the row was made in Dynamics 365 after the connector came.
	MadeHere bool
	// InSpotler: there is a contact with its id or address.
	InSpotler bool
}

// FirstPermissions are the rows to make for a person: those of the variables, with
// what Spotler has when the person is there, with the defaults for somebody new made
// in Dynamics 365, and all No for one who was in Dynamics 365 before the connector
// (manual: "Auto populating Permissions", "Populating Permissions for existing …").
// have are the permissions that are on in Spotler.
func FirstPermissions(p Newcomer, defaults []connector.Permission, have func(name string) bool) []connector.Permission {
	if p.Rows || !p.Speaks || p.Erased {
		return nil
	}
	out := make([]connector.Permission, len(defaults))
	for i, d := range defaults {
		switch {
		case p.InSpotler:
			d.Subscribed = have(d.Name)
		case !p.MadeHere:
			d.Subscribed = false
		}
		out[i] = d
	}
	return out
}
