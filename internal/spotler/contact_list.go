package spotler

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
)

// MaxContacts is how many contacts one PostContacts takes (Mail+ API section 3.4).
const MaxContacts = 100

// ContactCode is how Spotler answers for one contact of a list. Codes we do not
// know are kept as they come.
type ContactCode string

// The codes (Mail+ API 5.1 no. 5). "" means that the answer did not speak of the
// contact: whether it was written is uncertain.
const (
	CodeOK                   ContactCode = "OK"
	CodePropertyInvalid      ContactCode = "PROPERTY_INVALID"
	CodeContactAlreadyExists ContactCode = "CONTACT_ALREADY_EXISTS"
	CodeContactUnknown       ContactCode = "CONTACT_UNKNOWN"
	CodeContactOptout        ContactCode = "CONTACT_OPTOUT"
	CodeNoActiveChannel      ContactCode = "NO_ACTIVE_CHANNEL"
	CodeError                ContactCode = "ERROR"
)

// ContactResult is Spotler's answer for one contact.
type ContactResult struct {
	ExternalID connector.ExternalID
	Code       ContactCode
	// Message is Spotler's text in one short line; it is empty when the text holds
	// an address or a value of the contact.
	Message string
}

// PostContacts creates or changes at most MaxContacts contacts in one call
// (Mail+ API 5.1 no. 5). The results are in the order of people and matched on
// the external id; one without an answer has the code "".
func (c *Client) PostContacts(ctx context.Context, people []Contact, w Write) ([]ContactResult, error) {
	const op = "spotler.PostContacts"
	if len(people) == 0 {
		return nil, nil
	}
	if len(people) > MaxContacts {
		return nil, &fault.Error{Op: op, Kind: fault.NotValid, Says: fmt.Sprintf("%d contacts are too many for one call; it takes %d", len(people), MaxContacts)}
	}
	for _, p := range people {
		if p.ExternalID == "" {
			return nil, noExternalID(op)
		}
	}
	body, err := c.dates.appendRequests(make([]byte, 0, 512*len(people)), w, people)
	if err != nil {
		return nil, unwritable(op, err)
	}
	k := call{op: op, path: "contact.list", body: body, secret: personal(people...)}
	answers, err := read(ctx, c, k, decodeResults)
	if err != nil {
		return nil, err
	}
	return match(people, answers), nil
}

func decodeResults(body []byte) ([]ContactResult, error) {
	var wire []struct {
		ExternalID json.RawMessage `json:"externalId"`
		Code       json.RawMessage `json:"code"`
		Message    json.RawMessage `json:"message"`
	}
	if len(body) == 0 || body[0] != '[' || json.Unmarshal(body, &wire) != nil {
		return nil, errors.New("the answer is not a list of results")
	}
	results := make([]ContactResult, len(wire))
	for i, w := range wire {
		results[i] = ContactResult{
			ExternalID: connector.ExternalID(text(w.ExternalID)),
			Code:       ContactCode(code(text(w.Code))), Message: text(w.Message),
		}
	}
	return results, nil
}

// match gives each contact its answer. Contacts that share an id get the answers
// to that id in their order.
func match(people []Contact, answers []ContactResult) []ContactResult {
	next := make(map[connector.ExternalID][]int, len(answers))
	for i, a := range answers {
		next[a.ExternalID] = append(next[a.ExternalID], i)
	}
	results := make([]ContactResult, len(people))
	for i, p := range people {
		results[i].ExternalID = p.ExternalID
		if mine := next[p.ExternalID]; len(mine) > 0 {
			a := answers[mine[0]]
			next[p.ExternalID] = mine[1:]
			results[i].Code, results[i].Message = a.Code, sayable(a.Message, personal(p))
		}
	}
	return results
}
