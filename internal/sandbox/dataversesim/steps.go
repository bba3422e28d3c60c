package dataversesim

import (
	"net/http"
	"slices"
	"sync"
)

// step is a registered step with everything an event needs to know.
type step struct {
	id         guid
	name       string
	filter     map[string]bool // logical names; nil fires always
	autoDelete bool
	endpoint   endpoint
	images     []stepImage

	// hook finds out once where a webhook goes; its headers are to be copied.
	once   sync.Once
	to     string
	header http.Header
	err    error
}

func (st *step) hook() (to string, header http.Header, err error) {
	st.once.Do(func() { st.to, st.header, st.err = st.endpoint.address() })
	return st.to, st.header, st.err
}

// endpoint is where events are posted to.
type endpoint struct {
	contract int64
	authType int64
	auth     string
	url      string

	// Of a Service Bus endpoint.
	namespaceAddress, namespace, path string
	keyName, key                      string
	format                            int64
}

// stepImage is a registered image.
type stepImage struct {
	alias     string
	pre, post bool
	columns   []string // nil shows all
}

// steps finds the steps for a message on a table. It is rebuilt after a change
// of one of the tables it is made of.
type steps struct {
	stale bool
	by    map[string][]*step // "Update contact"
}

func (x *steps) touch(t *table) {
	switch t.name {
	case "serviceendpoint", "sdkmessage", "sdkmessagefilter", stepTableName, "sdkmessageprocessingstepimage":
		x.stale = true
	}
}

// stepsFor lists the enabled steps; the caller holds the write lock.
func (s *Sim) stepsFor(message, table string) []*step {
	if s.steps.stale {
		s.rebuildSteps()
	}
	return s.steps.by[message+" "+table]
}

func (s *Sim) rebuildSteps() {
	s.steps = steps{by: map[string][]*step{}}
	t := s.tables[stepTableName]
	for _, at := range t.order {
		if at.row == nil || t.val(at.row, "statecode") != int64(0) {
			continue
		}
		message, _ := t.val(at.row, "sdkmessageid").(ref)
		filter, ok := t.val(at.row, "sdkmessagefilterid").(ref)
		handler, _ := t.val(at.row, "eventhandler").(ref)
		if !ok || handler.table == nil || handler.table.name != "serviceendpoint" {
			continue
		}
		table, _ := filter.table.val(filter.table.find(filter.id), "primaryobjecttypecode").(string)
		key := s.nameOf(message) + " " + table
		s.steps.by[key] = append(s.steps.by[key], s.newStep(t, at.row, handler))
	}
}

func (s *Sim) newStep(t *table, r *row, handler ref) *step {
	st := &step{id: r.id}
	st.name, _ = t.val(r, "name").(string)
	st.autoDelete, _ = t.val(r, "asyncautodelete").(bool)
	list, _ := t.val(r, "filteringattributes").(string)
	for _, name := range splitList(list) {
		if st.filter == nil {
			st.filter = map[string]bool{}
		}
		st.filter[name] = true
	}
	e, at := handler.table, handler.table.find(handler.id)
	st.endpoint.contract, _ = e.val(at, "contract").(int64)
	st.endpoint.authType, _ = e.val(at, "authtype").(int64)
	st.endpoint.auth, _ = e.val(at, "authvalue").(string)
	st.endpoint.url, _ = e.val(at, "url").(string)
	st.endpoint.namespaceAddress, _ = e.val(at, "namespaceaddress").(string)
	st.endpoint.namespace, _ = e.val(at, "solutionnamespace").(string)
	st.endpoint.path, _ = e.val(at, "path").(string)
	st.endpoint.keyName, _ = e.val(at, "saskeyname").(string)
	st.endpoint.key, _ = e.val(at, "saskey").(string)
	st.endpoint.format, _ = e.val(at, "messageformat").(int64)
	st.images = s.imagesOf(r.id)
	return st
}

func (s *Sim) imagesOf(step guid) []stepImage {
	t := s.tables["sdkmessageprocessingstepimage"]
	ids := t.indexes["sdkmessageprocessingstepid"].of(nil, step)
	slices.SortFunc(ids, func(a, b guid) int { return inOrder(t.rows[a].seq, t.rows[b].seq) })
	var out []stepImage
	for _, id := range ids {
		r := t.find(id)
		kind, _ := t.val(r, "imagetype").(int64)
		alias, _ := t.val(r, "entityalias").(string)
		list, _ := t.val(r, "attributes").(string)
		out = append(out, stepImage{alias: alias, pre: kind != 1, post: kind != 0, columns: splitList(list)})
	}
	return out
}

// val reads a column by name; nil when either is not there.
func (t *table) val(r *row, name string) any {
	c := t.shape.byName[name]
	if c == nil || r == nil {
		return nil
	}
	return r.get(c)
}

// wants says whether the step runs for a change: an update must have one of the
// filtering attributes in its request, changed or not (reference: dataverse-api 1.8).
func (st *step) wants(c *change) bool {
	if c.message != "Update" && c.message != "UpdateMultiple" || st.filter == nil {
		return true
	}
	return slices.ContainsFunc(c.asked, func(col *column) bool { return st.filter[col.name] })
}
