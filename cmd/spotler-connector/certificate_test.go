package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spotler-connector/connector/internal/sandbox"
)

// certificateFile makes a certificate with its key in one PEM file.
func certificateFile(t *testing.T) (*x509.Certificate, string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	text := append(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	file := filepath.Join(t.TempDir(), "app.pem")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return c, file
}

// An environment may sign in with a certificate instead of a secret. One that the app
// registration does not know keeps it off, with the reason and without the key.
func TestCertificateSignsIn(t *testing.T) {
	t.Parallel()
	known, file := certificateFile(t)
	s := beginIn(t, sandbox.Options{Seed: 7, Certificate: known}, "sqlite:"+t.TempDir()+"/c.db", map[string]string{"DATAVERSE_CLIENT_SECRET": "", "DATAVERSE_CERTIFICATE": file})
	s.crm(person(1, nil))
	s.quiet()
	if _, there := s.spotler()[id(1)]; !there {
		t.Error("the person did not arrive")
	}
	s.end()
	_, stranger := certificateFile(t)
	s.open("sqlite:"+t.TempDir()+"/d.db", map[string]string{"DATAVERSE_CLIENT_SECRET": "", "DATAVERSE_CERTIFICATE": stranger})
	if why := s.house.off(s.env); !strings.Contains(why, "certificate") || strings.Contains(why, "BEGIN") {
		t.Errorf("with another certificate it says %q", why)
	}
}
