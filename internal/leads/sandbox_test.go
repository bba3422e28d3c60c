package leads_test

import (
	"errors"
	"testing"
	"time"

	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/leads"
	"github.com/spotler-connector/connector/internal/sandbox"
)

// The client and the simulator were written apart from each other.
func TestAgainstTheSandbox(t *testing.T) {
	s, err := sandbox.Start(sandbox.Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	config := leads.Config{Base: s.LeadsURL, TokenURL: s.LeadsTokenURL(), ID: sandbox.LeadsClient, Secret: sandbox.LeadsSecret,
		User: sandbox.LeadsUser, Password: sandbox.LeadsPassword, ClientID: sandbox.LeadsID}
	c, err := leads.New(config)
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	accounts, err := c.Accounts(ctx)
	if err != nil || len(accounts) != 1 || accounts[0].ID != sandbox.LeadsID {
		t.Fatalf("accounts: %+v, %v", accounts, err)
	}
	if a, err := c.Account(ctx); err != nil || a.Name != accounts[0].Name {
		t.Errorf("account: %+v, %v", a, err)
	}
	if names, err := c.LeadTypeNames(ctx); err != nil || names["isp"].Name == "" {
		t.Errorf("names of types: %+v, %v", names, err)
	}
	types, err := c.LeadTypes(ctx)
	if err != nil || len(types) == 0 {
		t.Fatalf("types: %v, %v", types, err)
	}
	if _, err := c.TypeCounts(ctx); err != nil {
		t.Errorf("counts: %v", err)
	}
	if b, err := c.TrackedLinks(ctx, 10); err != nil || b.ProcessID != "" && len(b.Views) == 0 {
		t.Errorf("queue: %+v, %v", b, err)
	}
	now := time.Now()
	for what, walk := range map[string]func(func(leads.Lead, error) bool){
		"list": c.Leads(ctx, types[0], now.AddDate(0, 0, -7), now), "search": c.SearchLeads(ctx, types[0], now.AddDate(0, 0, -7), now, leads.Search{}),
		"types": c.SearchTypes(ctx, types, now.AddDate(0, 0, -7), now, leads.Search{}),
	} {
		for _, err := range walk {
			if err != nil {
				t.Errorf("%s: %v", what, err)
			}
		}
	}
	if _, err := c.Lead(ctx, "00000000-0000-4000-8000-00000000dead"); !errors.Is(err, fault.NotFound) {
		t.Errorf("unknown lead: %v", err)
	}
	if _, err := c.CompaniesPerDay(ctx, now.AddDate(0, 0, -7)); err != nil {
		t.Errorf("companies per day: %v", err)
	}
	config.Password = "wrong"
	wrong, err := leads.New(config)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := wrong.Accounts(ctx); !errors.Is(err, fault.Denied) {
		t.Errorf("wrong password: %v", err)
	}
}

// A partner's client makes an account; nothing is asked when a field is missing.
func TestPartnerAgainstTheSandbox(t *testing.T) {
	s, err := sandbox.Start(sandbox.Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	c, err := leads.New(leads.Config{Base: s.LeadsURL, TokenURL: s.LeadsTokenURL(), ID: sandbox.LeadsClient, Secret: sandbox.LeadsSecret,
		User: sandbox.LeadsUser, Password: sandbox.LeadsPassword, ClientID: sandbox.LeadsID})
	if err != nil {
		t.Fatal(err)
	}
	made := leads.PartnerAccount{FirstName: "Ann", LastName: "Example", Email: "ann@example.test", CompanyName: "Example", Products: leads.PartnerProducts{Leads: leads.PartnerLeads{Domain: "example.test"}}}
	if err := c.CreatePartnerAccount(t.Context(), made); err != nil {
		t.Error(err)
	}
	made.Products.Leads.Domain = ""
	if err := c.CreatePartnerAccount(t.Context(), made); fault.Of(err) != fault.NotValid {
		t.Errorf("without a domain: %v", err)
	}
	if _, err := c.Account(t.Context()); err != nil {
		t.Errorf("the user's own token: %v", err)
	}
}
