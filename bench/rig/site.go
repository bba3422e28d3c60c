package rig

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spotler-connector/connector/internal/schema"
)

// Site is a sandbox and a connector that has everybody in Spotler already.
type Site struct {
	*Sandbox
	Plan      *Plan
	Connector *Connector
}

// Site starts a sandbox and a connector, makes the people, and waits until all of
// them are in Spotler and nothing is left to do.
func (r *Rig) Site(ctx context.Context, o Options) (*Site, error) {
	s, err := r.Sandbox(ctx)
	if err != nil {
		return nil, err
	}
	site := &Site{Sandbox: s}
	if err := site.settle(ctx, r, o); err != nil {
		return nil, errors.Join(err, site.Close())
	}
	return site, nil
}

func (s *Site) settle(ctx context.Context, r *Rig, o Options) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := s.Populate(ctx); err != nil {
		return fmt.Errorf("make the people: %w", err)
	}
	var err error
	if o.Database == "" {
		if o.Database, err = r.Database(ctx, o.Store); err != nil {
			return err
		}
	}
	if s.Plan, err = r.Plan(s.Sandbox, o); err != nil {
		return err
	}
	if s.Connector, err = s.Plan.Start(ctx); err != nil {
		return err
	}
	if err := s.Connector.On(ctx); err != nil {
		return err
	}
	if err := s.Connector.SyncAll(ctx); err != nil {
		return err
	}
	err = Until(ctx, 20*time.Millisecond, func(ctx context.Context) (bool, error) {
		n, err := s.Contacts(ctx)
		return n == People, err
	})
	if err != nil {
		n, _ := s.Contacts(context.WithoutCancel(ctx))
		return fmt.Errorf("%d of %d people are in Spotler: %w: %s", n, People, err, s.Connector.Log())
	}
	if err := s.Connector.Quiet(ctx); err != nil {
		return err
	}
	return s.hear(ctx, o)
}

// hear waits until the connector would hear of a change.
func (s *Site) hear(ctx context.Context, o Options) error {
	if o.Hook {
		var endpoints []struct{}
		if err := s.CRM.Do(ctx, "GET", "/control/rows/serviceendpoints", nil, &endpoints); err != nil {
			return err
		}
		if len(endpoints) == 0 {
			return errors.New("the connector is on and has registered no hook")
		}
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	asked := schema.SetOf("contact")
	before := int64(-1)
	err := Until(ctx, 50*time.Millisecond, func(ctx context.Context) (bool, error) {
		r, err := s.Read(ctx)
		n := r.CRM.Requests["GET "+asked+" delta"]
		if before < 0 {
			before = n
		}
		return n > before, err
	})
	if err != nil {
		return fmt.Errorf("the connector does not read the changes: %w", err)
	}
	return nil
}

// Close ends both processes.
func (s *Site) Close() error {
	var err error
	if s.Connector != nil {
		err = s.Connector.Stop()
	}
	s.Sandbox.Kill()
	return err
}
