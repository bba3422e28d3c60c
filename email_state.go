package connector

// EmailState says what a row tells about its e-mail address. The zero value
// means that the address was not read: trouble, never "no address".
type EmailState string

// The states. Absence erases, a wrong address does not.
const (
	EmailUnread  EmailState = ""
	EmailNone    EmailState = "none"
	EmailInvalid EmailState = "invalid"
	EmailValid   EmailState = "valid"
)

// ReadEmail returns the address in s and what it is worth. The Email is zero
// unless the state is EmailValid.
func ReadEmail(s string) (Email, EmailState) {
	e, err := ParseEmail(s)
	switch {
	case err != nil:
		return Email{}, EmailInvalid
	case e.IsZero():
		return Email{}, EmailNone
	}
	return e, EmailValid
}
