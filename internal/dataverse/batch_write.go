package dataverse

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// group is a run of requests that travels as one part of a batch.
type group struct{ from, to int }

// groupsOf cuts requests into parts: each stands alone, except that neighbours of
// one change set stand together.
func groupsOf(requests []BatchRequest) []group {
	out := make([]group, 0, len(requests))
	for i := 0; i < len(requests); {
		k := i + 1
		for requests[i].ChangeSet != 0 && k < len(requests) && requests[k].ChangeSet == requests[i].ChangeSet {
			k++
		}
		out = append(out, group{i, k})
		i = k
	}
	return out
}

// writeBatch writes the body of a batch. Every line ends in CR LF and a blank line
// stands behind the headers of each part, or Dataverse answers 400 (section 2.7).
func (c *Client) writeBatch(requests []BatchRequest, boundary string) []byte {
	prefix := c.batchPrefix()
	size := 0
	for _, r := range requests {
		size += len(r.Path) + len(r.Body) + len(prefix) + 300
	}
	b := make([]byte, 0, size)
	for _, g := range groupsOf(requests) {
		b = append(b, "--"+boundary+"\r\n"...)
		if requests[g.from].ChangeSet == 0 {
			b = append(b, partHeader...)
			b = appendRequest(b, prefix, requests[g.from])
			continue
		}
		set := "changeset_" + c.nonce()
		b = append(b, `Content-Type: multipart/mixed; boundary="`+set+"\"\r\n\r\n"...)
		for i, r := range requests[g.from:g.to] {
			b = append(b, "--"+set+"\r\n"...)
			b = append(b, partHeader[:len(partHeader)-2]...)
			b = append(b, "Content-ID: "+contentID(r, i)+"\r\n\r\n"...)
			b = appendRequest(b, prefix, r)
		}
		b = append(b, "--"+set+"--\r\n"...)
	}
	return append(b, "--"+boundary+"--\r\n"...)
}

// contentID is the name of the i-th request of a change set.
func contentID(r BatchRequest, i int) string {
	if r.ContentID != "" {
		return r.ContentID
	}
	return strconv.Itoa(i + 1)
}

const partHeader = "Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"

// batchPrefix is what stands in front of a relative path inside a batch.
func (c *Client) batchPrefix() string {
	switch c.assumed.text[AssumedBatchURL] {
	case "full":
		return c.base.String()
	case "relative":
		return ""
	}
	return c.base.EscapedPath()
}

func appendRequest(b []byte, prefix string, r BatchRequest) []byte {
	b = append(b, r.Method...)
	b = append(b, ' ')
	if !strings.HasPrefix(r.Path, "$") { // $1 speaks of a row of the change set
		b = append(b, prefix...)
	}
	b = append(b, r.Path...)
	b = append(b, " HTTP/1.1\r\nAccept: application/json\r\n"...)
	if r.Body != nil {
		b = append(b, "Content-Type: application/json\r\n"...)
	}
	if len(r.Header) == 1 {
		for k, vs := range r.Header {
			b = appendHeader(b, k, vs)
		}
	} else {
		for _, k := range slices.Sorted(maps.Keys(r.Header)) {
			b = appendHeader(b, k, r.Header[k])
		}
	}
	b = append(b, "\r\n"...)
	b = append(b, r.Body...)
	return append(b, "\r\n"...)
}

func appendHeader(b []byte, name string, values []string) []byte {
	for _, v := range values {
		b = append(b, name...)
		b = append(b, ": "...)
		b = append(b, v...)
		b = append(b, "\r\n"...)
	}
	return b
}
