package dataverse

import (
	"context"
	"fmt"
	"iter"
	"net/http"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/schema"
)

var listTable = schema.Table{Name: "list", Set: "lists", Key: "listid", Primary: "listname"}

// MarketingList is a list of contacts, leads or accounts (section 4.1).
type MarketingList struct {
	ID      connector.RecordID
	Name    string
	Dynamic bool
	Members connector.Table // contact, lead or account
	Query   string          // FetchXML of a dynamic list
	Locked  bool
	Active  bool
	// SkipOptedOut leaves out who wants no bulk mail or no mail; SkipInactive leaves out
	// deactivated rows. Dataverse stores these wishes; the reader must honour them.
	SkipOptedOut, SkipInactive bool
	Count                      int // of a static list
}

// The tables that a list can hold, by createdfromcode.
var memberTables = map[int]schema.Table{
	1: {Name: "account", Set: "accounts", Key: "accountid", Primary: "name"},
	2: {Name: "contact", Set: "contacts", Key: "contactid", Primary: "fullname"},
	4: {Name: "lead", Set: "leads", Key: "leadid", Primary: "fullname"},
}

func memberTable(name connector.Table) (schema.Table, bool) {
	for _, t := range memberTables {
		if t.Name == name {
			return t, true
		}
	}
	return schema.Table{}, false
}

// ReadList reads a marketing list. A list of anything but accounts, contacts or leads
// is Garbled.
func (c *Client) ReadList(ctx context.Context, id connector.RecordID) (MarketingList, error) {
	row, err := c.Get(ctx, listTable, id, "listname", "type", "createdfromcode", "query", "lockstatus", "statecode", "donotsendonoptout", "ignoreinactivelistmembers", "membercount")
	if err != nil {
		return MarketingList{}, err
	}
	l := MarketingList{ID: id, Name: row.String("listname"), Query: row.String("query")}
	of, _ := row.Int("createdfromcode")
	kind, ok := row.Bool("type")
	state, known := row.Int("statecode")
	l.Dynamic, l.Members, l.Active = kind, memberTables[of].Name, state == 0
	if !ok || !known || l.Members == "" || l.Dynamic && l.Query == "" {
		return MarketingList{}, garbled("dataverse.ReadList", rowName(listTable, id), 0, "the list does not tell its kind, its state or its members")
	}
	l.Locked, _ = row.Bool("lockstatus")
	l.Count, _ = row.Int("membercount")
	l.SkipOptedOut, l.SkipInactive = yesUnlessNo(row, "donotsendonoptout"), yesUnlessNo(row, "ignoreinactivelistmembers")
	return l, nil
}

// yesUnlessNo reads a wish whose default is yes.
func yesUnlessNo(row Row, col string) bool {
	v, ok := row.Bool(col)
	return v || !ok
}

// AddMember puts one row into a static list (section 4.2).
func (c *Client) AddMember(ctx context.Context, list, member connector.RecordID) error {
	const op = "dataverse.AddMember"
	if err := named(op, schema.Table{Set: "members"}, member); err != nil {
		return err
	}
	return c.listAction(ctx, op, list, "AddMemberList", map[string]any{"EntityId": member})
}

// AddMembers puts rows of one table into a static list with one request.
func (c *Client) AddMembers(ctx context.Context, list connector.RecordID, of connector.Table, members []connector.RecordID) error {
	r := Request{Op: "dataverse.AddMembers", On: rowName(listTable, list), Method: http.MethodPost, Path: "AddListMembersList"}
	t, ok := memberTable(of)
	if !ok {
		return notValid(r.Op, string(of), "a list holds contacts, leads or accounts")
	}
	if err := named(r.Op, listTable, list); err != nil || len(members) == 0 {
		return err
	}
	rows := make([]map[string]any, len(members))
	for i, id := range members {
		if err := named(r.Op, t, id); err != nil {
			return err
		}
		rows[i] = typed(t, id)
	}
	r.Body = map[string]any{"List": typed(listTable, list), "Members": rows}
	_, err := c.Send(ctx, r)
	return err
}

// typed names a row inside the parameters of an action.
func typed(t schema.Table, id connector.RecordID) map[string]any {
	return map[string]any{"@odata.type": "Microsoft.Dynamics.CRM." + string(t.Name), t.Key: id}
}

// RemoveMember takes a row out of a static list. Who is not in it is NotFound or no
// error, as Dataverse likes.
func (c *Client) RemoveMember(ctx context.Context, list connector.RecordID, member connector.Record) error {
	const op = "dataverse.RemoveMember"
	t, ok := memberTable(member.Table)
	if !ok {
		return notValid(op, string(member.Table), "a list holds contacts, leads or accounts")
	}
	if err := named(op, t, member.ID); err != nil {
		return err
	}
	if c.assumed.text[AssumedRemoveMember] == "ref" {
		return c.Disassociate(ctx, RowRef{listTable, list}, "list"+string(t.Name)+"_association", RowRef{t, member.ID})
	}
	return c.listAction(ctx, op, list, "RemoveMemberList", map[string]any{"ListMember": map[string]any{"listmemberid": member.ID}})
}

func (c *Client) listAction(ctx context.Context, op string, list connector.RecordID, action string, body any) error {
	if err := named(op, listTable, list); err != nil {
		return err
	}
	_, err := c.Send(ctx, Request{Op: op, On: rowName(listTable, list), Method: http.MethodPost, Path: rowPath(listTable, list) + "/Microsoft.Dynamics.CRM." + action, Body: body})
	return err
}

// CopyToStatic makes a static list of who is in a dynamic one now. A lost answer is
// Uncertain: a copy may exist.
func (c *Client) CopyToStatic(ctx context.Context, list connector.RecordID) (connector.RecordID, error) {
	r := Request{Op: "dataverse.CopyToStatic", On: rowName(listTable, list), Method: http.MethodPost, Path: rowPath(listTable, list) + "/Microsoft.Dynamics.CRM.CopyDynamicListToStatic", Body: struct{}{}}
	if err := named(r.Op, listTable, list); err != nil {
		return "", err
	}
	said, err := Call[struct{ StaticListId string }](ctx, c, r)
	if err != nil {
		return "", err
	}
	id, err := recordID(said.StaticListId)
	if err != nil || id == "" {
		return "", garbled(r.Op, r.On, 0, "the list was copied, but the answer does not tell the id of the copy")
	}
	return id, nil
}

// ListMembers reads the members of a list, static or dynamic, with columns of theirs,
// a page at a time (section 4.3). The wishes of the list, SkipOptedOut and
// SkipInactive, are honoured.
func (c *Client) ListMembers(ctx context.Context, l MarketingList, columns ...string) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		t, f, err := membersQuery(l, columns)
		if err != nil {
			yield(Row{}, err)
			return
		}
		c.FetchRows(ctx, t, f)(yield)
	}
}

// membersQuery is the FetchXML of the members of a list.
func membersQuery(l MarketingList, columns []string) (schema.Table, *Fetch, error) {
	const op = "dataverse.ListMembers"
	t, ok := memberTable(l.Members)
	if err := named(op, listTable, l.ID); err != nil || !ok {
		return t, nil, notValid(op, rowName(listTable, l.ID), "the list does not tell its members; read it with ReadList")
	}
	columns = append([]string{t.Key}, columns...)
	f := NewFetch(t.Name, columns...)
	if l.Dynamic {
		stored, err := ParseFetch(l.Query)
		if err != nil {
			return t, nil, fmt.Errorf("%s %s: %w", op, rowName(listTable, l.ID), err)
		}
		if stored.Table() != t.Name {
			return t, nil, notValid(op, rowName(listTable, l.ID), "the query of the list reads another table than the list holds")
		}
		f = stored.Retarget(columns...)
	} else {
		link := element("link-entity", "name", "listmember", "from", "entityid", "to", t.Key, "intersect", "true")
		f.Entity().Add(link.Add(AllOf(Condition("listid", "eq", string(l.ID)))))
	}
	if l.SkipOptedOut {
		f.Where(AnyOf(Condition("donotbulkemail", "ne", "1"), Condition("donotbulkemail", "null")), AnyOf(Condition("donotemail", "ne", "1"), Condition("donotemail", "null")))
	}
	if l.SkipInactive {
		f.Where(Condition("statecode", "eq", "0"))
	}
	return t, f, nil
}

func tableOf(name connector.Table, set, key string) schema.Table {
	return schema.Table{Name: name, Set: set, Key: key}
}
