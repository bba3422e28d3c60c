package operations

import (
	"context"
	"net/http"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/store"
)

// removeFromAudience is Remove From Audience (480000014; manual: "Add/Remove from
// Audience"). The list must exist; who is not in it stays out.
type removeFromAudience struct{}

func (removeFromAudience) run(ctx context.Context, b *run, t store.Taken, job connector.Job) result {
	job.List = connector.Record{} // only Add To Audience takes a Marketing List
	name, err := b.listName(ctx, job)
	if err != nil {
		return notValidJob(job, err)
	}
	p, err := b.subject(ctx, t, job)
	if err != nil {
		return result{err: err}
	}
	if sharesOnly(p) {
		return notOwner("removed")
	}
	id := audienceID(b.env.Name, name)
	done := connector.Done("Removed from the list in Spotler.").Answered(http.StatusNoContent)
	if p.link.InSpotler() {
		_, err = b.env.Mail.RemoveFromAudience(ctx, id, []connector.ExternalID{p.externalID()})
	} else {
		_, err = b.env.Mail.Audience(ctx, id)
		done = connector.Skipped("The person is not in Spotler, so it is in no list.").Answered(http.StatusOK)
	}
	res := audienceEnd(p.result, err, done)
	if isNoAudience(err) {
		res.outcome = noSuchList(err)
	}
	return res
}

// noSuchList is the end of a job whose list is not in Spotler.
func noSuchList(err error) connector.Outcome {
	f := fault.As(err)
	return connector.Refused("AUDIENCE_NOT_FOUND", "There is no list with exactly that name that Add To Audience made in this environment. Check its spelling and capitals, then set the job back to Queued.").Answered(f.Status)
}
