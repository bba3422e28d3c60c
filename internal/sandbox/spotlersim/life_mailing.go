package spotlersim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// outing is a mailing that is to be sent, as the control plane takes it.
type outing struct {
	Name         string        `json:"name"`
	Kind         mailingKind   `json:"kind,omitempty"` // bulk when empty
	Type         string        `json:"type,omitempty"` // EMAIL when empty, or SMS
	Subject      string        `json:"subject,omitempty"`
	Campaign     string        `json:"campaign,omitempty"`      // encryptedId, with kind campaign: everybody who enters it gets the mailing, besides those in to
	Automation   string        `json:"automation,omitempty"`    // id, with kind automation: every run of it sends the mailing
	TrendReport  int32         `json:"trend_report,omitempty"`  // id
	Links        []mailingLink `json:"links,omitempty"`         // those of a usual newsletter when absent
	To           audience      `json:"to"`                      // who gets it
	AfterSeconds float64       `json:"after_seconds,omitempty"` // from now until it goes
	Rates        *Rates        `json:"rates,omitempty"`         // those of the account when absent
}

// audience says who gets a mailing: everybody whose conditions all hold, and
// who can be mailed. {"nobody": true} is a mailing without receivers yet.
type audience struct {
	Audience      string   `json:"audience,omitempty"`       // external id of an audience
	TemporaryList string   `json:"temporary_list,omitempty"` // external id of a temporary list
	Permission    int64    `json:"permission,omitempty"`     // bit that is on
	Property      string   `json:"property,omitempty"`       // with Value: equal, without regard to case
	Value         string   `json:"value,omitempty"`
	ExternalIDs   []string `json:"external_ids,omitempty"`
	TestGroup     bool     `json:"test_group,omitempty"`
	Nobody        bool     `json:"nobody,omitempty"`
}

// standardLinks are those of a usual newsletter.
func standardLinks() []mailingLink {
	return []mailingLink{
		{ID: 1, Name: "Lees verder", URL: "https://www.example/artikel", Code: "lees"},
		{ID: 2, Name: "Evenement", URL: "https://www.example/evenement"},
		{ID: 3, Name: "Bestel", URL: "https://www.example/bestel", Type: linkConversion},
		{ID: 4, Name: "Bekijk online", URL: "https://archive.example/online", Type: "openhtml"},
		{ID: 5, Name: "Wijzig profiel", URL: "https://forms.example/profiel", Type: linkEditProfile},
		{ID: 6, Name: "Afmelden", URL: "https://forms.example/afmelden", Type: linkUnsubscribe},
	}
}

// check returns what is wrong with o, or nil. The caller holds the mutex.
func (o *outing) check(a *account) error {
	switch {
	case o.Name == "":
		return fmt.Errorf("name is missing")
	case o.Kind != "" && o.Kind != bulkMailing && o.Kind != campaignMailing && o.Kind != automationMailing:
		return fmt.Errorf("kind is bulk, campaign or automation")
	case o.Type != "" && o.Type != "EMAIL" && o.Type != "SMS":
		return fmt.Errorf("type is EMAIL or SMS")
	case (o.Kind == automationMailing) != (o.Automation != ""):
		return fmt.Errorf("automation is the id of the automation that sends it, with kind automation and only then")
	case (o.Kind == campaignMailing) != (o.Campaign != ""):
		return fmt.Errorf("campaign is the encryptedId of the campaign that sends it, with kind campaign and only then")
	case o.AfterSeconds < 0 || o.AfterSeconds > 3650*86400:
		return fmt.Errorf("after_seconds is a number from 0, at most ten years")
	case o.TrendReport != 0 && !slices.ContainsFunc(a.post.trends, func(t *trendReport) bool { return t.ID == o.TrendReport }):
		return fmt.Errorf("trend_report is the id of no trend report")
	}
	if o.Rates != nil {
		if err := o.Rates.Check(); err != nil {
			return err
		}
	}
	seen := map[int32]bool{}
	for _, l := range o.Links {
		if l.ID <= 0 || seen[l.ID] || l.Name == "" || l.URL == "" || l.Type != "" && !slices.Contains(linkTypes, l.Type) {
			return fmt.Errorf("links: each has an id of its own above 0, a name, a url, and as type none or one of %v", linkTypes)
		}
		seen[l.ID] = true
	}
	return o.To.check(a)
}

func (to *audience) check(a *account) error {
	if to.Property != "" && to.Property != "externalId" && a.schema.Load().byName[to.Property] == nil {
		return fmt.Errorf("to.property: the account has no property of that name")
	}
	_, err := to.listed(a)
	return err
}

// make adds the mailing that o describes, not sent yet.
func (o *outing) make(a *account, start time.Time) *mailing {
	m := &mailing{
		kind: o.Kind, campaign: o.Campaign, sms: o.Type == "SMS", name: o.Name, sender: "Redactie", start: start.UnixMilli(), trend: o.TrendReport,
		targetGroup: o.To.says(), links: o.Links,
		message: message{Name: o.Name, Author: "Redactie", FromName: "Redactie", Subject: o.Subject, FromEmail: "redactie@mail.example"},
	}
	if m.kind == "" {
		m.kind = bulkMailing
	}
	if m.links == nil && !m.sms {
		m.links = standardLinks()
	}
	if m.message.Subject == "" && !m.sms {
		m.message.Subject = o.Name
	}
	if m.sms {
		m.message.FromEmail = ""
	}
	a.draftMailing(m)
	if flow := o.Automation + o.Campaign; flow != "" {
		a.life.steps[flow] = append(a.life.steps[flow], m)
	}
	return m
}

// says names the target group in a detail of the mailing.
func (to *audience) says() string {
	switch {
	case to.Audience != "":
		return to.Audience
	case to.TemporaryList != "":
		return to.TemporaryList
	case to.Property != "":
		return to.Property
	default:
		return "Iedereen"
	}
}

// members are those who get a mailing of that medium now.
func (to *audience) members(a *account, sms bool) []*contact {
	if to.Nobody {
		return nil
	}
	listed, err := to.listed(a)
	if err != nil {
		return nil // the list was deleted since
	}
	var out []*contact
	for _, who := range a.contacts {
		if who != nil && who.reachable(sms) && (listed == nil || listed[who]) && to.includes(a, who) {
			out = append(out, who)
		}
	}
	return out
}

// reachable reports whether the channel of that medium is open.
func (c *contact) reachable(sms bool) bool {
	for _, ch := range c.channels() {
		if ch.Name == "SMS" == sms {
			return ch.Value
		}
	}
	return false
}

func (to *audience) includes(a *account, who *contact) bool {
	on, _ := who.values[permissionsProperty].(bits)
	return (to.Permission == 0 || uint64(on)&uint64(to.Permission) != 0) &&
		(to.Property == "" || who.has(a.field, to.Property, strings.TrimSpace(to.Value))) &&
		(to.ExternalIDs == nil || slices.Contains(to.ExternalIDs, who.ids[a.field])) &&
		(!to.TestGroup || who.testGroup)
}

// launch makes the mailing of o and sends it when its time has come. It returns
// nil when o was refused.
func (s *Sim) launch(a *account, o outing) (*mailing, error) {
	if err := o.check(a); err != nil {
		return nil, err
	}
	rates := a.life.rates
	if o.Rates != nil {
		rates = *o.Rates
	}
	now := s.clock()
	start := now.Add(time.Duration(o.AfterSeconds * float64(time.Second)))
	m := o.make(a, start)
	if m.kind == automationMailing {
		return m, nil // its runs send it
	}
	send := func(at moment) {
		for _, who := range o.To.members(a, m.sms) {
			s.send(a, m, who, at, rates)
		}
	}
	if o.AfterSeconds == 0 {
		send(moment{now, now})
	} else {
		a.life.plan(start, send)
	}
	return m, nil
}

// follow sends the mailings of an automation or a campaign to somebody who
// entered it, and returns how many. The caller holds the account's mutex.
func (s *Sim) follow(a *account, flow string, who *contact, now time.Time) int {
	n := 0
	for _, m := range a.life.steps[flow] {
		if who.reachable(m.sms) {
			s.send(a, m, who, moment{now, now}, a.life.rates)
			n++
		}
	}
	return n
}
