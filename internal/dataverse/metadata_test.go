package dataverse

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/schema"
)

// jobDefinitions answers as an organisation with the table dh_spotlerjob and accounts.
func jobDefinitions(t *testing.T, count *atomic.Int32) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		count.Add(1)
		path := strings.TrimPrefix(r.URL.Path, "/api/data/v9.2/")
		switch {
		case path == "EntityDefinitions(LogicalName='dh_spotlerjob')":
			answer(w, 200, `{"LogicalName":"dh_spotlerjob","EntitySetName":"dh_spotlerjobs","SchemaName":"dh_SpotlerJob","PrimaryIdAttribute":"dh_spotlerjobid","PrimaryNameAttribute":"dh_name",
				"ObjectTypeCode":10042,"OwnershipType":"UserOwned","DisplayName":{"LocalizedLabels":[{"Label":"Spotler Taak","LanguageCode":1043},{"Label":"Spotler Job","LanguageCode":1033}]}}`)
		case path == "EntityDefinitions(LogicalName='account')":
			answer(w, 200, `{"LogicalName":"account","EntitySetName":"accounts","SchemaName":"Account","PrimaryIdAttribute":"accountid"}`)
		case strings.HasSuffix(path, "/Attributes") && strings.Contains(path, "spotlerjob") && r.URL.Query().Get("$skiptoken") == "":
			answer(w, 200, `{"value":[{"LogicalName":"dh_name","SchemaName":"dh_Name","AttributeTypeName":{"Value":"StringType"},"MaxLength":100}],
				"@odata.nextLink":"http://`+r.Host+r.URL.Path+`?$skiptoken=2"}`)
		case strings.HasSuffix(path, "/Attributes") && strings.Contains(path, "spotlerjob"):
			answer(w, 200, `{"value":[{"LogicalName":"dh_customer","SchemaName":"dh_Customer","AttributeTypeName":{"Value":"CustomerType"},"Targets":["account","contact"],"IsValidForUpdate":false}]}`)
		case strings.HasSuffix(path, "/ManyToOneRelationships") && strings.Contains(path, "spotlerjob"):
			answer(w, 200, `{"value":[{"SchemaName":"a","ReferencingAttribute":"dh_customer","ReferencingEntityNavigationPropertyName":"dh_Customer_account","ReferencedEntity":"account"},
				{"SchemaName":"b","ReferencingAttribute":"dh_customer","ReferencingEntityNavigationPropertyName":"dh_Customer_contact","ReferencedEntity":"contact"}]}`)
		case strings.HasSuffix(path, "/Attributes"), strings.HasSuffix(path, "/ManyToOneRelationships"):
			answer(w, 200, `{"value":[]}`)
		default:
			answer(w, 404, `{"error":{"code":"0x80060888","message":"no"}}`)
		}
	}
}

func TestMetadata(t *testing.T) {
	var count atomic.Int32
	c, _ := serve(t, jobDefinitions(t, &count))
	now := time.Unix(1e9, 0)
	m, ctx := NewMetadata(c, time.Minute, func() time.Time { return now }), context.Background()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := m.Table(ctx, "dh_spotlerjob"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := count.Load(); n != 4 {
		t.Errorf("%d requests for one table with two pages of columns", n)
	}
	tab, err := m.Table(ctx, "dh_spotlerjob")
	if err != nil || tab.Set != "dh_spotlerjobs" || tab.Labels.In(1043, 1033) != "Spotler Taak" || tab.Labels.In(1031) != "Spotler Job" || tab.Columns["dh_name"].MaxLength != 100 {
		t.Errorf("%+v %v", tab, err)
	}
	col, err := m.Column(ctx, "dh_spotlerjob", "dh_Customer")
	if err != nil || col.Type != "Customer" || len(col.Targets) != 2 || col.Update || !col.Create {
		t.Errorf("%+v %v", col, err)
	}
	f := Fields{}
	if err := m.Bind(ctx, f, "dh_spotlerjob", "DH_CUSTOMER", connector.Record{Table: "account", ID: idA}); err != nil || f["dh_Customer_account@odata.bind"] != "/accounts("+string(idA)+")" {
		t.Error(f, err)
	}
	if err := m.Bind(ctx, f, "dh_spotlerjob", "dh_customer", connector.Record{}); err != nil || f["dh_Customer_account@odata.bind"] != nil {
		t.Error(f, err)
	}
	wantKind(t, m.Bind(ctx, f, "dh_spotlerjob", "dh_name", connector.Record{Table: "account", ID: idA}), fault.NotValid)
	wantKind(t, m.Bind(ctx, f, "dh_spotlerjob", "dh_customer", connector.Record{Table: "lead", ID: idA}), fault.NotValid)
	_, err = m.Column(ctx, "dh_spotlerjob", "nothing")
	wantKind(t, err, fault.NotFound)
	_, err = m.Table(ctx, "nothing")
	wantKind(t, err, fault.NotFound)
	_, err = m.Table(ctx, "x')/Attributes")
	wantKind(t, err, fault.NotValid)

	before := count.Load()
	if _, err = m.Table(ctx, "dh_spotlerjob"); err != nil || count.Load() != before {
		t.Error("read again too early", err)
	}
	now = now.Add(time.Minute)
	if _, err = m.Table(ctx, "dh_spotlerjob"); err != nil || count.Load() != before+4 {
		t.Error("not read again", err)
	}
	m.Forget("dh_spotlerjob")
	if again, err := m.Table(ctx, "dh_spotlerjob"); err != nil || count.Load() != before+8 || again.Fingerprint() != tab.Fingerprint() {
		t.Error("not forgotten", err)
	}
}

// Whoever waits for somebody else's reading of a definition gives up with its own
// context; the reading goes on and is kept.
func TestMetadataWaiterGivesUp(t *testing.T) {
	asked, release := make(chan struct{}), make(chan struct{})
	var count atomic.Int32
	definitions := jobDefinitions(t, &count)
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if count.Load() == 0 {
			close(asked)
			<-release
		}
		definitions(w, r)
	})
	m := NewMetadata(c, 0, nil)
	first := make(chan error)
	go func() {
		_, err := m.Table(context.Background(), "account")
		first <- err
	}()
	<-asked
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := m.Table(ctx, "account"); fault.Of(err) != fault.Unreachable || !errors.Is(err, context.Canceled) {
		t.Errorf("the one who waits: %v", err)
	}
	close(release)
	if err := <-first; err != nil {
		t.Fatal(err)
	}
	asks := count.Load()
	if d, err := m.Table(context.Background(), "account"); err != nil || d.Set != "accounts" || count.Load() != asks {
		t.Errorf("afterwards: %+v, %v, %d requests more", d, err, count.Load()-asks)
	}
}

func TestFingerprint(t *testing.T) {
	base := func() TableDefinition {
		return TableDefinition{Name: "x", Columns: map[string]ColumnDefinition{"a": {Name: "a", Type: "String", MaxLength: 10, Labels: Labels{1033: "A"}}}, Lookups: []LookupDefinition{{Column: "b", Navigation: "B", Target: "t"}, {Column: "c", Navigation: "C", Target: "t"}}}
	}
	same, want := base(), base().Fingerprint()
	same.Columns["a"] = ColumnDefinition{Name: "a", Type: "String", MaxLength: 10, Labels: Labels{1033: "other"}}
	same.Lookups[0], same.Lookups[1] = same.Lookups[1], same.Lookups[0]
	if same.Fingerprint() != want {
		t.Error("a label or an order counts")
	}
	for name, change := range map[string]func(*TableDefinition){
		"length":     func(d *TableDefinition) { d.Columns["a"] = ColumnDefinition{Name: "a", Type: "String", MaxLength: 11} },
		"column":     func(d *TableDefinition) { delete(d.Columns, "a") },
		"navigation": func(d *TableDefinition) { d.Lookups[0].Navigation = "b" },
	} {
		d := base()
		change(&d)
		if d.Fingerprint() == want {
			t.Error(name, "does not count")
		}
	}
}

func TestCapabilities(t *testing.T) {
	body, status := `{"value":[]}`, 200
	var filter string
	calls := 0
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		calls++
		filter = r.URL.Query().Get("$filter")
		answer(w, status, body)
	})
	ctx := context.Background()
	k, err := c.Capabilities(ctx)
	if err != nil || k.Edition() != EditionLight || k.Has("list") || !k.Has("contact") || len(k.Missing()) != 6 || !strings.Contains(filter, "LogicalName eq 'campaign'") {
		t.Error(k, err, filter)
	}
	wantKind(t, k.Need("list"), fault.Denied)
	if k.Need("contact") != nil {
		t.Error("contacts are always there")
	}
	body = `{"value":[{"LogicalName":"lead","EntitySetName":"leads"}]}`
	if k, err = c.Capabilities(ctx); err != nil || k.Edition() != EditionPartial || !k.Has("lead") {
		t.Error(k, err)
	}
	body = `{"value":[{"LogicalName":"lead","EntitySetName":"leads"},{"LogicalName":"list","EntitySetName":"lists"},{"LogicalName":"listmember","EntitySetName":"listmembers"},{"LogicalName":"campaign","EntitySetName":"campaigns"}]}`
	m := NewMetadata(c, 0, nil)
	status = 503
	if _, err = m.Capabilities(ctx); fault.Of(err) != fault.Unreachable {
		t.Error("trouble is read as no", err)
	}
	status, calls = 200, 0
	for range 2 {
		if k, err = m.Capabilities(ctx); err != nil || k.Edition() != EditionMarketing {
			t.Error(k, err)
		}
	}
	if calls != 1 {
		t.Errorf("asked %d times", calls)
	}
	body = `{"value":7}`
	_, err = c.Capabilities(ctx)
	wantKind(t, err, fault.Garbled)
}

func TestOptions(t *testing.T) {
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch path := r.URL.Path; {
		case strings.Contains(path, "GlobalOptionSet"):
			answer(w, 200, `{"Name":"dh_operation","Options":[{"Value":480000006,"Label":{"LocalizedLabels":[{"Label":"Synchroniseren","LanguageCode":1043}]}}]}`)
		case strings.HasSuffix(path, "BooleanAttributeMetadata"):
			answer(w, 200, `{"value":[{"LogicalName":"donotbulkemail","OptionSet":{"TrueOption":{"Value":1,"Label":{"UserLocalizedLabel":{"Label":"Do Not Allow","LanguageCode":1033}}},"FalseOption":{"Value":0}}}]}`)
		case strings.HasSuffix(path, "StatusAttributeMetadata"):
			answer(w, 200, `{"value":[{"LogicalName":"statuscode","OptionSet":{"Options":[{"Value":2,"State":1,"IsHidden":true}]}}]}`)
		default:
			answer(w, 200, `{"value":[]}`)
		}
	})
	ctx := context.Background()
	got, err := c.Options(ctx, "contact")
	if err != nil || len(got["donotbulkemail"]) != 2 || got["donotbulkemail"][1].Labels.In() != "Do Not Allow" || got["statuscode"][0].State != 1 || !got["statuscode"][0].Hidden {
		t.Errorf("%+v %v", got, err)
	}
	shared, err := c.GlobalOptions(ctx, "dh_operation")
	if err != nil || len(shared) != 1 || shared[0].Value != 480000006 || shared[0].Labels[1043] != "Synchroniseren" {
		t.Errorf("%+v %v", shared, err)
	}
	_, err = c.GlobalOptions(ctx, "other")
	wantKind(t, err, fault.Garbled)
}

// A lookup to a table that is missing is in no $select, and a query for nothing else
// asks for the key rather than for everything.
func TestWithin(t *testing.T) {
	var asked []string
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Query().Get("$select"))
		answer(w, 200, `{"value":[]}`)
	})
	ctx := context.Background()
	job := schema.SpotlerJob()
	read := func(columns ...string) string {
		for _, err := range c.Rows(ctx, Query{Table: job, Select: columns}) {
			t.Fatal(err)
		}
		if _, _, err := c.Page(ctx, Query{Table: job, Select: columns}, ""); err != nil {
			t.Fatal(err)
		}
		batch := c.GetRequest(Query{Table: job, Select: columns}).Path
		if len(asked) != 2 || asked[0] != asked[1] || !strings.Contains(batch, escape(asked[0])) {
			t.Errorf("the ways to ask differ: %q, %s", asked, batch)
		}
		one := asked[0]
		asked = nil
		return one
	}
	if got := read("dh_operation", "dh_customer", "dh_lead", "dh_list"); got != "dh_operation,_dh_customer_value,_dh_lead_value,_dh_list_value" {
		t.Errorf("of everything: %s", got)
	}
	c.Within(Capabilities{sets: map[connector.Table]string{"list": "lists"}})
	for want, columns := range map[string][]string{
		"dh_operation,_dh_customer_value,_dh_list_value": {"dh_operation", "dh_customer", "dh_lead", "dh_list"},
		"dh_spotlerjobid": {"dh_lead"},
	} {
		if got := read(columns...); got != want {
			t.Errorf("without leads, %v asks for %s", columns, got)
		}
	}
}
