package settings

import (
	"strings"

	"github.com/spotler-connector/connector/internal/fault"
)

// Problem is one thing that is wrong with the settings. It never holds a secret.
type Problem struct {
	Setting string // the key as the file spells it, with the environment it is of: environments[shop].spotler.key
	Where   string // "line 12" or the name of an environment variable; empty when it is missing everywhere
	Says    string // what is wrong
	Fix     string // what to do
}

// String is the problem in one line.
func (p Problem) String() string {
	s := p.Setting
	if p.Where != "" {
		s += " (" + p.Where + ")"
	}
	return s + " " + p.Says + ": " + p.Fix
}

// Problems is everything that is wrong with the settings, at once, so that an
// operator does not mend them one restart at a time. Its kind is fault.NotValid.
type Problems []Problem

// Error prints one problem a line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.String()
	}
	return strings.Join(lines, "\n")
}

// Is makes errors.Is(err, fault.NotValid) true.
func (p Problems) Is(target error) bool { return target == fault.NotValid }

// complaint is what a reader says about a value, before it is known whose.
type complaint struct{ says, fix string }

func (c *complaint) Error() string { return c.says + ": " + c.fix }
