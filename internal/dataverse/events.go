package dataverse

import (
	"context"
	"encoding/xml"
	"net/http"
	"strings"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/schema"
)

// The system tables of event registration (section 1.1 to 1.3): only what is
// needed to address their rows.
var (
	endpointTable = schema.Table{Name: "serviceendpoint", Set: "serviceendpoints", Key: "serviceendpointid", Primary: "name"}
	messageTable  = schema.Table{Name: "sdkmessage", Set: "sdkmessages", Key: "sdkmessageid", Primary: "name"}
	filterTable   = schema.Table{Name: "sdkmessagefilter", Set: "sdkmessagefilters", Key: "sdkmessagefilterid"}
	stepTable     = schema.Table{Name: "sdkmessageprocessingstep", Set: "sdkmessageprocessingsteps", Key: "sdkmessageprocessingstepid", Primary: "name"}
	imageTable    = schema.Table{Name: "sdkmessageprocessingstepimage", Set: "sdkmessageprocessingstepimages", Key: "sdkmessageprocessingstepimageid", Primary: "name"}
)

// The numbers of section 1.1 and 1.3.
const (
	contractQueue   = 6 // persistent queue
	contractWebhook = 8
	authSASKey      = 2
	authHTTPHeader  = 5
	stagePost       = 40
	modeAsync       = 1
)

// EndpointSpec describes a webhook, or a queue of Azure Service Bus, to register
// (section 1.1).
type EndpointSpec struct {
	Name string
	URL  string // of a webhook; port 80 or 443 only
	// Header and Secret are sent with every event (authtype 5, section 1.2). An
	// empty Secret leaves the stored one alone on update.
	Header, Secret string
	// Queue, when set, makes it a queue instead of a webhook; Secret is the key of
	// its policy.
	Queue *QueueSpec
	// Solution is the unique name of the unmanaged solution to put a new endpoint
	// in; empty is none.
	Solution string
}

// QueueSpec is a queue of Azure Service Bus as Dataverse addresses it (section 1.1,
// "Create a Service Bus queue endpoint"; which values go together is assumed there).
type QueueSpec struct {
	Host    string // example.servicebus.windows.net
	Name    string // of the queue
	KeyName string // of a shared access policy with the claim Send
}

// address is the namespace as Dataverse stores it.
func (q QueueSpec) address() string { return "sb://" + q.Host + "/" }

// contract is the kind of endpoint.
func (s EndpointSpec) contract() int {
	if s.Queue != nil {
		return contractQueue
	}
	return contractWebhook
}

func (s EndpointSpec) fields() (Fields, error) {
	if s.Queue != nil {
		return s.Queue.fields(s.Name, s.Secret), nil
	}
	f := Fields{"name": s.Name, "contract": contractWebhook, "url": s.URL}
	if s.Secret == "" {
		return f, nil
	}
	value, err := headerSettings(s.Header, s.Secret)
	if err != nil {
		return nil, err
	}
	f["authtype"], f["authvalue"] = authHTTPHeader, value
	return f, nil
}

func (q QueueSpec) fields(name, key string) Fields {
	namespace, _, _ := strings.Cut(q.Host, ".")
	const fullAddress, json, userID, normal = 2, 2, 2, 1 // namespaceformat, messageformat, userclaim, connectionmode
	f := Fields{"name": name, "contract": contractQueue, "namespaceformat": fullAddress, "namespaceaddress": q.address(), "solutionnamespace": namespace, "path": q.Name,
		"authtype": authSASKey, "saskeyname": q.KeyName, "messageformat": json, "userclaim": userID, "connectionmode": normal}
	if key != "" {
		f["saskey"] = key
	}
	return f
}

// headerSettings writes the XML in which Dataverse keeps a header (section 1.2).
func headerSettings(name, value string) (string, error) {
	type setting struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	out, err := xml.Marshal(struct {
		XMLName xml.Name  `xml:"settings"`
		Setting []setting `xml:"setting"`
	}{Setting: []setting{{name, value}}})
	const longest = 2048 // of authvalue
	if err != nil || name == "" || len(out) > longest {
		return "", &fault.Error{Op: "dataverse.Endpoint", Kind: fault.NotValid, Says: "the secret has no header name or is too long to be stored (2048 characters with its XML)"}
	}
	return string(out), nil
}

// Endpoint is a registered webhook or queue. Its secret cannot be read back.
type Endpoint struct {
	ID        connector.RecordID
	Name, URL string
	Queue     QueueSpec // of a queue
	// SecretSet says that Dataverse holds a secret; a solution import loses it.
	SecretSet bool
}

// Like reports whether e stands where s says, the secret apart.
func (e Endpoint) Like(s EndpointSpec) bool {
	if s.Queue != nil {
		return strings.EqualFold(e.Queue.Host, s.Queue.Host) && e.Queue.Name == s.Queue.Name && e.Queue.KeyName == s.Queue.KeyName
	}
	return e.URL == s.URL
}

// FindEndpoint looks up an endpoint of the name and kind of s. Two with the same name
// are a Conflict.
func (c *Client) FindEndpoint(ctx context.Context, s EndpointSpec) (e Endpoint, found bool, err error) {
	columns := []string{"name", "url", "isauthvalueset"}
	if s.Queue != nil {
		columns = []string{"name", "namespaceaddress", "path", "saskeyname", "issaskeyset"}
	}
	row, found, err := c.only(ctx, endpointTable, And(Eq("name", s.Name), Eq("contract", s.contract())), columns...)
	if !found || err != nil {
		return Endpoint{}, false, err
	}
	e = Endpoint{ID: row.ID, Name: row.String("name"), URL: row.String("url")}
	if s.Queue == nil {
		e.SecretSet, _ = row.Bool("isauthvalueset")
		return e, true, nil
	}
	host := strings.TrimSuffix(strings.TrimPrefix(row.String("namespaceaddress"), "sb://"), "/")
	e.Queue = QueueSpec{Host: host, Name: row.String("path"), KeyName: row.String("saskeyname")}
	e.SecretSet, _ = row.Bool("issaskeyset")
	return e, true, nil
}

// CreateEndpoint registers a webhook or a queue and returns its id.
func (c *Client) CreateEndpoint(ctx context.Context, s EndpointSpec) (connector.RecordID, error) {
	f, err := s.fields()
	if err != nil {
		return "", err
	}
	return c.create(ctx, endpointTable, f, solutionHeader(s.Solution))
}

// UpdateEndpoint changes the address of a webhook and, when given, its secret.
func (c *Client) UpdateEndpoint(ctx context.Context, id connector.RecordID, s EndpointSpec) error {
	f, err := s.fields()
	if err != nil {
		return err
	}
	return c.Update(ctx, endpointTable, id, f, 0)
}

// DeleteEndpoint removes a webhook; its steps must be gone.
func (c *Client) DeleteEndpoint(ctx context.Context, id connector.RecordID) error {
	return c.Delete(ctx, endpointTable, id)
}

// FindMessage looks up a platform message: Create, Update, Delete, AddMember, ….
func (c *Client) FindMessage(ctx context.Context, name string) (id connector.RecordID, found bool, err error) {
	row, found, err := c.only(ctx, messageTable, Eq("name", name), "name")
	return row.ID, found, err
}

// FindMessageFilter looks up the joint of a message and a table, which a step for
// one table needs. Not found means that the message cannot be had for that table.
func (c *Client) FindMessageFilter(ctx context.Context, message string, table connector.Table) (id connector.RecordID, found bool, err error) {
	row, found, err := c.only(ctx, filterTable, And(Eq("primaryobjecttypecode", string(table)), Eq("sdkmessageid/name", message)), "primaryobjecttypecode")
	return row.ID, found, err
}

// only reads the one row that matches filter.
func (c *Client) only(ctx context.Context, t schema.Table, filter string, columns ...string) (Row, bool, error) {
	var first Row
	found := false
	for row, err := range c.Rows(ctx, Query{Table: t, Select: append([]string{t.Key}, columns...), Filter: filter, Top: 2}) {
		if err != nil {
			return Row{}, false, err
		}
		if found {
			return Row{}, false, &fault.Error{Op: "dataverse.Find", On: string(t.Name), Kind: fault.Conflict, Says: "two rows carry the same name; remove one of them"}
		}
		first, found = row, true
	}
	return first, found, nil
}

func solutionHeader(name string) http.Header {
	if name == "" {
		return nil
	}
	return http.Header{"MSCRM.SolutionUniqueName": {name}}
}

// messageProperty is what an image of a message is taken from (section 1.3).
func (c *Client) messageProperty(message string) string {
	if strings.EqualFold(message, "Create") {
		return c.assumed.text[AssumedCreateImage]
	}
	return c.assumed.text[AssumedTargetImage]
}
