package provision

import (
	"context"
	"errors"
	"slices"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/dataverse"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/schema"
)

// step makes one step exist, with its images.
func (e *ensuring) step(ctx context.Context, want wanted) error {
	have, found, err := e.crm.FindStep(ctx, want.spec.Name)
	if err != nil {
		return err
	}
	if found {
		if found, err = e.fits(ctx, have, want); err != nil {
			return err
		}
	}
	if !found {
		return e.makeStep(ctx, want)
	}
	e.note(want, have.ID)
	changed := false
	if have.Endpoint != want.spec.Endpoint || !sameColumns(have.Columns, want.spec.Columns) {
		want.spec.Disabled = have.Disabled
		if err := e.crm.UpdateStep(ctx, have.ID, want.spec); err != nil {
			return err
		}
		changed = true
	}
	for _, i := range want.images {
		did, err := e.image(ctx, have.ID, want.spec.Message, i)
		if err != nil {
			return err
		}
		changed = changed || did
	}
	switch {
	case changed:
		e.report.Changed = append(e.report.Changed, want.spec.Name)
	case !have.Disabled:
		e.report.Found = append(e.report.Found, want.spec.Name)
	}
	if have.Disabled {
		e.report.Disabled = append(e.report.Disabled, want.spec.Name)
	}
	return nil
}

// note keeps the ids of the steps on job rows, and of those on changed people.
func (e *ensuring) note(want wanted, id connector.RecordID) {
	if want.spec.Table.IsPerson() && want.spec.Message == "Update" {
		if e.report.UpdateSteps == nil {
			e.report.UpdateSteps = map[connector.Table]connector.RecordID{}
		}
		e.report.UpdateSteps[want.spec.Table] = id
	}
	if want.spec.Table == schema.SpotlerJobTable {
		e.report.JobSteps = append(e.report.JobSteps, id)
	}
}

// JobSteps finds the steps on job rows that Ensure made under that name, without
// changing anything; none when there are none.
func JobSteps(ctx context.Context, crm CRM, name string) ([]connector.RecordID, error) {
	var out []connector.RecordID
	for _, want := range steps(Spec{Name: name}) {
		if want.spec.Table != schema.SpotlerJobTable {
			continue
		}
		have, found, err := crm.FindStep(ctx, want.spec.Name)
		if err != nil {
			return nil, err
		}
		if found {
			out = append(out, have.ID)
		}
	}
	return out, nil
}

// fits reports whether a step with our name is for the table it should be for. One
// that is not cannot be changed (reference: dataverse-api 1.3): it is deleted.
func (e *ensuring) fits(ctx context.Context, have dataverse.Step, want wanted) (bool, error) {
	filter, known, err := e.crm.FindMessageFilter(ctx, want.spec.Message, want.spec.Table)
	if err != nil || !known {
		return !known, err // makeStep would say what is missing; leave what is there
	}
	if have.Filter == filter {
		return true, nil
	}
	if err := e.crm.DeleteStep(ctx, have.ID); err != nil && !errors.Is(err, fault.NotFound) {
		return false, err
	}
	return false, nil
}

// makeStep makes a step, then its images. An event in between comes without them,
// and intake has its row read. When it breaks off, the next run adds what is missing.
func (e *ensuring) makeStep(ctx context.Context, want wanted) error {
	id, err := e.crm.CreateStep(ctx, want.spec)
	if err != nil {
		return err
	}
	e.report.Made = append(e.report.Made, want.spec.Name)
	e.note(want, id)
	for _, i := range want.images {
		if _, err := e.image(ctx, id, want.spec.Message, i); err != nil {
			return err
		}
	}
	return nil
}

// image makes an image of a step exist and reports whether anything was done.
func (e *ensuring) image(ctx context.Context, step connector.RecordID, message string, want dataverse.ImageSpec) (bool, error) {
	want.Step, want.Message = step, message
	have, found, err := e.crm.FindImage(ctx, step, want.Alias)
	switch {
	case err != nil:
		return false, err
	case !found:
		_, err = e.crm.CreateImage(ctx, want)
	case have.Post == want.Post && sameColumns(have.Columns, want.Columns):
		return false, nil
	default:
		err = e.crm.UpdateImage(ctx, have.ID, want)
	}
	return err == nil, err
}

// sameColumns compares without regard to order.
func sameColumns(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(slices.Compact(a), slices.Compact(b))
}
