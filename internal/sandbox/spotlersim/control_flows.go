package spotlersim

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/spotler-connector/connector/internal/sandbox/control"
)

// campaignSetup is a campaign as the control plane takes and shows it.
type campaignSetup struct {
	Ref       string            `json:"encrypted_id"` // made up when empty
	Name      string            `json:"name"`
	Active    bool              `json:"active"`
	NoMessage bool              `json:"missing_message"`
	Once      bool              `json:"once"`
	Selection []string          `json:"selection,omitempty"`
	Triggers  []campaignTrigger `json:"triggers"`
	Running   []string          `json:"running,omitempty"` // external ids; shown only
}

func controlCampaigns(_ *Sim, a *account, w http.ResponseWriter, _ *http.Request) {
	out := []campaignSetup{}
	a.locked(func() {
		for _, c := range a.flows.campaigns {
			running := map[*contact]bool{}
			for who, on := range c.in {
				if on {
					running[who] = true
				}
			}
			out = append(out, campaignSetup{c.ref, c.name, c.active, c.noMessage, c.once, c.selection, c.triggers, memberIDs(a, running)})
		}
	})
	control.Answer(w, http.StatusOK, out)
}

func controlAddCampaign(_ *Sim, a *account, w http.ResponseWriter, r *http.Request) {
	setUp(a, w, r, func(req *campaignSetup) error {
		if req.Name == "" || len(req.Running) > 0 {
			return fmt.Errorf("give name; running cannot be set")
		}
		if req.Ref == "" {
			req.Ref = a.opaque()
		}
		for i := range req.Triggers {
			if req.Triggers[i].Ref == "" {
				req.Triggers[i].Ref = a.opaque()
			}
		}
		a.flows.campaigns = slices.DeleteFunc(a.flows.campaigns, func(c *campaign) bool { return c.ref == req.Ref })
		a.flows.campaigns = append(a.flows.campaigns, &campaign{ref: req.Ref, name: req.Name, active: req.Active, noMessage: req.NoMessage,
			once: req.Once, selection: req.Selection, triggers: req.Triggers, in: map[*contact]bool{}})
		return nil
	})
}

func controlFinish(_ *Sim, a *account, w http.ResponseWriter, r *http.Request) {
	setUp(a, w, r, func(req *selector) error {
		c, who := a.flows.campaign(r.PathValue("id")), a.find(*req)
		if c == nil || who == nil || !c.in[who] {
			return fmt.Errorf("no such campaign, no contact is selected, or it is not going through the campaign")
		}
		c.in[who] = false
		return nil
	})
}

// automationSetup is an automation as the control plane takes and shows it.
type automationSetup struct {
	ID       string              `json:"id"` // made up when empty
	Name     string              `json:"name"`
	Active   bool                `json:"active"`
	Draft    bool                `json:"draft"`
	Limit    int                 `json:"limit"`
	Triggers []automationTrigger `json:"triggers"`
	Runs     []runOut            `json:"runs,omitempty"` // shown only
}

type runOut struct {
	ID         string `json:"id"`
	ExternalID string `json:"external_id"`
	Stopped    bool   `json:"stopped"`
}

func controlAutomations(_ *Sim, a *account, w http.ResponseWriter, _ *http.Request) {
	out := []automationSetup{}
	a.locked(func() {
		for _, x := range a.flows.automations {
			row := automationSetup{x.id, x.name, x.active, x.draft, x.limit, x.triggers, nil}
			for who, runs := range x.runs {
				for _, r := range runs {
					row.Runs = append(row.Runs, runOut{r.id, cmp.Or(who.ids[a.field], who.encrypted), r.stopped})
				}
			}
			slices.SortFunc(row.Runs, func(x, y runOut) int {
				return cmp.Or(strings.Compare(x.ExternalID, y.ExternalID), strings.Compare(x.ID, y.ID))
			})
			out = append(out, row)
		}
	})
	control.Answer(w, http.StatusOK, out)
}

func controlAddAutomation(_ *Sim, a *account, w http.ResponseWriter, r *http.Request) {
	setUp(a, w, r, func(req *automationSetup) error {
		if req.Name == "" || req.Limit < 0 || len(req.Runs) > 0 {
			return fmt.Errorf("give name, and as limit a number from 0; runs cannot be set")
		}
		if req.ID == "" {
			req.ID = a.uuid()
		}
		for i := range req.Triggers {
			t := &req.Triggers[i]
			if t.Code == "" {
				t.Code = a.uuid()
			}
			for j := range t.Fields {
				f := &t.Fields[j]
				f.Type = cmp.Or(strings.ToUpper(f.Type), "STRING")
				if f.Name == "" || !slices.Contains(fieldTypes, f.Type) {
					return fmt.Errorf("automationFields: each has a name and as type one of %v", fieldTypes)
				}
			}
		}
		a.flows.automations = slices.DeleteFunc(a.flows.automations, func(x *automation) bool { return x.id == req.ID })
		a.flows.automations = append(a.flows.automations, &automation{id: req.ID, name: req.Name, active: req.Active, draft: req.Draft,
			limit: req.Limit, triggers: req.Triggers, runs: map[*contact][]*run{}})
		return nil
	})
}

func controlTags(_ *Sim, a *account, w http.ResponseWriter, _ *http.Request) {
	out := struct {
		Tags   []string            `json:"tags"`
		Scores map[string][]tagOut `json:"scores"` // by external id
	}{[]string{}, map[string][]tagOut{}}
	a.locked(func() {
		for name := range a.tags.known {
			out.Tags = append(out.Tags, name)
		}
		slices.Sort(out.Tags)
		for who := range a.tags.of {
			out.Scores[cmp.Or(who.ids[a.field], who.encrypted)] = a.tags.show(who)
		}
	})
	control.Answer(w, http.StatusOK, out)
}

func controlCustom(_ *Sim, a *account, w http.ResponseWriter, r *http.Request) {
	setUp(a, w, r, func(req *[]customProperty) error {
		a.shop.custom = *req
		return nil
	})
}

func controlShop(_ *Sim, a *account, w http.ResponseWriter, _ *http.Request) {
	out := struct {
		Products    []product    `json:"products"`
		Orders      []shopOrder  `json:"orders"`
		Conversions []conversion `json:"conversions"`
	}{[]product{}, []shopOrder{}, []conversion{}}
	a.locked(func() {
		for _, id := range a.shop.order {
			out.Products = append(out.Products, *a.shop.products[id])
		}
		for _, o := range a.shop.orders {
			out.Orders = append(out.Orders, *o)
		}
		out.Conversions = append(out.Conversions, a.shop.conversions...)
	})
	slices.SortFunc(out.Orders, func(x, y shopOrder) int { return strings.Compare(string(x.ExternalID), string(y.ExternalID)) })
	control.Answer(w, http.StatusOK, out)
}

func controlForms(_ *Sim, a *account, w http.ResponseWriter, _ *http.Request) {
	out := []form{}
	a.locked(func() {
		for _, f := range a.forms {
			out = append(out, *f)
		}
	})
	control.Answer(w, http.StatusOK, out)
}

func controlAddForm(_ *Sim, a *account, w http.ResponseWriter, r *http.Request) {
	setUp(a, w, r, func(req *form) error {
		req.SubType, req.State = cmp.Or(req.SubType, "normal"), cmp.Or(req.State, "final")
		if req.Name == "" || !slices.Contains(formSubTypes, req.SubType) || !slices.Contains(formStates, req.State) {
			return fmt.Errorf("give name, and as formSubType one of %v and formState one of %v or neither", formSubTypes, formStates)
		}
		for _, f := range req.Fields {
			if f.ID == "" || f.Property != "" && a.schema.Load().byName[f.Property] == nil {
				return fmt.Errorf("fields: each has a fieldId, and a property that the account has, or none")
			}
		}
		for _, f := range a.forms {
			if req.ID == f.ID {
				return fmt.Errorf("id is taken")
			}
		}
		if req.ID == 0 {
			for _, f := range a.forms {
				req.ID = max(req.ID, f.ID)
			}
			req.ID++
		}
		added := *req
		a.forms = append(a.forms, &added)
		return nil
	})
}
