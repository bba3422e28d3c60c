package dataversesim

import (
	"fmt"
	"net/http"
	"strings"
)

// failure is an answer of the Web API that is not a success (reference:
// dataverse-api 2.9). A nil *failure is success.
type failure struct {
	status  int
	code    string
	message string
	// retryAfter is in seconds and only set with status 429.
	retryAfter int
}

func (f *failure) Error() string { return f.code + " " + f.message }

func fail(status int, code, format string, args ...any) *failure {
	return &failure{status: status, code: code, message: fmt.Sprintf(format, args...)}
}

func missingRow(t *table, id guid) *failure {
	return fail(http.StatusNotFound, "0x80040217", "%s With Id = %s Does Not Exist", t.name, id)
}

func missingSegment(segment string) *failure {
	return fail(http.StatusNotFound, "0x80060888", "Resource not found for the segment '%s'.", segment)
}

func badSyntax(format string, args ...any) *failure {
	return fail(http.StatusBadRequest, "0x80060888", format, args...)
}

func badArgument(format string, args ...any) *failure {
	return fail(http.StatusBadRequest, "0x80040203", format, args...)
}

// badPayload is what the platform says when a body names something that the
// table does not have, or gives it a value of the wrong type.
func badPayload(t *table, format string, args ...any) *failure {
	return fail(http.StatusBadRequest, "0x80048d19", "Error identified in Payload provided by the user for Entity :'%s'  ---->  InnerException : Microsoft.OData.ODataException: %s", t.set, fmt.Sprintf(format, args...))
}

func unknownProperty(t *table, name string) *failure {
	return fail(http.StatusBadRequest, "0x80048d0b", "Could not find a property named '%s' on type 'Microsoft.Dynamics.CRM.%s'.", name, t.name)
}

// notSimulated is an honest no: the platform can do it, the simulator cannot.
func notSimulated(what string) *failure {
	return fail(http.StatusNotImplemented, "0x80060888", "%s is not simulated.", what)
}

func (f *failure) response() *response {
	body := append([]byte(`{"error":{"code":`), appendString(nil, f.code)...)
	body = append(body, `,"message":`...)
	body = append(appendString(body, f.message), "}}"...)
	r := &response{status: f.status, body: body, contentType: jsonMinimal}
	if f.retryAfter > 0 {
		r.set("Retry-After", fmt.Sprint(f.retryAfter))
	}
	return r
}

// annotated is the body with the details that Prefer:
// odata.include-annotations asks for.
func (f *failure) annotated() []byte {
	body := append([]byte(`{"error":{"code":`), appendString(nil, f.code)...)
	body = appendString(append(body, `,"message":`...), f.message)
	for _, note := range []field{
		{"ErrorDetails.OperationStatus", "1"},
		{"HelpLink", "http://go.microsoft.com/fwlink/?LinkID=398563&error=Microsoft.Crm.CrmException%3a" + strings.TrimPrefix(f.code, "0x") + "&client=platform"},
		{"InnerError.Message", f.message},
	} {
		body = append(appendString(append(body, ','), "@Microsoft.PowerApps.CDS."+note.name), ':')
		body = appendString(body, note.value)
	}
	return append(body, "}}"...)
}
