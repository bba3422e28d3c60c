package spotlersim

import (
	"net/http"

	"github.com/spotler-connector/connector/internal/sandbox/control"
)

// keySetup is an authentication as the control plane takes it.
type keySetup struct {
	Key     string `json:"key"`
	Secret  string `json:"secret"`
	IDField string `json:"id_field,omitempty"` // externalId when empty
}

// accountSetup is an account as the control plane takes it.
type accountSetup struct {
	Name string `json:"name,omitempty"` // the key when empty
	keySetup
	Also       []keySetup `json:"also,omitempty"`
	Licence    Licence    `json:"licence,omitempty"`
	Properties []Property `json:"properties,omitempty"` // the standard ones when absent
}

// mountAccounts adds:
//
//	GET    /control/accounts             the accounts with their numbers of contacts
//	POST   /control/accounts             {"name"?, "key", "secret", "id_field"?, "also"?: [KEY], "licence"?, "properties"?} adds one
//	POST   /control/accounts/keys        KEY, which is {"key", "secret", "id_field"?}: another system signs in to ?account=
//	DELETE /control/accounts/keys/{key}  takes a key away: what it signs is refused from then on
func (s *Sim) mountAccounts(mux *http.ServeMux) {
	mux.HandleFunc("GET /control/accounts", s.controlAccounts)
	mux.HandleFunc("POST /control/accounts", s.controlAddAccount)
	mux.HandleFunc("POST /control/accounts/keys", s.on(controlAddKey))
	mux.HandleFunc("DELETE /control/accounts/keys/{key}", s.controlDropKey)
}

func (s *Sim) controlAddAccount(w http.ResponseWriter, r *http.Request) {
	var req accountSetup
	if !control.Read(w, r, &req) {
		return
	}
	conf := Account{Name: req.Name, Key: req.Key, Secret: req.Secret, IDField: req.IDField, Licence: req.Licence, Properties: req.Properties}
	for _, k := range req.Also {
		conf.Also = append(conf.Also, Key(k))
	}
	if err := s.open(conf); err != nil {
		control.Refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	w.WriteHeader(http.StatusCreated)
}

func controlAddKey(s *Sim, a *account, w http.ResponseWriter, r *http.Request) {
	var req keySetup
	if !control.Read(w, r, &req) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	keys := []Key{Key(req)}
	if err := s.checkKeys(keys); err != nil {
		control.Refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	s.admitKeys(a, keys)
	w.WriteHeader(http.StatusCreated)
}

func (s *Sim) controlDropKey(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keys[r.PathValue("key")] == nil {
		control.Refuse(w, http.StatusNotFound, "no account has that key")
		return
	}
	delete(s.keys, r.PathValue("key"))
	w.WriteHeader(http.StatusNoContent)
}

// on finds the account that a control request is about.
func (s *Sim) on(serve func(*Sim, *account, http.ResponseWriter, *http.Request)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		name := r.URL.Query().Get("account")
		a := s.every()[0]
		if name != "" {
			a = s.named(name)
		}
		if a == nil {
			control.Refuse(w, http.StatusNotFound, "no account has that name or key; GET /control/accounts lists them")
			return
		}
		serve(s, a, w, r)
	}
}

func (s *Sim) named(name string) *account {
	for _, a := range s.every() {
		if a.name == name {
			return a
		}
	}
	if k := s.keyed(name); k != nil {
		return k.account
	}
	return nil
}

func (s *Sim) controlAccounts(w http.ResponseWriter, _ *http.Request) {
	type row struct {
		Name     string   `json:"name"`
		Contacts int      `json:"contacts"`
		IDFields []string `json:"id_fields"`
		Licence  Licence  `json:"licence"`
	}
	out := []row{}
	for _, a := range s.every() {
		a.mu.Lock()
		out = append(out, row{a.name, a.live, a.fields(), a.licence})
		a.mu.Unlock()
	}
	control.Answer(w, http.StatusOK, out)
}
