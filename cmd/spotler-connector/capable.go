package main

import (
	"context"
	"errors"
	"slices"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/schema"
	"github.com/spotler-connector/connector/internal/settings"
)

// learn asks, before anything else is read, which tables the organisation has: a plain
// Power Apps organisation lacks leads, lists and campaigns (manual: "Preface"). What it
// lacks is left out, and everything else works.
func (e *environment) learn(ctx context.Context) error {
	able, err := e.crm.Capabilities(ctx)
	if errors.Is(err, fault.Denied) {
		e.house.log.Warn("it cannot be read which tables Dynamics 365 has, so all are taken to be there", "environment", e.settings.Name, "err", err)
		return nil
	}
	if err != nil {
		return err
	}
	if e.settings.Subscribers.Become == settings.BecomeLead && !able.Has(connector.Lead) {
		return &fault.Error{Op: "capabilities", On: string(connector.Lead), Kind: fault.NotValid, Says: "this organisation has no leads, so new subscribers cannot become leads: set subscribers.become to contact or off"}
	}
	e.crm.Within(able)
	if before := e.able.Swap(&able); before == nil && len(able.Missing()) > 0 {
		e.house.log.Info("the organisation has no tables of some Dynamics 365 apps; they are left out", "environment", e.settings.Name, "edition", string(able.Edition()), "missing", able.Missing())
	}
	return nil
}

// synced are the tables of the settings that the organisation has.
func (e *environment) synced() []connector.Table {
	able := e.able.Load()
	if able == nil {
		return e.settings.Tables
	}
	return slices.DeleteFunc(slices.Clone(e.settings.Tables), func(t connector.Table) bool { return !able.Has(t) })
}

// knows reports whether the organisation has a column.
func (e *environment) knows(c schema.Column) bool {
	able := e.able.Load()
	return able == nil || able.Knows(c)
}
