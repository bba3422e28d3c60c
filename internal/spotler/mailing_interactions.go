package spotler

import (
	"context"
	"iter"
	"strconv"
	"strings"
	"time"

	connector "github.com/spotler-connector/connector"
)

// Interaction is one record of an account-wide stream (Mail+ API section 5.9). A
// record may come again when it changed: know it by its stream and ID.
type Interaction struct {
	ID            int64
	ExternalID    connector.ExternalID // empty for a contact that was made in Spotler
	MailingID     string               // Spotler's reference; perhaps of a mailing of an automation (G9)
	Date          time.Time            // when it happened
	Changed       time.Time            // when the record changed: the cursor
	TrendReportID int64                // 0 when not told
	// Of the sent ones only.
	Name, Subject, OnlineVersion string
	// BounceType is HardBounce or SoftBounce in the bounced ones. This stream spells
	// them HARD and SOFT; both spellings are read as one.
	BounceType BounceType
}

// InteractionFilter narrows a stream; every part may stay open.
type InteractionFilter struct {
	Happened, Changed Between
	TrendReports      []int64
}

// SentInteractions walks what was sent (Mail+ API 5.9 no. 46).
func (c *Client) SentInteractions(ctx context.Context, f InteractionFilter) iter.Seq2[Interaction, error] {
	return c.interactions(ctx, call{op: "spotler.SentInteractions", path: "interaction.sent"}, f)
}

// OpenedInteractions walks what was opened (Mail+ API 5.9 no. 47).
func (c *Client) OpenedInteractions(ctx context.Context, f InteractionFilter) iter.Seq2[Interaction, error] {
	return c.interactions(ctx, call{op: "spotler.OpenedInteractions", path: "interaction.opened"}, f)
}

// ClickedInteractions walks who clicked, without on what: the link stands in
// MailingClicks (Mail+ API 5.9 no. 48).
func (c *Client) ClickedInteractions(ctx context.Context, f InteractionFilter) iter.Seq2[Interaction, error] {
	return c.interactions(ctx, call{op: "spotler.ClickedInteractions", path: "interaction.clicked"}, f)
}

// BouncedInteractions walks what came back (Mail+ API 5.9 no. 49).
func (c *Client) BouncedInteractions(ctx context.Context, f InteractionFilter) iter.Seq2[Interaction, error] {
	return c.interactions(ctx, call{op: "spotler.BouncedInteractions", path: "interaction.bounced"}, f)
}

// UnsubscribedInteractions walks who unsubscribed (G10, assumed): most likely an
// account has no such stream, which is fault.NotFound.
func (c *Client) UnsubscribedInteractions(ctx context.Context, f InteractionFilter) iter.Seq2[Interaction, error] {
	return c.interactions(ctx, call{op: "spotler.UnsubscribedInteractions", path: "interaction.unsubscribed"}, f)
}

func (c *Client) interactions(ctx context.Context, k call, f InteractionFilter) iter.Seq2[Interaction, error] {
	if f.Happened.wrong() || f.Changed.wrong() {
		return failed[Interaction](k.op, "the period ends before it begins")
	}
	q := f.Changed.query(f.Happened.query("", c.dates, "fromDate", "toDate"), c.dates, "fromChangeDate", "toChangeDate")
	if len(f.TrendReports) > 0 {
		ids := make([]string, len(f.TrendReports))
		for i, id := range f.TrendReports {
			ids[i] = strconv.FormatInt(id, 10)
		}
		q = q.add("trendReportIds", strings.Join(ids, ","))
	}
	return walk(ctx, c, list{call: k, items: "interactions", query: q}, decodeInteraction)
}

func decodeInteraction(o *object) Interaction {
	i := Interaction{ID: o.mustWhole("id"), ExternalID: connector.ExternalID(o.text("externalContactId")), MailingID: o.text("encryptedMailingId"),
		Date: o.mustTime("date"), Changed: o.time("changeDate"), TrendReportID: o.whole("trendReportId"),
		Name: o.text("name"), Subject: o.text("subject"), OnlineVersion: o.text("onlineVersionLink")}
	switch kind := BounceType(o.word("bounceType")); kind {
	case "HARD":
		i.BounceType = HardBounce
	case "SOFT":
		i.BounceType = SoftBounce
	default:
		i.BounceType = kind
	}
	return i
}
