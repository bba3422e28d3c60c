package dataversesim

import (
	"slices"
	"strings"

	"github.com/spotler-connector/connector/internal/sandbox/dataversesim/metadata"
)

// Types of solution components (reference: dataverse-api 6.1).
const (
	componentTable        = 1
	componentColumn       = 2
	componentChoice       = 9
	componentRelationship = 10
	componentKey          = 14
)

// solutionHeader names the unmanaged solution in which a new component goes
// (reference: dataverse-api 2.2).
const solutionHeader = "Mscrm.solutionuniquename"

// solutionOf finds the solution that a request names, and whose publisher makes
// what it makes. The caller holds a lock.
func (s *Sim) solutionOf(r *request) (*row, metadata.Origin, *failure) {
	return s.solutionNamed(r.header.Get(solutionHeader))
}

func (s *Sim) solutionNamed(name string) (*row, metadata.Origin, *failure) {
	if name == "" || strings.EqualFold(name, "Default") {
		return nil, metadata.Origin{}, nil
	}
	t := s.tables["solution"]
	for _, at := range t.order {
		if at.row == nil {
			continue
		}
		if unique, _ := t.val(at.row, "uniquename").(string); !strings.EqualFold(unique, name) {
			continue
		}
		if managed, _ := t.val(at.row, "ismanaged").(bool); managed {
			return nil, metadata.Origin{}, badArgument("The solution '%s' is managed: components are made in unmanaged solutions.", name)
		}
		o := metadata.Origin{Strict: s.assume.Load().OptionPrefix}
		publisher, _ := t.val(at.row, "publisherid").(ref)
		if publisher.table != nil {
			found := publisher.table.find(publisher.id)
			o.Prefix, _ = publisher.table.val(found, "customizationprefix").(string)
			base, _ := publisher.table.val(found, "customizationoptionvalueprefix").(int64)
			o.Options = int(base)
		}
		return at.row, o, nil
	}
	if s.assume.Load().UnknownSolution == "default" {
		return nil, metadata.Origin{}, nil
	}
	return nil, metadata.Origin{}, badArgument("There is no solution with the unique name '%s'.", name)
}

// join puts a component in a solution; nil is the default solution, whose
// members are not kept.
func (s *Sim) join(solution *row, kind int64, id string) {
	tx := s.begin(s.user)
	tx.silent = true
	tx.join(solution, kind, id)
	tx.commit()
}

func (tx *transaction) join(solution *row, kind int64, id string) {
	s := tx.sim
	if solution == nil || s.member(solution.id, id) != nil {
		return
	}
	t := s.tables[componentTableName]
	r := &row{id: newGUID(s.rand), seq: s.nextSeq(), version: s.nextVersion(), vals: make([]any, t.shape.usual)}
	r.put(t.shape.byName["solutionid"], ref{s.tables["solution"], solution.id})
	r.put(t.shape.byName["componenttype"], kind)
	r.put(t.shape.byName["objectid"], id)
	r.put(t.shape.byName["rootcomponentbehavior"], int64(0))
	r.put(t.shape.byName["ismetadata"], true)
	r.put(t.shape.byName["createdon"], tx.now)
	tx.apply(change{table: t, after: r, message: "Create", quiet: true})
}

const componentTableName = "solutioncomponent"

// rowComponents are the tables whose rows are components, by their type
// (reference: dataverse-api 6.1, component membership).
var rowComponents = map[string]int64{"role": 20, "savedquery": 26, "workflow": 29, "systemform": 60, "webresource": 61, "sitemap": 62, "appmodule": 80,
	stepTableName: 92, "serviceendpoint": 95, "environmentvariabledefinition": 380, "environmentvariablevalue": 381}

// enlist puts a row that a request made in the solution that it names.
func (tx *transaction) enlist(r *request, t *table, made *row) *failure {
	kind, is := rowComponents[t.name]
	if !is || r.header.Get(solutionHeader) == "" {
		return nil
	}
	solution, _, f := tx.sim.solutionOf(r)
	if f == nil {
		tx.join(solution, kind, made.id.String())
	}
	return f
}

// delist takes a row that goes out of all solutions.
func (tx *transaction) delist(t *table, gone *row) {
	if _, is := rowComponents[t.name]; is {
		tx.leave(gone.id.String())
	}
}

// member finds the component of a solution that stands for an object.
func (s *Sim) member(solution guid, object string) *row {
	t := s.tables[componentTableName]
	for _, r := range t.pointing(t.shape.byName["solutionid"], solution) {
		if id, _ := t.val(r, "objectid").(string); strings.EqualFold(id, object) {
			return r
		}
	}
	return nil
}

// leave takes components out of all solutions.
func (s *Sim) leave(ids ...string) {
	tx := s.begin(s.user)
	tx.silent = true
	tx.leave(ids...)
	tx.commit()
}

func (tx *transaction) leave(ids ...string) {
	t := tx.sim.tables[componentTableName]
	for _, at := range append([]*slot(nil), t.order...) {
		if at.row == nil {
			continue
		}
		id, _ := t.val(at.row, "objectid").(string)
		if slices.ContainsFunc(ids, func(gone string) bool { return strings.EqualFold(id, gone) }) {
			tx.apply(change{table: t, before: at.row, message: "Delete", gone: tx.sim.nextVersion(), quiet: true})
		}
	}
}

// welcome makes the rows that stand for a new table: the messages that can have
// steps on it, and its privileges.
func (s *Sim) welcome(t *table) {
	tx := s.begin(s.user)
	tx.silent = true
	s.furnishTable(tx, t)
	tx.commit()
}

// dismiss takes away the rows of a table, and those that stand for it.
func (s *Sim) dismiss(t *table) {
	tx := s.begin(s.user)
	tx.silent = true
	for _, at := range append([]*slot(nil), t.order...) {
		if at.row != nil {
			tx.remove(t, at.row)
		}
	}
	filters := s.tables["sdkmessagefilter"]
	for _, at := range append([]*slot(nil), filters.order...) {
		if at.row == nil {
			continue
		}
		if name, _ := filters.val(at.row, "primaryobjecttypecode").(string); name == t.name {
			tx.remove(filters, at.row)
		}
	}
	privileges := s.tables["privilege"]
	for _, verb := range metadata.PrivilegeNames() {
		if id, ok := parseGUID(metadata.PrivilegeID(t.meta, verb)); ok && privileges.find(id) != nil {
			tx.remove(privileges, privileges.find(id))
		}
	}
	tx.commit()
}

// furnishTable makes the rows that stand for a table.
func (s *Sim) furnishTable(tx *transaction, t *table) {
	messages := s.tables["sdkmessage"]
	for _, m := range platformMessages {
		id, _ := parseGUID(m.id)
		for _, at := range messages.order {
			if name, _ := messages.val(at.row, "name").(string); at.row != nil && name == m.name {
				id = at.row.id
			}
		}
		if m.about(t) {
			tx.must(s.tables["sdkmessagefilter"], guid{}, object{{"primaryobjecttypecode", t.name}, {"secondaryobjecttypecode", "none"},
				{"sdkmessageid@odata.bind", "/sdkmessages(" + id.String() + ")"}})
		}
	}
	s.furnishPrivileges(tx, t)
}

// accessRights are the numbers of the verbs of privileges (*assumed*: those of
// the platform's AccessRights).
var accessRights = map[string]int64{"Read": 1, "Write": 2, "Append": 4, "AppendTo": 16, "Create": 32, "Delete": 65536, "Share": 262144, "Assign": 524288}

// furnishPrivileges makes the rows of the privileges on a table.
func (s *Sim) furnishPrivileges(tx *transaction, t *table) {
	if t.meta.Intersect {
		return
	}
	privileges := s.tables["privilege"]
	user := t.meta.Ownership == "UserOwned"
	for _, verb := range metadata.PrivilegeNames() {
		if !user && (verb == "Assign" || verb == "Share") {
			continue
		}
		id, _ := parseGUID(metadata.PrivilegeID(t.meta, verb))
		r := &row{id: id, seq: s.nextSeq(), version: s.nextVersion(), vals: make([]any, privileges.shape.usual)}
		r.put(privileges.shape.byName["name"], "prv"+verb+t.meta.Schema)
		r.put(privileges.shape.byName["accessright"], accessRights[verb])
		for name, can := range map[string]bool{"canbebasic": user, "canbelocal": user, "canbedeep": user, "canbeglobal": true} {
			r.put(privileges.shape.byName[name], can)
		}
		tx.apply(change{table: privileges, after: r, message: "Create"})
	}
}
