package connector

import (
	"fmt"
	"regexp"
)

// Environment names one Dataverse organisation joined to one Spotler account.
// Environments are strangers: every key, gate, cache, metric and lane carries
// this word, because two of them may hold the same GUIDs and addresses.
type Environment string

var environmentName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`)

// ParseEnvironment returns the environment named s, or an error that says how a
// name is spelled.
func ParseEnvironment(s string) (Environment, error) {
	if !environmentName.MatchString(s) {
		return "", fmt.Errorf("environment name %q: use 1 to 40 lower-case letters, digits or hyphens, starting with a letter", s)
	}
	return Environment(s), nil
}
