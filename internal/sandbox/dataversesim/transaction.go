package dataversesim

// change is one row that a transaction made, changed or took away.
type change struct {
	table         *table
	shape         *shape
	before, after *row
	gone          int64         // the version of a delete
	message       string        // Create, Update or Delete
	asked         []*column     // the columns in the request body, in its order
	computed      []*column     // what the platform changed along with them
	tag           string        // of the request, for the shared variables
	skip          map[guid]bool // steps that the request said must not run
	quiet         bool          // no events: seeding
	parameters    *parameters   // of a message that is not the change of one row
}

// transaction is everything one request, or one change set, does. It runs
// under the write lock: all of it happens, or nothing.
type transaction struct {
	sim     *Sim
	user    ref // who does it
	now     moment
	changes []change
	// messages are what was done beside the changes of rows.
	messages []change
	// Of the request that is being carried out; in a change set each has its own.
	// silent says that asynchronous steps must not run (reference: 2.2, bypass header).
	silent bool
	skip   map[guid]bool
	tag    string
	// nested are the rows inside the body that was read last.
	nested []nested
	// override is what a seeding sets against the platform's rules.
	override []assignment
}

// within runs do as one transaction, or as a part of the one r belongs to.
func (s *Sim) within(r *request, do func(*transaction) *failure) *failure {
	if r.tx != nil {
		return do(r.tx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	tx := s.begin(s.user)
	r.announce(tx)
	if f := do(tx); f != nil {
		tx.rollback()
		return f
	}
	tx.commit()
	return nil
}

// begin opens a transaction of user; the caller holds the write lock.
func (s *Sim) begin(user ref) *transaction {
	return &transaction{sim: s, user: user, now: momentOf(s.cfg.Now())}
}

// reading takes the read lock for r, unless its transaction holds the other
// one already, and returns how to give it back.
func (s *Sim) reading(r *request) (done func()) {
	if r.tx != nil {
		return func() {}
	}
	s.mu.RLock()
	return s.mu.RUnlock
}

// apply carries a change out and remembers it.
func (tx *transaction) apply(c change) {
	c.shape = c.table.shape
	c.quiet = c.quiet || tx.silent
	c.tag, c.skip = tx.tag, tx.skip
	c.table.replace(c.before, c.after)
	tx.changes = append(tx.changes, c)
}

func (tx *transaction) rollback() {
	for i := len(tx.changes) - 1; i >= 0; i-- {
		c := tx.changes[i]
		if c.after == nil {
			c.table.restore(c.before)
			continue
		}
		c.table.replace(c.after, c.before)
	}
	tx.changes, tx.messages = nil, nil
}

func (tx *transaction) commit() {
	s := tx.sim
	roles := false
	for i := range tx.changes {
		c := &tx.changes[i]
		roles = roles || touchesRoles(c.table)
		s.count(c)
		c.table.remember(c)
		s.journal.note(c, tx.now)
		s.steps.touch(c.table)
	}
	if roles {
		s.regrant()
	}
	s.raise(tx)
}

// count keeps the number of writes per table.
func (s *Sim) count(c *change) {
	switch {
	case c.before == nil:
		c.table.written.Created++
	case c.after == nil:
		c.table.written.Deleted++
	default:
		c.table.written.Updated++
	}
}

// nextVersion is the organisation's version counter, which gives etags and
// delta tokens.
func (s *Sim) nextVersion() int64 {
	s.version++
	return s.version
}
