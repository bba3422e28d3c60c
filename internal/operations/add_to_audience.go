package operations

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/schema"
	"github.com/spotler-connector/connector/internal/store"
)

// addToAudience is Add To Audience (480000003; manual: "Add/Remove from Audience").
// Who is in the list already stays in it, so it may run again.
type addToAudience struct{}

func (addToAudience) run(ctx context.Context, b *run, t store.Taken, job connector.Job) result {
	name, err := b.listName(ctx, job)
	if bad := badName(""); errors.As(err, &bad) {
		return notValidJob(job, bad)
	}
	if err != nil {
		return result{err: err}
	}
	if job.Subject().IsZero() {
		made, err := b.ensureAudience(ctx, name)
		done := connector.Done("The list was created in Spotler, with nobody in it.").Answered(http.StatusOK)
		if !made {
			done = connector.Skipped("The list is in Spotler already.")
		}
		return audienceEnd(result{}, err, done)
	}
	p, ready := b.inSpotler(ctx, t, job)
	if !ready {
		return p.result
	}
	made, err := b.addTo(ctx, name, p.externalID())
	why := "Added to the list in Spotler."
	if made {
		why = "The list was created in Spotler, and the person added to it."
	}
	return audienceEnd(p.result, err, connector.Done(why).Answered(http.StatusNoContent))
}

// addTo adds a person to an audience, and makes the audience when it is not there.
func (b *run) addTo(ctx context.Context, name string, person connector.ExternalID) (made bool, err error) {
	id, who := audienceID(b.env.Name, name), []connector.ExternalID{person}
	_, err = b.env.Mail.AddToAudience(ctx, id, who)
	if !isNoAudience(err) {
		return false, err
	}
	if made, err = b.ensureAudience(ctx, name); err != nil {
		return false, err
	}
	_, err = b.env.Mail.AddToAudience(ctx, id, who)
	return made, err
}

// maxListName is the longest name of an audience, in characters.
const maxListName = 255

// listName is the name of the list of a job: Parameter Name, or that of the obsolete
// parameter Marketing List. A badName is the job's fault.
func (b *run) listName(ctx context.Context, job connector.Job) (string, error) {
	name := strings.TrimSpace(job.Name)
	if name == "" && !job.List.IsZero() {
		table, _ := schema.Of(connector.MarketingList)
		row, err := b.env.CRM.Get(ctx, table, job.List.ID, "listname")
		if errors.Is(err, fault.NotFound) {
			return "", badName("the Marketing List does not exist any more; fill in the List Name (Parameter Name) instead")
		}
		if err != nil {
			return "", err
		}
		name = strings.TrimSpace(row.String("listname"))
	}
	if name == "" {
		return "", badName("Parameter Name is empty; fill in the name of the list")
	}
	if n := utf8.RuneCountInString(name); n > maxListName {
		return "", badName(fmt.Sprintf("the name of the list has %d characters; Spotler takes 1 to %d", n, maxListName))
	}
	return name, nil
}

// badName is a wrong parameter, in words for the job row.
type badName string

// Error is the sentence.
func (e badName) Error() string { return string(e) }
