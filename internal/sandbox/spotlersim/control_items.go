package spotlersim

import (
	"net/http"
	"slices"
	"strings"

	"github.com/spotler-connector/connector/internal/sandbox/control"
)

func (s *Sim) mountItems(mux *http.ServeMux) {
	mux.HandleFunc("GET /control/items", s.on(controlItems))
	mux.HandleFunc("POST /control/items", s.on(controlAddItem))
	mux.HandleFunc("DELETE /control/items", s.on(func(_ *Sim, a *account, w http.ResponseWriter, _ *http.Request) {
		a.locked(func() { a.items = map[string]*itemFault{} })
		w.WriteHeader(http.StatusNoContent)
	}))
	mux.HandleFunc("GET /control/rejects", s.on(controlRejects))
	mux.HandleFunc("POST /control/rejects", s.on(controlReject))
	mux.HandleFunc("DELETE /control/rejects", s.on(func(_ *Sim, a *account, w http.ResponseWriter, _ *http.Request) {
		a.locked(func() { a.rejects = nil })
		w.WriteHeader(http.StatusNoContent)
	}))
}

func controlItems(_ *Sim, a *account, w http.ResponseWriter, _ *http.Request) {
	out := []itemFault{}
	a.locked(func() {
		for _, f := range a.items {
			out = append(out, *f)
		}
	})
	slices.SortFunc(out, func(x, y itemFault) int { return strings.Compare(x.ExternalID, y.ExternalID) })
	control.Answer(w, http.StatusOK, out)
}

func controlAddItem(_ *Sim, a *account, w http.ResponseWriter, r *http.Request) {
	var f itemFault
	if !control.Read(w, r, &f) {
		return
	}
	if f.ExternalID == "" || f.Times < 0 || f.Code != omit && (!Code(f.Code).Valid() || Code(f.Code) == CodeOK) {
		control.Refuse(w, http.StatusBadRequest, "give external_id, and as code one of the codes of POST /contact/list other than OK, or omit")
		return
	}
	a.locked(func() { a.items[f.ExternalID] = &f })
	w.WriteHeader(http.StatusNoContent)
}

func controlRejects(_ *Sim, a *account, w http.ResponseWriter, _ *http.Request) {
	out := []rejection{}
	a.locked(func() { out = append(out, a.rejects...) })
	control.Answer(w, http.StatusOK, out)
}

func controlReject(_ *Sim, a *account, w http.ResponseWriter, r *http.Request) {
	var no rejection
	if !control.Read(w, r, &no) {
		return
	}
	if a.schema.Load().byName[no.Property] == nil {
		control.Refuse(w, http.StatusBadRequest, "the account has no property of that name")
		return
	}
	a.locked(func() { a.rejects = append(a.rejects, no) })
	w.WriteHeader(http.StatusNoContent)
}
