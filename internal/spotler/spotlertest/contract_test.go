package spotlertest_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/spotler-connector/connector/internal/sandbox"
	"github.com/spotler-connector/connector/internal/spotler"
	"github.com/spotler-connector/connector/internal/spotler/spotlertest"
	"github.com/spotler-connector/connector/internal/transport"
)

// The variables that lead to a real account; docs/operations/contract-suite.md.
const (
	urlVariable    = "SPOTLER_TEST_URL"
	keyVariable    = "SPOTLER_TEST_KEY"
	secretVariable = "SPOTLER_TEST_SECRET"
	writeVariable  = "SPOTLER_TEST_WRITE"
)

func account(t *testing.T, url, key, secret string) spotlertest.Account {
	t.Helper()
	base := http.DefaultTransport.(*http.Transport).Clone()
	t.Cleanup(base.CloseIdleConnections)
	client := func(url, secret string) *spotler.Client {
		pacer := transport.NewPacer(transport.PacerSettings{Start: 2, Max: 4, MaxWait: 30 * time.Second})
		c, err := spotler.New(spotler.Config{Base: url, HTTP: &http.Client{Timeout: time.Minute, Transport: transport.Stack(base, transport.LimitBody(0),
			transport.RetryReads{}.Layer(), pacer.Layer(), transport.OAuth1{Key: key, Secret: secret}.Layer(), transport.Classify())}})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	now := time.Now()
	return spotlertest.Account{Client: client(url, secret), Stranger: client(url, secret+"-wrong"), Now: now, Mark: fmt.Sprintf("contract-%x", now.UnixNano()),
		Docs: client(regexp.MustCompile(`-\d+(\.\d+)*/?$`).ReplaceAllString(url, ""), secret)}
}

// Both bases of the sandbox, and what was published in 2022 alone, are as we believe.
func TestSandbox(t *testing.T) {
	for name, c := range map[string]struct{ base, assumptions string }{
		"versioned":   {sandbox.SpotlerBasePath, ""},
		"unversioned": {"/integrationservice", ""},
		"2022":        {sandbox.SpotlerBasePath, `{"contract_2022":true}`},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := sandbox.Start(sandbox.Options{Seed: 1})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			if c.assumptions != "" {
				assume(t, s.SpotlerURL, c.assumptions)
			}
			a := account(t, s.SpotlerURL+c.base, sandbox.SpotlerKey, sandbox.SpotlerSecret)
			spotlertest.Read(t, a)
			spotlertest.Write(t, a)
			spotlertest.Assumed(t, a)
			spotlertest.Read(t, a)
		})
	}
}

func assume(t *testing.T, url, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, url+"/control/assumptions", bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("the sandbox answered %d", resp.StatusCode)
	}
}

// A real account: reading when its keys are there, writing only when that is asked
// for in so many words.
func TestAccount(t *testing.T) {
	key, secret := os.Getenv(keyVariable), os.Getenv(secretVariable)
	if key == "" || secret == "" {
		t.Skipf("%s and %s lead to no account; see docs/operations/contract-suite.md", keyVariable, secretVariable)
	}
	url := os.Getenv(urlVariable)
	if url == "" {
		url = "https://restapi.mailplus.nl/integrationservice-1.1.0"
	}
	a := account(t, url, key, secret)
	spotlertest.Read(t, a)
	if os.Getenv(writeVariable) != "yes" {
		t.Skipf("the part that writes runs with %s=yes only", writeVariable)
	}
	spotlertest.Write(t, a)
	spotlertest.Assumed(t, a)
}
