package openapi_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The generator is too heavy for an ordinary test run, so this compares digests:
// the document must not change without the code that is generated from it.
func TestCodeIsOfThisDocument(t *testing.T) {
	root := filepath.Join("..", "..", "..", "api")
	configs, err := filepath.Glob(filepath.Join(root, "oapi-codegen-*.yaml"))
	if err != nil || len(configs) == 0 {
		t.Fatalf("no generator settings: %v", err)
	}
	slices.Sort(configs)
	digest := sha256.New()
	for _, file := range append([]string{filepath.Join(root, "openapi.yaml")}, configs...) {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		digest.Write(content)
	}
	want, err := os.ReadFile("source.sha256")
	if err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(digest.Sum(nil)); got != strings.TrimSpace(string(want)) {
		t.Error("api/openapi.yaml changed: run make generate and commit the result")
	}
}
