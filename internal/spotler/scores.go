package spotler

import (
	"context"

	connector "github.com/spotler-connector/connector"
)

// ScoreChange is how a score changes.
type ScoreChange string

// The changes (G4, assumed).
const (
	ScoreSet      ScoreChange = "SET" // may be negative
	ScoreIncrease ScoreChange = "INCREASE"
	ScoreDecrease ScoreChange = "DECREASE"
)

// ChangeScore changes the score of a contact's tag; an unknown tag is made and
// starts at 0 (G4, assumed). To increase or decrease takes a number above 0 and
// adds up: repeating it after a lost answer may do it twice.
func (c *Client) ChangeScore(ctx context.Context, id connector.ExternalID, tag string, change ScoreChange, score int64) error {
	const op = "spotler.ChangeScore"
	switch {
	case tag == "":
		return wants(op, "a score belongs to a tag; give its name")
	case change != ScoreSet && change != ScoreIncrease && change != ScoreDecrease:
		return wants(op, "a score is set, increased or decreased")
	case change != ScoreSet && score <= 0:
		return wants(op, "to increase or decrease a score takes a number above 0")
	}
	body := map[string]any{"tag": tag, "operation": change, "score": score}
	return c.send(ctx, call{op: op, path: "contact.score", id: string(id)}, body)
}
