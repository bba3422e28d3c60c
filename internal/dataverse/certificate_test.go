package dataverse

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spotler-connector/connector/internal/fault"
)

// newCertificate makes a certificate with its key, both as PEM.
func newCertificate(t *testing.T) (certificate, key []byte) {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Unix(1e9, 0), NotAfter: time.Unix(2e9, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})
}

func TestCertificateToken(t *testing.T) {
	certPEM, keyPEM := newCertificate(t)
	cert, err := LoadCertificate(append(append([]byte{}, keyPEM...), certPEM...), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, algorithm := range []string{"", "PS256", "RS256"} {
		var server *httptest.Server
		calls := 0
		server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			calls++
			if r.PostFormValue("client_secret") != "" || r.PostFormValue("client_id") != "app" || r.PostFormValue("grant_type") != "client_credentials" ||
				r.PostFormValue("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" || r.PostFormValue("scope") != "https://org/.default" {
				t.Error(r.PostForm)
			}
			checkAssertion(t, cert, r.PostFormValue("client_assertion"), server.URL)
			answer(w, 200, `{"token_type":"Bearer","expires_in":3599,"access_token":"t"}`)
		}))
		ts := TokenSource(context.Background(), TokenConfig{TokenURL: server.URL, ClientID: "app", ClientSecret: "ignored", Scope: "https://org/.default", Certificate: cert, Assertion: algorithm}, server.Client())
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				if tok, err := ts.Token(); err != nil || tok.AccessToken != "t" {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		server.Close()
		if calls != 1 {
			t.Errorf("%d requests for one token", calls)
		}
	}
	if s := fmt.Sprintf("%v %+v", cert, TokenConfig{ClientID: "app", Certificate: cert}); strings.Contains(s, "BEGIN") || !strings.Contains(s, cert.Thumbprint()) {
		t.Error(s)
	}
}

// checkAssertion verifies the signature with the certificate that the header names.
func checkAssertion(t *testing.T, cert *Certificate, jwt, audience string) {
	t.Helper()
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		t.Fatal(jwt)
	}
	var header map[string]string
	var claims struct {
		Aud, Iss, Sub, Jti string
		Nbf, Exp           int64
	}
	var raw [3][]byte
	for i, p := range parts {
		raw[i], _ = base64.RawURLEncoding.DecodeString(p)
	}
	if json.Unmarshal(raw[0], &header) != nil || json.Unmarshal(raw[1], &claims) != nil {
		t.Fatal(jwt)
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	pub := cert.leaf.PublicKey.(*rsa.PublicKey)
	s1, s256 := sha1.Sum(cert.leaf.Raw), sha256.Sum256(cert.leaf.Raw)
	var err error
	switch header["alg"] {
	case "PS256":
		err = rsa.VerifyPSS(pub, crypto.SHA256, sum[:], raw[2], nil)
		if header["x5t#S256"] != base64.RawURLEncoding.EncodeToString(s256[:]) {
			t.Error(header)
		}
	case "RS256":
		err = rsa.VerifyPKCS1v15(pub, crypto.SHA256, sum[:], raw[2])
		if header["x5t"] != base64.RawURLEncoding.EncodeToString(s1[:]) {
			t.Error(header)
		}
	default:
		t.Error(header)
	}
	if err != nil || claims.Aud != audience || claims.Iss != "app" || claims.Sub != "app" || claims.Jti == "" || claims.Exp-claims.Nbf != 660 {
		t.Error(err, claims)
	}
}

func TestLoadCertificate(t *testing.T) {
	certPEM, keyPEM := newCertificate(t)
	other, _ := newCertificate(t)
	for name, data := range map[string][]byte{"nothing": nil, "garbage": []byte("x"), "no key": certPEM, "no certificate": keyPEM, "another key": append(other, keyPEM...),
		"bad certificate": append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")}), keyPEM...),
		"bad key":         append(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("x")}), certPEM...)} {
		if _, err := LoadCertificate(data, "geheim"); fault.Of(err) != fault.NotValid || strings.Contains(err.Error(), "geheim") {
			t.Error(name, err)
		}
	}
	// A chain may stand in front of the certificate itself.
	cert, err := LoadCertificate(append(append(other, certPEM...), keyPEM...), "")
	if err != nil || !cert.Expires().Equal(time.Unix(2e9, 0)) {
		t.Error(err)
	}
}

func TestCredentialRefused(t *testing.T) {
	for body, want := range map[string]bool{
		`{"error":"invalid_client","error_description":"AADSTS7000222: The provided client secret keys are expired."}`: true,
		`{"error":"unauthorized_client","error_description":"AADSTS700016: Application not found."}`:                   true,
		`{"error":"invalid_scope","error_description":"AADSTS70011: The scope is not valid."}`:                         false,
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answer(w, 400, body) }))
		_, err := TokenSource(context.Background(), TokenConfig{TokenURL: s.URL, ClientID: "a", ClientSecret: "b"}, nil).Token()
		if fault.Of(err) != fault.Denied || errors.Is(err, ErrCredentialRefused) != want {
			t.Error(body, err)
		}
		s.Close()
	}
}

func TestSignIn(t *testing.T) {
	for org, want := range map[string]string{
		"https://org.crm4.dynamics.com":        "https://login.microsoftonline.com/t/oauth2/v2.0/token https://org.crm4.dynamics.com/.default",
		"https://Org.crm9.dynamics.com/":       "https://login.microsoftonline.com/t/oauth2/v2.0/token https://org.crm9.dynamics.com/.default",
		"https://org.crm.microsoftdynamics.us": "https://login.microsoftonline.us/t/oauth2/v2.0/token https://org.crm.microsoftdynamics.us/.default",
		"https://org.crm.appsplatform.us":      "https://login.microsoftonline.us/t/oauth2/v2.0/token https://org.crm.appsplatform.us/.default",
		"https://org.crm.dynamics.cn":          "https://login.partner.microsoftonline.cn/t/oauth2/v2.0/token https://org.crm.dynamics.cn/.default",
		"https://dynamics.com.example.nl":      "",
		"http://org.crm4.dynamics.com":         "",
		"https://evildynamics.com":             "",
	} {
		token, scope, err := SignIn(org, "t", nil)
		if got := strings.TrimSpace(token + " " + scope); got != want || (want == "") != (err != nil) {
			t.Error(org, got, err)
		}
	}
	if token, _, err := SignIn("https://org.crm.example.nl", "t", map[string]string{AssumedClouds: "example.nl=login.example.nl"}); err != nil || !strings.HasPrefix(token, "https://login.example.nl/t/") {
		t.Error(token, err)
	}
	_, _, err := SignIn("https://org.crm4.dynamics.com", "t/../x", nil)
	wantKind(t, err, fault.NotValid)
}

// While one caller renews a token early, the others go on with the old one.
func TestEarlyRenewalKeepsNobodyWaiting(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	calls := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if calls++; calls == 2 {
			close(arrived)
			<-release
		}
		answer(w, 200, fmt.Sprintf(`{"token_type":"Bearer","expires_in":3600,"access_token":"t%d"}`, calls))
	}))
	defer s.Close()
	var mu sync.Mutex
	now := time.Now()
	ts := TokenSource(context.Background(), TokenConfig{TokenURL: s.URL, ClientID: "a", ClientSecret: "b", Now: func() time.Time { mu.Lock(); defer mu.Unlock(); return now }}, nil)
	if tok, err := ts.Token(); err != nil || tok.AccessToken != "t1" {
		t.Fatal(err)
	}
	mu.Lock()
	now = now.Add(57 * time.Minute)
	mu.Unlock()
	done := make(chan string)
	go func() {
		tok, err := ts.Token()
		if err != nil {
			t.Error(err)
		}
		done <- tok.AccessToken
	}()
	<-arrived
	if tok, err := ts.Token(); err != nil || tok.AccessToken != "t1" {
		t.Error("waited or failed", err)
	}
	close(release)
	if got := <-done; got != "t2" {
		t.Error(got)
	}
	if tok, _ := ts.Token(); tok.AccessToken != "t2" || calls != 2 {
		t.Error(tok, calls)
	}
}
