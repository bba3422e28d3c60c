package operations

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/store"
)

// addTag is Add Tag (480000009; manual: "Tagging & Scoring", Add Tag). Without a person
// the tag is only made in Spotler.
type addTag struct{}

func (addTag) run(ctx context.Context, b *run, t store.Taken, job connector.Job) result {
	names := tagNames(job.Name)
	if len(names) == 0 {
		return noTags(job)
	}
	if job.Subject().IsZero() {
		return b.createTags(ctx, names)
	}
	p, ready := b.inSpotler(ctx, t, job)
	if !ready {
		return p.result
	}
	if err := b.env.Mail.AddTags(ctx, p.externalID(), names); err != nil {
		return contactAnswered(p, err)
	}
	b.works(ctx, store.GateSpotler)
	p.result.outcome = connector.Done(fmt.Sprintf("The contact has %s in Spotler.", tagsText(names))).Answered(http.StatusNoContent)
	p.result.tellings = append(p.result.tellings, b.timelinePost(t, fmt.Sprintf("Spotler: %s added.", upperFirst(tagsText(names))))...)
	return p.result
}

// createTags makes tags that nobody has to carry; one that is there already is fine.
func (b *run) createTags(ctx context.Context, names []string) result {
	made := 0
	for _, name := range names {
		err := b.env.Mail.CreateTag(ctx, name)
		if errors.Is(err, fault.Conflict) {
			continue
		}
		if err != nil {
			return result{err: err}
		}
		made++
	}
	b.works(ctx, store.GateSpotler)
	if made == 0 {
		return result{outcome: connector.Done(upperFirst(tagsText(names)) + " existed in Spotler already; no Customer or Lead is set, so nobody got it.")}
	}
	return result{outcome: connector.Done(upperFirst(tagsText(names)) + " was made in Spotler; no Customer or Lead is set, so nobody got it.").Answered(http.StatusNoContent)}
}

// removeTag is Remove Tag (480000010; manual: "Remove Tag", "Remove Score"): the score
// goes with its tag. Who is not in Spotler has no tags and is not brought in for it.
type removeTag struct{}

func (removeTag) run(ctx context.Context, b *run, t store.Taken, job connector.Job) result {
	names := tagNames(job.Name)
	if len(names) == 0 {
		return noTags(job)
	}
	p, err := b.subject(ctx, t, job)
	if err != nil {
		return result{err: err}
	}
	if sharesOnly(p) {
		return notOwner("removed")
	}
	err = b.env.Mail.RemoveTags(ctx, p.externalID(), names)
	if isContactMissing(err) {
		return result{outcome: connector.Skipped("The contact is not in Spotler, so it has no tags there.")}
	}
	if err != nil {
		return result{err: err}
	}
	b.works(ctx, store.GateSpotler)
	return result{outcome: connector.Done(fmt.Sprintf("The contact no longer has %s in Spotler, nor its score.", tagsText(names))).Answered(http.StatusNoContent)}
}

// tagNames are the tags of a Parameter Name, each once: commas and semicolons
// separate them (manual: "Remove Tag").
func tagNames(text string) []string {
	var out []string
	seen := map[string]bool{}
	for name := range strings.FieldsFuncSeq(text, isTagSeparator) {
		if name = strings.TrimSpace(name); name != "" && !seen[name] {
			seen[name] = true
			out = append(out, name)
		}
	}
	return out
}

func isTagSeparator(r rune) bool { return r == ',' || r == ';' }

func noTags(job connector.Job) result {
	return notValid(job, "Parameter Name holds no tag; write a tag, or several with a comma or a semicolon between them")
}

// notValid is the end of a job whose parameters cannot be right (manual: "[JOB_NOT_VALID]").
func notValid(job connector.Job, says string) result {
	return result{outcome: connector.Refused(connector.CodeJobNotValid, fmt.Sprintf("[%s] %s: %s.", connector.CodeJobNotValid, job.Operation, strings.TrimSuffix(says, ".")))}
}

// tagsText names tags in a sentence.
func tagsText(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = "'" + n + "'"
	}
	if len(names) == 1 {
		return "the tag " + quoted[0]
	}
	return "the tags " + join(quoted)
}

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// contactNotFound is Spotler's word for a contact that it does not have.
const contactNotFound = "CONTACT_NOT_FOUND"

// isContactMissing reports whether Spotler says that there is no such contact. A call
// that this account does not have answers "not found" as well, in other words.
func isContactMissing(err error) bool {
	e := fault.As(err)
	return e != nil && e.Kind == fault.NotFound && e.Code == contactNotFound
}

// contactAnswered is the end of a command for a contact that Spotler refused.
func contactAnswered(p *person, err error) result {
	if isContactMissing(err) {
		p.result.outcome = connector.Refused(contactNotFound, "Spotler does not have the contact any more, so nothing was done. Run Sync Contact for the person first.").Answered(fault.As(err).Status)
		return p.result
	}
	p.result.err = err
	return p.result
}
