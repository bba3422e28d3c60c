package decide

// Score is what is known of the score of a contact's tag.
type Score struct {
	Known bool // it could be read
	Has   bool // the contact carries the tag; without it the score is 0
	Value int64
}

// Finding is what reading a score again tells about a change whose answer was lost.
type Finding string

// The findings.
const (
	Happened    Finding = "happened"     // the score is what the change makes of it
	NotHappened Finding = "not happened" // the score is what it was
	Unclear     Finding = "unclear"      // something else, or nothing to read
)

// LostScore judges a change of a score whose answer was lost: was is the score before
// it, want what the change makes of it, now what is read afterwards. Somebody else,
// or Spotler's own scoring, may have changed it meanwhile: only what is exact counts.
func LostScore(was Score, want int64, now Score) Finding {
	switch {
	case !was.Known || !now.Known:
		return Unclear
	case now.Has && now.Value == want:
		return Happened
	case now.Value == was.Value && (now.Has || !was.Has):
		return NotHappened
	}
	return Unclear
}
