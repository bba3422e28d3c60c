package spotler

import (
	"context"
	"errors"
	"io"
	"iter"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
)

// method is one method of the client with the request it must make.
type method struct {
	name string // in the tables of paths
	call func(context.Context, *Client) error
	want string // verb, path and query, body
}

var (
	day    = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	period = Between{day, day.Add(time.Hour)}
	someID = connector.ExternalID("a b")
	cents  = int64(250)
	thing  = Product{ExternalID: "p1", Name: "Pen", Link: "https://x/p", PriceCents: 995, ImageURL: "https://x/i", ImageLargeURL: "https://x/l", OldPriceCents: &cents}
	bought = Order{ExternalID: "o1", Person: "a", Date: day, ValueCents: 1990, Products: []string{"p1"}}
	page1  = FormPage{PostURL: "https://x", Contact: "E"}
)

// When and how the period is written, in the zone of the tests.
const (
	inPeriod = "fromDate=2024-01-01T01%3A00%3A00%2B01%3A00&toDate=2024-01-01T02%3A00%3A00%2B01%3A00"
	paged    = "after=0&pageSize=1000"
)

func only[T any](_ T, err error) error { return err }

// walked walks to the end and returns the first error.
func walked[T any](walk iter.Seq2[T, error]) error {
	var first error
	for _, err := range walk {
		if first == nil {
			first = err
		}
	}
	return first
}

func contactMethods() []method {
	return []method{
		{"contact.properties", func(x context.Context, c *Client) error { return only(c.Properties(x)) }, "GET contact/properties/list"},
		{"contact.get", func(x context.Context, c *Client) error { return only(c.Contact(x, someID)) }, "GET contact/a%20b"},
		{"contact.put", func(x context.Context, c *Client) error { return c.PutContact(x, "a", Contact{}, Write{}) }, `PUT contact/a {"update":false,"purge":false,"contact":{"externalId":"a","properties":{}}}`},
		{"contact.post", func(x context.Context, c *Client) error {
			return c.PostContact(x, Contact{ExternalID: "a"}, Write{Update: true})
		}, `POST contact {"update":true,"purge":false,"contact":{"externalId":"a","properties":{}}}`},
		{"contact.list", func(x context.Context, c *Client) error {
			return only(c.PostContacts(x, []Contact{{ExternalID: "a"}}, Write{}))
		}, `POST contact/list {"update":false,"purge":false,"contacts":[{"externalId":"a","properties":{}}]}`},
		{"contact.anonymize", func(x context.Context, c *Client) error { return only(c.Anonymize(x, "a")) }, "PUT contact/anonymize/a"},
		{"contact.inactivate", func(x context.Context, c *Client) error { return only(c.Inactivate(x, "a")) }, "PUT contact/inactivate/a"},
		{"contact.updates", func(x context.Context, c *Client) error { return walked(c.Updates(x, period.From, period.To)) }, "GET contact/updates/list?" + inPeriod + "&" + paged},
		{"contact.bounces", func(x context.Context, c *Client) error { return walked(c.Bounces(x, period.From, period.To)) }, "GET contact/bounces/list?" + inPeriod + "&" + paged},
		{"contact.search", func(x context.Context, c *Client) error { return walked(c.Search(x, "city", "Ede")) }, "GET contact/search?MPSearchQuery=city%3DEde&" + paged},
		{"contact.mailings", func(x context.Context, c *Client) error { return walked(c.ContactMailings(x, "a")) }, "GET contact/a/mailings?after=0"},
		{"contact.campaign-mailings", func(x context.Context, c *Client) error { return walked(c.ContactCampaignMailings(x, "a")) }, "GET contact/a/campaign-mailings?after=0"},
		{"contact.forms", func(x context.Context, c *Client) error { return walked(c.ContactForms(x, "a")) }, "GET contact/a/forms?" + paged},
		{"subscription.subscribe", func(x context.Context, c *Client) error {
			return c.Subscribe(x, Contact{Properties: map[string]any{"city": "Ede"}})
		}, `POST subscription/subscribe {"properties":{"city":"Ede"}}`},
		{"contact.tags", func(x context.Context, c *Client) error { return only(c.ContactTags(x, "a")) }, "GET contact/a/tags"},
		{"contact.tags-add", func(x context.Context, c *Client) error { return c.AddTags(x, "a", []string{"Lead"}) }, `POST contact/a/tags {"tags":["Lead"]}`},
		{"contact.tags-remove", func(x context.Context, c *Client) error { return c.RemoveTags(x, "a", []string{"Lead"}) }, `DELETE contact/a/tags {"tags":["Lead"]}`},
		{"contact.score", func(x context.Context, c *Client) error { return c.ChangeScore(x, "a", "Lead", ScoreSet, -3) }, `PUT contact/a/score {"operation":"SET","score":-3,"tag":"Lead"}`},
		{"tag.list", func(x context.Context, c *Client) error { return only(c.Tags(x)) }, "GET tag/list"},
		{"tag.post", func(x context.Context, c *Client) error { return c.CreateTag(x, "Lead") }, `POST tag {"name":"Lead"}`},
	}
}

func listMethods() []method {
	list := Audience{ExternalID: "l 1", Name: "L"}
	return []method{
		{"audience.post", func(x context.Context, c *Client) error { return only(c.CreateAudience(x, list)) }, `POST audience {"externalId":"l 1","name":"L"}`},
		{"audience.get", func(x context.Context, c *Client) error { return only(c.Audience(x, "l 1")) }, "GET audience/l%201"},
		{"audience.put", func(x context.Context, c *Client) error { return only(c.UpdateAudience(x, list)) }, `PUT audience/l%201 {"externalId":"l 1","name":"L"}`},
		{"audience.delete", func(x context.Context, c *Client) error { return c.DeleteAudience(x, "l") }, "DELETE audience/l"},
		{"audience.add", func(x context.Context, c *Client) error {
			return only(c.AddToAudience(x, "l", []connector.ExternalID{"a"}))
		}, `POST audience/l/contact {"contacts":["a"]}`},
		{"audience.remove", func(x context.Context, c *Client) error {
			return only(c.RemoveFromAudience(x, "l", []connector.ExternalID{"a"}))
		}, `DELETE audience/l/contact {"contacts":["a"]}`},
		{"templist.list", func(x context.Context, c *Client) error { return only(c.TemporaryLists(x)) }, "GET templist"},
		{"templist.post", func(x context.Context, c *Client) error { return c.CreateTemporaryList(x, "t", "T", nil) }, `POST templist {"externalTemporaryListId":"t","name":"T"}`},
		{"templist.add", func(x context.Context, c *Client) error {
			return c.AddToTemporaryList(x, "t", []connector.ExternalID{"a"})
		}, `POST templist/t {"contacts":["a"]}`},
		{"templist.delete", func(x context.Context, c *Client) error { return c.DeleteTemporaryList(x, "t") }, "DELETE templist/t"},
		{"campaign.list", func(x context.Context, c *Client) error { return only(c.Campaigns(x)) }, "GET campaign/list"},
		{"campaign.trigger", func(x context.Context, c *Client) error {
			return c.TriggerCampaign(x, "T", "a", []Field{{Name: "n", Type: FieldProductList, Values: []string{"p"}}})
		}, `POST campaign/trigger/T {"externalContactId":"a","campaignFields":[{"name":"n","type":"PRODUCTLIST","values":["p"]}]}`},
		{"campaign.stop", func(x context.Context, c *Client) error { return c.StopCampaign(x, "C", "a") }, `POST campaign/C/stop {"externalContactId":"a"}`},
		{"campaign.mailings", func(x context.Context, c *Client) error { return only(c.CampaignMailings(x, "C")) }, "GET campaign/C/mailing"},
		{"automation.trigger", func(x context.Context, c *Client) error {
			return only(c.TriggerAutomation(x, "T", "a", []Field{{Name: "n", Value: "v"}}))
		}, `POST automation/trigger/T {"automationFields":[{"name":"n","value":"v"}],"externalContactId":"a"}`},
		{"automation.list", func(x context.Context, c *Client) error { return only(c.Automations(x)) }, "GET automation/list"},
		{"automation.stop", func(x context.Context, c *Client) error { return c.StopAutomation(x, "A", "a") }, `POST automation/A/stop {"externalContactId":"a"}`},
		{"automation.stop-runs", func(x context.Context, c *Client) error { return c.StopAutomationRuns(x, []string{"r"}) }, `POST automation/stop {"automationContactIds":["r"]}`},
	}
}

func mailingMethods() []method {
	narrowed := InteractionFilter{Changed: period, TrendReports: []int64{3, 4}}
	const changed = "fromChangeDate=2024-01-01T01%3A00%3A00%2B01%3A00&toChangeDate=2024-01-01T02%3A00%3A00%2B01%3A00&trendReportIds=3%2C4&" + paged
	yes := true
	return []method{
		{"campaign-mailing.get", func(x context.Context, c *Client) error { return only(c.CampaignMailing(x, "M")) }, "GET campaign-mailing/M"},
		{"campaign-mailing.recipients", func(x context.Context, c *Client) error { return walked(c.CampaignRecipients(x, "M", period)) }, "GET campaign-mailing/M/recipients?" + inPeriod + "&" + paged},
		{"campaign-mailing.bounces", func(x context.Context, c *Client) error { return walked(c.CampaignBounces(x, "M", Between{})) }, "GET campaign-mailing/M/bounces?" + paged},
		{"campaign-mailing.opens", func(x context.Context, c *Client) error { return walked(c.CampaignOpens(x, "M", Between{})) }, "GET campaign-mailing/M/opens?" + paged},
		{"campaign-mailing.opens-of", func(x context.Context, c *Client) error { return walked(c.CampaignOpensOf(x, "M", 7, Between{})) }, "GET campaign-mailing/M/opens/7?" + paged},
		{"campaign-mailing.clicks", func(x context.Context, c *Client) error { return walked(c.CampaignClicks(x, "M", Between{})) }, "GET campaign-mailing/M/clicks?" + paged},
		{"campaign-mailing.clicks-of", func(x context.Context, c *Client) error { return walked(c.CampaignClicksOf(x, "M", 7, Between{})) }, "GET campaign-mailing/M/clicks/7?" + paged},
		{"automation-mailing.get", func(x context.Context, c *Client) error { return only(c.AutomationMailing(x, "M")) }, "GET automation-mailing/M"},
		{"mailing.list", func(x context.Context, c *Client) error { return only(c.Mailings(x, period)) }, "GET mailing?" + inPeriod},
		{"mailing.get", func(x context.Context, c *Client) error { return only(c.Mailing(x, "M")) }, "GET mailing/M"},
		{"mailing.statistics", func(x context.Context, c *Client) error { return only(c.MailingStatistics(x, "M")) }, "GET mailing/M/statistics"},
		{"mailing.recipients", func(x context.Context, c *Client) error { return walked(c.MailingRecipients(x, "M")) }, "GET mailing/M/recipients?" + paged},
		{"mailing.bounces", func(x context.Context, c *Client) error { return walked(c.MailingBounces(x, "M")) }, "GET mailing/M/bounces?" + paged},
		{"mailing.opens", func(x context.Context, c *Client) error { return walked(c.MailingOpens(x, "M")) }, "GET mailing/M/opens?" + paged},
		{"mailing.opens-of", func(x context.Context, c *Client) error { return walked(c.MailingOpensOf(x, "M", "a/b")) }, "GET mailing/M/opens/a%2Fb?" + paged},
		{"mailing.clicks", func(x context.Context, c *Client) error { return walked(c.MailingClicks(x, "M")) }, "GET mailing/M/clicks?" + paged},
		{"mailing.clicks-of", func(x context.Context, c *Client) error { return walked(c.MailingClicksOf(x, "M", "{id}")) }, "GET mailing/M/clicks/%7Bid%7D?" + paged},
		{"interaction.sent", func(x context.Context, c *Client) error { return walked(c.SentInteractions(x, InteractionFilter{})) }, "GET mailing-interaction/sent?" + paged},
		{"interaction.opened", func(x context.Context, c *Client) error { return walked(c.OpenedInteractions(x, narrowed)) }, "GET mailing-interaction/opened?" + changed},
		{"interaction.clicked", func(x context.Context, c *Client) error { return walked(c.ClickedInteractions(x, narrowed)) }, "GET mailing-interaction/clicked?" + changed},
		{"interaction.bounced", func(x context.Context, c *Client) error { return walked(c.BouncedInteractions(x, narrowed)) }, "GET mailing-interaction/bounced?" + changed},
		{"interaction.unsubscribed", func(x context.Context, c *Client) error { return walked(c.UnsubscribedInteractions(x, narrowed)) }, "GET mailing-interaction/unsubscribed?" + changed},
		{"trend-report.list", func(x context.Context, c *Client) error { return walked(c.TrendReports(x, &yes)) }, "GET trend-report?enabled=true&" + paged},
		{"docs", func(x context.Context, c *Client) error { return only(c.APIDocs(x)) }, "GET api-docs"},
	}
}

func shopMethods() []method {
	const wrote = `"product":{"deleted":false,"externalId":"p1","imageLargeUrl":"https://x/l","imageUrl":"https://x/i","link":"https://x/p","name":"Pen","oldPrice":"250","price":"995","visible":true},"update":`
	const order = `"order":{"date":"2024-01-01T01:00:00+01:00","externalContactId":"a","externalId":"o1","externalProductIds":["p1"],"value":"1990"},"update":`
	return []method{
		{"product.properties", func(x context.Context, c *Client) error { return only(c.ProductProperties(x)) }, "GET product/custom-properties/list"},
		{"product.search", func(x context.Context, c *Client) error { return only(c.SearchProducts(x, "brand", "B", 0, 10)) }, "GET product/search?MPSearchQuery=brand%3DB&after=0&pageSize=10"},
		{"product.get", func(x context.Context, c *Client) error { return only(c.Product(x, "p1")) }, "GET product/p1"},
		{"product.post", func(x context.Context, c *Client) error { return c.PostProduct(x, thing, false) }, "POST product {" + wrote + "false}"},
		{"product.put", func(x context.Context, c *Client) error { return c.PutProduct(x, thing) }, "PUT product/p1 {" + wrote + "true}"},
		{"product.delete", func(x context.Context, c *Client) error { return c.DeleteProduct(x, "p1") }, "DELETE product/p1"},
		{"order.post", func(x context.Context, c *Client) error { return c.PostOrder(x, bought, true) }, "POST order {" + order + "true}"},
		{"order.put", func(x context.Context, c *Client) error { return c.PutOrder(x, bought) }, "PUT order/o1 {" + order + "true}"},
		{"order.delete", func(x context.Context, c *Client) error { return c.DeleteOrder(x, "o1") }, "DELETE order/o1"},
		{"conversion.post", func(x context.Context, c *Client) error {
			return c.PostConversion(x, Conversion{MailplusID: "mp", Type: CartConverted, ValueCents: &cents, Date: day})
		}, `POST conversion {"interactionDate":"2024-01-01T01:00:00+01:00","mailplusId":"mp","type":"CONVERT_SHOPPINGCART","value":"250"}`},
		{"form.list", func(x context.Context, c *Client) error { return only(c.Forms(x, "subscribe", "")) }, "GET form/list?formSubType=subscribe"},
		{"form.get", func(x context.Context, c *Client) error { return only(c.Form(x, 5, page1)) }, "GET form/5?postUrl=https%3A%2F%2Fx&encId=E"},
		{"form.prefill", func(x context.Context, c *Client) error { return only(c.PrefillForm(x, 5, page1)) }, `POST form/5 {"encId":"E","postUrl":"https://x"}`},
		{"form.submit", func(x context.Context, c *Client) error {
			return only(c.SubmitForm(x, 5, page1, map[string][]string{"f": {"v"}}))
		}, `POST form/result/5 {"formParams":{"f":["v"]},"postUrl":"https://x"}`},
		{"form.results", func(x context.Context, c *Client) error { return only(c.FormResults(x, 5, period, true)) }, "GET form/result/5?completed=true&startDate=20240101010000&endDate=20240101020000"},
		{"form.result", func(x context.Context, c *Client) error { return only(c.FormResult(x, 5, 6)) }, "GET form/result/5/6"},
	}
}

func methods() []method {
	return slices.Concat(contactMethods(), listMethods(), mailingMethods(), shopMethods())
}

// wire answers every request alike, without a network, and notes the first.
type wire struct {
	status      int
	contentType string
	body        string
	first       string
	asked       int
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	if w.asked++; w.asked == 1 {
		w.first = r.Method + " " + strings.TrimPrefix(r.URL.RequestURI(), "/base/")
		if r.Body != nil {
			body, _ := io.ReadAll(r.Body)
			w.first += " " + string(body)
		}
	}
	return &http.Response{StatusCode: w.status, Header: http.Header{"Content-Type": {w.contentType}}, Body: io.NopCloser(strings.NewReader(w.body)), Request: r}, nil
}

func (w *wire) client(t testing.TB) *Client {
	c, err := New(Config{Base: "https://spotler.test/base", HTTP: &http.Client{Transport: w}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Every entry of the tables has its method, which makes exactly that request.
func TestEveryMethodMakesItsRequest(t *testing.T) {
	seen := map[string]bool{"docs.resource": true, "automation.list-fallback": true, "search.query": true, "anonymize.gone": true, "automation.fields": true}
	documented := 0
	for _, m := range methods() {
		w := &wire{status: 204, contentType: "application/json"}
		_ = m.call(t.Context(), w.client(t)) // an empty answer is an error to those that read
		if w.first != m.want {
			t.Errorf("%s asked\n%s, want\n%s", m.name, w.first, m.want)
		}
		seen[m.name] = true
		if !isAssumed(m.name) && m.name != "docs" {
			documented++
		}
	}
	for _, e := range terms() {
		if !seen[e.name] {
			t.Errorf("no method speaks %s", e.name)
		}
	}
	// With the call that one public client makes, no. 7, they are the 66.
	if documented != 65 {
		t.Errorf("%d documented calls, want 65", documented)
	}
}

// answers are what a remote may say instead of what it should.
var answers = []string{"", "null", "true", "0", `""`, "[]", "{}", "[null]", "[[]]", "[1]", `[{}]`, "<html><body>Sign in</body></html>", "<?xml version='1.0'?><a/>",
	`{"paging":{"next":"https://evil.test/?after=9","after":9},"contacts":[{}]}`, `{"paging":[],"interactions":{}}`,
	`{"errorType":"WHAT_IS_THIS","message":"?"}`, `{"errorType":7}`, `{"result":"NEW","automationResults":[{"result":"NEWER"}]}`, `{"result":"OK","automationResults":[7]}`,
	`{"encryptedId":{},"name":[],"id":"x","links":[{"id":1e99}]}`, `{"a":`, "\xff\xfe", `[{"id":1,"date":"soon"}]`, `{"apis":[{"path":"/../x"}]}`,
	`{"externalId":"a","properties":[],"channels":{}}`, `{"externalContactIds":"x","errorType":"CONTACT_NOT_FOUND","message":"m"}`}

// Whatever comes back, every method ends, without a panic, and an error has a kind
// other than "a bug of ours".
func FuzzEveryMethod(f *testing.F) {
	for _, a := range answers {
		for _, status := range []int{200, 404} {
			f.Add(status, "application/json", a)
		}
	}
	f.Add(429, "text/html", "<html>")
	f.Fuzz(func(t *testing.T, status int, contentType, body string) {
		if status < 200 || status > 599 {
			return
		}
		for _, m := range methods() {
			w := &wire{status: status, contentType: contentType, body: body}
			err := m.call(t.Context(), w.client(t))
			if kind := fault.Of(err); kind == fault.Broken {
				t.Fatalf("%s: %d %q: %v", m.name, status, body, err)
			}
			if w.asked > 4 && m.name != "docs" {
				t.Fatalf("%s: %d %q: %d requests for answers that do not change", m.name, status, body, w.asked)
			}
		}
	})
}

// A page or a cut answer is never taken for an empty list or for success.
func TestNonsenseIsNotAnAnswer(t *testing.T) {
	for _, body := range []string{"<html>x</html>", `{"a":`, "<a/>", "sorry"} {
		for _, m := range methods() {
			w := &wire{status: 200, contentType: "application/json", body: body}
			if err := m.call(t.Context(), w.client(t)); !errors.Is(err, fault.Garbled) {
				t.Errorf("%s took %q: %v", m.name, body, err)
			}
		}
	}
}
