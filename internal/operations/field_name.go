package operations

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spotler-connector/connector/internal/spotler"
)

// fieldNamed finds the field that a text names (manual: "Setting a Field Value"): by
// its internal name, by its display name, or by either with ":item" behind it. A name
// that nothing has, or several fields have, gets a sentence that says what to write.
func fieldNamed(all []spotler.Property, text string) (p spotler.Property, item, says string) {
	text = strings.TrimSpace(text)
	p, says = wholeField(all, text)
	if says == "" {
		return p, "", ""
	}
	for at, r := range text {
		if r != ':' {
			continue
		}
		found, sub := wholeField(all, strings.TrimSpace(text[:at]))
		if sub != "" {
			continue
		}
		if found.Type != spotler.TypeSet {
			return found, "", fmt.Sprintf("%s is not a list, so it has no items; write %s alone", found.Name, found.Name)
		}
		return found, strings.TrimSpace(text[at+1:]), ""
	}
	if before, _, ok := strings.Cut(text, ":"); ok {
		_, says = wholeField(all, strings.TrimSpace(before))
	}
	return p, "", says
}

// wholeField finds a field by its internal name, else by its display name.
func wholeField(all []spotler.Property, name string) (spotler.Property, string) {
	var alike []spotler.Property
	for _, p := range all {
		if p.Name == name {
			return p, ""
		}
		if name != "" && (strings.EqualFold(strings.TrimSpace(p.Description), name) || strings.EqualFold(p.Name, name)) {
			alike = append(alike, p)
		}
	}
	switch len(alike) {
	case 1:
		return alike[0], ""
	case 0:
		return spotler.Property{}, fmt.Sprintf("Spotler shows no field of this name; use the exact internal name of one of its visible fields: %s", listed(namesOf(all)))
	}
	return spotler.Property{}, fmt.Sprintf("this name fits more than one field; use the exact internal name: %s", listed(namesOf(alike)))
}

func namesOf(all []spotler.Property) []string {
	out := make([]string, len(all))
	for i, p := range all {
		out[i] = p.Name
	}
	slices.Sort(out)
	return out
}

// mostListed is how many allowed values a message names.
const mostListed = 40

// listed names allowed values in a message.
func listed(names []string) string {
	if len(names) <= mostListed {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:mostListed], ", "), len(names)-mostListed)
}

// itemNamed finds an item of a list by its description.
func itemNamed(p spotler.Property, item string) (*spotler.Entry, string) {
	var found *spotler.Entry
	twice := false
	names := make([]string, len(p.Entries))
	for i := range p.Entries {
		names[i] = p.Entries[i].Description
		if strings.EqualFold(strings.TrimSpace(names[i]), item) {
			twice = twice || found != nil
			found = &p.Entries[i]
		}
	}
	switch {
	case item == "":
		return nil, fmt.Sprintf("%s is a list; name the item as %s:item, with one of %s", p.Name, p.Name, listed(names))
	case found == nil:
		return nil, fmt.Sprintf("the list %s has no item of this name; use one of %s", p.Name, listed(names))
	case twice:
		return nil, fmt.Sprintf("the list %s has two items of this name; rename one of them in Spotler", p.Name)
	}
	return found, ""
}

// truths are the words for on and off (manual: "Setting a List (Permission) Item").
var truths = map[string]bool{"true": true, "ja": true, "1": true, "false": false, "nee": false, "0": false}

func truthOf(text string) (on bool, says string) {
	on, known := truths[strings.ToLower(strings.TrimSpace(text))]
	if !known {
		return false, "Parameter Value of a list item must be true, ja or 1 to turn it on, or false, nee or 0 to turn it off"
	}
	return on, ""
}
