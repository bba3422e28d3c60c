package rig

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/spotler-connector/connector/internal/sandbox"
	"github.com/spotler-connector/connector/internal/sandbox/control"
	"github.com/spotler-connector/connector/internal/sandbox/dataversesim"
	"github.com/spotler-connector/connector/internal/sandbox/spotlersim"
)

// Couriers is how many webhooks the simulated Dataverse has on their way at a time.
const Couriers = 48

// Sandbox is both remotes simulated, in a process of their own.
type Sandbox struct {
	*Process
	CRM  *Remote // of Dataverse: API and control
	Mail *Remote // of Spotler
}

var address = regexp.MustCompile(`http://[^/\s]+`)

// Sandbox starts a new sandbox, without rows, contacts and latency.
func (r *Rig) Sandbox(ctx context.Context) (*Sandbox, error) {
	p, err := start("sandbox", r.connector, []string{"sandbox", "--dataverse", "127.0.0.1:0", "--spotler", "127.0.0.1:0", "--leads", "127.0.0.1:0", "--workers", strconv.Itoa(Couriers)}, r.SandboxVariables)
	if err != nil {
		return nil, err
	}
	s := &Sandbox{Process: p}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	err = p.wait(ctx, func(line string) bool {
		switch at := address.FindString(line); {
		case at == "":
		case s.CRM == nil && strings.HasPrefix(line, "Dataverse"):
			s.CRM = newRemote(at, "")
		case s.Mail == nil && strings.HasPrefix(line, "Spotler"):
			s.Mail = newRemote(at, "")
		}
		return s.CRM != nil && s.Mail != nil
	})
	if err != nil {
		p.Kill()
		return nil, err
	}
	return s, nil
}

// TokenURL is where tokens of the simulated Dataverse are asked for.
func (s *Sandbox) TokenURL() string {
	return s.CRM.URL + "/" + sandbox.Tenant + "/oauth2/v2.0/token"
}

// SetLatency makes every request to both remotes wait.
func (s *Sandbox) SetLatency(ctx context.Context, d control.Delay) error {
	for _, r := range []*Remote{s.CRM, s.Mail} {
		if err := r.Do(ctx, "PUT", "/control/latency", d, nil); err != nil {
			return err
		}
	}
	return nil
}

// Contacts is how many contacts Spotler has.
func (s *Sandbox) Contacts(ctx context.Context) (int, error) {
	var accounts []struct {
		Contacts int `json:"contacts"`
	}
	if err := s.Mail.Do(ctx, "GET", "/control/accounts", nil, &accounts); err != nil || len(accounts) == 0 {
		return 0, err
	}
	return accounts[0].Contacts, nil
}

// Order is what the receiver saw of the version, and how many hold at least that one.
func (s *Sandbox) Order(ctx context.Context, version int64) (spotlersim.Brief, error) {
	var out spotlersim.Brief
	err := s.Mail.Do(ctx, "GET", "/control/order/brief?"+url.Values{"property": {VersionProperty}, "at_least": {strconv.FormatInt(version, 10)}}.Encode(), nil, &out)
	return out, err
}

// Events is the state of the webhook queue.
func (s *Sandbox) Events(ctx context.Context) (dataversesim.Events, error) {
	var out dataversesim.Events
	err := s.CRM.Do(ctx, "GET", "/control/events", nil, &out)
	return out, err
}

// Reading is what both remotes counted up to a moment.
type Reading struct {
	CRM, Mail control.Count
	Rows      int64 // written in Dataverse, the driver's edits included
	Jobs      dataversesim.Summary
	Hooks     dataversesim.Events
	Order     spotlersim.Brief
}

// Read reads all counters.
func (s *Sandbox) Read(ctx context.Context) (Reading, error) {
	var out Reading
	var written map[string]struct{ Created, Updated, Deleted int64 }
	for _, ask := range []struct {
		from *Remote
		path string
		into any
	}{
		{s.CRM, "/control/counters", &out.CRM}, {s.Mail, "/control/counters", &out.Mail}, {s.CRM, "/control/written", &written},
		{s.CRM, "/control/journal/summary", &out.Jobs}, {s.CRM, "/control/events", &out.Hooks},
	} {
		if err := ask.from.Do(ctx, "GET", ask.path, nil, ask.into); err != nil {
			return out, fmt.Errorf("read the counters: %w", err)
		}
	}
	for set, n := range written {
		if set != "asyncoperations" { // the platform's own
			out.Rows += n.Created + n.Updated + n.Deleted
		}
	}
	var err error
	out.Order, err = s.Order(ctx, 0)
	return out, err
}

// Delivered waits until every webhook has been delivered. It asks the sandbox only.
func (s *Sandbox) Delivered(ctx context.Context) error {
	if err := s.CRM.Do(ctx, "POST", "/control/events/flush", nil, nil); err != nil {
		return fmt.Errorf("webhooks are left: %w", err)
	}
	return nil
}
