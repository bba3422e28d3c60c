package dataversesim

import (
	"net/http"
	"strings"
)

// Names of what roles are made of. A pair of roleprivileges has the depth at
// which the role holds the privilege (reference: dataverse-api 6.1, role).
const (
	adminRole      = "System Administrator"
	roleTable      = "role"
	privilegeTable = "privilege"
	userRoles      = "systemuserroles"
	rolePrivileges = "roleprivileges"
	depthColumn    = "privilegedepthmask"
)

// depths are the numbers of the depths of a privilege.
var depths = map[string]int64{"Basic": 1, "Local": 2, "Deep": 4, "Global": 8}

// grants is what the roles of the application user allow. It is never changed:
// a change of a role makes a new one, which requests read without a lock.
type grants struct {
	all  bool             // a system administrator
	held map[string]int64 // the greatest depth by the name of the privilege, in lower case
}

// allows tells whether a privilege is held at that depth at least.
func (g *grants) allows(privilege string, depth int64) bool {
	return g.all || g.held[strings.ToLower(privilege)] >= depth
}

// regrant works the grants out after a change of roles. The caller holds the write lock.
func (s *Sim) regrant() {
	g := &grants{held: map[string]int64{}}
	s.granted.Store(g)
	pairs, held := s.tables[userRoles], s.tables[rolePrivileges]
	for _, pair := range pairs.pointing(pairs.shape.byName["systemuserid"], s.user.id) {
		role, _ := pairs.val(pair, "roleid").(ref)
		if role.table == nil {
			continue
		}
		if name, _ := role.table.val(role.table.find(role.id), "name").(string); name == adminRole {
			g.all = true
		}
		for _, one := range held.pointing(held.shape.byName["roleid"], role.id) {
			privilege, _ := held.val(one, "privilegeid").(ref)
			if privilege.table == nil {
				continue
			}
			name, _ := privilege.table.val(privilege.table.find(privilege.id), "name").(string)
			depth, given := held.val(one, depthColumn).(int64)
			if !given {
				depth = depths["Global"] // made by $ref, which cannot say how deep
			}
			name = strings.ToLower(name)
			g.held[name] = max(g.held[name], depth)
		}
	}
}

// touchesRoles tells whether a change of a table may change what the user may do.
func touchesRoles(t *table) bool {
	switch t.name {
	case userRoles, rolePrivileges, roleTable, privilegeTable:
		return true
	}
	return false
}

// furnishRoles makes the administrator's role, which the application user has at
// first, and the privileges that belong to no table.
func (s *Sim) furnishRoles(tx *transaction) {
	for _, name := range []string{bypassPrivilege, bypassPluginPrivilege, customizePrivilege} {
		tx.must(s.tables[privilegeTable], derivedGUID("privilege/"+name), object{{"name", name}})
	}
	role := tx.must(s.tables[roleTable], derivedGUID(s.cfg.OrganizationID+"/"+adminRole), object{{"name", adminRole}, {"businessunitid@odata.bind", "/businessunits(" + s.unit.id.String() + ")"}})
	if f := tx.associate(s.tables["systemuser"].relations["systemuserroles_association"], s.user, role); f != nil {
		panic(f) // both rows were just made
	}
}

// lacks is how the platform says that a privilege on a table is missing
// (reference: dataverse-api 2.9, 0x80040220).
func (s *Sim) lacks(t *table, right string) *failure {
	return fail(http.StatusForbidden, "0x80040220", "Principal user (Id=%s, type=8) is missing prv%s%s privilege on OTC=%s for entity '%s'.", s.user.id, right, t.name, t.name, t.name)
}

// rolePrivilege is one element of Privileges in AddPrivilegesRole.
type rolePrivilege struct {
	privilege ref
	depth     int64
}

// readRolePrivileges reads {"Privileges":[{"Depth":"Global","PrivilegeId":"…"},…]}.
func (s *Sim) readRolePrivileges(r *request) ([]rolePrivilege, *failure) {
	body, err := parseObject(r.body)
	if err != nil {
		return nil, badSyntax("%s", err)
	}
	v, _ := body.get("Privileges")
	list, ok := v.([]any)
	if !ok {
		return nil, badArgument("The parameter Privileges must be a collection.")
	}
	var out []rolePrivilege
	for i, v := range list {
		one, _ := v.(object)
		id, ok := parseGUID(one.text("PrivilegeId"))
		depth, known := depths[one.text("Depth")]
		switch {
		case !ok:
			return nil, badArgument("Privileges[%d] has no PrivilegeId.", i)
		case !known:
			return nil, badArgument("Privileges[%d] has the Depth '%s'; it must be Basic, Local, Deep or Global.", i, one.text("Depth"))
		}
		out = append(out, rolePrivilege{ref{s.tables[privilegeTable], id}, depth})
	}
	return out, nil
}

// addPrivileges answers AddPrivilegesRole, and ReplacePrivilegesRole with replace set.
func addPrivileges(replace bool) func(*Sim, *request, guid) (*response, *failure) {
	return func(s *Sim, r *request, id guid) (*response, *failure) {
		f := s.within(r, func(tx *transaction) *failure {
			list, f := s.readRolePrivileges(r)
			if f != nil {
				return f
			}
			role := s.tables[roleTable]
			if role.find(id) == nil {
				return missingRow(role, id)
			}
			pairs := s.tables[rolePrivileges]
			if replace {
				for _, old := range pairs.pointing(pairs.shape.byName["roleid"], id) {
					tx.remove(pairs, old)
				}
			}
			for _, one := range list {
				if f := tx.grant(role.relations["roleprivileges_association"], ref{role, id}, one); f != nil {
					return f
				}
			}
			return nil
		})
		if f != nil {
			return nil, f
		}
		return &response{status: noContent}, nil
	}
}

// grant gives a role a privilege at a depth.
func (tx *transaction) grant(through relation, role ref, p rolePrivilege) *failure {
	if p.privilege.table.find(p.privilege.id) == nil {
		return missingRow(p.privilege.table, p.privilege.id)
	}
	if f := tx.associate(through, role, p.privilege); f != nil {
		return f
	}
	pair := through.paired(role.id, p.privilege.id)
	after := pair.successor(tx.sim.nextVersion(), through.through.shape.stored)
	after.put(through.through.shape.byName[depthColumn], p.depth)
	tx.apply(change{table: through.through, before: pair, after: after, message: "Update", quiet: true})
	return nil
}

// removePrivilege answers RemovePrivilegeRole {"PrivilegeId":"…"}.
func removePrivilege(s *Sim, r *request, id guid) (*response, *failure) {
	f := s.within(r, func(tx *transaction) *failure {
		body, err := parseObject(r.body)
		if err != nil {
			return badSyntax("%s", err)
		}
		privilege, ok := parseGUID(body.text("PrivilegeId"))
		if !ok {
			return badArgument("The parameter PrivilegeId is missing.")
		}
		role := s.tables[roleTable]
		if role.find(id) == nil {
			return missingRow(role, id)
		}
		return tx.disassociate(role.relations["roleprivileges_association"], ref{role, id}, ref{s.tables[privilegeTable], privilege})
	})
	if f != nil {
		return nil, f
	}
	return &response{status: noContent}, nil
}
