package spotler

import (
	"context"
	"iter"
	"time"

	connector "github.com/spotler-connector/connector"
)

// Mailing is one mailing to many (Mail+ API 5.8 no. 37).
type Mailing struct {
	EncryptedID string
	Name        string
	Scheduled   time.Time // zero when not told
	Type        string    // EMAIL, SMS or one we do not know
	ArchiveLink string
	Sent        int64
}

func decodeMailing(o *object) Mailing {
	return Mailing{o.mustText("encryptedId"), o.text("name"), o.time("scheduledStartDate"), o.word("type"), o.text("archiveLink"), o.whole("sentCount")}
}

// MailingDetails is a mailing with what it says (Mail+ API 5.8 no. 38).
type MailingDetails struct {
	Mailing
	Sender, TargetGroup string
	Message             Message
	Links               []Link
}

// Message is who writes what about.
type Message struct{ Name, Subject, Author, FromName, FromEmail string }

func decodeMessage(o *object) Message {
	return Message{o.text("name"), o.text("subject"), o.text("author"), o.text("fromName"), o.text("fromEmail")}
}

// Link is a tracked link of a mailing (MailingLink, Mail+ API 5.6).
type Link struct {
	ID              int64
	Name, URL, Code string
	// Type is empty for a plain link, or what it is for: unsubscribe, editprofile,
	// webshop, conversion, a social network … or one we do not know.
	Type string
}

func decodeLink(o *object) Link {
	return Link{o.mustWhole("id"), o.text("name"), o.text("url"), o.text("code"), o.word("type")}
}

// Statistics is what became of a mailing, in people (MailingStats, Mail+ API 5.8
// no. 39). A number that is missing makes the whole answer garbled: it is not 0.
type Statistics struct {
	Sent              int64
	Accepted          int64 // Sent less both kinds of bounces
	Opened            int64 // by images or clicks
	OpenedRendered    int64 // by images
	Clicked           int64
	HardBounced       int64
	SoftBounced       int64
	NotRetained       int64 // bounced hard, or softly four times in a row
	ConversionClicked int64 // on links that are marked as conversion
	Unsubscribed      int64
	// Shop is nil without the licence eCommerce.
	Shop *ShopStatistics
}

// ShopStatistics is what a mailing sold.
type ShopStatistics struct {
	ToWebshop, CartsCreated, CartsConverted int64
	ValueCents                              int64 // cents
}

func decodeStatistics(o *object) Statistics {
	s := Statistics{o.mustWhole("sentCount"), o.mustWhole("acceptedCount"), o.mustWhole("openCount"), o.mustWhole("openRenderedCount"),
		o.mustWhole("clickCount"), o.mustWhole("hardbounceCount"), o.mustWhole("softbounceCount"), o.mustWhole("notRetainedAfterBounceCount"),
		o.mustWhole("conversionClickCount"), o.mustWhole("unsubscribeCount"), nil}
	shop := ShopStatistics{o.whole("toWebshopCount"), o.whole("shoppingcartCreatedCount"), o.whole("shoppingcartConvertedCount"), o.whole("conversionValue")}
	for _, name := range []string{"toWebshopCount", "shoppingcartCreatedCount", "shoppingcartConvertedCount", "conversionValue"} {
		if o.text(name) != "" {
			s.Shop = &shop
		}
	}
	return s
}

// Mailings lists the mailings of a period, both ends of which are needed (Mail+ API
// 5.8 no. 37).
func (c *Client) Mailings(ctx context.Context, when Between) ([]Mailing, error) {
	const op = "spotler.Mailings"
	if when.From.IsZero() || when.To.IsZero() || when.wrong() {
		return nil, wants(op, "the mailings are asked for by a period with a beginning and a later end")
	}
	k := call{op: op, path: "mailing.list", query: string(when.query("", c.dates, "fromDate", "toDate"))}
	return read(ctx, c, k, all("mailings", decoder(c.dates, decodeMailing)))
}

// Mailing reads one mailing (Mail+ API 5.8 no. 38).
func (c *Client) Mailing(ctx context.Context, mailing string) (MailingDetails, error) {
	of := func(o *object) MailingDetails {
		return MailingDetails{decodeMailing(o), o.text("sender"), o.text("targetGroup"), inner(o, "message", decodeMessage), nested(o, "links", decodeLink)}
	}
	return read(ctx, c, call{op: "spotler.Mailing", path: "mailing.get", id: mailing}, decoder(c.dates, of))
}

// MailingStatistics counts what became of a mailing (Mail+ API 5.8 no. 39).
func (c *Client) MailingStatistics(ctx context.Context, mailing string) (Statistics, error) {
	return read(ctx, c, call{op: "spotler.MailingStatistics", path: "mailing.statistics", id: mailing}, decoder(c.dates, decodeStatistics))
}

// Event is one thing that happened with a mailing and a person.
type Event struct {
	Person Person // empty in lists that are about one person
	Date   time.Time
	// BounceType is set in lists of bounces.
	BounceType BounceType
	// LinkID is set in lists of clicks; the link stands in the details of the mailing.
	LinkID int64
	// SubscriptionID is one run of the person through a campaign; 0 for mailings to many.
	SubscriptionID int64
}

// event reads the items of one kind of list. Recipients of a mailing have no date.
func (c *Client) event(items string) func(*object) Event {
	return func(o *object) Event {
		e := Event{Person: inner(o, "contactIdentifier", c.person), SubscriptionID: o.whole("campaignSubscriptionId")}
		switch items {
		case "recipients":
			e.Date = o.time("sendDate")
			if e.Person == (Person{}) {
				o.fail("contactIdentifier", "is missing")
			}
		case "bounces":
			e.Date, e.BounceType = o.mustTime("bounceDate"), BounceType(o.word("type"))
		case "opens":
			e.Date = o.mustTime("openDate")
		case "clicks":
			e.Date, e.LinkID = o.mustTime("clickDate"), o.mustWhole("linkId")
		}
		return e
	}
}

func (c *Client) mailingEvents(ctx context.Context, k call, items string) iter.Seq2[Event, error] {
	return walk(ctx, c, list{call: k, items: items}, c.event(items))
}

// MailingRecipients walks to whom the mailing went; without dates (Mail+ API 5.8 no. 40).
func (c *Client) MailingRecipients(ctx context.Context, mailing string) iter.Seq2[Event, error] {
	return c.mailingEvents(ctx, call{op: "spotler.MailingRecipients", path: "mailing.recipients", id: mailing}, "recipients")
}

// MailingBounces walks what came back (Mail+ API 5.8 no. 41).
func (c *Client) MailingBounces(ctx context.Context, mailing string) iter.Seq2[Event, error] {
	return c.mailingEvents(ctx, call{op: "spotler.MailingBounces", path: "mailing.bounces", id: mailing}, "bounces")
}

// MailingOpens walks the opens that loaded an image (Mail+ API 5.8 no. 42).
func (c *Client) MailingOpens(ctx context.Context, mailing string) iter.Seq2[Event, error] {
	return c.mailingEvents(ctx, call{op: "spotler.MailingOpens", path: "mailing.opens", id: mailing}, "opens")
}

// MailingOpensOf walks the opens of one person (Mail+ API 5.8 no. 43).
func (c *Client) MailingOpensOf(ctx context.Context, mailing string, person connector.ExternalID) iter.Seq2[Event, error] {
	return c.mailingEvents(ctx, call{op: "spotler.MailingOpensOf", path: "mailing.opens-of", id: mailing, of: string(person)}, "opens")
}

// MailingClicks walks the clicks (Mail+ API 5.8 no. 44).
func (c *Client) MailingClicks(ctx context.Context, mailing string) iter.Seq2[Event, error] {
	return c.mailingEvents(ctx, call{op: "spotler.MailingClicks", path: "mailing.clicks", id: mailing}, "clicks")
}

// MailingClicksOf walks the clicks of one person (Mail+ API 5.8 no. 45).
func (c *Client) MailingClicksOf(ctx context.Context, mailing string, person connector.ExternalID) iter.Seq2[Event, error] {
	return c.mailingEvents(ctx, call{op: "spotler.MailingClicksOf", path: "mailing.clicks-of", id: mailing, of: string(person)}, "clicks")
}
