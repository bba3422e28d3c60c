package settings_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/spotler-connector/connector/internal/settings"
	"go.yaml.in/yaml/v4"
)

func TestSecretNeverPrintsItself(t *testing.T) {
	const text = "hunter2hunter2"
	type holder struct {
		Shown  settings.Secret
		hidden settings.Secret
		list   []settings.Secret
	}
	secret := settings.NewSecret(text)
	h := holder{secret, secret, []settings.Secret{secret}}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T", "%p", "%b", "%t", "%10s"} {
		fmt.Fprintf(&out, verb+"\n", secret)
		fmt.Fprintf(&out, verb+"\n", &secret)
		fmt.Fprintf(&out, verb+"\n", h)
		fmt.Fprintf(&out, verb+"\n", &h)
	}
	for _, encode := range []func(any) ([]byte, error){json.Marshal, xml.Marshal, func(v any) ([]byte, error) { return yaml.Marshal(v) }} {
		if content, err := encode(h); err == nil {
			out.Write(content)
		}
	}
	for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(handler).Info("secret", "direct", secret, "held", h, "pointer", &h, "err", fmt.Errorf("with %v", secret))
	}
	for _, leak := range []string{text, fmt.Sprintf("%x", text), fmt.Sprintf("%X", text), fmt.Sprint([]byte(text))} {
		if strings.Contains(out.String(), leak) {
			t.Errorf("the secret was printed as %q", leak)
		}
	}
	_ = h.hidden
}

func TestSecretMatches(t *testing.T) {
	tests := []struct {
		secret settings.Secret
		text   string
		want   bool
	}{
		{settings.NewSecret("a"), "a", true},
		{settings.NewSecret("a"), "b", false},
		{settings.NewSecret("a"), "", false},
		{settings.Secret{}, "", false}, // no secret admits nobody
		{settings.NewSecret(""), "", false},
	}
	for i, tt := range tests {
		if got := tt.secret.Matches(tt.text); got != tt.want {
			t.Errorf("case %d: got %v", i, got)
		}
	}
}
