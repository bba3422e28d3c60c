package dataverse

import "crypto/sha256"

// trail remembers the pages that were read, so that links that lead in a circle
// are noticed and not followed for ever. Sixteen bytes a page.
type trail map[[16]byte]struct{}

// next turns a nextLink into the path of the next request; "" is the end. A link to
// another host, or to a page that was read before, is Garbled.
func (t trail) next(c *Client, op, on, current, link string) (string, error) {
	if link == "" {
		return "", nil
	}
	t.mark(current)
	path, err := c.rebase(op, on, link)
	if err != nil {
		return "", err
	}
	if !t.mark(path) {
		return "", garbled(op, on, 0, "the next page is a page that was read before")
	}
	return path, nil
}

// mark notes a page and reports whether it is new.
func (t trail) mark(page string) bool {
	sum := sha256.Sum256([]byte(page))
	k := [16]byte(sum[:16])
	if _, seen := t[k]; seen {
		return false
	}
	t[k] = struct{}{}
	return true
}
