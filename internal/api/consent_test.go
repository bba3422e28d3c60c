package api_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/spotler-connector/connector/internal/api/openapi"
)

// What cannot be answered about a person says why: no record, another environment, one
// that is off, a cursor that is none.
func TestConsentRefusals(t *testing.T) {
	h := start(t)
	const shop, club = "/api/v1/environments/shop/", "/api/v1/environments/club/"
	for path, want := range map[string]string{
		shop + "ledger":                                         "parameter record is missing",
		shop + "ledger?record=anna":                             "record is not a record",
		shop + "explain?record=anna":                            "record is not a record",
		shop + "explain?record=" + lead:                         "leaves these out",
		shop + "explain?record=" + anna + "&values=x":           "parameter values has a wrong form",
		club + "explain?record=" + anna:                         "the environment is off",
		shop + "receipts?limit=201":                             "limit must be 1 to 200",
		shop + "receipts?found=nowhere":                         "found must be",
		shop + "receipts?cursor=x":                              "cursor must be",
		shop + "receipts?cursor=" + url.QueryEscape("-5,"+anna): "cursor must be",
		"/api/v1/environments/nowhere/receipts":                 "no environment",
	} {
		if status, body, p := h.send("GET", path, h.admin, ""); status < 400 || p.Detail == nil || !strings.Contains(*p.Detail, want) {
			t.Errorf("%s: %d %s, want %q", path, status, body, want)
		}
	}
	if status, body, p := h.send("GET", club+"explain?record="+anna, h.admin, ""); p.Kind != openapi.ProblemKindUnreachable {
		t.Errorf("off: %d %s", status, body)
	}
	if status, body, _ := h.send("GET", shop+"ledger?record="+lead, h.admin, ""); status != 200 || !strings.Contains(body, `"entries":[]`) {
		t.Errorf("a table that is left out may have a history: %d %s", status, body)
	}
}
