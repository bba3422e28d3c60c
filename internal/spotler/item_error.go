package spotler

import "errors"

// IsOneItem reports whether an error of Updates, Bounces or Search is about one item
// of the list only: the walk goes on behind it. Any other error ended the walk, and
// what stood behind it was not read.
func IsOneItem(err error) bool {
	return errors.Is(err, errNoContact) || errors.Is(err, errNoProperties) || errors.Is(err, errNoBounce)
}
