package operations

import (
	"encoding/json"
	"errors"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/decide"
	"github.com/spotler-connector/connector/internal/fault"
)

// scoreNote is what is kept with an op before its change of a score leaves.
type scoreNote struct {
	Was decide.Score `json:"was"`
	At  time.Time    `json:"at"`
}

func (n scoreNote) encode() []byte {
	text, _ := json.Marshal(n) // numbers, truths and a time always encode
	return text
}

// readScoreNote reads a note; nil when there is none. One that cannot be read is a
// mistake of ours, and the op must not run.
func readScoreNote(text []byte) (*scoreNote, error) {
	if len(text) == 0 {
		return nil, nil
	}
	var n scoreNote
	err := json.Unmarshal(text, &n)
	if err == nil && n.At.IsZero() {
		err = errors.New("it has no time")
	}
	if err != nil {
		return nil, &fault.Error{Op: "operations.scoreNote", Kind: fault.Broken, Err: err}
	}
	return &n, nil
}

// findsOut is trouble after which the next attempt can tell whether the effect
// happened: the op runs again, even if its effect adds up.
type findsOut struct{ error }

// Unwrap returns the trouble.
func (f findsOut) Unwrap() error { return f.error }

// orFindOut marks err as trouble that the next attempt finds out about; nil stays nil.
func orFindOut(err error) error {
	if err == nil {
		return nil
	}
	return findsOut{err}
}

// isFoundOut reports whether the next attempt can tell what became of the effect.
func isFoundOut(err error) bool {
	var f findsOut
	return errors.As(err, &f)
}

// gaveUpFindingOut is the end of an op that could never find out.
func gaveUpFindingOut() connector.Outcome {
	return connector.Refused(connector.CodeUncertain, uncertainScore)
}
