package operations

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/spotler"
)

// audienceID is the id of an audience in Spotler, which has no call that lists them:
// a hash of the environment and the exact name, so that nothing has to be remembered.
func audienceID(env connector.Environment, name string) string {
	sum := sha256.Sum256([]byte(string(env) + "\x1f" + name))
	return "dynamics-" + hex.EncodeToString(sum[:16])
}

// isNoAudience reports whether Spotler said that it does not have the audience: not
// that it does not have one of the people.
func isNoAudience(err error) bool {
	return errors.Is(err, fault.NotFound) && !isUnknownContact(err)
}

func isUnknownContact(err error) bool {
	f := fault.As(err)
	return f != nil && f.Code == "CONTACT_NOT_FOUND"
}

// ensureAudience makes an audience. made is false when it was there already.
func (b *run) ensureAudience(ctx context.Context, name string) (made bool, err error) {
	id := audienceID(b.env.Name, name)
	_, err = b.env.Mail.CreateAudience(ctx, spotler.Audience{ExternalID: id, Name: name, Description: "Made by Spotler Connector, from Dynamics 365."})
	f := fault.As(err)
	if f == nil || f.Status != http.StatusExpectationFailed && f.Kind != fault.Conflict {
		return err == nil, err
	}
	_, there := b.env.Mail.Audience(ctx, id) // its id may be taken by somebody who was faster, or its name by another list
	if there == nil {
		return false, nil
	}
	if !errors.Is(there, fault.NotFound) {
		return false, there
	}
	refused := *f
	refused.Kind = fault.NotValid
	if f.Code == codeNameTaken {
		refused.Says = "Spotler has another list of that name, such as one that Sync List or a person made. Use another List Name, or rename or delete that list in Spotler; then set the job back to Queued"
	}
	return false, &refused
}

// codeNameTaken is Spotler's word for a name that is not unique.
const codeNameTaken = "NAME_ALREADY_IN_USE"

// audienceEnd is the end of a job about an audience.
func audienceEnd(res result, err error, done connector.Outcome) result {
	f := fault.As(err)
	switch {
	case f != nil && f.Status == http.StatusForbidden:
		code := f.Code
		if code == "" {
			code = "NOT_AUTHORIZED"
		}
		res.outcome = connector.Refused(code, "Spotler does not allow lists for this account: they need the licence Automation or eCommerce of Spotler Mail+. Ask Spotler for it, then set the job back to Queued.").Answered(f.Status)
		return res
	case isUnknownContact(err):
		res.outcome = connector.Refused(f.Code, "The contact is not in Spotler any more. Synchronise it first, then set the job back to Queued.").Answered(f.Status)
		return res
	}
	return res.ended(err, done)
}
