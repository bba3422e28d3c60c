package dataverse

import (
	"context"
	"strings"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/schema"
)

// StepSpec describes one event to send to an endpoint: asynchronous, after the
// change is committed (section 1.3).
type StepSpec struct {
	Name     string // at most 256 characters
	Endpoint connector.RecordID
	Message  string          // Create, Update, Delete, AddMember, …
	Table    connector.Table // empty: the message is about no table
	// Columns restricts an Update to requests that name one of these columns.
	Columns  []string
	Disabled bool
	Solution string
}

// Step is a registered step.
type Step struct {
	ID       connector.RecordID
	Name     string
	Endpoint connector.RecordID
	Message  connector.RecordID
	Filter   connector.RecordID // "" when the message is about no table
	Columns  []string
	Disabled bool
}

// FindStep looks up a step by name. Two with the same name are a Conflict.
func (c *Client) FindStep(ctx context.Context, name string) (s Step, found bool, err error) {
	row, found, err := c.only(ctx, stepLookups, Eq("name", name), "name", "filteringattributes", "statecode", "eventhandler", "sdkmessageid", "sdkmessagefilterid")
	if !found || err != nil {
		return Step{}, false, err
	}
	s = Step{ID: row.ID, Name: row.String("name"), Columns: splitColumns(row.String("filteringattributes"))}
	state, _ := row.Int("statecode")
	s.Disabled = state == 1
	for col, to := range map[string]*connector.RecordID{"eventhandler": &s.Endpoint, "sdkmessageid": &s.Message, "sdkmessagefilterid": &s.Filter} {
		if at, ok := row.Lookup(col); ok {
			*to = at.ID
		}
	}
	return s, true, nil
}

// stepLookups is the step table with the lookups that FindStep selects.
var stepLookups = func() schema.Table {
	t := stepTable
	t.Columns = []schema.Column{{Name: "eventhandler", Kind: schema.Lookup}, {Name: "sdkmessageid", Kind: schema.Lookup}, {Name: "sdkmessagefilterid", Kind: schema.Lookup}}
	return t
}()

func splitColumns(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
}

// CreateStep registers s and returns its id. NotFound means that the organisation
// does not have the message, or not for that table.
func (c *Client) CreateStep(ctx context.Context, s StepSpec) (connector.RecordID, error) {
	f := s.fields()
	f["stage"], f["mode"], f["rank"], f["asyncautodelete"], f["supporteddeployment"] = stagePost, modeAsync, 1, true, 0
	message, found, err := c.FindMessage(ctx, s.Message)
	if err != nil {
		return "", err
	}
	if !found {
		return "", noMessage(s)
	}
	f["sdkmessageid@odata.bind"] = "/" + rowPath(messageTable, message)
	if s.Table != "" {
		filter, found, err := c.FindMessageFilter(ctx, s.Message, s.Table)
		if err != nil {
			return "", err
		}
		if !found {
			return "", noMessage(s)
		}
		f["sdkmessagefilterid@odata.bind"] = "/" + rowPath(filterTable, filter)
	}
	id, err := c.create(ctx, stepTable, f, solutionHeader(s.Solution))
	if err != nil || !s.Disabled {
		return id, err
	}
	return id, c.Update(ctx, stepTable, id, stateOf(true), 0)
}

func noMessage(s StepSpec) error {
	return &fault.Error{Op: "dataverse.CreateStep", On: s.Message + " of " + string(s.Table), Kind: fault.NotFound,
		Says: "this organisation does not have that message for that table; check that the table exists"}
}

// UpdateStep changes the endpoint, the columns and the state of a step. Its message
// and table are fixed: delete the step and create another.
func (c *Client) UpdateStep(ctx context.Context, id connector.RecordID, s StepSpec) error {
	f := s.fields()
	for k, v := range stateOf(s.Disabled) {
		f[k] = v
	}
	return c.Update(ctx, stepTable, id, f, 0)
}

// DeleteStep removes a step with its images.
func (c *Client) DeleteStep(ctx context.Context, id connector.RecordID) error {
	return c.Delete(ctx, stepTable, id)
}

func (s StepSpec) fields() Fields {
	f := Fields{"name": s.Name, "description": s.Name, "filteringattributes": nil,
		"eventhandler_serviceendpoint@odata.bind": "/" + rowPath(endpointTable, s.Endpoint)}
	if len(s.Columns) > 0 {
		f["filteringattributes"] = strings.Join(s.Columns, ",")
	}
	return f
}

func stateOf(disabled bool) Fields {
	if disabled {
		return Fields{"statecode": 1, "statuscode": 2}
	}
	return Fields{"statecode": 0, "statuscode": 1}
}

// ImageSpec describes an image: the row before or after the change, sent along
// with a step. There is no image before a Create or after a Delete (section 1.3).
type ImageSpec struct {
	Alias   string
	Step    connector.RecordID
	Message string // of the step; it decides what the image is taken from
	Post    bool   // after the change; otherwise before it
	Columns []string
}

// Image is a registered image.
type Image struct {
	ID      connector.RecordID
	Alias   string
	Post    bool
	Columns []string
}

// FindImage looks up an image of a step by its alias.
func (c *Client) FindImage(ctx context.Context, step connector.RecordID, alias string) (i Image, found bool, err error) {
	filter := And(Eq("_sdkmessageprocessingstepid_value", step), Eq("entityalias", alias))
	row, found, err := c.only(ctx, imageTable, filter, "entityalias", "imagetype", "attributes")
	if !found || err != nil {
		return Image{}, false, err
	}
	kind, _ := row.Int("imagetype")
	return Image{ID: row.ID, Alias: row.String("entityalias"), Post: kind == 1, Columns: splitColumns(row.String("attributes"))}, true, nil
}

// CreateImage registers an image and returns its id.
func (c *Client) CreateImage(ctx context.Context, s ImageSpec) (connector.RecordID, error) {
	f := s.fields()
	f["messagepropertyname"] = c.messageProperty(s.Message)
	f["sdkmessageprocessingstepid@odata.bind"] = "/" + rowPath(stepTable, s.Step)
	return c.create(ctx, imageTable, f, nil)
}

// UpdateImage changes the columns of an image.
func (c *Client) UpdateImage(ctx context.Context, id connector.RecordID, s ImageSpec) error {
	return c.Update(ctx, imageTable, id, s.fields(), 0)
}

func (s ImageSpec) fields() Fields {
	kind := 0
	if s.Post {
		kind = 1
	}
	return Fields{"name": s.Alias, "entityalias": s.Alias, "imagetype": kind, "attributes": strings.Join(s.Columns, ",")}
}
