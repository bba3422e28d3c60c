package spotlersim

import "sort"

// streamName is the last segment of a stream's path.
type streamName string

// The streams. The last is assumed (reference: G10) and off by default.
const (
	streamSent         streamName = "sent"
	streamOpened       streamName = "opened"
	streamClicked      streamName = "clicked"
	streamBounced      streamName = "bounced"
	streamUnsubscribed streamName = "unsubscribed"
)

var streamNames = []streamName{streamSent, streamOpened, streamClicked, streamBounced, streamUnsubscribed}

// record is one interaction: it happened once and may change later.
type record struct {
	id      int32
	at      int64 // epoch milliseconds, as the next
	changed int64
	seq     uint64 // of its newest entry in the stream
	of      *delivery
	hard    bool // of a bounce
}

// stream is all interactions of a kind in the order of their change dates.
type stream struct {
	lastID  int32
	seq     uint64
	entries []streamEntry
}

// streamEntry places a record; only a record's newest entry counts.
type streamEntry struct {
	changed int64
	seq     uint64
	record  *record
}

// add gives r an id and a place at the end.
func (s *stream) add(r *record, changed int64) {
	s.lastID++
	r.id = s.lastID
	s.move(r, changed)
}

// move puts r at the end, because it changed. Change dates never go back.
func (s *stream) move(r *record, changed int64) {
	s.seq++
	r.seq, r.changed = s.seq, changed
	s.entries = append(s.entries, streamEntry{changed, s.seq, r})
	if len(s.entries) > 2*int(s.lastID)+4096 {
		s.tidy()
	}
}

func (s *stream) tidy() {
	kept := s.entries[:0]
	for _, e := range s.entries {
		if e.seq == e.record.seq {
			kept = append(kept, e)
		}
	}
	clear(s.entries[len(kept):])
	s.entries = kept
}

// since calls each for the records that changed at from or later and before
// to, oldest change first, until it returns false.
func (s *stream) since(from, to int64, each func(*record) bool) {
	start := sort.Search(len(s.entries), func(i int) bool { return s.entries[i].changed >= from })
	for _, e := range s.entries[start:] {
		if e.changed >= to {
			return
		}
		if e.seq == e.record.seq && !each(e.record) {
			return
		}
	}
}
