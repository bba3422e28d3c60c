package spotler

import (
	"strings"

	"github.com/spotler-connector/connector/internal/fault"
)

// errorTypes is the table of the error types that mean something else than their
// status says, because Spotler pairs them with more than one (Mail+ API sections
// 3.2 and 12). The odd spellings are the vendor's.
var errorTypes = map[string]struct {
	kind fault.Kind
	says string
}{
	codeContactNotFound:    {fault.NotFound, "Spotler does not have it"},
	codeResourceNotFound:   {fault.NotFound, "Spotler does not have it"},
	"PRODUCT_NOTFOUND":     {fault.NotFound, "Spotler does not have that product"},
	"FORM_NOT_FOUND":       {fault.NotFound, "Spotler does not have that form"},
	"FORMRESULT_NOT_FOUND": {fault.NotFound, "Spotler does not have that form result"},
	"TRIGGER_NOTFOUND":     {fault.NotFound, "Spotler does not have that trigger"},
	"CAMPAIGN_NOTFOUND":    {fault.NotFound, "Spotler does not have that campaign"},
	"ORDER_NOTFOUND":       {fault.NotFound, "Spotler does not have that order"},
	"MAILING_NOTFOUND":     {fault.NotFound, "Spotler does not have that mailing"},
	"NAME_ALREADY_IN_USE":  {fault.Conflict, "Spotler has something of that name already: choose another name"},
	"ID_NOTUNIQUE":         {fault.Conflict, "Spotler has something with that id already: update it, or choose another id"},
	"AUTH_NOT_FOUND":       {fault.Denied, "Spotler does not know the key: check the credentials of this environment"},
	"NOT_AUTHORIZED":       {fault.Denied, "Spotler refuses this key: check the credentials and that the REST API is activated"},
}

// kindOf is the table of section 3.2 in our words: by status, and for a refusal
// by its error type.
func kindOf(status int, errorType string, rt route) (fault.Kind, string) {
	known, ok := errorTypes[errorType]
	switch {
	case status == 404 && rt.assumed && (errorType == "" || errorType == codeResourceNotFound):
		return fault.NotFound, "Spotler does not have it, or this account has no such call: its path is assumed; spotler-connector probe tells"
	case status == 404:
		return fault.NotFound, "Spotler does not have it"
	case status == 410:
		return fault.NotFound, "Spotler says it is gone"
	case status == 401:
		return fault.Denied, "Spotler does not accept the key or secret: check the credentials of this environment"
	case status == 403 && strings.HasPrefix(rt.path, "audience"):
		return fault.Denied, "this Spotler account has no licence for dynamic lists (Automation or eCommerce)"
	case status == 403:
		return fault.Denied, "Spotler refuses this key: check the credentials and that the REST API is activated"
	case status == 409:
		return fault.Conflict, "Spotler has it already, or it was changed meanwhile"
	case status == 413:
		return fault.NotValid, "the request is too large for Spotler"
	case (status == 400 || status == 417) && ok:
		return known.kind, known.says
	case status >= 400 && status < 500:
		return fault.NotValid, "Spotler does not accept the request: correct the field or value it names"
	case status >= 500:
		return fault.Uncertain, "Spotler met an error of its own; the request may have been done"
	}
	return fault.Garbled, "Spotler answered with a status that does not belong to its API: check the address"
}
