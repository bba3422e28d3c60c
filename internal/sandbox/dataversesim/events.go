package dataversesim

// event is one run of one step: a webhook call to be made.
type event struct {
	step        *step
	change      change
	at          moment
	user        ref  // who caused it
	operation   guid // the System Job
	correlation guid
	request     guid
	tag         string
	classic     bool // without the members that newer servers add
}

// raise queues an event for every step that a committed transaction concerns.
// The caller holds the write lock, so events are queued in the order of commits.
func (s *Sim) raise(tx *transaction) {
	for i := range tx.changes {
		s.raiseOne(tx, &tx.changes[i])
	}
	for i := range tx.messages {
		s.raiseOne(tx, &tx.messages[i])
	}
}

func (s *Sim) raiseOne(tx *transaction, c *change) {
	if c.quiet {
		return
	}
	for _, st := range s.stepsFor(c.message, c.table.name) {
		if c.skip[st.id] || !st.wants(c) {
			continue
		}
		e := &event{step: st, change: *c, at: tx.now, user: tx.user, operation: newGUID(s.rand), correlation: newGUID(s.rand), request: newGUID(s.rand), tag: c.tag, classic: s.classic}
		s.openJob(e)
		s.courier.push(e)
	}
}

// openJob makes the System Job of an event: statecode 0, waiting for resources.
func (s *Sim) openJob(e *event) {
	t := s.tables["asyncoperation"]
	r := &row{id: e.operation, seq: s.nextSeq(), version: s.nextVersion(), vals: make([]any, t.shape.usual)}
	put := func(name string, v any) { r.put(t.shape.byName[name], v) }
	put("name", e.step.name)
	put("operationtype", int64(1))
	put("messagename", e.change.message)
	put("primaryentitytype", e.change.table.name)
	put("owningextensionid", ref{s.tables[stepTableName], e.step.id})
	put("correlationid", e.correlation.String())
	put("createdon", e.at)
	put("statecode", int64(0))
	put("statuscode", int64(0))
	t.replace(nil, r)
}

// suspendJob shows that an event waits for its next attempt: statecode 1, Waiting.
func (s *Sim) suspendJob(e *event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tables["asyncoperation"]
	before := t.find(e.operation)
	if before == nil || t.val(before, "statecode") == int64(1) {
		return
	}
	after := &row{id: before.id, seq: before.seq, version: s.nextVersion(), vals: append([]any(nil), before.vals...)}
	after.put(t.shape.byName["statecode"], int64(1))
	after.put(t.shape.byName["statuscode"], int64(10))
	t.replace(before, after)
}

// settleJob ends the System Job: 30 or 31, or gone when it succeeded and the
// step says so (reference: dataverse-api 1.3 and 1.6).
func (s *Sim) settleJob(e *event, trouble string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tables["asyncoperation"]
	before := t.find(e.operation)
	if before == nil {
		return // somebody deleted the job
	}
	if trouble == "" && e.step.autoDelete {
		t.replace(before, nil)
		return
	}
	after := &row{id: before.id, seq: before.seq, version: s.nextVersion(), vals: append([]any(nil), before.vals...)}
	put := func(name string, v any) { after.put(t.shape.byName[name], v) }
	put("statecode", int64(3))
	put("completedon", momentOf(s.cfg.Now()))
	put("statuscode", int64(30))
	if trouble != "" {
		put("statuscode", int64(31))
		put("message", trouble)
		put("friendlymessage", trouble)
		put("errorcode", int64(-2147220970))
	}
	t.replace(before, after)
}
