package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/settings"
	"github.com/spotler-connector/connector/internal/spotler"
	"github.com/spotler-connector/connector/internal/transport"
)

// probeSecretEnviron holds the consumer secret when there is no settings file, so
// that it stands in no list of processes.
const probeSecretEnviron = "SPOTLER_SECRET"

// probeCommand compares an account with what we assume. It only reads.
type probeCommand struct {
	Config string `short:"c" type:"path" help:"Settings file (YAML) with the environment to ask for."`
	Env    string `short:"e" placeholder:"NAME" help:"Environment of the settings file; not needed when there is one only."`
	URL    string `name:"url" placeholder:"URL" help:"Address of the Mail+ API instead of a settings file."`
	Key    string `placeholder:"KEY" help:"Consumer key that goes with --url; its secret is read from SPOTLER_SECRET."`
	JSON   bool   `name:"json" help:"Print the answer as JSON."`
}

// probed is what probe prints as JSON.
type probed struct {
	Listed     int                       `json:"listed"`  // calls the account lists
	Missing    []spotler.Missing         `json:"missing"` // calls of ours it does not list
	Unknown    []spotler.Endpoint        `json:"unknown"` // calls it lists and we do not make
	Properties int                       `json:"properties"`
	Problems   []spotler.PropertyProblem `json:"property_problems"`
	Overrides  map[string]string         `json:"overrides"` // for the setting spotler.overrides
}

// Run asks the account and prints what differs. It exits with 1 when something does.
func (c *probeCommand) Run(ctx context.Context, s streams) error {
	account, err := c.account(s.environ)
	if err != nil {
		return err
	}
	base := http.DefaultTransport.(*http.Transport).Clone()
	defer base.CloseIdleConnections()
	p, err := probe(ctx, account, base)
	if err != nil {
		return err
	}
	if c.JSON {
		e := json.NewEncoder(s.out)
		e.SetIndent("", "  ")
		err = e.Encode(p)
	} else {
		err = p.print(s.out)
	}
	if err == nil && len(p.Missing)+len(p.Unknown)+len(p.Problems) > 0 {
		return exitError{code: exitFailed}
	}
	return err
}

// account is the account of the flags, or of an environment of the settings.
func (c *probeCommand) account(environ []string) (settings.Spotler, error) {
	if c.URL != "" || c.Key != "" {
		secret := ""
		for _, v := range environ {
			if name, value, _ := strings.Cut(v, "="); name == probeSecretEnviron {
				secret = value
			}
		}
		if c.URL == "" || c.Key == "" || secret == "" {
			return settings.Spotler{}, plainly(fault.NotValid, "without a settings file, give --url, --key and the secret in "+probeSecretEnviron)
		}
		return settings.Spotler{URL: c.URL, Key: c.Key, Secret: settings.NewSecret(secret)}, nil
	}
	read, err := settings.Read(c.Config, environ)
	if err != nil {
		return settings.Spotler{}, err
	}
	if c.Env == "" && len(read.Environments) == 1 {
		return read.Environments[0].Spotler, nil
	}
	if e, ok := read.Environment(connector.Environment(c.Env)); ok {
		return e.Spotler, nil
	}
	return settings.Spotler{}, plainly(fault.NotValid, "there are several environments, or none of that name: choose one with --env")
}

// baseVersion is the end of a base that has a version.
var baseVersion = regexp.MustCompile(`-\d+(\.\d+)*/?$`)

// probe asks the account. The vendor keeps the listing under the base without a
// version; another one may not.
func probe(ctx context.Context, a settings.Spotler, base http.RoundTripper) (probed, error) {
	sender := &http.Client{Timeout: time.Minute, Transport: transport.Stack(base, transport.LimitBody(0), transport.RetryReads{}.Layer(),
		transport.OAuth1{Key: a.Key, Secret: a.Secret.Reveal()}.Layer(), transport.Classify())}
	client, err := spotler.New(spotler.Config{Base: a.URL, Paths: a.Overrides, HTTP: sender})
	if err != nil {
		return probed{}, err
	}
	plain, err := spotler.New(spotler.Config{Base: baseVersion.ReplaceAllString(a.URL, ""), Paths: a.Overrides, HTTP: sender})
	if err != nil {
		return probed{}, err
	}
	properties, err := client.Properties(ctx)
	if err != nil {
		return probed{}, err
	}
	listed, err := plain.APIDocs(ctx)
	if errors.Is(err, fault.NotFound) || errors.Is(err, fault.Garbled) {
		listed, err = client.APIDocs(ctx)
	}
	if err != nil {
		return probed{}, fmt.Errorf("the account does not say what it serves: %w", err)
	}
	d := spotler.Compare(client.Endpoints(), listed)
	p := probed{len(listed), d.Missing, d.Unknown, len(properties), spotler.CheckProperties(properties), map[string]string{}}
	for _, m := range d.Missing {
		if m.Mended != "" {
			p.Overrides[m.Name] = m.Mended
		}
	}
	return p, nil
}

// print writes the answer for people; the overrides are lines of a settings file.
func (p probed) print(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "The account lists %s and has %s.\n", counted(int64(p.Listed), "call"), counted(int64(p.Properties), "field"))
	if len(p.Missing) == 0 && len(p.Unknown) == 0 && len(p.Problems) == 0 {
		b.WriteString("Nothing differs from what we assume.\n")
	}
	section(&b, "We make these calls, and it does not list them:", len(p.Missing))
	for _, m := range p.Missing {
		why := "documented in 2022"
		if m.Assumed {
			why = "assumed"
		}
		fmt.Fprintf(&b, "  %-28s %s %s (%s)\n", m.Name, m.Verb, m.Path, why)
	}
	section(&b, "It lists these calls, and we do not make them:", len(p.Unknown))
	for _, e := range p.Unknown {
		fmt.Fprintf(&b, "  %s %s\n", e.Verb, e.Path)
	}
	section(&b, "These fields are not as we take fields to be:", len(p.Problems))
	for _, f := range p.Problems {
		fmt.Fprintf(&b, "  %s: %s\n", printable(f.Property), f.Says)
	}
	section(&b, "If the calls that look alike are the same, these lines of the environment mend it:", len(p.Overrides))
	if len(p.Overrides) > 0 {
		b.WriteString("  spotler:\n    overrides:\n")
	}
	for _, m := range p.Missing {
		if m.Mended != "" {
			fmt.Fprintf(&b, "      %s: %s\n", m.Name, m.Mended)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func section(b *strings.Builder, title string, n int) {
	if n > 0 {
		b.WriteString("\n" + title + "\n")
	}
}
