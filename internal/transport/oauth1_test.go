package transport

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

var demo = OAuth1{
	Key: "ck-demo", Secret: "s3cr&t",
	Now:   func() time.Time { return time.Unix(1704067200, 0) },
	Nonce: func() string { return "0123456789abcdef" },
}

// signature sends r through the layer and returns the decoded oauth_signature.
func signature(t *testing.T, o OAuth1, r *http.Request) string {
	t.Helper()
	var header string
	rt := o.Layer()(roundTripper(func(r *http.Request) (*http.Response, error) {
		header = r.Header.Get("Authorization")
		return &http.Response{StatusCode: 204, Body: http.NoBody}, nil
	}))
	if _, err := rt.RoundTrip(r); err != nil {
		t.Fatal(err)
	}
	if r.Header.Get("Authorization") != "" {
		t.Error("the caller's request was changed")
	}
	_, rest, ok := strings.Cut(header, `oauth_signature="`)
	if !ok || !strings.HasPrefix(header, "OAuth ") {
		t.Fatalf("header %q", header)
	}
	enc, _, _ := strings.Cut(rest, `"`)
	sig, err := url.QueryUnescape(enc)
	if err != nil {
		t.Fatal(err)
	}
	return sig
}

func request(t testing.TB, method, address, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The vectors are those of the Mail+ API reference, section 2.3.
func TestOAuth1Vectors(t *testing.T) {
	const base = "https://restapi.mailplus.nl/integrationservice-1.1.0"
	const updates = "/contact/updates/list?fromDate=2024-01-01T00%3A00%3A00%2B01%3A00&toDate=2024-01-01T00%3A15%3A00%2B01%3A00&after=0&pageSize=1000"
	for _, c := range []struct{ name, method, address, body, want string }{
		{"V1", "GET", base + "/contact/properties/list", "", "uwBCie72MTHLTB/Iqo3IrllDnEQ="},
		{"V2", "GET", base + updates, "", "y1N6+I7gmzCZKmol5SrzAIkYQt8="},
		{"V3", "POST", base + "/contact", `{"update":true}`, "c1ldyRCrjq6OY3VXUtzsP0sIkqI="},
		{"default port and case of the host", "POST", strings.Replace(base, "restapi.mailplus.nl", "RestAPI.mailplus.nl:443", 1) + "/contact", "{}", "c1ldyRCrjq6OY3VXUtzsP0sIkqI="},
		{"colons left bare in the query", "GET", base + strings.ReplaceAll(updates, "%3A", ":"), "", "y1N6+I7gmzCZKmol5SrzAIkYQt8="},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := signature(t, demo, request(t, c.method, c.address, c.body)); got != c.want {
				t.Errorf("signature %s, want %s", got, c.want)
			}
		})
	}
}

// The base string in its hardest parts:
// repeated names, blanks, empty values, broken escapes and a path with ids.
func TestOAuth1BaseString(t *testing.T) {
	for _, c := range []struct{ address, want string }{
		{"http://h:80/a?b=2&b=1&a=x+y&c=&d", "GET&http%3A%2F%2Fh%2Fa&a%3Dx%2520y%26b%3D1%26b%3D2%26c%3D%26d%3D"},
		{"http://h:8080/c/a%40b%2Fc%25", "GET&http%3A%2F%2Fh%3A8080%2Fc%2Fa%2540b%252Fc%2525&"},
		{"https://h?q=%zz", "GET&https%3A%2F%2Fh%2F&"},
	} {
		s := newSigner(demo)
		d := s.rooms.Get().(*desk)
		d.pairs = d.pairs[:0]
		r := &http.Request{Method: "GET", Header: http.Header{}}
		u, err := url.Parse(c.address)
		if err != nil {
			t.Fatal(err)
		}
		r.URL = u
		d.addQuery(u.RawQuery)
		d.writeBase(r)
		if !strings.HasPrefix(string(d.base), c.want) {
			t.Errorf("%s: base string %s, want it to begin with %s", c.address, d.base, c.want)
		}
	}
}

// The example of RFC 5849 section 3.4.1.1, its form body and its token put in by hand:
// we send neither, but the rules are the same.
func TestOAuth1BaseStringOfTheRFC(t *testing.T) {
	u, err := url.Parse("http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b")
	if err != nil {
		t.Fatal(err)
	}
	d := newSigner(demo).rooms.Get().(*desk)
	d.pairs = append(d.pairs[:0], pair{"oauth_consumer_key", "9djdj82h48djs9d2"}, pair{"oauth_token", "kkk9d7dh3k39sjv7"},
		pair{"oauth_signature_method", "HMAC-SHA1"}, pair{"oauth_timestamp", "137131201"}, pair{"oauth_nonce", "7d8f3e4a"})
	d.addQuery(u.RawQuery)
	d.addQuery("c2&a3=2+q")
	d.writeBase(&http.Request{Method: "POST", URL: u, Header: http.Header{}})
	const want = "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D%26" +
		"oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7"
	if got := string(d.base); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestOAuth1DoesNotPrintItself(t *testing.T) {
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if s := fmt.Sprintf(verb, demo); strings.Contains(s, "s3cr") || strings.Contains(s, "ck-demo") {
			t.Errorf("%s prints %s", verb, s)
		}
	}
}

func TestNoncesDiffer(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		n := randomNonce()
		if len(n) != 32 || seen[n] {
			t.Fatalf("nonce %q is short or was given before", n)
		}
		seen[n] = true
	}
}

func FuzzOAuth1(f *testing.F) {
	f.Add("a=b&c=%20&&=&%zz", "/contact/a@b")
	f.Fuzz(func(t *testing.T, query, path string) {
		r := &http.Request{Method: "GET", URL: &url.URL{Scheme: "https", Host: "h", Path: path, RawQuery: query}, Header: http.Header{}}
		h := newSigner(demo).authorization(r)
		if strings.Count(h, `"`) != 12 || strings.ContainsAny(h, "\r\n") {
			t.Errorf("header %q", h)
		}
	})
}

func BenchmarkOAuth1(b *testing.B) {
	s := newSigner(OAuth1{Key: "key", Secret: "secret"})
	r := request(b, "GET", "https://restapi.mailplus.nl/integrationservice-1.1.0/contact/updates/list?fromDate=2024-01-01T00%3A00%3A00%2B01%3A00&after=0&pageSize=1000", "")
	b.ReportAllocs()
	for b.Loop() {
		s.authorization(r)
	}
}
