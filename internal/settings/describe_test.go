package settings_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spotler-connector/connector/internal/settings"
)

var update = flag.Bool("update", false, "write the page about the settings")

func TestEverySettingIsDescribed(t *testing.T) {
	variables := map[string]string{}
	for _, d := range settings.Describe() {
		if d.Meaning == "" || d.Form == "" || d.Required && d.Default != "" {
			t.Errorf("%s is not fully described: %+v", d.Key, d)
		}
		if other, taken := variables[d.Variable]; taken {
			t.Errorf("%s and %s have the same variable", d.Key, other)
		}
		variables[d.Variable] = d.Key
	}
}

// The page in docs is the table, so that neither can be wrong alone.
func TestManualIsCurrent(t *testing.T) {
	page := filepath.Join("..", "..", "docs", "operations", "settings.md")
	if *update {
		if err := os.WriteFile(page, []byte(settings.Manual()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	content, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if string(content) != settings.Manual() {
		t.Error("docs/operations/settings.md is not what the table says: go test ./internal/settings -run Manual -update")
	}
}

// The example in the manual must be one that works.
func TestManualExample(t *testing.T) {
	_, rest, _ := strings.Cut(settings.Manual(), "```yaml\n")
	example, _, _ := strings.Cut(rest, "```")
	src := settings.Source{File: []byte(example), Environ: []string{"SHOP_DATAVERSE_SECRET=x", "SHOP_HOOK_SECRET=0123456789abcdef"},
		ReadFile: func(string) ([]byte, error) { return []byte("x"), nil }}
	if _, err := settings.Load(src); err != nil {
		t.Error(err)
	}
}
