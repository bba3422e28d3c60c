package spotlersim

import (
	"cmp"
	"errors"
	"math/rand/v2"
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

func (s *Sim) open(conf Account, cfg Config, number uint64) error {
	a := &account{
		name: conf.Name, rand: rand.New(rand.NewPCG(cfg.Seed, number+1)),
		journal: journal{limit: cfg.Journal}, life: newLife(cfg.Seed, number),
	}
	if a.name == "" {
		a.name = conf.Key
	}
	if a.licence = cmp.Or(conf.Licence, LicenceAutomation); !a.licence.valid() {
		return errors.New("the licence is not professional, automation or ecommerce")
	}
	if conf.Properties == nil {
		conf.Properties = StandardProperties()
	}
	sch, err := newSchema(conf.Properties)
	if err != nil {
		return err
	}
	a.schema.Store(sch)
	a.empty()
	for _, k := range append([]Key{{conf.Key, conf.Secret, conf.IDField}}, conf.Also...) {
		if k.Key == "" || k.Secret == "" {
			return errors.New("a key or secret is empty")
		}
		if s.keys[k.Key] != nil {
			return errors.New("a key is configured twice")
		}
		if k.IDField == "" {
			k.IDField = "externalId"
		}
		if a.field == "" {
			a.field = k.IDField
		}
		s.keys[k.Key] = newKey(k, a)
		if a.byID[k.IDField] == nil {
			a.byID[k.IDField] = map[string]*contact{}
		}
	}
	s.accounts = append(s.accounts, a)
	return nil
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
