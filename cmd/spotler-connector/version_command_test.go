package main

import (
	"encoding/json"
	"runtime"
	"strings"
	"testing"
)

// It asks nobody, so it works where no connector runs.
func TestVersion(t *testing.T) {
	got := typing(t, nil, "version")
	if got.code != exitOK || !strings.HasPrefix(got.out, "spotler-connector "+release()) {
		t.Errorf("exit %d: %s", got.code, got.out)
	}
	var b built
	if got := typing(t, nil, "version", "--json"); json.Unmarshal([]byte(got.out), &b) != nil || b != (built{release(), runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH}) {
		t.Errorf("exit %d: %s", got.code, got.out)
	}
}
