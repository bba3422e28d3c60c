package dataverse

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // the thumbprint that RS256 assertions carry is SHA-1 by definition
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"time"

	"golang.org/x/crypto/pkcs12"
)

// Certificate signs for an app registration instead of a secret (section 2.1).
type Certificate struct {
	leaf *x509.Certificate
	key  *rsa.PrivateKey
}

// assertionLife is how long a signed assertion is good for.
const assertionLife = 10 * time.Minute

// LoadCertificate reads a certificate with its RSA key from PEM, or from a PFX file
// with its password. A PFX with newer encryption than x/crypto reads is NotValid, with
// the way to turn it into PEM. Errors hold neither key nor password.
func LoadCertificate(data []byte, password string) (*Certificate, error) {
	bad := func(says string) (*Certificate, error) { return nil, notValid("dataverse.Certificate", "", says) }
	blocks := pemBlocks(data)
	if len(blocks) == 0 {
		var err error
		if blocks, err = pkcs12.ToPEM(data, password); err != nil {
			return bad("the certificate is neither PEM nor a PFX file that can be read with this password; turn it into PEM with: openssl pkcs12 -in file.pfx -nodes")
		}
	}
	key, err := rsaKey(blocks)
	if err != nil {
		return bad("the file holds no RSA private key that can be read; it must not be encrypted")
	}
	for _, b := range blocks {
		if b.Type != "CERTIFICATE" {
			continue
		}
		leaf, err := x509.ParseCertificate(b.Bytes)
		if err != nil {
			return bad("a certificate in the file cannot be read")
		}
		if pub, ok := leaf.PublicKey.(*rsa.PublicKey); ok && pub.Equal(key.Public()) {
			return &Certificate{leaf, key}, nil
		}
	}
	return bad("the file holds no certificate that belongs to its key")
}

func pemBlocks(data []byte) (blocks []*pem.Block) {
	for {
		var b *pem.Block
		if b, data = pem.Decode(data); b == nil {
			return blocks
		}
		blocks = append(blocks, b)
	}
}

// rsaKey finds the key, in either of the forms that tools write.
func rsaKey(blocks []*pem.Block) (*rsa.PrivateKey, error) {
	for _, b := range blocks {
		if b.Type != "PRIVATE KEY" && b.Type != "RSA PRIVATE KEY" {
			continue
		}
		if key, err := x509.ParsePKCS1PrivateKey(b.Bytes); err == nil {
			return key, nil
		}
		any, err := x509.ParsePKCS8PrivateKey(b.Bytes)
		if err != nil {
			return nil, err
		}
		if key, ok := any.(*rsa.PrivateKey); ok {
			return key, nil
		}
	}
	return nil, errDefinition
}

// Expires is when the certificate stops being accepted.
func (c *Certificate) Expires() time.Time { return c.leaf.NotAfter }

// Thumbprint is the SHA-1 of the certificate as the portal shows it.
func (c *Certificate) Thumbprint() string { return fmt.Sprintf("%X", sha1.Sum(c.leaf.Raw)) } //nolint:gosec // a name, not a proof

// assertion writes the signed statement "I am clientID" for a token URL: RFC 7523,
// with the header that the sign-in service finds the certificate by.
func (c *Certificate) assertion(clientID, tokenURL, algorithm, nonce string, now time.Time) (string, error) {
	header := map[string]string{"typ": "JWT", "alg": algorithm}
	if algorithm == "PS256" {
		sum := sha256.Sum256(c.leaf.Raw)
		header["x5t#S256"] = base64.RawURLEncoding.EncodeToString(sum[:])
	} else {
		sum := sha1.Sum(c.leaf.Raw) //nolint:gosec // see above
		header["x5t"] = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	claims := map[string]any{"aud": tokenURL, "iss": clientID, "sub": clientID, "jti": nonce,
		"iat": now.Unix(), "nbf": now.Add(-time.Minute).Unix(), "exp": now.Add(assertionLife).Unix()}
	h, err := json.Marshal(header)
	if err != nil {
		return "", err
	}
	b, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	text := base64.RawURLEncoding.EncodeToString(h) + "." + base64.RawURLEncoding.EncodeToString(b)
	sum := sha256.Sum256([]byte(text))
	var sig []byte
	if algorithm == "PS256" {
		sig, err = rsa.SignPSS(rand.Reader, c.key, crypto.SHA256, sum[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
	} else {
		sig, err = rsa.SignPKCS1v15(rand.Reader, c.key, crypto.SHA256, sum[:])
	}
	if err != nil {
		return "", err
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(sig), nil
}

// Format prints the thumbprint only: the key is a secret.
func (c *Certificate) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "certificate "+c.Thumbprint())
}

// LogValue logs the thumbprint only.
func (c *Certificate) LogValue() slog.Value { return slog.StringValue(c.Thumbprint()) }
