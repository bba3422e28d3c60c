package dataverse

import (
	"context"
	"maps"
	"net/http"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/schema"
)

// The activities that we make (section 5.3 and 5.4).
var (
	Email            = activity("email", "emails")
	PhoneCall        = activity("phonecall", "phonecalls")
	Task             = activity("task", "tasks")
	Appointment      = activity("appointment", "appointments")
	CampaignResponse = activity("campaignresponse", "campaignresponses")
)

func activity(name connector.Table, set string) schema.Table {
	return schema.Table{Name: name, Set: set, Key: "activityid", Primary: "subject"}
}

// PartyRole is what somebody is to an activity (section 5.4).
type PartyRole int

// The roles.
const (
	PartySender    PartyRole = 1
	PartyTo        PartyRole = 2
	PartyCC        PartyRole = 3
	PartyBCC       PartyRole = 4
	PartyRequired  PartyRole = 5
	PartyOptional  PartyRole = 6
	PartyOrganizer PartyRole = 7
	PartyRegarding PartyRole = 8
	PartyOwner     PartyRole = 9
	PartyResource  PartyRole = 10
	PartyCustomer  PartyRole = 11
)

// Party is somebody in an activity: a row, or an address that is nobody's yet.
type Party struct {
	Who     connector.Record
	Address string
	Role    PartyRole
}

// Activity is an activity to make.
type Activity struct {
	ID        connector.RecordID // made by the caller, so that repeating is harmless
	Regarding connector.Record   // zero is none
	Parties   []Party
	Fields    Fields // subject, description and the rest
	// Close gives the state and status that it gets after it was made; nil leaves it
	// open. An email "Sent" is State 1, Status 3.
	Close *ActivityState
}

// ActivityState is a state with its reason.
type ActivityState struct{ State, Status int }

// CreateActivity makes an activity of kind (Email, Task, …) and closes it when asked.
// It sends nothing to anybody. Repeating it with the same ID is harmless: one that
// exists already is closed.
func (c *Client) CreateActivity(ctx context.Context, kind schema.Table, a Activity) error {
	f, err := a.body(kind)
	if err != nil {
		return err
	}
	err = c.CreateOnce(ctx, kind, a.ID, f)
	if err != nil && !isDuplicate(err) || a.Close == nil {
		return err
	}
	return c.Update(ctx, kind, a.ID, Fields{"statecode": a.Close.State, "statuscode": a.Close.Status}, 0)
}

func (a Activity) body(kind schema.Table) (Fields, error) {
	const op = "dataverse.CreateActivity"
	f := Fields{}
	maps.Copy(f, a.Fields)
	if !a.Regarding.IsZero() {
		path, err := bindPath(op, a.Regarding)
		if err != nil {
			return nil, err
		}
		f["regardingobjectid_"+string(a.Regarding.Table)+"_"+string(kind.Name)+"@odata.bind"] = path
	}
	parties := make([]Fields, len(a.Parties))
	for i, p := range a.Parties {
		q := Fields{"participationtypemask": int(p.Role)}
		if p.Address != "" {
			q["addressused"] = p.Address
		}
		if !p.Who.IsZero() {
			path, err := bindPath(op, p.Who)
			if err != nil {
				return nil, err
			}
			q["partyid_"+string(p.Who.Table)+"@odata.bind"] = path
		} else if p.Address == "" {
			return nil, notValid(op, string(kind.Name), "a party has neither a row nor an address")
		}
		parties[i] = q
	}
	if len(parties) > 0 {
		f[string(kind.Name)+"_activity_parties"] = parties
	}
	return f, nil
}

// The entity sets of rows that activities, posts and notes point at.
var regardingSets = map[connector.Table]string{
	"contact": "contacts", "lead": "leads", "account": "accounts", "campaign": "campaigns", "list": "lists", "opportunity": "opportunities",
	"systemuser": "systemusers", "queue": "queues", "team": "teams",
}

func bindPath(op string, to connector.Record) (string, error) {
	set := regardingSets[to.Table]
	if set == "" {
		if t, ok := schema.Of(to.Table); ok {
			set = t.Set
		}
	}
	if set == "" || !plainGUID(string(to.ID)) {
		return "", notValid(op, string(to.Table), "the row it is about is of a table that cannot be pointed at, or has no id")
	}
	return "/" + set + "(" + string(to.ID) + ")", nil
}

var (
	postTable = schema.Table{Name: "post", Set: "posts", Key: "postid", Primary: "text"}
	noteTable = schema.Table{Name: "annotation", Set: "annotations", Key: "annotationid", Primary: "subject"}
)

// longestPost is the most characters of a post (section 5.5).
const longestPost = 2000

// Post is a line on a row's timeline (section 5.5).
type Post struct {
	ID      connector.RecordID
	Text    string // at most 2000 characters
	Created time.Time
	Source  int // 1 automatic, 2 by hand
}

// CreatePost puts an automatic post with a caller-made id on the timeline of a row.
func (c *Client) CreatePost(ctx context.Context, about connector.Record, id connector.RecordID, text string) error {
	const op = "dataverse.CreatePost"
	path, err := bindPath(op, about)
	if err != nil {
		return err
	}
	if n := len([]rune(text)); n == 0 || n > longestPost {
		return notValid(op, string(about.Table), "the text of a post must have 1 to 2000 characters")
	}
	nav := c.assumed.text[AssumedPostRegarding] + string(about.Table)
	return c.CreateOnce(ctx, postTable, id, Fields{"text": text, "source": 1, "type": 7, nav + "@odata.bind": path})
}

// Posts reads the latest posts on a row's timeline.
func (c *Client) Posts(ctx context.Context, about connector.RecordID, most int) ([]Post, error) {
	if err := named("dataverse.Posts", postTable, about); err != nil {
		return nil, err
	}
	q := Query{Table: postTable, Select: []string{"text", "createdon", "source"}, Filter: Eq(lookupProperty("regardingobjectid"), about), OrderBy: "createdon desc", Top: max(most, 1)}
	var out []Post
	for row, err := range c.Rows(ctx, q) {
		if err != nil {
			return nil, err
		}
		p := Post{ID: row.ID, Text: row.String("text")}
		p.Created, _ = row.Time("createdon")
		p.Source, _ = row.Int("source")
		out = append(out, p)
	}
	return out, nil
}

// CreateNote puts a note with a caller-made id on a row.
func (c *Client) CreateNote(ctx context.Context, about connector.Record, id connector.RecordID, subject, text string) error {
	path, err := bindPath("dataverse.CreateNote", about)
	if err != nil {
		return err
	}
	return c.CreateOnce(ctx, noteTable, id, Fields{"subject": subject, "notetext": text, "objectid_" + string(about.Table) + "@odata.bind": path})
}

var campaignTable = schema.Table{Name: "campaign", Set: "campaigns", Key: "campaignid", Primary: "name"}

// LinkCampaignList joins a marketing list to a campaign (section 5.2).
func (c *Client) LinkCampaignList(ctx context.Context, campaign, list connector.RecordID) error {
	return c.Associate(ctx, campaignTable, campaign, "campaignlist_association", listTable, list)
}

// UnlinkCampaignList parts a marketing list from a campaign.
func (c *Client) UnlinkCampaignList(ctx context.Context, campaign, list connector.RecordID) error {
	return c.Disassociate(ctx, campaignTable, campaign, "campaignlist_association", listTable, list)
}

// Campaign is a campaign (section 5.2).
type Campaign struct {
	ID            connector.RecordID
	Name, Code    string
	State, Status int
}

// ReadCampaign reads a campaign.
func (c *Client) ReadCampaign(ctx context.Context, id connector.RecordID) (Campaign, error) {
	row, err := c.Get(ctx, campaignTable, id, "name", "codename", "statecode", "statuscode")
	if err != nil {
		return Campaign{}, err
	}
	k := Campaign{ID: id, Name: row.String("name"), Code: row.String("codename")}
	k.State, _ = row.Int("statecode")
	k.Status, _ = row.Int("statuscode")
	return k, nil
}

// QualifyLead turns a lead into a contact, and an account when asked, and returns
// what was made (section 5.1). Repeating it may make them twice.
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
