package connector

import (
	"errors"
	"net/mail"
	"strings"
)

// Email is an address that Spotler will accept. The zero value is no address.
// It never prints itself: addresses are personal data.
type Email struct{ addr string }

// ErrNotAnAddress says that a text is not an e-mail address, without repeating it.
var ErrNotAnAddress = errors.New("the text is not an e-mail address")

// ParseEmail returns the address in s. Empty text is the zero Email and no
// error: "no address" and "a wrong address" lead to different verdicts
// (absence erases, a wrong address does not).
func ParseEmail(s string) (Email, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return Email{}, nil
	}
	if len(s) > 254 || strings.ContainsAny(s, " \t\r\n\x00,;<>()\"") {
		return Email{}, ErrNotAnAddress
	}
	a, err := mail.ParseAddress(s)
	if err != nil || a.Name != "" || a.Address != s {
		return Email{}, ErrNotAnAddress
	}
	local, domain, _ := strings.Cut(s, "@")
	if len(local) > 64 || !validDomain(domain) {
		return Email{}, ErrNotAnAddress
	}
	return Email{s}, nil
}

func validDomain(d string) bool {
	labels := strings.Split(d, ".")
	if len(labels) < 2 {
		return false
	}
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' {
			return false
		}
	}
	return true
}

// IsZero reports whether there is no address.
func (e Email) IsZero() bool { return e.addr == "" }

// Address is the address as it was written; the local part keeps its case.
func (e Email) Address() string { return e.addr }

// Fold is the address as Spotler compares it: without regard to case.
func (e Email) Fold() string { return strings.ToLower(e.addr) }

// String hides the address.
func (e Email) String() string {
	if e.IsZero() {
		return "(no address)"
	}
	return "(address)"
}

// GoString hides the address from %#v as well.
func (e Email) GoString() string { return e.String() }
