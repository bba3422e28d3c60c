package dataverse

import (
	"context"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/schema"
)

var (
	postTable = schema.Table{Name: "post", Set: "posts", Key: "postid", Primary: "text"}
	noteTable = schema.Table{Name: "annotation", Set: "annotations", Key: "annotationid", Primary: "subject"}
)

// longestPost is the most characters of a post (section 5.5).
const longestPost = 2000

// Post is a line on a row's timeline (section 5.5).
type Post struct {
	ID      connector.RecordID
	Text    string // at most 2000 characters
	Created time.Time
	Source  int // 1 automatic, 2 by hand
}

// CreatePost puts an automatic post with a caller-made id on the timeline of a row.
func (c *Client) CreatePost(ctx context.Context, about connector.Record, id connector.RecordID, text string) error {
	fields, err := c.postFields("dataverse.CreatePost", about, text)
	if err != nil {
		return err
	}
	return c.CreateOnce(ctx, postTable, id, fields)
}

// PostBody is the body of the request that makes an automatic post (section 5.5) with
// a caller-made id: for CreateRequest, because a post cannot be updated.
func (c *Client) PostBody(about connector.Record, id connector.RecordID, text string) ([]byte, error) {
	const op = "dataverse.PostBody"
	if err := named(op, postTable, id); err != nil {
		return nil, err
	}
	fields, err := c.postFields(op, about, text)
	if err != nil {
		return nil, err
	}
	fields[postTable.Key] = id
	return fields.JSON()
}

func (c *Client) postFields(op string, about connector.Record, text string) (Fields, error) {
	path, err := bindPath(op, about)
	if err != nil {
		return nil, err
	}
	if n := len([]rune(text)); n == 0 || n > longestPost {
		return nil, notValid(op, string(about.Table), "the text of a post must have 1 to 2000 characters")
	}
	nav := c.assumed.text[AssumedPostRegarding] + string(about.Table)
	return Fields{"text": text, "source": 1, "type": 7, nav + "@odata.bind": path}, nil
}

// Posts reads the latest posts on a row's timeline.
func (c *Client) Posts(ctx context.Context, about connector.RecordID, most int) ([]Post, error) {
	if err := named("dataverse.Posts", postTable, about); err != nil {
		return nil, err
	}
	q := Query{Table: postTable, Select: []string{"text", "createdon", "source"}, Filter: Eq(lookupProperty("regardingobjectid"), about), OrderBy: "createdon desc", Top: max(most, 1)}
	var out []Post
	for row, err := range c.Rows(ctx, q) {
		if err != nil {
			return nil, err
		}
		p := Post{ID: row.ID, Text: row.String("text")}
		p.Created, _ = row.Time("createdon")
		p.Source, _ = row.Int("source")
		out = append(out, p)
	}
	return out, nil
}

// CreateNote puts a note with a caller-made id on a row.
func (c *Client) CreateNote(ctx context.Context, about connector.Record, id connector.RecordID, subject, text string) error {
	path, err := bindPath("dataverse.CreateNote", about)
	if err != nil {
		return err
	}
	return c.CreateOnce(ctx, noteTable, id, Fields{"subject": subject, "notetext": text, "objectid_" + string(about.Table) + "@odata.bind": path})
}
