// Package sandbox starts the remote systems on this machine: a Dataverse
// organisation, a Spotler Mail+ account and a Spotler Leads client, over real HTTP.
package sandbox

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/spotler-connector/connector/internal/sandbox/dataversesim"
	"github.com/spotler-connector/connector/internal/sandbox/leadssim"
	"github.com/spotler-connector/connector/internal/sandbox/spotlersim"
)

// The names under which the sandbox is reached. They are no secrets: it listens on
// this machine only and holds invented people.
const (
	Tenant          = "5a7d0000-0000-4000-8000-000000000001"
	Organisation    = "0a90000a-0000-4000-8000-000000000002"
	ClientID        = "c11e0000-0000-4000-8000-000000000003"
	ClientSecret    = "sandbox-client-secret"
	SpotlerKey      = "sandbox-key"
	SpotlerSecret   = "sandbox-secret"
	SpotlerBasePath = "/integrationservice-1.1.0"
	LeadsClient     = "sandbox-leads" // of OAuth
	LeadsSecret     = "sandbox-leads-secret"
	LeadsUser       = "sandbox-user"
	LeadsPassword   = "sandbox-password"
	LeadsID         = "1ead0000-0000-4000-8000-000000000004" // of Spotler Leads
)

// Options say how to start.
type Options struct {
	Dataverse string // address to listen on; "127.0.0.1:0" takes a free port
	Spotler   string
	Leads     string
	Seed      uint64
	// Organisation overrides the id of the organisation; empty is Organisation.
	Organisation string
	// Key and Secret override those of the Spotler account.
	Key, Secret string
	// DataverseFile keeps the organisation: it is loaded at the start, when it is
	// there, and saved in Close; empty keeps it in memory only.
	DataverseFile string
	// Workers is how many webhooks are on their way at a time; 0 is the simulator's choice.
	Workers int
	// Certificate signs in to Dataverse as well as ClientSecret does; nil is none.
	Certificate *x509.Certificate
	// Light is an organisation without the tables of Dynamics 365 apps.
	Light bool
}

// Sandbox is running until Close.
type Sandbox struct {
	DataverseURL string // http://127.0.0.1:port
	SpotlerURL   string // http://127.0.0.1:port, without a base
	LeadsURL     string // http://127.0.0.1:port
	crm          *dataversesim.Sim
	servers      []*http.Server
	keep         bool // the organisation is saved in Close
}

// Start starts the simulators.
func Start(o Options) (*Sandbox, error) {
	if o.Organisation == "" {
		o.Organisation = Organisation
	}
	if o.Key == "" {
		o.Key, o.Secret = SpotlerKey, SpotlerSecret
	}
	mail, err := spotlersim.New(spotlersim.Config{Seed: o.Seed, Accounts: []spotlersim.Account{{Name: "sandbox", Key: o.Key, Secret: o.Secret}}})
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	visits, err := leadssim.New(leadssim.Config{
		Seed: o.Seed, LeadsID: LeadsID, Companies: leadsCompanies,
		Client: leadssim.Credentials{Name: LeadsClient, Secret: LeadsSecret}, User: leadssim.Credentials{Name: LeadsUser, Secret: LeadsPassword},
	})
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	s := &Sandbox{crm: dataversesim.New(dataversesim.Config{Seed: o.Seed, OrganizationID: o.Organisation, ClientID: ClientID, ClientSecret: ClientSecret, TenantID: Tenant, Workers: o.Workers, Light: o.Light, Certificate: o.Certificate, File: o.DataverseFile})}
	if err := s.load(o.DataverseFile); err != nil {
		s.crm.Close()
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	if s.DataverseURL, err = s.serve(o.Dataverse, s.crm.Handler(), s.crm.Counters().ConnState); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if s.SpotlerURL, err = s.serve(o.Spotler, mail.Handler(), mail.ConnState); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if s.LeadsURL, err = s.serve(o.Leads, visits.Handler(), visits.ConnState); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// load brings the organisation back from its file, if it has one.
func (s *Sandbox) load(file string) error {
	if file == "" {
		return nil
	}
	s.keep = true
	return s.crm.Load()
}

// leadsCompanies is how many made-up companies may visit the web site.
const leadsCompanies = 25

// LeadsTokenURL is the address of the token endpoint of Spotler Leads.
func (s *Sandbox) LeadsTokenURL() string { return s.LeadsURL + leadssim.TokenPath }

// TokenURL is the address of the token endpoint.
func (s *Sandbox) TokenURL() string { return s.DataverseURL + "/" + Tenant + "/oauth2/v2.0/token" }

func (s *Sandbox) serve(addr string, h http.Handler, state func(net.Conn, http.ConnState)) (string, error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", addr)
	if err != nil {
		return "", fmt.Errorf("sandbox: %w", err)
	}
	srv := &http.Server{Handler: h, ConnState: state, ReadHeaderTimeout: 10 * time.Second}
	s.servers = append(s.servers, srv)
	go func() { _ = srv.Serve(l) }() // ends in Close
	return "http://" + l.Addr().String(), nil
}

// Close ends them all, and saves the organisation when it has a file. It may be
// called once.
func (s *Sandbox) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	var errs []error
	if s.crm != nil {
		s.crm.Close()
	}
	for _, srv := range s.servers {
		if err := srv.Shutdown(ctx); err != nil {
			errs = append(errs, srv.Close())
		}
	}
	if s.keep {
		_, err := s.crm.Save()
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
