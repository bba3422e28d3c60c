package intake

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"sync"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
)

// problem is the body of a refusal (RFC 9457).
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
}

func answer(w http.ResponseWriter, status int, title, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(problem{"about:blank", title, status, detail}) // the caller went away; there is nobody to tell
}

// explain is what a caller may know of a body that is no event: member names and
// sentences, never values.
func explain(err error) string {
	e := fault.As(err)
	if e == nil {
		return err.Error()
	}
	s := e.Says
	if e.On != "" {
		s += " (" + e.On + ")"
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// quietFor is how long the same trouble of the same environment is not logged again.
const quietFor = 10 * time.Second

// spoken remembers what was logged, so that a storm of bad requests is not a storm
// of lines.
type spoken struct {
	mu   sync.Mutex
	last map[spokenKey]time.Time
}

type spokenKey struct {
	env     connector.Environment
	outcome Outcome
}

// seen counts a request and logs those that somebody should look at.
func (in *intake) seen(env connector.Environment, outcome Outcome, err error) {
	in.Seen(env, outcome)
	if outcome == Accepted || outcome == Ignored || !in.mayLog(spokenKey{env, outcome}) {
		return
	}
	attrs := []any{slog.String("environment", string(env)), slog.String("outcome", string(outcome))}
	if err != nil {
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	in.Log.Warn("an event was refused", attrs...)
}

func (in *intake) mayLog(k spokenKey) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	now := in.Now()
	if last, was := in.last[k]; was && now.Sub(last) < quietFor {
		return false
	}
	if in.last == nil {
		in.last = map[spokenKey]time.Time{}
	}
	in.last[k] = now
	return true
}
