package dataversesim

import (
	"net/http"

	"github.com/spotler-connector/connector/internal/sandbox/control"
)

// webhookRequest is the body of POST /control/webhooks: what an installer
// would otherwise do with several calls of the Web API.
type webhookRequest struct {
	URL       string        `json:"url"`
	AuthType  int64         `json:"authtype"`  // 4, 5 or 6; 4 when absent
	AuthValue string        `json:"authvalue"` // as the column takes it
	Steps     []stepRequest `json:"steps"`
}

// stepRequest is one step. Images list logical names, comma-separated; empty is none.
type stepRequest struct {
	Message             string `json:"message"`
	Table               string `json:"table"`
	FilteringAttributes string `json:"filteringattributes"`
	PreImage            string `json:"pre_image"`
	PostImage           string `json:"post_image"`
	AutoDelete          bool   `json:"auto_delete"`
}

// postWebhook registers an endpoint with its steps, all of it or nothing, and
// answers 201 {"endpoint":"<guid>","steps":["<guid>",…]}.
func (s *Sim) postWebhook(w http.ResponseWriter, r *http.Request) {
	var hook webhookRequest
	if !control.Read(w, r, &hook) {
		return
	}
	if hook.AuthType == 0 {
		hook.AuthType = authWebhookKey
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	tx := s.begin(s.person)
	endpoint, steps, f := tx.register(hook)
	if f != nil {
		tx.rollback()
		control.Refuse(w, http.StatusBadRequest, f.message)
		return
	}
	tx.commit()
	control.Answer(w, http.StatusCreated, map[string]any{"endpoint": endpoint, "steps": steps})
}

func (tx *transaction) register(hook webhookRequest) (endpoint string, steps []string, f *failure) {
	made, f := tx.insert("serviceendpoint", map[string]any{
		"name": "Sandbox webhook", "contract": int64(contractWebhook), "url": hook.URL, "authtype": hook.AuthType, "authvalue": nonEmpty(hook.AuthValue)})
	if f != nil {
		return "", nil, f
	}
	for _, want := range hook.Steps {
		step, f := tx.registerStep(want, ref{tx.sim.tables["serviceendpoint"], made.id})
		if f != nil {
			return "", nil, f
		}
		steps = append(steps, step.id.String())
	}
	return made.id.String(), steps, nil
}

func (tx *transaction) registerStep(want stepRequest, endpoint ref) (*row, *failure) {
	message, filter, ok := tx.sim.messageFilter(want.Message, want.Table)
	if !ok {
		return nil, badArgument("There is no message %s on the table %s.", want.Message, want.Table)
	}
	step, f := tx.insert(stepTableName, map[string]any{
		"name": "Sandbox: " + want.Message + " of " + want.Table, "stage": int64(stagePost), "mode": int64(modeAsynchronous), "rank": int64(1),
		"asyncautodelete": want.AutoDelete, "filteringattributes": nonEmpty(want.FilteringAttributes),
		"eventhandler": endpoint, "sdkmessageid": message, "sdkmessagefilterid": filter})
	if f != nil {
		return nil, f
	}
	for kind, list := range []string{want.PreImage, want.PostImage} {
		if list == "" {
			continue
		}
		alias := []string{"PreImage", "PostImage"}[kind]
		_, f = tx.insert("sdkmessageprocessingstepimage", map[string]any{
			"name": alias, "entityalias": alias, "imagetype": int64(kind), "attributes": list, "sdkmessageprocessingstepid": ref{tx.sim.tables[stepTableName], step.id}})
		if f != nil {
			return nil, f
		}
	}
	return step, nil
}

// messageFilter finds the registrable message of a table.
func (s *Sim) messageFilter(message, table string) (msg, filter ref, ok bool) {
	t := s.tables["sdkmessagefilter"]
	for _, at := range t.order {
		if at.row == nil || t.val(at.row, "primaryobjecttypecode") != table {
			continue
		}
		if msg, _ = t.val(at.row, "sdkmessageid").(ref); msg.table != nil && s.nameOf(msg) == message {
			return msg, ref{t, at.row.id}, true
		}
	}
	return ref{}, ref{}, false
}

// insert makes a row of stored values, by logical name.
func (tx *transaction) insert(table string, values map[string]any) (*row, *failure) {
	t := tx.sim.tables[table]
	var sets []assignment
	for _, c := range t.shape.cols {
		if v, ok := values[c.name]; ok {
			sets = append(sets, assignment{c, v})
		}
	}
	return tx.create(t, guid{}, sets)
}

func nonEmpty(s string) any {
	if s == "" {
		return nil
	}
	return s
}
