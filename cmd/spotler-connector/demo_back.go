package main

import (
	"context"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/mapping"
	"github.com/spotler-connector/connector/internal/sandbox/people"
)

// demoMapping is the default mapping with the rows of the way back. Who subscribes in a
// form becomes a lead, whose name comes from there.
func demoMapping() ([]byte, error) {
	more, err := mapping.Parse([]byte(people.BackMapping))
	if err != nil {
		return nil, err
	}
	sheet := mapping.Default()
	for _, r := range sheet.Rows {
		if r.Spotler == "firstName" || r.Spotler == "lastName" {
			r.Contact, r.Account, r.Direction = nil, nil, connector.BothWays
			more.Rows = append(more.Rows, r)
		}
	}
	for i, r := range sheet.Rows {
		if r.Spotler == "firstName" || r.Spotler == "lastName" {
			sheet.Rows[i].Lead = nil
		}
	}
	sheet.Rows = append(sheet.Rows, more.Rows...)
	return sheet.YAML()
}

// backPlan is a way back that fits so many people.
func backPlan(crowd int) people.BackPlan {
	some := func(share int) int { return max(1, crowd/share) }
	return people.BackPlan{Forms: some(20), Unsubscribes: some(100), Choices: some(100), Bounces: some(100), Subscribers: some(60), Merges: some(200), Qualified: some(200)}
}

// wayBack lets people act in Spotler and join in Dynamics, polls as the clock does, and
// looks at what came back.
func (d *demo) wayBack(ctx context.Context, r *demoResult) error {
	back, err := d.world.WayBack(ctx, backPlan(d.People), d.Seed)
	if err != nil {
		return err
	}
	if err := d.quiet(ctx, "people join in Dynamics:"); err != nil {
		return err
	}
	for range 2 { // what follows from the first is an echo in the second
		polled, err := d.house.poll(ctx, demoEnvironment)
		if err != nil {
			return err
		}
		r.Echoes += polled.Echoes
		if err := d.quiet(ctx, "the way back:"); err != nil {
			return err
		}
	}
	r.Back, err = back.Check(ctx)
	return err
}
