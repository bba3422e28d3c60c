package people

import (
	"context"
	"slices"
	"strconv"
	"strings"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/schema"
)

// BackReport counts what came back as it should, and names what did not: a GUID or an
// ordinal, and what is wrong, without personal data.
type BackReport struct {
	Forms        int      `json:"profile_forms"`
	Unsubscribes int      `json:"unsubscribes"`
	Choices      int      `json:"permissions_changed"`
	Bounces      int      `json:"bounces"`
	Subscribers  int      `json:"new_subscribers"`
	Merges       int      `json:"contacts_merged"`
	Qualified    int      `json:"leads_qualified"`
	Wrong        []string `json:"wrong,omitempty"`
}

// Check holds Dataverse, and Spotler where people were joined, against what came back.
// Wait until the connector has nothing to do.
func (b *Back) Check(ctx context.Context) (*BackReport, error) {
	c := &backCheck{Back: b}
	var err error
	if c.rows, err = b.world.byKey(ctx, connector.Contact, "salutation", "address1_line3", "_dh_spotlerinfo_value", "emailaddress1", "statecode"); err != nil {
		return nil, err
	}
	if c.leads, err = b.world.byKey(ctx, connector.Lead, "emailaddress1", "lastname", "statecode", "_parentcontactid_value"); err != nil {
		return nil, err
	}
	if c.infos, err = b.world.byKey(ctx, schema.SpotlerInfoTable, "dh_name"); err != nil {
		return nil, err
	}
	if c.permissions, err = b.world.permissionRows(ctx); err != nil {
		return nil, err
	}
	if c.contacts, err = b.world.contacts(ctx); err != nil {
		return nil, err
	}
	c.acts()
	c.joined()
	return &c.report, nil
}

// byKey reads every row of a table by its id.
func (w *World) byKey(ctx context.Context, t connector.Table, columns ...string) (map[string]row, error) {
	table, _ := schema.Of(t)
	rows, err := w.all(ctx, t, append([]string{table.Key}, columns...))
	if err != nil {
		return nil, err
	}
	out := make(map[string]row, len(rows))
	for _, r := range rows {
		out[strings.ToLower(r.text(table.Key))] = r
	}
	return out, nil
}

// backCheck is one look at both sides.
type backCheck struct {
	*Back
	rows, leads, infos map[string]row
	permissions        map[string]map[string]bool
	contacts           map[string]held
	report             BackReport
}

// judge counts one who is as wanted, or tells what is wrong.
func (c *backCheck) judge(count *int, id, wrong string, right bool) {
	if right {
		*count++
		return
	}
	c.report.Wrong = append(c.report.Wrong, id+" "+wrong)
}

// acts are what people did in forms and mails.
func (c *backCheck) acts() {
	r := &c.report
	for n, id := range c.forms {
		c.judge(&r.Forms, id, "did not get what its profile form says", c.rows[id].text("salutation") == formTitle(n) && c.rows[id].text("address1_line3") == formLine(n))
	}
	for _, id := range c.left {
		off := !slices.Contains(values(c.permissions[id]), true)
		c.judge(&r.Unsubscribes, id, "unsubscribed and has a permission row that says Yes, or another status", off && c.status(id) == "Opt-out")
	}
	for _, id := range c.chose {
		on, there := c.permissions[id][Permissions[0]]
		c.judge(&r.Choices, id, "turned a permission off and its row says Yes", !on || !there)
	}
	for _, id := range c.bounced {
		c.judge(&r.Bounces, id, "bounced and has another status", c.status(id) == "Hard bounce")
	}
	for n, address := range c.subscribers {
		id, found := "", 0
		for key, lead := range c.leads {
			if lead.text("emailaddress1") == address {
				id, found = key, found+1
			}
		}
		_, linked := c.contacts[id]
		c.judge(&r.Subscribers, "subscriber "+strconv.Itoa(n+1), "is not one lead that is linked and has its permission", found == 1 && linked && c.permissions[id][Permissions[0]])
	}
}

// joined are those who became one.
func (c *backCheck) joined() {
	for _, pair := range c.merged {
		_, winner := c.contacts[pair[0]]
		mailed := slices.Contains(values(c.contacts[pair[1]].permissions()), true)
		c.judge(&c.report.Merges, pair[0], "was merged and is not in Spotler, or the other one still gets mail", winner && !mailed)
	}
	for _, id := range c.qualified {
		contact := strings.ToLower(c.leads[id].text("_parentcontactid_value"))
		_, lead := c.contacts[id]
		_, now := c.contacts[contact]
		c.judge(&c.report.Qualified, id, "was qualified and is not in Spotler as its contact", now && !lead)
	}
}

// status is what Spotler Info says of a contact.
func (c *backCheck) status(id string) string {
	return c.infos[strings.ToLower(c.rows[id].text("_dh_spotlerinfo_value"))].text("dh_name")
}

func values(m map[string]bool) []bool {
	var out []bool
	for _, v := range m {
		out = append(out, v)
	}
	return out
}
