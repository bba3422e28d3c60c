package dataverse

import (
	"context"
	"maps"
	"net/http"
	"strings"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/schema"
)

// QualifyLead turns a lead into a contact, and an account when asked, and returns
// what was made (section 5.1). Repeating it may make them twice. The shape of the answer
// is *assumed*: rows that name their type.
func (c *Client) QualifyLead(ctx context.Context, lead connector.RecordID, account, contact, opportunity bool) ([]connector.Record, error) {
	leads := memberTables[4]
	r := Request{Op: "dataverse.QualifyLead", On: rowName(leads, lead), Method: http.MethodPost, Path: rowPath(leads, lead) + "/Microsoft.Dynamics.CRM.QualifyLead",
		Body: map[string]any{"CreateAccount": account, "CreateContact": contact, "CreateOpportunity": opportunity, "Status": 3}}
	if err := named(r.Op, leads, lead); err != nil {
		return nil, err
	}
	a, err := c.Send(ctx, r)
	if err != nil {
		return nil, err
	}
	made, err := parseMade(a.Body)
	if err != nil {
		return nil, garbled(r.Op, r.On, a.Status, "the lead was qualified, but the answer does not tell what was made")
	}
	return made, nil
}

// Merge folds loser into winner; content are columns that the winner takes over. The
// loser is deactivated, not deleted. The body of the action is *assumed*.
func (c *Client) Merge(ctx context.Context, t schema.Table, winner, loser connector.RecordID, content Fields) error {
	r := Request{Op: "dataverse.Merge", On: rowName(t, winner), Method: http.MethodPost, Path: c.assumed.text[AssumedMerge]}
	if err := named(r.Op, t, winner); err != nil {
		return err
	}
	if err := named(r.Op, t, loser); err != nil || winner == loser {
		return notValid(r.Op, r.On, "a row cannot be merged with itself or with no row")
	}
	update := typed(t, "")
	delete(update, t.Key)
	maps.Copy(update, content)
	r.Body = map[string]any{"Target": typed(t, winner), "Subordinate": typed(t, loser), "UpdateContent": update, "PerformParentingChecks": false}
	_, err := c.Send(ctx, r)
	return err
}

// parseMade reads the rows that an action says it made: each names its type and its
// key.
func parseMade(body []byte) ([]connector.Record, error) {
	list, _, err := parseList[map[string]any](body)
	if err != nil {
		return nil, err
	}
	var out []connector.Record
	for _, row := range list {
		kind, _ := row["@odata.type"].(string)
		name := strings.TrimPrefix(strings.TrimPrefix(kind, "#"), "Microsoft.Dynamics.CRM.")
		key, _ := row[name+"id"].(string)
		id, err := recordID(key)
		if err != nil || id == "" || name == "" {
			return nil, errNoKey
		}
		out = append(out, connector.Record{Table: connector.Table(name), ID: id})
	}
	return out, nil
}
