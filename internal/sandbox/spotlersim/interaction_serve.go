package spotlersim

import (
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// interactionOut is an element of a stream (reference: section 5.9). There is
// no link in a click and no external id for a contact that has none.
type interactionOut struct {
	ID         int32  `json:"id"`
	ExternalID string `json:"externalContactId,omitempty"`
	Mailing    string `json:"encryptedMailingId"`
	Date       string `json:"date"`
	Changed    string `json:"changeDate"`
	Trend      int32  `json:"trendReportId,omitempty"`
	Name       string `json:"name,omitempty"` // this and the next two in sent only
	Subject    string `json:"subject,omitempty"`
	Online     string `json:"onlineVersionLink,omitempty"`
	BounceType string `json:"bounceType,omitempty"` // HARD or SOFT, in bounced only
}

// span is a time that is at or after from and before to, in epoch milliseconds.
type span struct{ from, to int64 }

func (s span) has(at int64) bool { return at >= s.from && at < s.to }

// interactions is GET /mailing-interaction/{sent|opened|clicked|bounced}, in the
// order of the change dates. The order is an assumption, as is a half-open window.
func (c *call) interactions(name streamName) (any, *refusal) {
	if name == streamUnsubscribed && !c.rules.UnsubscribedStream {
		return nil, refuse(http.StatusNotFound, ResourceNotFound, "Resource not found")
	}
	happened, no := c.span("fromDate", "toDate")
	if no != nil {
		return nil, no
	}
	changed, no := c.span("fromChangeDate", "toChangeDate")
	if no != nil {
		return nil, no
	}
	trends, no := c.trendIDs()
	if no != nil {
		return nil, no
	}
	p, no := c.page(false)
	if no != nil {
		return nil, no
	}
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	out := []interactionOut{}
	a.post.streams[name].since(changed.from, changed.to, func(r *record) bool {
		fits := happened.has(r.at) && c.streamed(r) && (trends == nil || slices.Contains(trends, r.of.of.trend))
		if fits && p.take() {
			out = append(out, c.interaction(name, r))
		}
		return !p.done()
	})
	return c.wrapped("interactions", out, len(out), p), nil
}

// streamed reports whether the streams have interactions of that mailing: those
// of campaigns and automations are there by assumption (reference: G9).
func (c *call) streamed(r *record) bool {
	return r.of.of.kind == bulkMailing || c.rules.AllStreamed
}

func (c *call) interaction(name streamName, r *record) interactionOut {
	m := r.of.of
	out := interactionOut{ID: r.id, ExternalID: c.identify(r.of.to).ExternalID, Mailing: m.ref, Date: isoDate(r.at), Changed: isoDate(r.changed), Trend: m.trend}
	switch name {
	case streamSent:
		out.Name, out.Subject, out.Online = m.name, m.message.Subject, m.archive()
	case streamBounced:
		out.BounceType = "SOFT"
		if r.hard {
			out.BounceType = "HARD"
		}
	}
	return out
}

// span reads two optional dates of the query.
func (c *call) span(from, to string) (span, *refusal) {
	out := span{math.MinInt64, math.MaxInt64}
	q := c.URL.Query()
	for name, end := range map[string]*int64{from: &out.from, to: &out.to} {
		text := q.Get(name)
		if text == "" {
			continue
		}
		at, err := parseTime(text)
		if err != nil {
			return out, refuse(http.StatusBadRequest, InvalidParams, "Invalid "+name)
		}
		*end = at.UnixMilli()
	}
	return out, nil
}

// trendIDs reads trendReportIds: numbers with commas between. nil is all.
func (c *call) trendIDs() ([]int32, *refusal) {
	text := c.URL.Query().Get("trendReportIds")
	if text == "" {
		return nil, nil
	}
	var out []int32
	for part := range strings.SplitSeq(text, ",") {
		id, err := strconv.ParseInt(strings.TrimSpace(part), 10, 32)
		if err != nil {
			return nil, refuse(http.StatusBadRequest, InvalidParams, "Invalid trendReportIds")
		}
		out = append(out, int32(id))
	}
	return out, nil
}

// wrapped writes a page that has a paging object on both bases.
func (c *call) wrapped(name string, rows any, count int, p page) any {
	after := paging{After: p.after + count}
	if p.more {
		after.Next = c.next(after.After, p.size)
	}
	return map[string]any{"paging": after, name: rows}
}

// isoDate writes a date that is text on both bases.
func isoDate(millis int64) string { return time.UnixMilli(millis).In(amsterdam).Format(isoLayout) }
