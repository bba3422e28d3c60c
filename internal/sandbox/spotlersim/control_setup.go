package spotlersim

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"

	"github.com/spotler-connector/connector/internal/sandbox/control"
)

// mountSetup adds what people do in Spotler's own screens, so that the API finds
// it. ?account= as everywhere.
//
//	PUT  /control/licence                      {"licence": "professional" | "automation" | "ecommerce"}
//	GET  /control/audiences                    every audience with its members
//	POST /control/audiences                    {"external_id", "name"?, "in_use"?, "members"?: [external ids]} adds or replaces one
//	GET, POST /control/templists               the same, and "type": API | IMPORT | RESPONSE | SPLIT
//	GET, POST /control/campaigns               {"encrypted_id"?, "name", "active", "missing_message"?, "once"?, "selection"?: [ids],
//	                                           "triggers": [{"encryptedId"?, "name"}]} adds or replaces one
//	POST /control/campaigns/{id}/finish        SELECTOR: the contact is through with it
//	GET, POST /control/automations             {"id"?, "name", "active", "draft"?, "limit"?,
//	                                           "triggers": [{"triggerCode"?, "name", "automationFields"?: [{"name", "type"}]}]}
//	GET  /control/tags                         the tags, and the scores per contact
//	PUT  /control/products/custom-properties   [{"name"}]
//	GET  /control/shop                         products, orders and conversions
//	GET, POST /control/forms                   {"id"?, "name", "formSubType"?, "formState"?, "fields"?: [{"fieldId", "description", "property"?, "required"?}]}
//
// DELETE on audiences, templists, campaigns, automations or forms removes all.
func (s *Sim) mountSetup(mux *http.ServeMux) {
	mux.HandleFunc("PUT /control/licence", s.on(controlLicence))
	mux.HandleFunc("GET /control/audiences", s.on(controlAudiences))
	mux.HandleFunc("POST /control/audiences", s.on(controlAddAudience))
	mux.HandleFunc("GET /control/templists", s.on(controlTemplists))
	mux.HandleFunc("POST /control/templists", s.on(controlAddTemplist))
	mux.HandleFunc("GET /control/campaigns", s.on(controlCampaigns))
	mux.HandleFunc("POST /control/campaigns", s.on(controlAddCampaign))
	mux.HandleFunc("POST /control/campaigns/{id}/finish", s.on(controlFinish))
	mux.HandleFunc("GET /control/automations", s.on(controlAutomations))
	mux.HandleFunc("POST /control/automations", s.on(controlAddAutomation))
	mux.HandleFunc("GET /control/tags", s.on(controlTags))
	mux.HandleFunc("PUT /control/products/custom-properties", s.on(controlCustom))
	mux.HandleFunc("GET /control/shop", s.on(controlShop))
	mux.HandleFunc("GET /control/forms", s.on(controlForms))
	mux.HandleFunc("POST /control/forms", s.on(controlAddForm))
	for name, wipe := range map[string]func(*account){
		"audiences":   func(a *account) { a.lists.audiences = nil },
		"templists":   func(a *account) { a.lists.temporary = nil },
		"campaigns":   func(a *account) { a.flows.campaigns = nil },
		"automations": func(a *account) { a.flows.automations, a.flows.runs = nil, map[string]*run{} },
		"forms":       func(a *account) { a.forms = nil },
	} {
		mux.HandleFunc("DELETE /control/"+name, s.on(func(_ *Sim, a *account, w http.ResponseWriter, _ *http.Request) {
			a.locked(func() { wipe(a) })
			w.WriteHeader(http.StatusNoContent)
		}))
	}
	s.mountEffects(mux)
}

func controlLicence(_ *Sim, a *account, w http.ResponseWriter, r *http.Request) {
	var req struct {
		Licence Licence `json:"licence"`
	}
	if !control.Read(w, r, &req) {
		return
	}
	if !req.Licence.valid() {
		control.Refuse(w, http.StatusBadRequest, "licence is professional, automation or ecommerce")
		return
	}
	a.locked(func() { a.licence = req.Licence })
	control.Answer(w, http.StatusOK, req)
}

// listSetup is an audience or a temporary list as the control plane takes and
// shows it.
type listSetup struct {
	ExternalID string   `json:"external_id"`
	Name       string   `json:"name"` // the id when empty
	Type       string   `json:"type,omitempty"`
	InUse      bool     `json:"in_use"`
	Members    []string `json:"members"` // external ids, sorted; encrypted ones of contacts that have none
}

func memberIDs(a *account, members map[*contact]bool) []string {
	out := []string{}
	for who := range members {
		out = append(out, cmp.Or(who.ids[a.field], who.encrypted))
	}
	slices.Sort(out)
	return out
}

// members finds the contacts of a list that is set up.
func (l *listSetup) members(a *account) (map[*contact]bool, error) {
	out := map[*contact]bool{}
	for i, id := range l.Members {
		who := a.byID[a.field][id]
		if who == nil {
			return nil, fmt.Errorf("members: number %d is no contact", i+1)
		}
		out[who] = true
	}
	l.Name = cmp.Or(l.Name, l.ExternalID)
	if l.Name == "" {
		return nil, fmt.Errorf("give external_id or name")
	}
	return out, nil
}

func controlAudiences(_ *Sim, a *account, w http.ResponseWriter, _ *http.Request) {
	out := []listSetup{}
	a.locked(func() {
		for _, l := range a.lists.audiences {
			out = append(out, listSetup{ExternalID: l.id, Name: l.name, InUse: l.inUse, Members: memberIDs(a, l.members)})
		}
	})
	control.Answer(w, http.StatusOK, out)
}

func controlAddAudience(s *Sim, a *account, w http.ResponseWriter, r *http.Request) {
	setUp(a, w, r, func(req *listSetup) error {
		members, err := req.members(a)
		if err != nil {
			return err
		}
		if old := a.lists.audience(req.ExternalID); old != nil {
			a.lists.dropAudience(old)
		}
		at := a.stamp(s.clock())
		a.lists.audiences = append(a.lists.audiences, &dynamicList{id: req.ExternalID, name: req.Name, inUse: req.InUse, created: at, changed: at, members: members})
		return nil
	})
}

func controlTemplists(_ *Sim, a *account, w http.ResponseWriter, _ *http.Request) {
	out := []listSetup{}
	a.locked(func() {
		for _, l := range a.lists.temporary {
			out = append(out, listSetup{l.id, l.name, l.kind, l.inUse, memberIDs(a, l.members)})
		}
	})
	control.Answer(w, http.StatusOK, out)
}

func controlAddTemplist(s *Sim, a *account, w http.ResponseWriter, r *http.Request) {
	setUp(a, w, r, func(req *listSetup) error {
		req.Type = cmp.Or(req.Type, "API")
		members, err := req.members(a)
		if err != nil {
			return err
		}
		if !slices.Contains(temporaryKinds, req.Type) {
			return fmt.Errorf("type is one of %v", temporaryKinds)
		}
		if old := a.lists.templist(req.ExternalID); old != nil {
			a.lists.dropTemporary(old)
		}
		a.lists.temporary = append(a.lists.temporary, &temporaryList{
			id: req.ExternalID, name: req.Name, kind: req.Type, inUse: req.InUse, created: a.stamp(s.clock()), members: members})
		return nil
	})
}

// setUp reads a control request, carries it out under the lock and answers with
// it, completed.
func setUp[T any](a *account, w http.ResponseWriter, r *http.Request, do func(*T) error) {
	var req T
	if !control.Read(w, r, &req) {
		return
	}
	var err error
	a.locked(func() { err = do(&req) })
	if err != nil {
		control.Refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	control.Answer(w, http.StatusCreated, req)
}
