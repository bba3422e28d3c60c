package dataversesim

// index finds the rows of a table that point at one row elsewhere.
type index struct{ buckets map[guid]*bucket }

// bucket is a set of ids: a slice while it is small, which it nearly always is.
type bucket struct {
	few  []guid
	many map[guid]struct{}
}

const bucketLimit = 16

func newIndex() *index { return &index{buckets: map[guid]*bucket{}} }

// move takes id from the rows that point at from to those that point at to;
// the zero guid is nowhere.
func (x *index) move(from, to, id guid) {
	if from == to {
		return
	}
	if b := x.buckets[from]; b != nil {
		if b.remove(id); b.size() == 0 {
			delete(x.buckets, from)
		}
	}
	if to.isZero() {
		return
	}
	b := x.buckets[to]
	if b == nil {
		b = &bucket{}
		x.buckets[to] = b
	}
	b.add(id)
}

func (b *bucket) add(id guid) {
	if b.many == nil && len(b.few) < bucketLimit {
		b.few = append(b.few, id)
		return
	}
	if b.many == nil {
		b.many = make(map[guid]struct{}, 2*bucketLimit)
		for _, other := range b.few {
			b.many[other] = struct{}{}
		}
		b.few = nil
	}
	b.many[id] = struct{}{}
}

func (b *bucket) remove(id guid) {
	delete(b.many, id)
	for i, other := range b.few {
		if other == id {
			b.few[i] = b.few[len(b.few)-1]
			b.few = b.few[:len(b.few)-1]
			return
		}
	}
}

func (b *bucket) size() int { return len(b.few) + len(b.many) }

// all yields the ids in no order.
func (b *bucket) all(yield func(guid) bool) {
	for _, id := range b.few {
		if !yield(id) {
			return
		}
	}
	for id := range b.many {
		if !yield(id) {
			return
		}
	}
}

// of appends the ids of the rows that point at to.
func (x *index) of(ids []guid, to guid) []guid {
	b := x.buckets[to]
	if b == nil {
		return ids
	}
	ids = append(ids, b.few...)
	for id := range b.many {
		ids = append(ids, id)
	}
	return ids
}
