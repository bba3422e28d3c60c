package settings

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
)

// Secret is text that never prints itself, whatever verb, encoder or logger
// meets it. The text stands behind a pointer, so that not even reflection over
// an unexported field (which does not call methods) can show it. The zero value
// is no secret.
type Secret struct{ text *string }

// NewSecret hides text. Empty text is the zero Secret.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{&text}
}

// Reveal returns the text, for the one place that sends or uses it.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsZero reports whether there is no secret.
func (s Secret) IsZero() bool { return s.text == nil }

// Equal reports whether both hide the same text, in time that tells nothing.
func (s Secret) Equal(other Secret) bool { return s.Matches(other.Reveal()) }

// Matches reports whether text is the secret, in time that tells nothing of it,
// its length included. No secret matches nothing, not even empty text.
func (s Secret) Matches(text string) bool {
	mine, theirs := sha256.Sum256([]byte(s.Reveal())), sha256.Sum256([]byte(text))
	return subtle.ConstantTimeCompare(mine[:], theirs[:]) == 1 && !s.IsZero()
}

// String says whether there is a secret.
func (s Secret) String() string {
	if s.IsZero() {
		return "(not set)"
	}
	return "(secret)"
}

// GoString hides the text from %#v.
func (s Secret) GoString() string { return s.String() }

// Format hides the text from every verb.
func (s Secret) Format(w fmt.State, _ rune) { _, _ = io.WriteString(w, s.String()) }

// MarshalText hides the text from encoders such as XML and YAML.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalJSON hides the text from JSON.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + s.String() + `"`), nil }

// LogValue hides the text from logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
