package spotlersim

// order checks, as writes arrive, that the numbers in a property never go down
// for the same contact. Properties of type int are always checked; a text is
// checked by the number at its end ("Engineer v12" is 12), when watched.
type order struct {
	watched map[string]bool
	tracks  map[string]*track
}

// track is the state of one property.
type track struct {
	Contacts   int              `json:"contacts"`
	Writes     int              `json:"writes"`
	Violations int              `json:"violations"` // a lower value after a higher one
	Repeats    int              `json:"repeats"`    // the same value again
	Violators  map[string]int   `json:"violators"`  // external id → violations
	Last       map[string]int64 `json:"last"`       // external id → the newest value
}

func newTrack() *track { return &track{Violators: map[string]int{}, Last: map[string]int64{}} }

func newOrder(watched map[string]bool) order {
	if watched == nil {
		watched = map[string]bool{}
	}
	return order{watched: watched, tracks: map[string]*track{}}
}

func (o *order) note(d *draft) {
	for _, ch := range d.changes {
		var value int64
		switch v := ch.value.(type) {
		case int64:
			value = v
		case string:
			n, ok := int64(0), false
			if o.watched[ch.property.Name] {
				n, ok = trailing(v)
			}
			if !ok {
				continue
			}
			value = n
		default:
			continue
		}
		t := o.tracks[ch.property.Name]
		if t == nil {
			t = newTrack()
			o.tracks[ch.property.Name] = t
		}
		t.note(d.id, value)
	}
}

func (t *track) note(id string, value int64) {
	t.Writes++
	last, seen := t.Last[id]
	switch {
	case !seen:
		t.Contacts++
	case value < last:
		t.Violations++
		t.Violators[id]++
	case value == last:
		t.Repeats++
	}
	t.Last[id] = value
}

// trailing returns the number at the end of s.
func trailing(s string) (int64, bool) {
	i := len(s)
	for i > 0 && s[i-1] >= '0' && s[i-1] <= '9' && len(s)-i < 18 {
		i--
	}
	n := int64(0)
	for _, c := range []byte(s[i:]) {
		n = n*10 + int64(c-'0')
	}
	return n, i < len(s)
}
