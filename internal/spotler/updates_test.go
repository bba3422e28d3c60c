package spotler

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/spotler-connector/connector/internal/fault"
)

// drain walks to the end or the first error.
func drain[T any](walk iter.Seq2[T, error]) error {
	for _, err := range walk {
		if err != nil {
			return err
		}
	}
	return nil
}

var (
	dawn = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	noon = dawn.Add(12 * time.Hour)
)

// serve answers list calls over total contacts in one of the known manners.
func serve(total int, manner string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		after, _ := strconv.Atoi(q.Get("after"))
		size, _ := strconv.Atoi(q.Get("pageSize"))
		if manner == "unpaged" || manner == "unpaged and cut" {
			after = 0
		}
		end := min(after+size, total)
		if manner == "unpaged" {
			end = total
		}
		var items []string
		for i := after; i < end; i++ {
			items = append(items, fmt.Sprintf(`{"externalId":"c%d"}`, i))
		}
		list := "[" + strings.Join(items, ",") + "]"
		next := fmt.Sprintf(`{"next":"https://elsewhere.example/contact/updates/list?after=%d","after":%d}`, end, end)
		switch {
		case manner == "wrapped" && end == total:
			list = `{"paging":{"next":null,"after":` + strconv.Itoa(end) + `},"contacts":` + list + `}`
		case manner == "wrapped", manner == "always next":
			list = `{"paging":` + next + `,"contacts":` + list + `}`
		case manner == "after only":
			list = fmt.Sprintf(`{"paging":{"next":"more","after":%d},"contacts":%s}`, end, list)
		case manner == "stuck":
			list = `{"paging":{"next":"/x?after=0","after":0},"contacts":` + list + `}`
		case manner == "no paging":
			list = `{"contacts":` + list + `}`
		}
		says(200, list)(w, r)
	}
}

func TestPages(t *testing.T) {
	for _, c := range []struct {
		manner          string
		total, requests int
		got             int
		kind            fault.Kind
	}{
		{"bare", 0, 1, 0, ""}, {"bare", 9, 1, 9, ""}, {"bare", 10, 2, 10, ""}, {"bare", 25, 3, 25, ""},
		{"wrapped", 0, 1, 0, ""}, {"wrapped", 10, 1, 10, ""}, {"wrapped", 25, 3, 25, ""},
		{"always next", 25, 4, 25, ""}, {"always next", 20, 3, 20, ""}, {"after only", 25, 4, 25, ""}, {"no paging", 25, 3, 25, ""},
		{"unpaged", 25, 1, 25, ""},
		{"unpaged and cut", 25, 2, 10, fault.Garbled},
		{"stuck", 5, 1, 5, ""}, {"stuck", 25, 1, 10, fault.Garbled},
	} {
		t.Run(fmt.Sprint(c.manner, c.total), func(t *testing.T) {
			client, e := listen(t, serve(c.total, c.manner), nil)
			client.pageSize = 10
			n := 0
			var last error
			for p, err := range client.Updates(t.Context(), dawn, noon) {
				if last = err; err != nil {
					continue
				}
				if string(p.ExternalID) != fmt.Sprint("c", n) {
					t.Errorf("contact %d is %q", n, p.ExternalID)
				}
				n++
			}
			if n != c.got || fault.Of(last) != c.kind || len(e.all()) != c.requests {
				t.Errorf("%d contacts in %d requests, %v; want %d in %d, %q", n, len(e.all()), last, c.got, c.requests, c.kind)
			}
		})
	}
}

func TestWalkStops(t *testing.T) {
	c, e := listen(t, serve(25, "bare"), nil)
	c.pageSize = 10
	for range c.Updates(t.Context(), dawn, noon) {
		break
	}
	if len(e.all()) != 1 {
		t.Errorf("%d requests after a break", len(e.all()))
	}
	for _, walk := range []iter.Seq2[Contact, error]{c.Updates(t.Context(), noon, dawn), c.Search(t.Context(), "", "x"), c.Search(t.Context(), "x", "")} {
		if err := drain(walk); !errors.Is(err, fault.NotValid) {
			t.Errorf("got %v", err)
		}
	}
}

func TestOneBadItemDoesNotHideTheOthers(t *testing.T) {
	c, _ := listen(t, says(200, `[{"externalId":"a"},"x",{"externalId":"b","properties":7},{"externalId":"c"}]`), nil)
	var good, bad string
	for p, err := range c.Updates(t.Context(), dawn, noon) {
		if err == nil {
			good += string(p.ExternalID)
		} else if errors.Is(err, fault.Garbled) {
			bad += string(p.ExternalID) + "!"
		}
	}
	if good != "ac" || bad != "!b!" {
		t.Errorf("good %s, bad %s", good, bad)
	}
}

func TestPagesThatAreNone(t *testing.T) {
	for _, body := range []string{"", "{}", "null", "7", `{"errorType":"X","message":"y"}`, `{"contacts":{}}`, `{"paging":7,"contacts":[]}`, `<x/>`} {
		c, _ := listen(t, says(200, body), nil)
		if err := drain(c.Updates(t.Context(), dawn, noon)); !errors.Is(err, fault.Garbled) {
			t.Errorf("%q: %v", body, err)
		}
	}
	for _, body := range []string{"[]", `{"contacts":[]}`, `{"contacts":null,"paging":null}`, `{"paging":{"next":""}}`} {
		c, _ := listen(t, says(200, body), nil)
		if err := drain(c.Updates(t.Context(), dawn, noon)); err != nil {
			t.Errorf("%q: %v", body, err)
		}
	}
}

func TestBounces(t *testing.T) {
	const bare = `[{"date":1646640000,"type":"HARDBOUNCE","contact":{"externalId":"a","encryptedId":"e"},"encryptedActId":"m"},
	 {"date":"2022-03-07T09:00:00","type":"QUANTUMBOUNCE","contact":{"encryptedId":"e2"}},{"type":7}]`
	for _, body := range []string{bare, `{"paging":{"next":null,"after":2},"bounces":` + bare + `}`} {
		c, _ := listen(t, says(200, body), nil)
		var got []string
		for b, err := range c.Bounces(t.Context(), dawn, noon) {
			if err != nil {
				got = append(got, string(fault.Of(err)))
				continue
			}
			got = append(got, fmt.Sprint(b.Type, b.Date.Unix(), b.Contact.ExternalID, b.Contact.EncryptedID, b.MailingID))
		}
		if text, _ := json.Marshal(got); string(text) != `["HARDBOUNCE1646640000aem","QUANTUMBOUNCE1646640000e2","garbled"]` {
			t.Errorf("got %s", text)
		}
	}
}

func TestSearch(t *testing.T) {
	c, _ := listen(t, says(200, `{"contacts":[{"externalId":"a"}]}`), nil)
	n := 0
	for p, err := range c.Search(t.Context(), "email", "jan@example.com") {
		if n++; err != nil || p.ExternalID != "a" {
			t.Error(p, err)
		}
	}
	if n != 1 {
		t.Errorf("%d contacts", n)
	}
}
