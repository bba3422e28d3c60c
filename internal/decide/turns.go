package decide

import (
	"strconv"
	"strings"
	"time"
)

// Turns remembers how the values of a two-way field went between both systems. Two
// writers that each correct the other would go on for ever: after so many turns in
// an hour the field is frozen until a person decides. The zero value is a field that
// was never taken from Spotler.
type Turns struct {
	Last   Outcome     // ToCRM or ToSpotler: where a value went last
	At     []time.Time // when the way turned round, oldest first, whole seconds
	Frozen bool
}

// turnsWithin is the time over which turns count.
const turnsWithin = time.Hour

// Take returns the turns once a value goes the way of to at that moment. The way
// turning round most times within an hour freezes the field: then the value must not
// be taken. most 0 never freezes. A frozen field stays as it is.
func (t Turns) Take(to Outcome, at time.Time, most int) Turns {
	if t.Frozen {
		return t
	}
	next := Turns{Last: to}
	for _, x := range t.At {
		if at.Sub(x) < turnsWithin {
			next.At = append(next.At, x)
		}
	}
	if t.Last != "" && t.Last != to {
		next.At = append(next.At, at.UTC().Truncate(time.Second))
	}
	next.Frozen = most > 0 && len(next.At) >= most
	return next
}

// frozenMark stands before the way of a frozen field.
const frozenMark = "frozen "

// Sides is t as an entry of the shadow keeps it. It holds no value of a person.
func (t Turns) Sides() Sides {
	s := Sides{CRM: string(t.Last)}
	if t.Frozen {
		s.CRM = frozenMark + s.CRM
	}
	times := make([]string, len(t.At))
	for i, at := range t.At {
		times[i] = strconv.FormatInt(at.Unix(), 10)
	}
	s.Spotler = strings.Join(times, " ")
	return s
}

// TurnsOf reads what Turns.Sides wrote; anything else reads as no turns.
func TurnsOf(s Sides) Turns {
	last, frozen := strings.CutPrefix(s.CRM, frozenMark)
	t := Turns{Last: Outcome(last), Frozen: frozen}
	if t.Last != ToCRM && t.Last != ToSpotler {
		return Turns{}
	}
	for _, text := range strings.Fields(s.Spotler) {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return Turns{}
		}
		t.At = append(t.At, time.Unix(n, 0).UTC())
	}
	return t
}
