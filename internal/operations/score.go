package operations

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/decide"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/spotler"
	"github.com/spotler-connector/connector/internal/store"
)

// changeScore is Set Score (480000011), Increase Score (480000012) and Decrease Score
// (480000013; manual: "Scoring contacts"). A change is never counted twice and never
// written as a new total, so that Spotler's own scoring is not overwritten: what the
// score was is noted before the request leaves, and after a lost answer the score is
// read again.
type changeScore struct{ change spotler.ScoreChange }

// scoring is one change on its way.
type scoring struct {
	b      *run
	t      store.Taken
	job    connector.Job
	p      *person
	change spotler.ScoreChange
	tag    string
	amount int64
}

func (c changeScore) run(ctx context.Context, b *run, t store.Taken, job connector.Job) result {
	s := &scoring{b: b, t: t, job: job, change: c.change}
	var says string
	if s.tag, says = scoreTag(job.Name); says != "" {
		return notValid(job, says)
	}
	if s.amount, says = scoreAmount(c.change, job.Value); says != "" {
		return notValid(job, says)
	}
	noted, err := readScoreNote(t.Checkpoint)
	if err != nil {
		return result{err: err}
	}
	if noted != nil {
		if quiet := noted.At.Add(b.env.Patience); b.Now().Before(quiet) {
			return result{again: quiet} // the lost request may still be running
		}
	}
	p, ready := b.inSpotler(ctx, t, job)
	s.p = p
	switch {
	case !ready && noted == nil:
		return p.result
	case !ready && p.result.err == nil && p.result.again.IsZero():
		return s.unclear() // the person left Spotler meanwhile
	case !ready:
		p.result.err = orFindOut(p.result.err)
		return p.result
	case noted != nil:
		return s.after(ctx, *noted)
	}
	return s.first(ctx)
}

// first notes what the score is, and sends the change.
func (s *scoring) first(ctx context.Context) result {
	was, err := s.read(ctx)
	switch {
	case isContactMissing(err):
		return contactAnswered(s.p, err)
	case errors.Is(err, fault.NotFound): // scores cannot be read here; a lost answer will stay in doubt
		was = decide.Score{}
	case err != nil:
		s.p.result.err = beforeEffect(err)
		return s.p.result
	}
	return s.send(ctx, was)
}

// after finds out whether a change whose answer was lost happened.
func (s *scoring) after(ctx context.Context, noted scoreNote) result {
	now, err := s.read(ctx)
	switch {
	case errors.Is(err, fault.NotFound) || errors.Is(err, fault.NotValid):
		now = decide.Score{} // nothing to read
	case err != nil:
		s.p.result.err = orFindOut(err)
		return s.p.result
	}
	switch decide.LostScore(noted.Was, s.want(noted.Was), now) {
	case decide.Happened:
		return s.done("The answer was lost; the score was read again, and it is what this job makes of it.", 0)
	case decide.NotHappened:
		return s.send(ctx, noted.Was)
	}
	return s.unclear()
}

// send makes the note and sends the change.
func (s *scoring) send(ctx context.Context, was decide.Score) result {
	b := s.b
	if err := s.note(ctx, scoreNote{Was: was, At: b.Now()}.encode()); err != nil {
		s.p.result.err = beforeEffect(err)
		return s.p.result
	}
	err := b.env.Mail.ChangeScore(ctx, s.p.externalID(), s.tag, s.change, s.amount)
	switch kind := fault.Of(err); {
	case err == nil:
		b.works(ctx, store.GateSpotler)
		return s.done("", http.StatusNoContent)
	case ctx.Err() != nil || kind == fault.Uncertain || kind == fault.Garbled:
		s.p.result.err = orFindOut(err)
		return s.p.result
	}
	if ferr := s.note(ctx, nil); ferr != nil { // nothing happened, and a note would raise doubts
		b.Log.WarnContext(ctx, "a note of a score could not be forgotten", "op", s.t.ID, "err", ferr)
	}
	res := contactAnswered(s.p, err)
	res.err = beforeEffect(res.err)
	return res
}

// note keeps a note with the op; when it cannot be kept, nothing may be sent.
func (s *scoring) note(ctx context.Context, text []byte) error {
	held, err := s.b.Store.Checkpoint(ctx, s.b.env.Name, store.Leased{Lane: s.t.Lane, Epoch: s.t.Epoch}, s.t.ID, text)
	if err == nil && !held {
		err = errors.New("the lane has passed to another node")
	}
	if err != nil {
		return &fault.Error{Op: "store.Checkpoint", Kind: fault.Unreachable, Err: err}
	}
	return nil
}

// read is the score of the contact's tag now.
func (s *scoring) read(ctx context.Context) (decide.Score, error) {
	tags, err := s.b.env.Mail.ContactTags(ctx, s.p.externalID())
	if err != nil {
		return decide.Score{}, err
	}
	out := decide.Score{Known: true}
	for _, tag := range tags {
		if tag.Name == s.tag {
			out.Has, out.Value = true, tag.Score
		}
	}
	return out, nil
}

// want is the score that the change makes of another one.
func (s *scoring) want(was decide.Score) int64 {
	switch s.change {
	case spotler.ScoreIncrease:
		return was.Value + s.amount
	case spotler.ScoreDecrease:
		return was.Value - s.amount
	}
	return s.amount
}

func (s *scoring) done(how string, status int) result {
	what := map[spotler.ScoreChange]string{spotler.ScoreSet: "set to", spotler.ScoreIncrease: "increased by", spotler.ScoreDecrease: "decreased by"}[s.change]
	text := fmt.Sprintf("score of the tag '%s' was %s %d.", s.tag, what, s.amount)
	s.p.result.outcome = connector.Done(strings.TrimSpace("The " + text + " " + how)).Answered(status)
	s.p.result.tellings = append(s.p.result.tellings, s.b.timelinePost(s.t, "Spotler: the "+text)...)
	return s.p.result
}

// unclear ends the job: to send the change again might count it twice.
func (s *scoring) unclear() result {
	s.p.result.outcome = connector.Refused(connector.CodeUncertain, uncertainScore)
	return s.p.result
}

const uncertainScore = "The answer of Spotler was lost, and the score is neither what it was nor what this job makes of it, or cannot be read: this may have been done already. Look at the score in Spotler, and make a new job if it was not."

// scoreTag is the one tag of a score. A separator would make a tag that Remove Tag
// cannot name.
func scoreTag(name string) (tag, says string) {
	tag = strings.TrimSpace(name)
	switch {
	case strings.ContainsFunc(tag, isTagSeparator):
		return "", "Parameter Name must hold one tag; a comma or a semicolon separates tags, so make a job for each"
	case tag == "":
		return "", "Parameter Name is empty; write the tag whose score changes"
	}
	return tag, ""
}

var scoreNumber = regexp.MustCompile(`^[+-]?[0-9]{1,15}$`)

// scoreAmount reads a Parameter Value (manual: "Value must be a number", "a positive number").
func scoreAmount(change spotler.ScoreChange, text string) (n int64, says string) {
	text = strings.TrimSpace(text)
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil || !scoreNumber.MatchString(text):
		says = "Parameter Value must be a whole number, such as 10"
		if change == spotler.ScoreSet {
			says += " or -5"
		}
		return 0, says
	case change != spotler.ScoreSet && n <= 0:
		return 0, "Parameter Value must be a positive whole number, such as 10; to lower a score use Decrease Score (-), to set it use Set Score"
	}
	return n, ""
}
