package spotlersim_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/spotler-connector/connector/internal/sandbox/spotlersim"
)

type pageOf struct {
	Paging struct {
		Next  string
		After int
	}
	Contacts []person
	Bounces  []struct {
		Date    any
		Type    string
		Contact person
	}
}

func window(from, to time.Duration) string {
	return "fromDate=" + url.QueryEscape(begin.Add(from).Format(time.RFC3339)) + "&toDate=" + url.QueryEscape(begin.Add(to).Format(time.RFC3339))
}

func TestUpdates(t *testing.T) {
	s := start(t)
	for i := range 5 {
		s.upsert(204, fmt.Sprint("c", i), fmt.Sprintf(`{"email":"c%d@b.example"}`, i))
		s.add(time.Minute)
	}
	s.upsert(204, "c0", `{"firstName":"Late"}`) // at 5 minutes
	s.add(time.Minute)
	ids := func(query string) string {
		var p pageOf
		decode(t, s.want(200, "GET", "/contact/updates/list?"+query, ""), &p)
		var out []string
		for _, c := range p.Contacts {
			out = append(out, c.ExternalID)
		}
		return strings.Join(out, " ")
	}
	for query, want := range map[string]string{
		window(0, time.Hour) + "&pageSize=10":                       "c1 c2 c3 c4 c0",
		window(time.Minute, 3*time.Minute) + "&pageSize=10":         "c1 c2",
		window(5*time.Minute, 6*time.Minute) + "&pageSize=10":       "c0",
		window(0, time.Hour) + "&pageSize=2&after=2":                "c3 c4",
		window(0, time.Hour) + "&pageSize=2&after=9":                "",
		window(time.Hour, 0) + "&pageSize=2":                        "",
		"fromDate=2024-01-01&toDate=2024-01-02&pageSize=3":          "c1 c2 c3",
		"fromDate=2024-01-01T01:00:00&toDate=2024-01-02&pageSize=1": "c1",
	} {
		if got := ids(query); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	var p pageOf
	next, seen := s.url+s.base+"/contact/updates/list?"+window(0, time.Hour)+"&pageSize=2", 0
	for next != "" {
		p = pageOf{}
		decode(t, s.want(200, "GET", strings.TrimPrefix(next, s.url+s.base), ""), &p)
		seen += len(p.Contacts)
		if p.Paging.After != seen {
			t.Errorf("after %d, want %d", p.Paging.After, seen)
		}
		next = p.Paging.Next
	}
	if seen != 5 {
		t.Errorf("paging found %d", seen)
	}
	if iso, ok := p.Contacts[0].LastChanged.(string); !ok || !strings.HasPrefix(iso, "2024-01-01T01:05:00.000+01:00") {
		t.Errorf("date %v", p.Contacts[0].LastChanged)
	}
	for _, bad := range []string{"", "fromDate=x&toDate=2024-01-01&pageSize=1", "fromDate=2024-01-01&pageSize=1", window(0, 1), window(0, 1) + "&pageSize=0",
		window(0, 1) + "&pageSize=10001", window(0, 1) + "&pageSize=1&after=-1", "fromDate=2024-01-01T00:00:00+01:00&toDate=2024-01-02&pageSize=1"} {
		s.refused(400, "INVALID_PARAMS", "GET", "/contact/updates/list?"+bad, "")
	}
}

func TestOldBase(t *testing.T) {
	s := start(t)
	s.base = spotlersim.BaseV110
	s.upsert(204, "a", `{"email":"a@b.example"}`)
	s.control("POST", "/control/contacts/bounce", `{"email":"a@b.example","type":"HARD"}`)
	var rows []person
	decode(t, s.want(200, "GET", "/contact/updates/list?"+window(0, time.Hour), ""), &rows)
	if len(rows) != 1 || rows[0].LastChanged != float64(begin.UnixMilli()) {
		t.Errorf("updates %+v", rows)
	}
	var bounces []struct {
		Date    float64
		Type    string
		Contact person
	}
	decode(t, s.want(200, "GET", "/contact/bounces/list?"+window(0, time.Hour), ""), &bounces)
	if len(bounces) != 1 || bounces[0].Type != "HARDBOUNCE" || bounces[0].Contact.EncryptedID == "" || bounces[0].Date == 0 {
		t.Errorf("bounces %+v", bounces)
	}
	s.assume(`{"page_shape":"wrapped","date_shape":"iso","page_size_required":"yes"}`)
	s.refused(400, "INVALID_PARAMS", "GET", "/contact/updates/list?"+window(0, time.Hour), "")
	var p pageOf
	decode(t, s.want(200, "GET", "/contact/bounces/list?pageSize=9&"+window(0, time.Hour), ""), &p)
	if len(p.Bounces) != 1 || p.Paging.Next != "" {
		t.Errorf("wrapped %+v", p)
	}
}

func TestSearch(t *testing.T) {
	s := start(t)
	for i := range 3 {
		s.upsert(204, fmt.Sprint("c", i), fmt.Sprintf(`{"email":"c%d@b.example","city":"Utrecht","freeField1":%d}`, i, i))
	}
	for query, want := range map[string]int{
		"email=C1@b.example": 1, "email=c9@b.example": 0, "city=utrecht": 3, "externalId=C1": 1, "externalId=c1": 1, "freeField1=2": 1,
	} {
		var p pageOf
		decode(t, s.want(200, "GET", "/contact/search?pageSize=10&MPSearchQuery="+url.QueryEscape(query), ""), &p)
		if len(p.Contacts) != want {
			t.Errorf("%s: %d, want %d", query, len(p.Contacts), want)
		}
	}
	var p pageOf
	decode(t, s.want(200, "GET", "/contact/search?pageSize=2&MPSearchQuery=city%3DUtrecht", ""), &p)
	if len(p.Contacts) != 2 || p.Paging.Next == "" {
		t.Errorf("paging %+v", p.Paging)
	}
	s.refused(400, "INVALID_PROPERTY", "GET", "/contact/search?pageSize=1&MPSearchQuery=x%3Dy", "")
	s.refused(400, "INVALID_PARAMS", "GET", "/contact/search?pageSize=1&MPSearchQuery=x", "")
	s.refused(400, "INVALID_PARAMS", "GET", "/contact/search?MPSearchQuery=city%3Dy", "")
}
