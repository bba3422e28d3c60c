package spotlersim

import (
	"cmp"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Account is one Mail+ account as configured.
type Account struct {
	Name       string     // for the control plane's ?account=; the key when empty
	Key        string     // consumer key
	Secret     string     // consumer secret
	IDField    string     // the database field that holds this key's external id; "externalId" when empty
	Also       []Key      // further authentications of the same account
	Properties []Property // nil is StandardProperties
	Licence    Licence    // LicenceAutomation when empty
}

// Key is one authentication: a source system. Every key is bound to the field
// that holds its external id, so two keys with different fields know the same
// contact by different ids (reference: section 2.1).
type Key struct {
	Key     string
	Secret  string
	IDField string // "externalId" when empty
}

// key is an authentication in use, with what verifying needs ready made.
type key struct {
	consumer string
	field    string
	account  *account
	hmacs    sync.Pool // of hash.Hash keyed with the secret
	nonces   nonces
}

// account is the state of one account. Everything below mu is guarded by it;
// the schema is replaced as a whole and never changed.
type account struct {
	name   string
	field  string // the id field of the first key, which the control plane uses
	schema atomic.Pointer[schema]

	mu       sync.Mutex
	rand     *rand.Rand
	last     int64                          // the newest time handed out, epoch milliseconds
	contacts []*contact                     // in order of creation; nil where one was anonymised
	gone     []goneContact                  // the anonymised, in order
	live     int                            // contacts that are not nil
	byID     map[string]map[string]*contact // id field → external id
	byEmail  map[string][]*contact          // by folded address
	changes  []changeEntry
	nextSeq  uint64
	bounces  []bounceEntry
	journal  journal
	order    order
	items    map[string]*itemFault
	rejects  []rejection
	effects  effects
	licence  Licence
	lists    lists   // audiences and temporary lists
	flows    flows   // campaigns and automations
	tags     tags    // and scores
	shop     shop    // products, orders and conversions
	forms    []*form // in order of creation
	post     post    // mailings and what came of them
	life     *life   // what people do by themselves

	second int64 // the second that is being counted for the rate limit
	taken  int
}

// open adds an account. It fails when a key is empty or there already, the
// properties do not hold together, or the licence is unknown.
func (s *Sim) open(conf Account) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	number := uint64(len(s.accounts))
	a := &account{
		name: cmp.Or(conf.Name, conf.Key), rand: rand.New(rand.NewPCG(s.seed, number+1)), licence: cmp.Or(conf.Licence, LicenceAutomation),
		journal: journal{limit: s.journal}, life: newLife(s.seed, number),
	}
	if !a.licence.valid() {
		return errors.New("the licence is not professional, automation or ecommerce")
	}
	if conf.Properties == nil {
		conf.Properties = StandardProperties()
	}
	sch, err := newSchema(conf.Properties)
	if err != nil {
		return err
	}
	keys := append([]Key{{conf.Key, conf.Secret, conf.IDField}}, conf.Also...)
	if err := s.checkKeys(keys); err != nil {
		return err
	}
	a.schema.Store(sch)
	a.empty()
	s.admitKeys(a, keys)
	s.accounts = append(s.accounts, a)
	return nil
}

// checkKeys returns why keys cannot be added, or nil. The caller holds mu.
func (s *Sim) checkKeys(keys []Key) error {
	added := map[string]bool{}
	for _, k := range keys {
		if k.Key == "" || k.Secret == "" {
			return errors.New("a key or secret is empty")
		}
		if s.keys[k.Key] != nil || added[k.Key] {
			return errors.New("a key is configured twice")
		}
		added[k.Key] = true
	}
	return nil
}

// admitKeys lets keys sign in to an account. The caller holds mu.
func (s *Sim) admitKeys(a *account, keys []Key) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, k := range keys {
		k.IDField = cmp.Or(k.IDField, "externalId")
		a.field = cmp.Or(a.field, k.IDField)
		s.keys[k.Key] = newKey(k, a)
		if a.byID[k.IDField] == nil {
			a.byID[k.IDField] = map[string]*contact{}
		}
	}
}

// keyed returns the authentication of a consumer key, or nil.
func (s *Sim) keyed(consumer string) *key {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.keys[consumer]
}

// every returns the accounts, in order of creation.
func (s *Sim) every() []*account {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Clone(s.accounts)
}

// empty forgets every contact and everything that was remembered of them. The
// journal keeps counting, so that a reader notices.
func (a *account) empty() {
	fields := a.byID
	a.byID = map[string]map[string]*contact{}
	for field := range fields {
		a.byID[field] = map[string]*contact{}
	}
	a.contacts, a.gone, a.live, a.changes, a.bounces = nil, nil, 0, nil, nil
	a.byEmail = map[string][]*contact{}
	a.items, a.rejects = map[string]*itemFault{}, nil
	a.order = newOrder(a.order.watched)
	a.journal.reset()
	a.effects.reset()
	a.lists.clear()
	a.flows.clear()
	a.shop.clear()
	a.tags = newTags()
	for _, f := range a.forms {
		f.results = nil
	}
	a.post, a.life = newPost(), a.life.anew()
}

// stamp returns the time of a change, in epoch milliseconds; it never goes back.
func (a *account) stamp(now time.Time) int64 {
	a.last = max(a.last, now.UnixMilli())
	return a.last
}

// admit counts a request against the rate limit of the account, if there is one.
func (a *account) admit(now time.Time, rules *Assumptions) bool {
	if rules.RatePerSecond == 0 {
		return true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if second := now.Unix(); second != a.second {
		a.second, a.taken = second, 0
	}
	a.taken++
	return a.taken <= rules.RatePerSecond
}
