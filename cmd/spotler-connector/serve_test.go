package main

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spotler-connector/connector/internal/sandbox"
)

// The first API token is made once: it is in the data folder even when the first start
// ends because the address is taken.
func TestFirstTokenSurvivesATakenAddress(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	dir := t.TempDir()
	environ := []string{"SPOTLER_CONNECTOR_LISTEN=" + taken.Addr().String(), "SPOTLER_CONNECTOR_DATA_DIR=" + dir, "SPOTLER_CONNECTOR_DATAVERSE_URL=http://127.0.0.1:1",
		"SPOTLER_CONNECTOR_DATAVERSE_ORGANISATION_ID=" + sandbox.Organisation, "SPOTLER_CONNECTOR_DATAVERSE_TOKEN_URL=http://127.0.0.1:1/t", "SPOTLER_CONNECTOR_DATAVERSE_CLIENT_ID=" + sandbox.ClientID,
		"SPOTLER_CONNECTOR_DATAVERSE_CLIENT_SECRET=s", "SPOTLER_CONNECTOR_SPOTLER_URL=http://127.0.0.1:1/i", "SPOTLER_CONNECTOR_SPOTLER_KEY=k", "SPOTLER_CONNECTOR_SPOTLER_SECRET=s",
		"SPOTLER_CONNECTOR_HOOK_URL=http://127.0.0.1:1", "SPOTLER_CONNECTOR_HOOK_SECRETS=" + hookSecret}
	var out, errw bytes.Buffer
	if code := run(t.Context(), []string{"serve"}, environ, &out, &errw); code == exitOK || !strings.Contains(errw.String(), "address already in use") {
		t.Fatalf("exit %d: %s%s", code, out.String(), errw.String())
	}
	if token, err := os.ReadFile(filepath.Join(dir, "first-token")); err != nil || len(bytes.TrimSpace(token)) < 20 {
		t.Errorf("the token is lost: %v", err)
	}
}
