package compat

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spotler-connector/connector/internal/sandbox"
	"github.com/spotler-connector/connector/internal/transport"
)

// install fetches the npm packages once; without Node the tests are skipped, except
// where CI is set.
var install = sync.OnceValue(func() error {
	if _, err := exec.LookPath("npm"); err != nil {
		return errNoNode
	}
	if _, err := os.Stat("node_modules/oauth-1.0a"); err == nil {
		if _, err := os.Stat("node_modules/dynamics-web-api"); err == nil {
			return nil
		}
	}
	out, err := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund").CombinedOutput()
	if err != nil {
		return fmt.Errorf("npm ci: %w: %s", err, out)
	}
	return nil
})

var errNoNode = errors.New("node and npm are not installed (https://nodejs.org, version 20 or newer)")

func need(t *testing.T) {
	t.Helper()
	err := install()
	if errors.Is(err, errNoNode) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// outcome is what a client says of one thing it tried.
type outcome struct {
	Chapter string `json:"chapter"`
	Name    string `json:"name"`
	What    string `json:"what"`
	OK      bool   `json:"ok"`
	Why     string `json:"why"`
}

// drive runs a client against the sandbox and returns what it says.
func drive(t *testing.T, script string, args ...string) []outcome {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "node", append([]string{script}, args...)...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s\n%s", script, err, said.String(), out)
	}
	var all []outcome
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Scan() {
		var o outcome
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			t.Fatalf("%s: %q: %v", script, lines.Text(), err)
		}
		all = append(all, o)
	}
	return all
}

func begin(t *testing.T) *sandbox.Sandbox {
	t.Helper()
	s, err := sandbox.Start(sandbox.Options{Dataverse: "127.0.0.1:0", Spotler: "127.0.0.1:0", Leads: "127.0.0.1:0", Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// Another OAuth client makes all documented calls of Mail+ against the sandbox, on both bases.
func TestMailPlusOfOthers(t *testing.T) {
	need(t)
	for _, base := range []string{"/integrationservice", "/integrationservice-1.1.0"} {
		t.Run(base, func(t *testing.T) {
			s := begin(t)
			all := drive(t, "spotler.mjs", s.SpotlerURL+base, s.SpotlerURL, sandbox.SpotlerKey, sandbox.SpotlerSecret)
			if len(all) < 65 {
				t.Errorf("%d calls were made", len(all))
			}
			for _, o := range all {
				if !o.OK {
					t.Errorf("%s, %s (%s): %s", o.Chapter, o.What, o.Name, o.Why)
				}
			}
			var table strings.Builder
			table.WriteString("\n| chapter | call | |\n| --- | --- | --- |\n")
			for _, o := range all {
				says := map[bool]string{true: "passes", false: "fails"}[o.OK]
				fmt.Fprintf(&table, "| %s | %s: `%s` | %s |\n", o.Chapter, o.What, made.ReplaceAllString(o.Name, "$1/…"), says)
			}
			fmt.Fprintf(&table, "\n%d calls, the same on both bases. The assumed endpoints are not among them.\n\n", len(all))
			keepTable(t, table.String())
		})
	}
}

// made is the id of a mailing in a path; it is another one in every run.
var made = regexp.MustCompile(`(/(?:campaign-)?mailing)/[A-Za-z0-9]{12}`)

// What we sign, another implementation signs the same, for a thousand random requests.
func TestSignaturesOfOthers(t *testing.T) {
	need(t)
	random := rand.New(rand.NewPCG(7, 7))
	var input bytes.Buffer
	const many = 1000
	for n := range many {
		if err := json.NewEncoder(&input).Encode(signed(t, random, n)); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "node", "signatures.mjs")
	cmd.Stdin = &input
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if lines := strings.Split(strings.TrimSpace(string(out)), "\n"); lines[len(lines)-1] != fmt.Sprintf(`{"agree":%d}`, many) {
		t.Errorf("%s", out)
	}
}

// signature is a request as we signed it.
type signature struct {
	Method    string `json:"method"`
	URL       string `json:"url"`
	Key       string `json:"key"`
	Secret    string `json:"secret"`
	Nonce     string `json:"nonce"`
	Timestamp int64  `json:"timestamp"`
	Signature string `json:"signature"`
}

// signed makes a random request and has our transport sign it.
func signed(t *testing.T, random *rand.Rand, n int) signature {
	t.Helper()
	letters := []rune("abcZ019-._~ !*'()%&=+/?:@,;$#[]éü漢\"<>|")
	word := func(most int) string {
		var b strings.Builder
		for range 1 + random.IntN(most) {
			b.WriteRune(letters[random.IntN(len(letters))])
		}
		return b.String()
	}
	query := url.Values{}
	for range random.IntN(5) {
		name := fmt.Sprintf("%c%d", "azAZ_"[random.IntN(5)], random.IntN(100)) // the other client does not decode names, and Mail+ has none that are encoded
		if _, twice := query[name]; !twice {
			query[name] = []string{word(12)}
		}
	}
	address := "https://restapi.mailplus.nl/integrationservice/contact/" + url.PathEscape(strings.Map(func(r rune) rune {
		if r == '?' || r == '#' || r == '%' || r > 127 || r == '"' || r == '<' || r == '>' || r == '|' || r == '[' || r == ']' || r == ' ' {
			return 'x' // the other client signs the address as it is written; paths of Mail+ have none of these
		}
		return r
	}, word(8)))
	if len(query) > 0 {
		address += "?" + strings.ReplaceAll(query.Encode(), "+", "%20")
	}
	s := signature{Method: []string{"GET", "POST", "PUT", "DELETE"}[random.IntN(4)], URL: address, Key: word(20), Secret: word(30), Nonce: fmt.Sprintf("nonce%d", n), Timestamp: 1700000000 + int64(n)}
	var header string
	base := roundTrip(func(r *http.Request) (*http.Response, error) {
		header = r.Header.Get("Authorization")
		return httptest.NewRecorder().Result(), nil
	})
	o := transport.OAuth1{Key: s.Key, Secret: s.Secret, Nonce: func() string { return s.Nonce }, Now: func() time.Time { return time.Unix(s.Timestamp, 0) }}
	req, err := http.NewRequestWithContext(t.Context(), s.Method, s.URL, nil)
	if err != nil {
		t.Fatal(strconv.Quote(s.URL), err)
	}
	resp, err := o.Layer()(base).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	m := regexp.MustCompile(`oauth_signature="([^"]*)"`).FindStringSubmatch(header)
	if m == nil {
		t.Fatalf("no signature in %q", header)
	}
	if s.Signature, err = url.QueryUnescape(m[1]); err != nil {
		t.Fatal(err)
	}
	return s
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
