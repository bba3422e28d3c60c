package dataverse

import (
	"context"
	"maps"

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
