package mapping_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/mapping"
)

// fixture reads a recorded answer of a real organisation.
func fixture(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "fixtures", "dataverse-responses", name))
	switch {
	case err != nil && os.Getenv("CI") == "true":
		t.Fatalf("the recorded answers are missing: %v", err)
	case err != nil:
		t.Skipf("the recorded answers are not here: %v", err)
	}
	return bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
}

// Rows that a real Dataverse answered convert without a problem.
func TestOutwardRecorded(t *testing.T) {
	b := bind(t, mapping.Default())
	for table, name := range map[connector.Table]string{connector.Contact: "contact-row.json", connector.Account: "account-row.json"} {
		d := json.NewDecoder(bytes.NewReader(fixture(t, name)))
		d.UseNumber()
		var values map[string]any
		if err := d.Decode(&values); err != nil {
			t.Fatal(err)
		}
		f, err := b.Facts(table, values)
		if err != nil || !f.Active || f.DoNotEmail || f.Merged {
			t.Errorf("%s: facts %+v, %v", name, f, err)
		}
		r := b.Outward(table, values, nil)
		if r.EmailState == connector.EmailUnread || len(r.Problems) > 0 || len(r.Fields) == 0 {
			t.Errorf("%s: address %q, problems %+v", name, r.EmailState, r.Problems)
		}
		for _, field := range r.Fields {
			if field.Name == "birthday" && field.Value != "2024-04-10" {
				t.Errorf("birthday is %v", field.Value)
			}
		}
	}
}
