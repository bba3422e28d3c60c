package dataverse

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/spotler-connector/connector/internal/fault"
)

// The codes of section 2.9 that are read one by one; the lists stand in assumed.go.
const (
	codeNoRow       = "0x80040217" // ObjectDoesNotExist
	codePrivilege   = "0x80040220" // PrivilegeDenied
	codeNotMember   = "0x80072560" // no application user in this organisation
	codeSegment     = "0x80060888" // no such entity set
	codeMetadata    = "0x80060891" // metadata cache not ready
	codeMetadataOld = "0x80040216" // the same, older form
	metadataPause   = 4 * time.Second
	longestPause    = 24 * time.Hour
	longestRemark   = 200 // characters of a remote message that may be repeated
)

// remoteError is the error of section 2.9. Code may be text or a number.
type remoteError struct {
	Error *struct {
		Code    any    `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

// refusal is the one place where a status and a code become a kind (section 2.9
// and 3). It is used for single answers and for the parts of a batch.
func (c *Client) refusal(r Request, ans Answer) error {
	a := c.assumed
	code, message, isJSON := readError(ans.Body)
	f := &fault.Error{Op: r.Op, On: r.On, Status: ans.Status, Code: code}
	f.Kind, f.Says = a.verdict(r, ans.Status, code, isJSON)
	switch {
	case f.Kind == fault.Busy:
		f.After = retryAfter(ans.Header, c.now)
		if f.After == 0 && (code == codeMetadata || code == codeMetadataOld) {
			f.After = metadataPause
		}
	case ans.Status == http.StatusServiceUnavailable && ans.Header.Get("Retry-After") != "":
		f.Kind, f.Says, f.After = fault.Busy, "Dataverse asks us to wait", retryAfter(ans.Header, c.now)
	case code == codePrivilege:
		f.On, _, _ = strings.Cut(r.On, " ")
		if p := privilege.FindString(message); p != "" {
			f.Says = "the application user lacks the privilege " + p + "; add it to its security role"
			if strings.HasPrefix(p, bypassPrivilege) {
				f.Err = ErrMayNotBypass
			}
		}
	case f.Kind == fault.NotFound:
		otherRow(r, f, message)
	}
	if a.has(AssumedExpiredToken, code) {
		f.Err = ErrTokenExpired
	}
	if m := remark(message); m != "" {
		f.Says += "; Dataverse says: " + m
	}
	return f
}

// verdict sorts by code first, then by status. "It is not there" needs the exact
// code: a wrong path or a web page from a proxy must never read as a deleted row.
func (a assumptions) verdict(r Request, status int, code string, isJSON bool) (fault.Kind, string) {
	switch {
	case status == http.StatusTooManyRequests:
		return fault.Busy, "Dataverse asks us to wait: its service protection limit is reached"
	case a.has(AssumedTransient, code):
		return fault.Busy, "Dataverse is not ready for this request yet"
	case status == http.StatusUnauthorized:
		return fault.Denied, "Dataverse does not accept our token; check the app registration and its secret"
	case code == codeNotMember:
		return fault.Denied, "the app registration is not an application user of this organisation; add it in the admin centre"
	case status == http.StatusForbidden, a.has(AssumedDenied, code):
		return fault.Denied, "the application user may not do this; check its security role"
	case status == http.StatusPreconditionFailed, a.has(AssumedConflict, code):
		return fault.Conflict, "the row was changed meanwhile or exists already"
	case status == http.StatusNotFound && code == codeNoRow:
		return fault.NotFound, "the row does not exist"
	case code == codeSegment:
		return fault.NotValid, "the table or path is not known to this organisation"
	case status >= 300 && status < 400:
		return fault.Denied, "Dataverse sends us to another address; check the organisation URL"
	case status >= 500 && status != http.StatusNotImplemented, status == http.StatusRequestTimeout:
		return failing(r)
	case !isJSON:
		return fault.Garbled, "the answer is not from the Web API; check the organisation URL and any proxy"
	}
	return fault.NotValid, "Dataverse refuses the request"
}

func failing(r Request) (fault.Kind, string) {
	if r.reads() {
		return fault.Unreachable, "Dataverse has a failure of its own"
	}
	return fault.Uncertain, "Dataverse had a failure; the change may have been made"
}

var (
	privilege = regexp.MustCompile(`\bprv[A-Za-z0-9_]{1,100}`)
	anyGUID   = regexp.MustCompile(`(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	quoted    = regexp.MustCompile(`'[^']*'|"[^"]*"`)
	plainName = regexp.MustCompile(`^.[A-Za-z0-9_.]*.$`)
)

// otherRow turns "not found" into "not valid" when the message names another row
// than the one the request is about: then a lookup points at a row that is gone,
// and the row itself is not.
func otherRow(r Request, f *fault.Error, message string) {
	own := strings.ToLower(anyGUID.FindString(r.On))
	named := strings.ToLower(anyGUID.FindString(message))
	if named != "" && named != own && !r.reads() {
		f.Kind, f.Says = fault.NotValid, "a lookup points at row "+named+", which does not exist"
	}
}

// readError reads the code and message of an error body, whatever its shape.
// isJSON is false when the body is not a JSON error of the Web API.
func readError(body []byte) (code, message string, isJSON bool) {
	var e remoteError
	if err := json.Unmarshal(body, &e); err != nil || e.Error == nil {
		return "", "", false
	}
	switch c := e.Error.Code.(type) {
	case string:
		code = normalCode(c)
	case float64:
		code = normalCode(strconv.FormatFloat(c, 'f', 0, 64))
	}
	return code, e.Error.Message, true
}

// normalCode writes an error code as 0x and eight lower-case hex digits. It reads
// hexadecimal and signed or unsigned decimal; nothing and zero are "". A word is
// kept when it is short.
func normalCode(s string) string {
	s = strings.TrimSpace(s)
	if hex, ok := strings.CutPrefix(strings.ToLower(s), "0x"); ok {
		n, err := strconv.ParseUint(hex, 16, 32)
		if err != nil || n == 0 {
			return ""
		}
		return hexCode(uint32(n))
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		if n == 0 || n < -1<<31 || n >= 1<<32 {
			return ""
		}
		return hexCode(uint32(n))
	}
	if len(s) > 60 || strings.ContainsAny(s, "@ \t\r\n<>") {
		return ""
	}
	return s
}

func hexCode(n uint32) string {
	s := strconv.FormatUint(uint64(n), 16)
	return "0x" + strings.Repeat("0", 8-len(s)) + s
}

// retryAfter reads Retry-After as seconds or as a date. Absent or senseless is 0. A
// date is compared with the Date of the same answer, so that our clock may be wrong.
func retryAfter(h http.Header, now func() time.Time) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if v == "" {
		return 0
	}
	if secs, err := strconv.ParseFloat(v, 64); err == nil {
		if !(secs > 0) {
			return 0
		}
		return time.Duration(min(secs, longestPause.Seconds()) * float64(time.Second))
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	from, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		from = now()
	}
	return min(max(at.Sub(from), 0), longestPause)
}

// remark returns a remote message that is fit to repeat: short, without an
// address, and without quoted values other than plain names. Others are "".
func remark(message string) string {
	m := strings.Join(strings.Fields(message), " ")
	if m == "" || len([]rune(m)) > longestRemark || strings.ContainsAny(m, "@<>\x00") || strings.Contains(m, "literal") {
		return ""
	}
	for _, q := range quoted.FindAllString(m, -1) {
		if !plainName.MatchString(q) {
			return ""
		}
	}
	return m
}

// garbled is the error for an answer that makes no sense.
func garbled(op, on string, status int, says string) error {
	return &fault.Error{Op: op, On: on, Kind: fault.Garbled, Status: status, Says: says}
}
