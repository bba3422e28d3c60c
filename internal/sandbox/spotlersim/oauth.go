package spotlersim

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the API's signature method
	"encoding/base64"
	"hash"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// pair is one request parameter, decoded.
type pair struct{ name, value string }

func newKey(k Key, a *account) *key {
	secret := append(appendPct(nil, k.Secret), '&') // one leg: the token secret is empty
	out := &key{consumer: k.Key, field: k.IDField, account: a}
	out.hmacs.New = func() any { return hmac.New(sha1.New, secret) }
	return out
}

// authenticate verifies the OAuth 1.0a signature of r, which may travel in the
// header or in the query (reference: section 2.2), and returns its key.
func (s *Sim) authenticate(r *http.Request, rules *Assumptions) (*key, *refusal) {
	denied := func(kind ErrorType, says string) (*key, *refusal) {
		return nil, refuse(rules.AuthStatus, kind, says)
	}
	pairs, ok := parameters(r)
	if !ok {
		return denied(NotAuthorized, "The authorization parameters cannot be read")
	}
	var f oauthFields
	pairs = f.take(pairs)
	k := s.keyed(f.consumer)
	if k == nil {
		return denied(AuthNotFound, "Authentication not found")
	}
	if f.method != "HMAC-SHA1" || f.version != "" && f.version != "1.0" || f.doubled {
		return denied(NotAuthorized, "Use signature method HMAC-SHA1 and version 1.0")
	}
	given, err := base64.StdEncoding.DecodeString(f.signature)
	if err != nil || !hmac.Equal(given, k.sign(r, pairs)) {
		return denied(NotAuthorized, "Signature is invalid")
	}
	stamp, err := strconv.ParseInt(f.timestamp, 10, 64)
	if err != nil || f.nonce == "" {
		return denied(NotAuthorized, "Timestamp or nonce is missing")
	}
	now := s.clock().Unix()
	if skew := int64(rules.ClockSkew); skew > 0 && (stamp > now+skew || stamp < now-skew) {
		return denied(NotAuthorized, "Timestamp is refused")
	}
	if rules.NonceReplay && !k.nonces.fresh(f.timestamp+" "+f.nonce) {
		return denied(NotAuthorized, "Nonce was used before")
	}
	return k, nil
}

// oauthFields are the parameters that the protocol itself needs.
type oauthFields struct {
	consumer, method, version, signature, timestamp, nonce string
	doubled                                                bool
}

// take picks the protocol's parameters and returns all but the signature: they
// are part of the base string, unknown ones included.
func (f *oauthFields) take(pairs []pair) []pair {
	kept := pairs[:0]
	for _, p := range pairs {
		var to *string
		switch p.name {
		case "oauth_consumer_key":
			to = &f.consumer
		case "oauth_signature_method":
			to = &f.method
		case "oauth_version":
			to = &f.version
		case "oauth_timestamp":
			to = &f.timestamp
		case "oauth_nonce":
			to = &f.nonce
		case "oauth_signature":
			to = &f.signature
		}
		if to != nil {
			f.doubled = f.doubled || *to != ""
			*to = p.value
		}
		if p.name != "oauth_signature" {
			kept = append(kept, p)
		}
	}
	return kept
}

// parameters returns those of the header, without realm, and of the query.
func parameters(r *http.Request) ([]pair, bool) {
	pairs := make([]pair, 0, 12)
	if h := r.Header.Get("Authorization"); h != "" {
		scheme, rest, _ := strings.Cut(h, " ")
		if !strings.EqualFold(scheme, "OAuth") {
			return nil, false
		}
		var ok bool
		if pairs, ok = headerPairs(pairs, rest); !ok {
			return nil, false
		}
	}
	return queryPairs(pairs, r.URL.RawQuery)
}

// headerPairs reads k="v" lists with any spacing. A plus sign in a value is a
// plus sign: some clients send the signature's Base64 bare.
func headerPairs(pairs []pair, s string) ([]pair, bool) {
	for s = strings.TrimLeft(s, " \t,"); s != ""; s = strings.TrimLeft(s, " \t,") {
		name, rest, found := strings.Cut(s, "=")
		if !found {
			return nil, false
		}
		rest = strings.TrimLeft(rest, " \t")
		var value string
		if quoted, ok := strings.CutPrefix(rest, `"`); ok {
			if value, s, found = strings.Cut(quoted, `"`); !found {
				return nil, false
			}
		} else {
			value, s, _ = strings.Cut(rest, ",")
		}
		name, errName := url.PathUnescape(strings.TrimSpace(name))
		value, errValue := url.PathUnescape(strings.TrimSpace(value))
		if errName != nil || errValue != nil {
			return nil, false
		}
		if name != "realm" {
			pairs = append(pairs, pair{name, value})
		}
	}
	return pairs, true
}

func queryPairs(pairs []pair, query string) ([]pair, bool) {
	for query != "" {
		var part string
		part, query, _ = strings.Cut(query, "&")
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		name, errName := url.QueryUnescape(name)
		value, errValue := url.QueryUnescape(value)
		if errName != nil || errValue != nil {
			return nil, false
		}
		pairs = append(pairs, pair{name, value})
	}
	return pairs, true
}

// sign returns the HMAC-SHA1 of the request's base string.
func (k *key) sign(r *http.Request, pairs []pair) []byte {
	h := k.hmacs.Get().(hash.Hash)
	defer k.hmacs.Put(h)
	h.Reset()
	_, _ = h.Write(baseString(r, pairs))
	return h.Sum(nil)
}

// baseString is the text that is signed: method, address and the sorted
// parameters, each percent-encoded. The JSON body is no part of it.
func baseString(r *http.Request, pairs []pair) []byte {
	encoded := make([]pair, len(pairs))
	for i, p := range pairs {
		encoded[i] = pair{pct(p.name), pct(p.value)}
	}
	slices.SortFunc(encoded, func(a, b pair) int {
		if c := strings.Compare(a.name, b.name); c != 0 {
			return c
		}
		return strings.Compare(a.value, b.value)
	})
	out := make([]byte, 0, 768)
	out = append(out, r.Method...)
	out = append(out, '&')
	out = appendPct(out, address(r))
	out = append(out, '&')
	for i, p := range encoded {
		if i > 0 {
			out = append(out, "%26"...)
		}
		out = appendPct(out, p.name)
		out = append(out, "%3D"...)
		out = appendPct(out, p.value)
	}
	return out
}

// address is the URI of the base string: without default port and query.
func address(r *http.Request) string {
	scheme, port := "http", ":80"
	if r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https") {
		scheme, port = "https", ":443"
	}
	path := r.URL.EscapedPath()
	if path == "" {
		path = "/"
	}
	return scheme + "://" + strings.TrimSuffix(strings.ToLower(r.Host), port) + path
}

// pct percent-encodes everything but the unreserved characters of RFC 3986.
func pct(s string) string {
	for i := range len(s) {
		if !unreserved(s[i]) {
			return string(appendPct(nil, s))
		}
	}
	return s
}

func appendPct(out []byte, s string) []byte {
	const hexDigits = "0123456789ABCDEF"
	for i := range len(s) {
		if c := s[i]; unreserved(c) {
			out = append(out, c)
		} else {
			out = append(out, '%', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return out
}

func unreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || bytes.IndexByte([]byte("-._~"), c) >= 0
}

// nonces remembers the nonces of the last while: two generations of a bounded
// size, so that a benchmark does not eat the memory.
type nonces struct {
	mu       sync.Mutex
	new, old map[string]struct{}
}

const nonceGeneration = 100_000

// fresh reports whether the nonce was not seen before, and remembers it.
func (n *nonces) fresh(nonce string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, seen := n.new[nonce]; seen {
		return false
	}
	if _, seen := n.old[nonce]; seen {
		return false
	}
	if n.new == nil || len(n.new) >= nonceGeneration {
		n.old, n.new = n.new, map[string]struct{}{}
	}
	n.new[nonce] = struct{}{}
	return true
}
