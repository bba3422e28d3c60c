package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spotler-connector/connector/internal/api"
	"github.com/spotler-connector/connector/internal/api/openapi"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/transport"
)

const (
	defaultServer = "http://127.0.0.1:8080"
	serverEnviron = "SPOTLER_CONNECTOR_SERVER"
	tokenEnviron  = "SPOTLER_CONNECTOR_TOKEN"
	dataEnviron   = "SPOTLER_CONNECTOR_DATA_DIR"
	// patience is how long one answer may take; the API answers from the database.
	patience = 30 * time.Second
	// longestAnswer is far more than a page of jobs.
	longestAnswer = 16 << 20
)

// connection holds the flags of every command that asks a running connector.
type connection struct {
	Server    string `placeholder:"URL" help:"The running connector ($SPOTLER_CONNECTOR_SERVER; else http://127.0.0.1:8080)."`
	Token     string `xor:"token" placeholder:"TOKEN" help:"The API token ($SPOTLER_CONNECTOR_TOKEN)."`
	TokenFile string `xor:"token" placeholder:"FILE" help:"File that holds the token (else first-token in the data folder)."`
	JSON      bool   `name:"json" help:"Print the answer as JSON."`
}

// chosen is the flag of commands that work in one environment.
type chosen struct {
	Env string `short:"e" placeholder:"NAME" help:"The environment; may be left out when there is only one."`
}

// client asks a running connector and prints what it says.
type client struct {
	api     *openapi.Client
	printer printer
	note    io.Writer // for what is not the answer
	json    bool
}

// connect makes a client of the flags; nothing is asked yet. A missing token is
// a fault.Denied, an address that is none a fault.NotValid.
func (c connection) connect(s streams) (*client, error) { return c.connectFor(s, patience) }

// connectFor is connect with an answer that may take this long.
func (c connection) connectFor(s streams, patience time.Duration) (*client, error) {
	server := first(c.Server, variable(s.environ, serverEnviron), defaultServer)
	if u, err := url.Parse(server); err != nil || u.Host == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https" {
		return nil, plainly(fault.NotValid, "the address of the connector is no URL such as "+defaultServer+": correct --server or "+serverEnviron)
	}
	token, err := c.token(s.environ)
	if err != nil {
		return nil, err
	}
	base := http.DefaultTransport.(*http.Transport).Clone()
	base.DisableKeepAlives = true // a command asks little, and leaves no connection behind
	door := &http.Client{
		Timeout:   patience,
		Transport: transport.Stack(base, transport.LimitBody(longestAnswer)),
		// A redirect would carry the token to somebody else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	sign := func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("User-Agent", api.UserAgent+"/"+strings.ReplaceAll(release(), " ", "-"))
		return nil
	}
	asks, err := openapi.NewClient(server, openapi.WithHTTPClient(door), openapi.WithRequestEditorFn(sign))
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	return &client{api: asks, printer: printer{out: s.out, now: time.Now(), zone: time.Local}, note: s.err, json: c.JSON}, nil
}

// token is the flag's, the file's, the variable's, or the first token that serve
// left in its data folder.
func (c connection) token(environ []string) (string, error) {
	file := c.TokenFile
	if file == "" {
		if t := first(c.Token, variable(environ, tokenEnviron)); t != "" {
			return checkedToken(t)
		}
		file = filepath.Join(first(variable(environ, dataEnviron), "data"), "first-token")
	}
	text, err := os.ReadFile(file)
	switch {
	case errors.Is(err, os.ErrNotExist) && c.TokenFile == "":
		return "", plainly(fault.Denied, "there is no API token: serve leaves one in its data folder at first start; run the command beside it, or give --token-file or "+tokenEnviron)
	case err != nil:
		return "", plainly(fault.Denied, "the token file "+file+" cannot be read: check --token-file and the rights of the file")
	}
	return checkedToken(string(text))
}

// checkedToken keeps what cannot stand in a header from being sent or printed.
func checkedToken(t string) (string, error) {
	t = strings.TrimSpace(t)
	if t == "" || strings.ContainsFunc(t, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", plainly(fault.Denied, "the API token is empty or holds characters that a token has not: copy it again")
	}
	return t, nil
}

// environment returns the chosen environment, or the only one there is.
func (c *client) environment(ctx context.Context, name string) (string, error) {
	if name != "" {
		return name, nil
	}
	list, err := read[openapi.EnvironmentList](succeed(c.api.ListEnvironments(ctx)))
	if err != nil {
		return "", err
	}
	var names []string
	for _, e := range list.Environments {
		names = append(names, e.Name)
	}
	switch len(names) {
	case 0:
		return "", plainly(fault.NotFound, "the connector has no environment for this token: add one to its settings")
	case 1:
		return names[0], nil
	}
	return "", plainly(fault.NotValid, "there are several environments: choose one with --env "+strings.Join(names, ", --env "))
}

// print shows an answer: as JSON, or in the words of show.
func (c *client) print(answer any, show func(*printer)) error {
	if c.json {
		e := json.NewEncoder(c.printer.out)
		e.SetIndent("", "  ")
		e.SetEscapeHTML(false)
		return e.Encode(answer)
	}
	show(&c.printer)
	return c.printer.err
}

// plain is an error that prints its sentence only; its kind gives the exit code.
type plain struct{ cause *fault.Error }

func (p plain) Error() string { return p.cause.Says }
func (p plain) Unwrap() error { return p.cause }

func plainly(kind fault.Kind, says string) error {
	return plain{&fault.Error{Op: "command", Kind: kind, Says: says}}
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// variable is the value of an environment variable; the last one counts.
func variable(environ []string, name string) string {
	value := ""
	for _, e := range environ {
		if v, ok := strings.CutPrefix(e, name+"="); ok {
			value = v
		}
	}
	return value
}

// requestKey is the caller's key or a new one, so that a request that a proxy
// repeats is one request.
func requestKey(given string) *string {
	if given == "" {
		given = "cli-" + rand.Text()
	}
	return &given
}
