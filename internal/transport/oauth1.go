package transport

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// OAuth1 signs requests with OAuth 1.0a, one leg: a consumer key and secret, no
// token (Mail+ API section 2). Query parameters are signed, bodies are not,
// which is right for JSON and wrong for form bodies: do not send those through it.
type OAuth1 struct {
	Key, Secret string
	// Now tells the timestamp; nil means time.Now.
	Now func() time.Time
	// Nonce gives a text that was never given before; nil means 16 random bytes in hex.
	Nonce func() string
}

// String hides the credentials.
func (OAuth1) String() string { return "(OAuth 1 credentials)" }

// GoString hides the credentials from %#v as well.
func (o OAuth1) GoString() string { return o.String() }

// Layer signs every request that passes, afresh for each repetition: put it
// below the layers that repeat. The request itself is left as it was.
func (o OAuth1) Layer() Layer {
	s := newSigner(o)
	return func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			signed := r.WithContext(r.Context())
			signed.Header = make(http.Header, len(r.Header)+1)
			for k, v := range r.Header {
				signed.Header[k] = v
			}
			signed.Header["Authorization"] = []string{s.authorization(r)}
			if signed.Body == nil {
				signed.Body = onceOnly{}
			}
			return next.RoundTrip(signed)
		})
	}
}

// onceOnly is an empty body. A read without a body is repeated by net/http itself when
// its connection breaks, with the nonce that was used already: Spotler would refuse it
// as if the key were wrong. With a body that cannot be had again it is not, and the
// layer that repeats reads has it signed anew.
type onceOnly struct{}

func (onceOnly) Read([]byte) (int, error) { return 0, io.EOF }
func (onceOnly) Close() error             { return nil }

// signer holds what every signature of one key shares.
type signer struct {
	now   func() time.Time
	nonce func() string
	key   string // percent-encoded once for the header and the base string
	macs  sync.Pool
	rooms sync.Pool
}

// desk is the room one signature needs to work in.
type desk struct {
	base, params []byte
	pairs        []pair
}

// pair is one parameter, both halves percent-encoded.
type pair struct{ name, value string }

func newSigner(o OAuth1) *signer {
	s := &signer{now: o.Now, nonce: o.Nonce, key: string(AppendEscaped(nil, o.Key))}
	if s.now == nil {
		s.now = time.Now
	}
	if s.nonce == nil {
		s.nonce = randomNonce
	}
	signingKey := append(AppendEscaped(nil, o.Secret), '&')
	s.macs.New = func() any { return hmac.New(sha1.New, signingKey) }
	s.rooms.New = func() any { return &desk{base: make([]byte, 0, 1024), params: make([]byte, 0, 512)} }
	return s
}

func randomNonce() string {
	var b [16]byte
	rand.Read(b[:]) // never fails since Go 1.24
	return hex.EncodeToString(b[:])
}

// authorization is the value of the Authorization header for r.
func (s *signer) authorization(r *http.Request) string {
	d := s.rooms.Get().(*desk)
	defer s.rooms.Put(d)
	nonce := string(AppendEscaped(nil, s.nonce()))
	stamp := strconv.FormatInt(s.now().Unix(), 10)
	d.pairs = append(d.pairs[:0],
		pair{"oauth_consumer_key", s.key}, pair{"oauth_nonce", nonce},
		pair{"oauth_signature_method", "HMAC-SHA1"}, pair{"oauth_timestamp", stamp}, pair{"oauth_version", "1.0"})
	d.addQuery(r.URL.RawQuery)
	d.writeBase(r)

	mac := s.macs.Get().(hash.Hash)
	mac.Reset()
	mac.Write(d.base)
	var sum [sha1.Size]byte
	mac.Sum(sum[:0])
	s.macs.Put(mac)
	var text [28]byte // the Base64 of 20 bytes
	base64.StdEncoding.Encode(text[:], sum[:])

	h := append(d.base[:0], `OAuth oauth_consumer_key="`...)
	h = append(h, s.key...)
	h = append(append(h, `", oauth_nonce="`...), nonce...)
	h = appendEscaped(append(h, `", oauth_signature="`...), text[:])
	h = append(append(h, `", oauth_signature_method="HMAC-SHA1", oauth_timestamp="`...), stamp...)
	h = append(h, `", oauth_version="1.0"`...)
	d.base = h
	return string(h)
}

// addQuery adds the pairs of a raw query, decoded and encoded again, because the
// verifier rebuilds them from the decoded pairs (Mail+ API section 2.3).
func (d *desk) addQuery(raw string) {
	for raw != "" {
		var item string
		item, raw, _ = strings.Cut(raw, "&")
		if item == "" {
			continue
		}
		name, value, _ := strings.Cut(item, "=")
		d.pairs = append(d.pairs, pair{recode(name), recode(value)})
	}
}

// recode brings a piece of a query into the one spelling that is signed. A
// piece that cannot be decoded is signed as it stands.
func recode(s string) string {
	if plain(s) {
		return s
	}
	if decoded, err := url.QueryUnescape(s); err == nil {
		s = decoded
	}
	return string(AppendEscaped(nil, s))
}

// writeBase fills d.base with the signature base string of r.
func (d *desk) writeBase(r *http.Request) {
	slices.SortFunc(d.pairs, func(a, b pair) int {
		if c := strings.Compare(a.name, b.name); c != 0 {
			return c
		}
		return strings.Compare(a.value, b.value)
	})
	params := d.params[:0]
	for i, p := range d.pairs {
		if i > 0 {
			params = append(params, '&')
		}
		params = append(append(append(params, p.name...), '='), p.value...)
	}
	d.params = params

	method := r.Method
	if method == "" {
		method = http.MethodGet
	}
	base := append(append(d.base[:0], method...), '&')
	base = AppendEscaped(base, strings.ToLower(r.URL.Scheme))
	base = append(base, "%3A%2F%2F"...)
	base = AppendEscaped(base, signedHost(r))
	path := r.URL.EscapedPath()
	if path == "" {
		path = "/"
	}
	base = append(AppendEscaped(base, path), '&')
	d.base = appendEscaped(base, params)
}

// signedHost is the host of r in lower case, without a default port.
func signedHost(r *http.Request) string {
	host := r.Host
	if host == "" {
		host = r.URL.Host
	}
	host = strings.ToLower(host)
	switch strings.ToLower(r.URL.Scheme) {
	case "https":
		return strings.TrimSuffix(host, ":443")
	case "http":
		return strings.TrimSuffix(host, ":80")
	}
	return host
}
