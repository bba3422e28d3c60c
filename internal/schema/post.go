package schema

import connector "github.com/spotler-connector/connector"

// PostTable is the table of posts, the lines on a record's timeline.
const PostTable connector.Table = "post"

// post is a line on the timeline of a record (reference: dataverse-api 5.5).
func post() Table {
	return Table{Name: PostTable, Set: "posts", Label: "Post", Key: "postid", Primary: "text", Columns: []Column{
		{Name: "postid", Schema: "PostId", Kind: PrimaryKey},
		{Name: "text", Schema: "Text", Label: "Text", Kind: String, Max: 2000},
		{Name: "source", Schema: "Source", Label: "Source", Kind: Choice, Options: []Option{
			{Value: 1, Label: "Auto Post"}, {Value: 2, Label: "Manual Post"}, {Value: 3, Label: "ActionHub Post"}}},
		{Name: "type", Schema: "Type", Label: "Type", Kind: Choice, Options: []Option{
			{Value: 1, Label: "Check-in"}, {Value: 2, Label: "Idea"}, {Value: 3, Label: "News"}, {Value: 4, Label: "Private Message"},
			{Value: 5, Label: "Question"}, {Value: 6, Label: "Re-post"}, {Value: 7, Label: "Status"}}},
		{Name: "regardingobjectid", Schema: "RegardingObjectId", Label: "Regarding", Kind: Lookup,
			Targets: []connector.Table{connector.Account, connector.Contact, connector.Lead}},
		{Name: "createdon", Schema: "CreatedOn", Label: "Created On", Kind: DateTime},
	}}
}
