package spotler

import (
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
)

// Without ids the request would empty the audience, so there is no request.
func TestAnAudienceIsNotEmptiedByAccident(t *testing.T) {
	w := &wire{status: 200, body: `{"externalId":"l","name":"Newsletter"}`}
	c := w.client(t)
	many := make([]connector.ExternalID, MaxAudienceContacts+1)
	for i := range many {
		many[i] = "a"
	}
	for name, ids := range map[string][]connector.ExternalID{"none": nil, "empty": {}, "no id": {"a", ""}, "too many": many} {
		if _, err := c.RemoveFromAudience(t.Context(), "l", ids); !errors.Is(err, fault.NotValid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if w.asked != 0 {
		t.Fatalf("%d requests were made", w.asked)
	}
	if err := c.EmptyAudience(t.Context(), "l", "Another"); !errors.Is(err, fault.NotValid) || w.first != "GET audience/l" || w.asked != 1 {
		t.Errorf("another name: %v after %s", err, w.first)
	}
	if err := c.EmptyAudience(t.Context(), "l", "Newsletter"); err != nil || w.asked != 3 {
		t.Errorf("the right name: %v, %d requests", err, w.asked)
	}
}

func TestUnknownPeopleOfAnAudience(t *testing.T) {
	w := &wire{status: 404, body: `{"errorType":"CONTACT_NOT_FOUND","message":"unknown: u1","externalContactIds":["u1",2,{}]}`}
	unknown, err := w.client(t).AddToAudience(t.Context(), "l", []connector.ExternalID{"u1", "2"})
	if !errors.Is(err, fault.NotFound) || fault.As(err).Code != "CONTACT_NOT_FOUND" || !slices.Equal(unknown, []connector.ExternalID{"u1", "2"}) {
		t.Errorf("got %v, %v", unknown, err)
	}
}

func TestWhatATriggerDid(t *testing.T) {
	for _, c := range []struct {
		status int
		body   string
		kind   fault.Kind
		code   string
		runs   int
	}{
		{200, `{"result":"OK","automationResults":[{"automationId":"A","result":"OK","automationContactId":77}]}`, "", "", 1},
		{404, `{"result":"TRIGGER_NOTFOUND","automationResults":[]}`, fault.NotFound, TriggerNotFound, 0},
		{404, `{"result":"CONTACT_NOTFOUND"}`, fault.NotFound, TriggerContactNotFound, 0},
		{417, `{"result":"NOT_TRIGGERED","automationResults":[{"automationId":"A","result":"AUTOMATION_INACTIVE"}]}`, fault.NotValid, TriggerNotTriggered, 1},
		{400, `{"errorType":"INVALID_PARAMS","message":"no"}`, fault.NotValid, "INVALID_PARAMS", 0},
		{401, ``, fault.Denied, "", 0},
	} {
		w := &wire{status: c.status, body: c.body}
		got, err := w.client(t).TriggerAutomation(t.Context(), "T", "a", nil)
		if fault.Of(err) != c.kind || len(got.Automations) != c.runs || err != nil && fault.As(err).Code != c.code {
			t.Errorf("%d %s: %+v, %v", c.status, c.body, got, err)
		}
		if c.status == 200 && got.Automations[0] != (AutomationResult{"A", "OK", "77"}) {
			t.Errorf("got %+v", got)
		}
	}
}

// The statuses and error types that Spotler pairs in more than one way (section 12).
func TestContradictionsOfTheVendor(t *testing.T) {
	for _, c := range []struct {
		status int
		body   string
		kind   fault.Kind
	}{
		{400, `{"errorType":"PRODUCT_NOTFOUND","message":"m"}`, fault.NotFound},
		{404, `{"errorType":"PRODUCT_NOTFOUND","message":"m"}`, fault.NotFound},
		{400, `{"errorType":"ID_NOTUNIQUE","message":"m"}`, fault.Conflict},
		{400, `{"errorType":"NOT_AUTHORIZED","message":"m"}`, fault.Denied},
		{417, ``, fault.NotValid},
		{413, ``, fault.NotValid},
	} {
		w := &wire{status: c.status, body: c.body}
		if err := w.client(t).PostProduct(t.Context(), thing, false); !errors.Is(err, c.kind) {
			t.Errorf("%d %s: %v", c.status, c.body, err)
		}
	}
}

func TestStatisticsAreWholeOrNothing(t *testing.T) {
	const whole = `"sentCount":100,"acceptedCount":"90","openCount":50,"openRenderedCount":40,"clickCount":30,"hardbounceCount":4,"softbounceCount":6,"notRetainedAfterBounceCount":5,"conversionClickCount":3`
	w := &wire{status: 200, body: "{" + whole + `,"unsubscribeCount":2,"conversionValue":12345}`}
	got, err := w.client(t).MailingStatistics(t.Context(), "M")
	if err != nil || got.Shop == nil || *got.Shop != (ShopStatistics{ValueCents: 12345}) {
		t.Fatalf("got %+v, %v", got, err)
	}
	got.Shop = nil
	if got != (Statistics{100, 90, 50, 40, 30, 4, 6, 5, 3, 2, nil}) {
		t.Errorf("got %+v", got)
	}
	for _, last := range []string{``, `,"unsubscribeCount":null`, `,"unsubscribeCount":"many"`, `,"unsubscribeCount":{}`} {
		w := &wire{status: 200, body: "{" + whole + last + "}"}
		if _, err := w.client(t).MailingStatistics(t.Context(), "M"); !errors.Is(err, fault.Garbled) {
			t.Errorf("%s: %v", last, err)
		}
	}
}

// Both spellings of a bounce are one; a record that cannot be read does not end
// the walk; the next page is asked of our own base, wherever its address points.
func TestInteractionsInPages(t *testing.T) {
	const first = `{"paging":{"next":"https://elsewhere.test/x?after=3","after":3},"interactions":[
		{"id":1,"externalContactId":"a","encryptedMailingId":"M","date":1704067200000,"changeDate":"2024-01-01T00:00:00+0000","bounceType":"HARD","trendReportId":4},
		{"id":"two"},{"id":3,"date":"2024-01-01T01:00:00","bounceType":"SPRINGY"}]}`
	client, ear := listen(t, func(w http.ResponseWriter, r *http.Request) {
		body := first
		if r.URL.Query().Get("after") != "0" {
			body = `{"paging":{},"interactions":[{"id":4,"date":"2024-01-01","bounceType":"SOFTBOUNCE"}]}`
		}
		says(200, body)(w, r)
	}, nil)
	var got []Interaction
	bad := 0
	for i, err := range client.BouncedInteractions(t.Context(), InteractionFilter{}) {
		if err != nil {
			bad++
			continue
		}
		got = append(got, i)
	}
	if bad != 1 || len(got) != 3 || len(ear.all()) != 2 {
		t.Fatalf("%d bad, %+v, %d requests", bad, got, len(ear.all()))
	}
	utc := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	if !got[0].Date.Equal(utc) || !got[0].Changed.Equal(utc) || !got[1].Date.Equal(utc) || got[0].TrendReportID != 4 {
		t.Errorf("got %+v", got)
	}
	if got[0].BounceType != HardBounce || got[1].BounceType != "SPRINGY" || got[2].BounceType != SoftBounce {
		t.Errorf("got %+v", got)
	}
}

func TestSchemaIsKeptAndKnownByItsFingerprint(t *testing.T) {
	w := &wire{status: 200, body: `[{"name":"b","type":"set","entries":[{"bit":2},{"bit":1}]},{"name":"a","type":"string","description":"A"}]`}
	now := day
	cache := NewSchemaCache(w.client(t), time.Minute, func() time.Time { return now })
	first, err := cache.Schema(t.Context())
	if _, ok := first.Property("b"); err != nil || !ok {
		t.Fatalf("got %+v, %v", first, err)
	}
	w.body = `[{"name":"a","type":"string","description":"Another label"},{"name":"b","type":"set","entries":[{"bit":1},{"bit":2}]}]`
	if _, err := cache.Schema(t.Context()); err != nil || w.asked != 1 {
		t.Errorf("kept: %d requests, %v", w.asked, err)
	}
	now = now.Add(time.Minute)
	if again, err := cache.Schema(t.Context()); err != nil || w.asked != 2 || again.Fingerprint != first.Fingerprint {
		t.Errorf("old: %d requests, %+v, %v", w.asked, again, err)
	}
	cache.Forget()
	w.body = `[{"name":"a","type":"int"},{"name":"b","type":"set","entries":[{"bit":1},{"bit":2}]}]`
	if other, err := cache.Schema(t.Context()); err != nil || other.Fingerprint == first.Fingerprint {
		t.Errorf("forgotten: %+v, %v", other, err)
	}
	cache.Forget()
	w.status = 503
	if _, err := cache.Schema(t.Context()); !errors.Is(err, fault.Uncertain) {
		t.Errorf("trouble: %v", err)
	}
}

func TestErrorsDoNotRepeatWhatWasSent(t *testing.T) {
	w := &wire{status: 400, body: `{"errorType":"INVALID_PARAMS","message":"answer Wilhelmina is wrong"}`}
	_, err := w.client(t).SubmitForm(t.Context(), 5, page1, map[string][]string{"f": {"Wilhelmina"}})
	if f := fault.As(err); f == nil || f.Says != "Spotler does not accept the request: correct the field or value it names" {
		t.Errorf("got %v", err)
	}
}
