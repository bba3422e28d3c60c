package spotler

import (
	"slices"
	"strings"
)

// Missing is a call of ours that an account does not list.
type Missing struct {
	Endpoint
	// Mended is the verb and path of the one listed call that looks like it, to be
	// written as its override; empty when none or several do.
	Mended string `json:"override,omitempty"`
}

// Differences is what an account lists other than what we assume.
type Differences struct {
	Missing []Missing  `json:"missing"` // ours, not listed
	Unknown []Endpoint `json:"unknown"` // listed, not ours
}

// Compare holds the calls of this client against those an account lists. Names of
// parameters do not matter.
func Compare(ours, listed []Endpoint) Differences {
	d := Differences{Missing: []Missing{}, Unknown: []Endpoint{}}
	known := map[string]bool{}
	for _, e := range ours {
		known[e.Shape()] = true
	}
	served := map[string]bool{}
	for _, e := range listed {
		if s := e.Shape(); !served[s] {
			served[s] = true
			if !known[s] {
				d.Unknown = append(d.Unknown, e)
			}
		}
	}
	for _, e := range ours {
		// The second path of a call is missing by nature where the first is there.
		if served[e.Shape()] || e.Name == "automation.list-fallback" && served[shapeOf(ours, "automation.list")] {
			continue
		}
		d.Missing = append(d.Missing, Missing{e, likeness(e, d.Unknown)})
	}
	return d
}

func shapeOf(list []Endpoint, name string) string {
	for _, e := range list {
		if e.Name == name {
			return e.Shape()
		}
	}
	return ""
}

// likeness is the override that turns e into the one call of others with its verb,
// as many parameters and the most words in common, at least one.
func likeness(e Endpoint, others []Endpoint) string {
	best, count, found := 0, 0, ""
	for _, o := range others {
		if o.Verb != e.Verb || strings.Count(o.Shape(), "{}") != strings.Count(e.Shape(), "{}") {
			continue
		}
		common := 0
		theirs := words(o)
		for _, w := range words(e) {
			if slices.Contains(theirs, w) {
				common++
			}
		}
		switch {
		case common > best:
			best, count, found = common, 1, override(o)
		case common == best:
			count++
		}
	}
	if best == 0 || count != 1 {
		return ""
	}
	return found
}

// words are the words of a path in the singular, parameters left out.
func words(e Endpoint) []string {
	var list []string
	for _, w := range strings.FieldsFunc(e.Path, func(r rune) bool { return r == '/' || r == '-' }) {
		if !strings.HasPrefix(w, "{") {
			list = append(list, strings.TrimSuffix(strings.ToLower(w), "s"))
		}
	}
	return list
}

// override writes a listed call as Config.Paths takes it; empty when it cannot be.
func override(e Endpoint) string {
	marks := []string{idMark, ofMark}
	parts := strings.Split(strings.Trim(e.Path, "/"), "/")
	for i, p := range parts {
		if !strings.HasPrefix(p, "{") {
			continue
		}
		if len(marks) == 0 {
			return ""
		}
		parts[i], marks = marks[0], marks[1:]
	}
	return e.Verb + " " + strings.Join(parts, "/")
}

// PropertyProblem is a field of an account that is not what we take fields to be.
type PropertyProblem struct {
	Property string `json:"property"`
	Says     string `json:"says"`
}

// CheckProperties says what in a list of fields differs from what we assume (Mail+
// API section 4.2): types we do not know, sets without options or with an option
// twice, options of something that is no set, and no field for the e-mail address.
func CheckProperties(list []Property) []PropertyProblem {
	problems := []PropertyProblem{}
	types := []string{TypeString, TypeEmail, TypeMobile, TypePostcode, TypeGender, TypeInt, TypeMoney, TypeDate, TypeBirthdate, TypeDateTime, TypeSet}
	hasEmail := false
	for _, p := range list {
		hasEmail = hasEmail || p.Name == "email" && p.Type == TypeEmail
		bits := map[int64]bool{}
		for _, e := range p.Entries {
			bits[e.Bit] = true
		}
		switch {
		case !slices.Contains(types, p.Type):
			problems = append(problems, PropertyProblem{p.Name, "its type " + word(p.Type) + " is not known; it is written as it comes from the mapping"})
		case p.Type == TypeSet && len(p.Entries) == 0:
			problems = append(problems, PropertyProblem{p.Name, "it is a set without options, so nothing can be chosen"})
		case p.Type != TypeSet && len(p.Entries) > 0:
			problems = append(problems, PropertyProblem{p.Name, "it has options but is no set"})
		case len(bits) != len(p.Entries):
			problems = append(problems, PropertyProblem{p.Name, "two of its options have the same bit"})
		}
	}
	if !hasEmail {
		problems = append(problems, PropertyProblem{"email", "there is no visible field email of the type email; people cannot be written without"})
	}
	return problems
}
