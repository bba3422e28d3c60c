package spotlersim

import (
	"net/http"
	"sort"
	"strconv"
	"time"
)

// changeEntry says that a contact changed. Only a contact's newest entry counts:
// the others are left behind until tidy removes them.
type changeEntry struct {
	at  int64
	seq uint64
	who *contact
}

// touch moves the contact to the end of the changes; hidden changes move its
// date only.
func (a *account) touch(who *contact, now time.Time, shown bool) {
	who.changed = a.stamp(now)
	if !shown {
		return
	}
	a.nextSeq++
	who.seq = a.nextSeq
	a.changes = append(a.changes, changeEntry{who.changed, who.seq, who})
	if len(a.changes) > 2*a.live+4096 {
		a.tidy()
	}
}

// tidy drops the entries that are not their contact's newest.
func (a *account) tidy() {
	kept := a.changes[:0]
	for _, e := range a.changes {
		if e.seq == e.who.seq {
			kept = append(kept, e)
		}
	}
	clear(a.changes[len(kept):])
	a.changes = kept
}

// window is what a list call asks for: [from, to) in epoch milliseconds, and a page.
type window struct {
	from, to int64
	page
}

// bounce is one element of GET /contact/bounces/list.
type bounceOut struct {
	Date           any      `json:"date"`
	Type           string   `json:"type"`
	Contact        outgoing `json:"contact"`
	EncryptedActID string   `json:"encryptedActId,omitempty"`
}

func (c *call) window() (window, *refusal) {
	q := c.URL.Query()
	from, err := parseTime(q.Get("fromDate"))
	if err != nil {
		return window{}, refuse(http.StatusBadRequest, InvalidParams, "Invalid fromDate or no fromDate given")
	}
	to, err := parseTime(q.Get("toDate"))
	if err != nil {
		return window{}, refuse(http.StatusBadRequest, InvalidParams, "Invalid toDate or no toDate given")
	}
	p, no := c.page(c.rules.needsPageSize(c.base))
	return window{from.UnixMilli(), to.UnixMilli(), p}, no
}

// updatesList is GET /contact/updates/list: whoever was changed in the window,
// by anybody, ascending by lastChanged.
func (c *call) updatesList() (any, *refusal) {
	w, no := c.window()
	if no != nil {
		return nil, no
	}
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	out := []outgoing{}
	c.goneIn(w, &out)
	start := sort.Search(len(a.changes), func(i int) bool { return a.changes[i].at >= w.from })
	for _, e := range a.changes[start:] {
		if e.at >= w.to || w.done() {
			break
		}
		if e.seq == e.who.seq && w.take() {
			out = append(out, c.show(e.who))
		}
	}
	return c.paged("contacts", out, len(out), w.page), nil
}

// goneIn adds the anonymised contacts of the window, if that is assumed.
func (c *call) goneIn(w window, out *[]outgoing) {
	if !c.rules.AnonymizedUpdates || w.after > 0 {
		return
	}
	for _, g := range c.account.gone {
		if g.At >= w.from && g.At < w.to {
			*out = append(*out, outgoing{ExternalID: g.ExternalID, EncryptedID: g.EncryptedID, Created: c.date(g.At),
				LastChanged: c.date(g.At), Properties: map[string]any{}, Channels: []channel{{"EMAIL", false}, {"SMS", false}}})
		}
	}
}

// bouncesList is GET /contact/bounces/list.
func (c *call) bouncesList() (any, *refusal) {
	w, no := c.window()
	if no != nil {
		return nil, no
	}
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	out := []bounceOut{}
	start := sort.Search(len(a.bounces), func(i int) bool { return a.bounces[i].at >= w.from })
	for _, b := range a.bounces[start:] {
		if b.at >= w.to || w.done() {
			break
		}
		if a.contacts[b.who.place] == b.who && w.take() {
			out = append(out, bounceOut{c.date(b.at), b.kind, c.show(b.who), b.actID})
		}
	}
	return c.paged("bounces", out, len(out), w.page), nil
}

// page is a part of a list. take counts along while the list is walked.
type page struct {
	after, size int
	seen, taken int
	more        bool
}

// The bounds of pageSize (reference: section 3.6).
const (
	defaultPageSize = 1000
	maxPageSize     = 10000
)

func (c *call) page(required bool) (page, *refusal) {
	q := c.URL.Query()
	p := page{size: defaultPageSize}
	var err error
	if s := q.Get("pageSize"); s != "" {
		if p.size, err = strconv.Atoi(s); err != nil || p.size < 1 || p.size > maxPageSize {
			return p, refuse(http.StatusBadRequest, InvalidParams, "Invalid pageSize")
		}
	} else if required {
		return p, refuse(http.StatusBadRequest, InvalidParams, "No pageSize given")
	}
	if s := q.Get("after"); s != "" {
		if p.after, err = strconv.Atoi(s); err != nil || p.after < 0 {
			return p, refuse(http.StatusBadRequest, InvalidParams, "Invalid after")
		}
	}
	return p, nil
}

// take counts one row and reports whether it belongs on the page.
func (p *page) take() bool {
	p.seen++
	if p.seen <= p.after {
		return false
	}
	if p.taken == p.size {
		p.more = true
		return false
	}
	p.taken++
	return true
}

// done reports whether the page is full and it is known that more follows.
func (p *page) done() bool { return p.more }

// paging is the object of that name in a wrapped answer.
type paging struct {
	Next  string `json:"next,omitempty"` // absent at the end
	After int    `json:"after"`          // the offset to use next
}

// paged writes a list as the base does it.
func (c *call) paged(name string, rows any, count int, p page) any {
	if c.rules.arrays(c.base) {
		return rows
	}
	after := paging{After: p.after + count}
	if p.more {
		after.Next = c.next(after.After, p.size)
	}
	return map[string]any{"paging": after, name: rows}
}

// next is the address of the next page, unsigned.
func (c *call) next(after, size int) string {
	q := c.URL.Query()
	for name := range q {
		if len(name) > 6 && name[:6] == "oauth_" {
			q.Del(name)
		}
	}
	q.Set("after", strconv.Itoa(after))
	q.Set("pageSize", strconv.Itoa(size))
	return address(c.Request) + "?" + q.Encode()
}
