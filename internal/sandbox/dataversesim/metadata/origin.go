package metadata

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
)

// Origin says for whom something is made: the publisher of the solution that a
// request named (reference: dataverse-api 6.1). The zero Origin is the default
// solution, where any prefix will do (*assumed*).
type Origin struct {
	Prefix  string // of schema names, without the underscore; empty is any
	Options int    // of option values: 48000 stands for 480000000 and on; 0 is the default publisher's 10000
	Strict  bool   // option values must begin with Options
}

// schemaName is the form of a customer's name: a prefix of two to eight
// letters and digits, an underscore, and a name.
var schemaName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]{1,7}_[A-Za-z0-9_]{1,90}$`)

// checkName refuses a schema name that the publisher may not use.
func (o Origin) checkName(schema, what string) *Refused {
	if schema == "" {
		return invalid("The %s needs a SchemaName.", what)
	}
	prefix, _, _ := strings.Cut(schema, "_")
	wanted := "a valid customization prefix"
	if o.Prefix != "" {
		wanted = "the customization prefix '" + o.Prefix + "_' of the solution's publisher"
	}
	if !schemaName.MatchString(schema) || o.Prefix != "" && !strings.EqualFold(prefix, o.Prefix) || strings.EqualFold(prefix, "mscrm") {
		return &Refused{http.StatusBadRequest, CodePrefix, fmt.Sprintf("The schema name '%s' of the %s is not valid: it must begin with %s, and hold letters, digits and underscores.", schema, what, wanted)}
	}
	return nil
}

// defaultOptions is the option value prefix of the default publisher.
const defaultOptions = 10000

// nextOption is the value of an option that was given none.
func (o Origin) nextOption(c *Choice) int {
	base := o.Options
	if base == 0 {
		base = defaultOptions
	}
	for v := base * 10000; ; v++ {
		if c.option(v) == nil {
			return v
		}
	}
}

// checkOption refuses the value of an option that another publisher would have.
func (o Origin) checkOption(value int) *Refused {
	if o.Strict && o.Options > 0 && value/10000 != o.Options {
		return invalid("The option value %d does not begin with the option value prefix %d of the solution's publisher.", value, o.Options)
	}
	return nil
}
