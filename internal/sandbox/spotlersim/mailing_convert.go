package spotlersim

// converted counts a shopping cart for the mailing through whose tracked link
// its owner came: created, or paid with its value in cents. It reports whether
// mpid, the mark that the link appends, is one that was given out.
func (a *account) converted(mpid string, paid bool, cents int64) bool {
	d := a.post.clicks[mpid]
	if d == nil {
		return false
	}
	if !paid {
		d.of.carts++
		return true
	}
	d.of.paid++
	d.of.revenue += cents
	return true
}
