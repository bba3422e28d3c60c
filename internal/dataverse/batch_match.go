package dataverse

import "net/http"

// IfUnchanged makes a change of a row happen only while the row still has the version
// that was read; otherwise its answer is a Conflict (section 2.5). Version 0, which
// is not known, changes nothing.
func IfUnchanged(r BatchRequest, version int64) BatchRequest {
	if version == 0 {
		return r
	}
	h := r.Header.Clone()
	if h == nil {
		h = http.Header{}
	}
	h["If-Match"] = []string{etag(version)}
	r.Header = h
	return r
}
