package rig

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spotler-connector/connector/internal/api/openapi"
	"github.com/spotler-connector/connector/internal/intake"
	"github.com/spotler-connector/connector/internal/sandbox"
)

// Environment is the name of the connector's one environment.
const Environment = "bench"

// The hook of that environment. It is no secret: the run ends with it.
const (
	HookID     = "benchbenchbenchbench"
	HookSecret = "bench-hook-secret"
)

// Options say how to start a connector.
type Options struct {
	Store    string // sqlite or postgres
	Database string // as Rig.Database returned it
	Hook     bool   // the steps are registered; without, only change tracking tells of changes
	HookURL  string // where events are sent instead of straight to the connector
	Node     string
	Set      map[string]string // further variables
}

// Connector is one running node of it.
type Connector struct {
	*Process
	API *Remote
	dir string
}

// Plan is a connector that can be started, again and again, on the same data.
type Plan struct {
	rig     *Rig
	dir     string
	listen  string
	vars    map[string]string
	sandbox *Sandbox
}

// Plan prepares a connector between the remotes of s.
func (r *Rig) Plan(s *Sandbox, o Options) (*Plan, error) {
	dir, err := os.MkdirTemp(r.Dir, "connector")
	if err != nil {
		return nil, err
	}
	sheet := filepath.Join(dir, "mapping.yaml")
	if err := os.WriteFile(sheet, []byte(mappingSheet), 0o600); err != nil {
		return nil, err
	}
	listen, err := freeAddress()
	if err != nil {
		return nil, err
	}
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	if o.HookURL == "" {
		o.HookURL = "http://" + listen
	}
	if o.Node == "" {
		o.Node = "one"
	}
	const p = "SPOTLER_CONNECTOR_"
	vars := map[string]string{
		p + "LISTEN": listen, p + "DATA_DIR": dir, p + "DATABASE": o.Database, p + "KEY": base64.StdEncoding.EncodeToString(key),
		p + "NODE": o.Node, p + "LOG_LEVEL": "warn", p + "NAME": Environment, p + "MAPPING": sheet, p + "COLUMNS": "contact." + VersionColumn + "=int",
		p + "DATAVERSE_URL": s.CRM.URL, p + "DATAVERSE_ORGANISATION_ID": sandbox.Organisation, p + "DATAVERSE_TOKEN_URL": s.TokenURL(),
		p + "DATAVERSE_CLIENT_ID": sandbox.ClientID, p + "DATAVERSE_CLIENT_SECRET": sandbox.ClientSecret,
		p + "SPOTLER_URL": s.Mail.URL + sandbox.SpotlerBasePath, p + "SPOTLER_KEY": sandbox.SpotlerKey, p + "SPOTLER_SECRET": sandbox.SpotlerSecret,
		p + "HOOK_URL": o.HookURL, p + "HOOK_ID": HookID, p + "HOOK_SECRETS": HookSecret, p + "ENSURE": fmt.Sprint(o.Hook),
		p + "JOB_LOG": "all", p + "SAFETY_NET_CHANGES_EVERY": "5m",
	}
	if !o.Hook {
		vars[p+"SAFETY_NET_CHANGES_EVERY"] = "1s"
	}
	maps.Copy(vars, o.Set)
	return &Plan{r, dir, listen, vars, s}, nil
}

// Beside is a second node on the same database and key.
func (p *Plan) Beside(node string) (*Plan, error) {
	listen, err := freeAddress()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(p.rig.Dir, "connector")
	if err != nil {
		return nil, err
	}
	vars := maps.Clone(p.vars)
	vars["SPOTLER_CONNECTOR_LISTEN"], vars["SPOTLER_CONNECTOR_NODE"], vars["SPOTLER_CONNECTOR_DATA_DIR"] = listen, node, dir
	return &Plan{p.rig, p.dir, listen, vars, p.sandbox}, nil
}

// Start starts the connector and returns when it listens.
func (p *Plan) Start(ctx context.Context) (*Connector, error) {
	proc, err := start("connector", p.rig.connector, []string{"serve"}, p.vars)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if err := proc.wait(ctx, func(line string) bool { return strings.Contains(line, "listens on") }); err != nil {
		proc.Kill()
		return nil, err
	}
	c := &Connector{Process: proc, dir: p.dir}
	err = Until(ctx, 5*time.Millisecond, func(context.Context) (bool, error) {
		token, err := os.ReadFile(filepath.Join(p.dir, "first-token"))
		if err == nil && strings.HasSuffix(string(token), "\n") {
			c.API = newRemote("http://"+p.listen, strings.TrimSpace(string(token)))
			return true, nil
		}
		return false, nil
	})
	if err != nil {
		proc.Kill()
		return nil, fmt.Errorf("the connector left no token: %w", err)
	}
	return c, nil
}

// Hook is where events for the environment are posted.
func (p *Plan) Hook() string { return "http://" + p.listen + intake.Path + HookID }

// Status asks how the connector is doing.
func (c *Connector) Status(ctx context.Context) (openapi.Status, openapi.EnvironmentStatus, error) {
	var s openapi.Status
	if err := c.API.Do(ctx, "GET", "/api/v1/status", nil, &s); err != nil {
		return s, openapi.EnvironmentStatus{}, err
	}
	if len(s.Environments) != 1 {
		return s, openapi.EnvironmentStatus{}, fmt.Errorf("the connector tells of %d environments", len(s.Environments))
	}
	return s, s.Environments[0], nil
}

// On waits until the environment has started.
func (c *Connector) On(ctx context.Context) error {
	why := ""
	err := Until(ctx, 25*time.Millisecond, func(ctx context.Context) (bool, error) {
		_, e, err := c.Status(ctx)
		if e.Reason != nil {
			why = *e.Reason
		}
		if err == nil && !c.Alive() {
			err = fmt.Errorf("the connector ended: %s", c.Log())
		}
		return e.State == openapi.EnvironmentStateOn, err
	})
	if err != nil {
		return fmt.Errorf("the environment is not on: %w: %s %s", err, why, c.Log())
	}
	return nil
}

// Quiet waits until the connector has nothing left to do or to tell. It asks
// seldom, because the answer counts the connector's tables.
func (c *Connector) Quiet(ctx context.Context) error {
	var last openapi.EnvironmentStatus
	err := Until(ctx, 100*time.Millisecond, func(ctx context.Context) (bool, error) {
		_, e, err := c.Status(ctx)
		if err == nil {
			last = e
		}
		return err == nil && e.Backlog == 0 && e.TellingsPending == 0 && e.Lanes.Dispatched+e.Lanes.Running == 0, err
	})
	if err != nil {
		return fmt.Errorf("not quiet: backlog %d, tellings %d, lanes out %d: %w: %s", last.Backlog, last.TellingsPending, last.Lanes.Dispatched+last.Lanes.Running, err, c.Log())
	}
	return nil
}

// SyncAll asks for everybody to be synchronised.
func (c *Connector) SyncAll(ctx context.Context) error {
	const most = 1000 // of one request
	for from := 0; from < People; from += most {
		var records []string
		for i := from; i < min(from+most, People); i++ {
			records = append(records, "contact/"+RecordID(i))
		}
		if err := c.API.Do(ctx, "POST", "/api/v1/environments/"+Environment+"/sync", map[string]any{"records": records}, nil); err != nil {
			return err
		}
	}
	return nil
}

func freeAddress() (string, error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
