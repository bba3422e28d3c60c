package dataversesim

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// assertionType is what client_assertion_type must say (RFC 7523, section 2.2).
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// assertion says what is wrong with a signed assertion in place of a secret (reference:
// dataverse-api 2.1; RFC 7523, section 3); nil when it is the application's.
func (s *Sim) assertion(r *http.Request) error {
	form := r.PostForm
	if form.Get("client_assertion_type") != assertionType {
		return errors.New("AADSTS90014: client_assertion_type is not supported")
	}
	parts := strings.Split(form.Get("client_assertion"), ".")
	if s.cfg.Certificate == nil || len(parts) != 3 {
		return errors.New("AADSTS50027: JWT token is invalid or malformed")
	}
	if err := signedBy(s.cfg.Certificate, parts); err != nil {
		return err
	}
	var claims struct {
		Audience string  `json:"aud"`
		Issuer   string  `json:"iss"`
		Subject  string  `json:"sub"`
		Expires  float64 `json:"exp"`
		Begins   float64 `json:"nbf"`
		ID       string  `json:"jti"`
	}
	if !decodePart(parts[1], &claims) {
		return errors.New("AADSTS50027: JWT token is invalid or malformed")
	}
	now := float64(s.clock().Unix())
	at, err := url.Parse(claims.Audience)
	switch {
	case claims.Issuer != s.cfg.ClientID || claims.Subject != s.cfg.ClientID:
		return errors.New("AADSTS700021: Client assertion application identifier does not match 'client_id' parameter")
	case err != nil || at.Host != r.Host || at.Path != r.URL.Path:
		return errors.New("AADSTS700212: No matching federated identity record found: the audience is not this address")
	case claims.ID == "" || claims.Expires <= now || claims.Begins > now+300 || claims.Expires > now+float64(24*time.Hour/time.Second):
		return errors.New("AADSTS700024: Client assertion is not within its valid time range")
	}
	return nil
}

// signedBy checks header and signature of a JWT.
func signedBy(c *x509.Certificate, parts []string) error {
	var header struct {
		Algorithm string `json:"alg"`
		Digest    string `json:"x5t#S256"`
	}
	key, isRSA := c.PublicKey.(*rsa.PublicKey)
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if !decodePart(parts[0], &header) || !isRSA || err != nil {
		return errors.New("AADSTS50027: JWT token is invalid or malformed")
	}
	if digest := sha256.Sum256(c.Raw); header.Digest != "" && header.Digest != base64.RawURLEncoding.EncodeToString(digest[:]) {
		return errors.New("AADSTS700027: The certificate with this identifier is not registered on the application")
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	switch header.Algorithm {
	case "PS256":
		err = rsa.VerifyPSS(key, crypto.SHA256, sum[:], signature, nil)
	case "RS256":
		err = rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature)
	default:
		err = errors.New("the algorithm is not supported")
	}
	if err != nil {
		return errors.New("AADSTS700027: Client assertion failed signature validation")
	}
	return nil
}

func decodePart(part string, into any) bool {
	text, err := base64.RawURLEncoding.DecodeString(part)
	return err == nil && json.Unmarshal(text, into) == nil
}
