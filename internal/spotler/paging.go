package spotler

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net/url"
	"strconv"

	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/transport"
)

// page is one answer of a list call: a bare array, or {"paging", items} (Mail+
// API section 3.7).
type page struct {
	items   []json.RawMessage
	wrapped bool
	more    bool  // a next page is announced
	after   int64 // its offset, -1 when it was not told
}

var (
	errNoPage     = errors.New("the answer is not a page of the list")
	errPagesStuck = errors.New("a full page is followed by no other, though there is more")
)

// decodePage reads either shape; name is the member that holds the items.
func decodePage(body []byte, name string) (page, error) {
	if len(body) == 0 {
		return page{}, errNoPage
	}
	p := page{after: -1}
	if body[0] == '[' {
		if json.Unmarshal(body, &p.items) != nil {
			return page{}, errNoPage
		}
		return p, nil
	}
	var wire map[string]json.RawMessage
	if json.Unmarshal(body, &wire) != nil {
		return page{}, errNoPage
	}
	items, hasItems := wire[name]
	var paging struct {
		Next  json.RawMessage `json:"next"`
		After json.RawMessage `json:"after"`
	}
	hasPaging := len(wire["paging"]) > 0 && string(wire["paging"]) != "null"
	if hasPaging && json.Unmarshal(wire["paging"], &paging) != nil || !hasItems && !hasPaging {
		return page{}, errNoPage
	}
	if hasItems && json.Unmarshal(items, &p.items) != nil {
		return page{}, errNoPage
	}
	p.wrapped = hasPaging
	next := text(paging.Next)
	p.more = next != ""
	p.after = offset(next, text(paging.After))
	return p, nil
}

// offset is where the next page starts: told by the query of its address, else
// by paging.after. The rest of the address is not used: we stay on our own base.
func offset(next, after string) int64 {
	if u, err := url.Parse(next); err == nil {
		if n, err := strconv.ParseInt(u.Query().Get("after"), 10, 64); err == nil {
			return n
		}
	}
	if n, err := strconv.ParseInt(after, 10, 64); err == nil {
		return n
	}
	return -1
}

// list is one call that answers in pages.
type list struct {
	call
	items string // the member that holds the items
	query query
	fixed int // the size of a page where Spotler lets nobody choose; 0 is ours
}

// pages walks all items of l. An item that decode refuses is yielded with its
// error and the walk goes on; an answer that fails is yielded and ends it.
func pages[T any](ctx context.Context, c *Client, l list, decode func([]byte) (T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		var last []byte
		after := int64(0)
		for {
			k, size := l.call, c.pageSize
			q := l.query.num("after", after)
			if l.fixed > 0 {
				size = l.fixed
			} else {
				q = q.num("pageSize", int64(size))
			}
			k.query = string(q)
			a, err := c.do(ctx, k)
			if err != nil {
				yield(none, err)
				return
			}
			p, err := decodePage(a.body, l.items)
			if err != nil {
				yield(none, garbled(k.op, a.status, err))
				return
			}
			if last != nil && !p.wrapped && bytes.Equal(last, a.body) {
				// The server ignores the offset: whether it holds more is unknown.
				yield(none, garbled(k.op, a.status, errPagesStuck))
				return
			}
			for _, item := range p.items {
				v, err := decode(item)
				if err != nil {
					err = garbled(k.op, a.status, err)
				}
				if !yield(v, err) {
					return
				}
			}
			next, ok, err := p.following(after, size)
			if err != nil {
				yield(none, garbled(k.op, a.status, err))
				return
			}
			if !ok {
				return
			}
			after, last = next, a.body
		}
	}
}

// following is the offset of the page after p, which started at after; ok is
// false at the end (Mail+ API section 3.6).
func (p page) following(after int64, size int) (next int64, ok bool, err error) {
	switch {
	case len(p.items) == 0:
		return 0, false, nil
	case !p.wrapped:
		// More than we asked for means that the list is not paged at all.
		return after + int64(len(p.items)), len(p.items) == size, nil
	case !p.more:
		return 0, false, nil
	case p.after > after:
		return p.after, true, nil
	case len(p.items) < size:
		return 0, false, nil
	}
	return 0, false, errPagesStuck
}

// query is an encoded query that grows; each step returns a new one.
type query string

func (q query) add(name, value string) query {
	b := append([]byte(nil), q...)
	if len(b) > 0 {
		b = append(b, '&')
	}
	b = append(transport.AppendEscaped(b, name), '=')
	return query(transport.AppendEscaped(b, value))
}

func (q query) num(name string, n int64) query { return q.add(name, strconv.FormatInt(n, 10)) }

// failed is a walk that ends before it begins.
func failed[T any](op, why string) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		yield(none, &fault.Error{Op: op, Kind: fault.NotValid, Says: why})
	}
}
