package spotlersim

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/spotler-connector/connector/internal/sandbox/control"
)

// effect is something that a call brought about besides the data of a contact:
// an automation that started, a score that rose, a product that was written.
type effect struct {
	Seq        uint64    `json:"seq"`
	Time       time.Time `json:"time"`
	Kind       string    `json:"kind"`    // "automation_started"
	Subject    string    `json:"subject"` // the id or name of what it happened to
	ExternalID string    `json:"external_id,omitempty"`
}

// effectKey is what effects are counted by.
type effectKey struct{ kind, subject, externalID string }

// effects remembers the last effects and counts all of them, so that a test can
// tell one from two.
type effects struct {
	seq    uint64
	recent []effect
	counts map[effectKey]int
}

// maxEffects is how many effects are remembered one by one.
const maxEffects = 50_000

func (e *effects) reset() { e.recent, e.counts = nil, map[effectKey]int{} }

// effect notes one. who may be nil. The caller holds the account's mutex.
func (a *account) effect(now time.Time, kind, subject string, who *contact) {
	id := ""
	if who != nil {
		id = cmp.Or(who.ids[a.field], who.encrypted)
	}
	e := &a.effects
	e.seq++
	if len(e.recent) >= maxEffects {
		e.recent = slices.Clone(e.recent[maxEffects/2:])
	}
	e.recent = append(e.recent, effect{e.seq, now, kind, subject, id})
	e.counts[effectKey{kind, subject, id}]++
}

// effectCount is how often one effect happened.
type effectCount struct {
	Kind       string `json:"kind"`
	Subject    string `json:"subject"`
	ExternalID string `json:"external_id,omitempty"`
	Count      int    `json:"count"`
}

// mountEffects adds, with ?kind=, ?subject= and ?external_id= to choose:
//
//	GET    /control/effects[?after=SEQ]  what calls brought about, oldest first
//	GET    /control/effects/counts       how often, per kind, subject and contact, and in total
//	DELETE /control/effects              forgets them; the numbers go on
func (s *Sim) mountEffects(mux *http.ServeMux) {
	mux.HandleFunc("GET /control/effects", s.on(controlEffects))
	mux.HandleFunc("GET /control/effects/counts", s.on(controlEffectCounts))
	mux.HandleFunc("DELETE /control/effects", s.on(func(_ *Sim, a *account, w http.ResponseWriter, _ *http.Request) {
		a.locked(func() { a.effects.reset() })
		w.WriteHeader(http.StatusNoContent)
	}))
}

// chosen reports whether the query of r, where it says something, says k.
func (k effectKey) chosen(r *http.Request) bool {
	q := r.URL.Query()
	is := func(name, value string) bool { return !q.Has(name) || q.Get(name) == value }
	return is("kind", k.kind) && is("subject", k.subject) && is("external_id", k.externalID)
}

func controlEffects(_ *Sim, a *account, w http.ResponseWriter, r *http.Request) {
	after, ok := number(w, r, "after")
	if !ok {
		return
	}
	out := []effect{}
	a.locked(func() {
		for _, e := range a.effects.recent {
			if e.Seq > after && (effectKey{e.Kind, e.Subject, e.ExternalID}).chosen(r) {
				out = append(out, e)
			}
		}
	})
	control.Answer(w, http.StatusOK, out)
}

func controlEffectCounts(_ *Sim, a *account, w http.ResponseWriter, r *http.Request) {
	out := struct {
		Total  int           `json:"total"`
		Counts []effectCount `json:"counts"`
	}{Counts: []effectCount{}}
	a.locked(func() {
		for k, n := range a.effects.counts {
			if k.chosen(r) {
				out.Total += n
				out.Counts = append(out.Counts, effectCount{k.kind, k.subject, k.externalID, n})
			}
		}
	})
	slices.SortFunc(out.Counts, func(x, y effectCount) int {
		return cmp.Or(strings.Compare(x.Kind, y.Kind), strings.Compare(x.Subject, y.Subject), strings.Compare(x.ExternalID, y.ExternalID))
	})
	control.Answer(w, http.StatusOK, out)
}
