package spotlersim

import "slices"

// mailingKind says what a mailing belongs to; each kind has calls of its own.
type mailingKind string

// The kinds.
const (
	bulkMailing       mailingKind = "bulk"       // /mailing
	campaignMailing   mailingKind = "campaign"   // /campaign-mailing
	automationMailing mailingKind = "automation" // assumed: /automation-mailing (reference: G9)
)

// post is every mailing of an account with what came of it. It is guarded by
// the account's mutex.
type post struct {
	mailings []*mailing // in order of creation
	byRef    map[string]*mailing
	received map[*contact][]*delivery // in order of sending
	streams  map[streamName]*stream
	trends   []*trendReport
	clicks   map[string]*delivery // by the mpid of a tracked link
	runs     int32                // campaign subscriptions handed out
}

func newPost() post {
	p := post{byRef: map[string]*mailing{}, received: map[*contact][]*delivery{}, streams: map[streamName]*stream{}, clicks: map[string]*delivery{}}
	for _, name := range streamNames {
		p.streams[name] = new(stream)
	}
	return p
}

// mailing is one message to many contacts.
type mailing struct {
	ref         string // encryptedId
	kind        mailingKind
	campaign    string // encryptedId of the campaign it belongs to, if it does
	sms         bool
	name        string
	message     message
	sender      string
	targetGroup string
	start       int64 // when it is planned to go, epoch milliseconds
	trend       int32 // id of the trend report, 0 for none
	links       []mailingLink

	deliveries                         []*delivery // in order of sending
	to                                 map[*contact]*delivery
	recipients, opens, clicks, bounces []mailEvent
	carts, paid                        int   // shopping carts created and converted
	revenue                            int64 // cents
}

// message is the object of that name (reference: section 5.6).
type message struct {
	Name      string `json:"name"`
	Author    string `json:"author"`
	FromName  string `json:"fromName"`
	Subject   string `json:"subject,omitempty"`
	FromEmail string `json:"fromEmail,omitempty"`
}

// mailingLink is a link in a message.
type mailingLink struct {
	ID   int32  `json:"id"`
	Name string `json:"name"`
	URL  string `json:"url"`
	Code string `json:"code,omitempty"`
	Type string `json:"type,omitempty"` // one of linkTypes
}

// The types of links that the simulator treats apart.
const (
	linkUnsubscribe = "unsubscribe"
	linkEditProfile = "editprofile"
	linkConversion  = "conversion"
	linkWebshop     = "webshop"
)

// linkTypes is the complete enumeration (reference: section 5.6).
var linkTypes = []string{"twitter", "facebook", "whatsapp", "linkedin", "openhtml", "opentext", "openpdf", "openpdftext",
	linkUnsubscribe, linkEditProfile, linkWebshop, linkConversion}

// delivery is one mailing to one contact. In a campaign or an automation a
// contact may get the same mailing again, in another run.
type delivery struct {
	of      *mailing
	to      *contact
	run     int32   // campaignSubscriptionId, 0 for a bulk mailing
	sent    *record // in the stream of that name, as are the next two
	opened  *record // nil until an image is loaded
	bounced *record
	clicked bool
	mpid    string         // of its tracked links, once one was followed
	on      map[int32]bool // the links that were followed
	lost    bool           // the bounce made the contact inactive
	left    bool           // the contact unsubscribed through this mail
}

// mailEvent is one element of a list of a mailing.
type mailEvent struct {
	at   int64
	of   *delivery
	link int32 // of a click
	hard bool  // of a bounce
}

// link returns the link with that id, or nil.
func (m *mailing) link(id int32) *mailingLink {
	if i := slices.IndexFunc(m.links, func(l mailingLink) bool { return l.ID == id }); i >= 0 {
		return &m.links[i]
	}
	return nil
}

// linkOf returns the first link of a type, or nil.
func (m *mailing) linkOf(kind string) *mailingLink {
	if i := slices.IndexFunc(m.links, func(l mailingLink) bool { return l.Type == kind }); i >= 0 {
		return &m.links[i]
	}
	return nil
}

func (m *mailing) medium() string {
	if m.sms {
		return "SMS"
	}
	return "EMAIL"
}

// archive is where the mailing can be read without having received it.
func (m *mailing) archive() string {
	if m.sms {
		return ""
	}
	return "https://archive.example/" + m.ref
}

// draftMailing adds a mailing that nobody has received yet.
func (a *account) draftMailing(m *mailing) {
	m.ref = a.opaque()
	m.to = map[*contact]*delivery{}
	a.post.mailings = append(a.post.mailings, m)
	a.post.byRef[m.ref] = m
}
