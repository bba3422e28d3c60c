package spotlersim

import (
	"net/http"
	"strconv"

	"github.com/spotler-connector/connector/internal/sandbox/control"
)

// Brief is the order of one property in a few numbers, for those who ask often.
type Brief struct {
	Contacts   int `json:"contacts"`
	Writes     int `json:"writes"`
	Violations int `json:"violations"`
	Repeats    int `json:"repeats"`
	Reached    int `json:"reached"` // contacts whose newest value is at_least or more
}

// controlBrief is GET /control/order/brief?property=NAME[&at_least=N].
func controlBrief(_ *Sim, a *account, w http.ResponseWriter, r *http.Request) {
	least, err := int64(0), error(nil)
	if text := r.URL.Query().Get("at_least"); text != "" {
		if least, err = strconv.ParseInt(text, 10, 64); err != nil {
			control.Refuse(w, http.StatusBadRequest, "at_least is not a number")
			return
		}
	}
	var out Brief
	a.locked(func() {
		t := a.order.tracks[r.URL.Query().Get("property")]
		if t == nil {
			return
		}
		out = Brief{Contacts: t.Contacts, Writes: t.Writes, Violations: t.Violations, Repeats: t.Repeats}
		for _, newest := range t.Last {
			if newest >= least {
				out.Reached++
			}
		}
	})
	control.Answer(w, http.StatusOK, out)
}
