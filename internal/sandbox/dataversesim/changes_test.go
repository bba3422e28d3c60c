package dataversesim

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

// follow reads a tracked query to its delta link, with everything it holds.
func (o *org) follow(address string, size string) (entries []map[string]any, delta string) {
	o.t.Helper()
	for delta == "" {
		r := o.must(200, "GET", address, "", "Prefer", "odata.track-changes,odata.maxpagesize="+size)
		if !strings.Contains(r.header.Get("Preference-Applied"), "odata.track-changes") {
			o.t.Fatalf("headers %v", r.header)
		}
		got := r.json(o.t)
		for _, v := range got["value"].([]any) {
			entries = append(entries, v.(map[string]any))
		}
		delta, _ = got["@odata.deltaLink"].(string)
		address, _ = got["@odata.nextLink"].(string)
	}
	return entries, delta
}

func TestChanges(t *testing.T) {
	o := crowd(t)
	all, delta := o.follow("contacts?$select=lastname", "5")
	if len(all) != 12 {
		t.Fatalf("%d rows", len(all))
	}
	o.must(204, "PATCH", "contacts("+numbered(3)+")", `{"jobtitle":"x"}`)
	o.must(204, "DELETE", "contacts("+numbered(7)+")", "")
	o.must(204, "PATCH", "contacts("+ann+")", `{"lastname":"brief"}`)
	o.must(204, "DELETE", "contacts("+ann+")", "")
	o.must(204, "PATCH", "contacts("+bob+")", `{"lastname":"new"}`)
	o.must(204, "PATCH", "contacts("+numbered(3)+")", `{"jobtitle":"y"}`)
	token, _ := url.Parse(delta)
	if r := o.must(200, "GET", "contacts/$count?$deltatoken="+url.QueryEscape(token.Query().Get("$deltatoken")), ""); r.body != "4" {
		t.Errorf("$count of changes: %s", r.body)
	}
	for _, size := range []string{"1", "3", "5000"} {
		entries, next := o.follow(delta, size)
		if len(entries) != 4 {
			t.Fatalf("size %s: %v", size, entries)
		}
		if entries[0]["contactid"] != bob || entries[1]["contactid"] != numbered(3) {
			t.Errorf("changed rows come in the order of their last change: %v", entries)
		}
		for i, id := range []string{numbered(7), ann} {
			gone := entries[2+i]
			if gone["id"] != id || gone["reason"] != "deleted" || !strings.HasSuffix(gone["@odata.context"].(string), "$metadata#contacts/$deletedEntity") {
				t.Errorf("deleted entry %v", gone)
			}
		}
		if again, _ := o.follow(next, "5"); len(again) != 0 {
			t.Errorf("after the delta: %v", again)
		}
	}
}

// A row that moves to the end while a delta is being paged must not push
// another one out.
func TestChangesWhilePaging(t *testing.T) {
	o := crowd(t)
	_, delta := o.follow("contacts?$select=lastname", "5000")
	for i := range 6 {
		o.must(204, "PATCH", "contacts("+numbered(i)+")", `{"jobtitle":"x"}`)
	}
	first := o.must(200, "GET", delta, "", "Prefer", "odata.maxpagesize=3")
	for i := range 3 {
		o.must(204, "PATCH", "contacts("+numbered(i)+")", `{"jobtitle":"y"}`)
	}
	rest, _ := o.follow(first.json(t)["@odata.nextLink"].(string), "3")
	seen := map[any]bool{}
	for _, e := range rest {
		seen[e["contactid"]] = true
	}
	for i := 3; i < 6; i++ {
		if !seen[numbered(i)] {
			t.Errorf("contact %d was lost between two pages", i)
		}
	}
}

func TestChangesRefused(t *testing.T) {
	now := time.Date(2026, 5, 10, 12, 0, 0, 0, time.UTC)
	o := newOrg(t, Config{Seed: 1, Now: func() time.Time { return now }})
	for _, option := range []string{"$filter=lastname%20eq%20'x'", "$orderby=lastname", "$top=1", "$expand=masterid"} {
		r := o.must(400, "GET", "contacts?"+option, "", "Prefer", "odata.track-changes")
		if !strings.Contains(r.body, "isn't supported when Change Tracking is enabled") {
			t.Errorf("%s: %s", option, r.body)
		}
	}
	_, delta := o.follow("contacts", "5000")
	o.must(200, "GET", delta, "")
	o.must(204, "POST", "/control/deltatokens/expire", "")
	if r := o.must(410, "GET", delta, ""); r.code() != "0x80044352" {
		t.Errorf("expired by hand: %s", r.body)
	}
	_, delta = o.follow("contacts", "5000")
	now = now.Add(8 * 24 * time.Hour)
	o.must(410, "GET", delta, "")
	o.must(400, "GET", "contacts?$deltatoken=nonsense", "")
	// The organisation says how long.
	_, delta = o.follow("contacts", "5000")
	o.must(204, "PATCH", "organizations("+o.sim.cfg.OrganizationID+")", `{"expirechangetrackingindays":30}`)
	now = now.Add(29 * 24 * time.Hour)
	o.must(200, "GET", delta, "")
	now = now.Add(2 * 24 * time.Hour)
	o.must(410, "GET", delta, "")
}
