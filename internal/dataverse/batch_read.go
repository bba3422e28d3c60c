package dataverse

import (
	"bytes"
	"mime"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
)

// batchPart is one part of a batch answer: an answer, or the answers of a change
// set. status 0 means that the part cannot be read.
type batchPart struct {
	status int
	header http.Header
	body   []byte
	set    []batchPart // of a change set that went through; nil otherwise
}

// failed reports whether the part says that something went wrong.
func (p batchPart) failed() bool { return p.set == nil && (p.status < 200 || p.status >= 400) }

// answerBoundary is the boundary of a multipart answer, or "".
func answerBoundary(h http.Header) string {
	kind, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil || !strings.HasPrefix(kind, "multipart/") {
		return ""
	}
	return params["boundary"]
}

// readBatch cuts an answer into its parts. complete is false when the closing
// delimiter is missing; then the last part, which may be cut short, is left out.
// The bodies point into body.
func readBatch(body []byte, boundary string) (parts []batchPart, complete bool) {
	texts, complete := split(body, boundary)
	for _, t := range texts {
		parts = append(parts, readPart(t, true))
	}
	return parts, complete
}

// split returns what stands between the delimiters. A delimiter starts a line.
func split(body []byte, boundary string) (texts [][]byte, complete bool) {
	mark := []byte("--" + boundary)
	open := -1 // where the current part starts
	for at := 0; ; {
		i := bytes.Index(body[at:], mark)
		if i < 0 {
			return texts, false
		}
		i += at
		at = i + len(mark)
		if i > 0 && body[i-1] != '\n' {
			continue
		}
		rest := body[at:]
		closing := bytes.HasPrefix(rest, []byte("--"))
		line := rest
		if closing {
			line = rest[2:]
		}
		end := bytes.IndexByte(line, '\n')
		if end < 0 && !closing {
			return texts, false
		}
		if end >= 0 && len(bytes.TrimSpace(line[:end])) > 0 {
			continue // a longer boundary that starts with ours
		}
		if open >= 0 {
			texts = append(texts, trimBreak(body[open:i]))
		}
		if closing {
			return texts, true
		}
		open = at + end + 1
		at = open
	}
}

// trimBreak removes the line break that belongs to the delimiter behind it.
func trimBreak(b []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(b, []byte("\n")), []byte("\r"))
}

// readPart reads one part: its own headers, then an HTTP answer or a change set.
func readPart(text []byte, sets bool) batchPart {
	head, rest := cutHead(text)
	if sets && !bytes.Contains(head, []byte("application/http")) {
		if h, ok := readHeader(head); ok && answerBoundary(h) != "" {
			return readSet(h, rest)
		}
		return batchPart{}
	}
	line, rest, _ := cutLine(rest)
	status := statusOf(line)
	if status == 0 {
		return batchPart{}
	}
	head, body := cutHead(rest)
	h, ok := readHeader(head)
	if !ok {
		return batchPart{}
	}
	return batchPart{status: status, header: h, body: trimBreak(body)}
}

// readSet reads a change set. One that failed has one answer for all its requests.
func readSet(h http.Header, rest []byte) batchPart {
	texts, complete := split(rest, answerBoundary(h))
	if !complete || len(texts) == 0 {
		return batchPart{}
	}
	p := batchPart{status: http.StatusOK, header: h}
	for _, t := range texts {
		p.set = append(p.set, readPart(t, false))
	}
	if len(p.set) == 1 && p.set[0].failed() {
		return p.set[0]
	}
	return p
}

// statusOf reads "HTTP/1.1 204 No Content"; 0 is none.
func statusOf(line []byte) int {
	rest, ok := bytes.CutPrefix(line, []byte("HTTP/"))
	if !ok {
		return 0
	}
	_, rest, _ = bytes.Cut(rest, []byte(" "))
	if len(rest) < 3 || len(rest) > 3 && rest[3] != ' ' {
		return 0
	}
	n, err := strconv.Atoi(string(rest[:3]))
	if err != nil || n < 100 || n > 599 {
		return 0
	}
	return n
}

// cutHead cuts off the header lines, up to the blank line. The end of the text
// stands for a blank line, because an answer without a body may end there.
func cutHead(b []byte) (head, rest []byte) {
	for at := 0; ; {
		line, after, found := cutLine(b[at:])
		if len(line) == 0 || !found {
			end := at
			if len(line) > 0 {
				end = len(b)
			}
			return b[:end], after
		}
		at = len(b) - len(after)
	}
}

// readHeader reads header lines. The text is copied once and the values point into
// the copy: a batch has thousands of them.
func readHeader(head []byte) (h http.Header, ok bool) {
	n := bytes.Count(head, []byte("\n")) + 1
	h = make(http.Header, n)
	values := make([]string, 0, n)
	for line := range strings.Lines(string(head)) {
		name, value, isHeader := strings.Cut(strings.TrimRight(line, "\r\n"), ":")
		if !isHeader || name == "" {
			return nil, false
		}
		k := canonical(strings.TrimSpace(name))
		values = append(values, strings.TrimSpace(value))
		if last := len(values); h[k] == nil {
			h[k] = values[last-1 : last : last]
		} else {
			h[k] = append(h[k], values[last-1])
		}
	}
	return h, true
}

// canonical is http.CanonicalHeaderKey, without work for the names that stand in
// every part and are not written canonically.
func canonical(name string) string {
	switch name {
	case "OData-Version":
		return "Odata-Version"
	case "OData-EntityId":
		return "Odata-Entityid"
	}
	return textproto.CanonicalMIMEHeaderKey(name)
}

// cutLine cuts off the first line, ended by CR LF or LF.
func cutLine(b []byte) (line, rest []byte, found bool) {
	line, rest, found = bytes.Cut(b, []byte("\n"))
	return bytes.TrimSuffix(line, []byte("\r")), rest, found
}
