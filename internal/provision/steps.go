package provision

import (
	"slices"
	"strings"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/dataverse"
	"github.com/spotler-connector/connector/internal/schema"
)

// The aliases of images, under which intake looks for them.
const (
	PreImage  = "PreImage"
	PostImage = "PostImage"
)

// wanted is a step with its images.
type wanted struct {
	spec   dataverse.StepSpec
	images []dataverse.ImageSpec
}

// steps lists everything that s wants to hear of.
func steps(s Spec) []wanted {
	var out []wanted
	add := func(message string, table connector.Table, columns []string, images ...dataverse.ImageSpec) {
		out = append(out, wanted{images: images, spec: dataverse.StepSpec{Name: s.Name + ": " + message + " of " + string(table),
			Message: message, Table: table, Columns: columns, Solution: s.Solution}})
	}
	for _, t := range s.Tables {
		add("Create", t.Name, nil)
		add("Update", t.Name, watched(t.Columns))
		add("Delete", t.Name, nil)
	}
	// The images name the person: an Update brings the written columns only, a
	// Delete none.
	of := s.known(schema.SpotlerPermission(), "dh_customer", "dh_lead", "dh_name", "dh_subscribed")
	add("Create", schema.SpotlerPermissionTable, nil)
	add("Update", schema.SpotlerPermissionTable, watched(of), image(PreImage, of), image(PostImage, of))
	add("Delete", schema.SpotlerPermissionTable, nil, image(PreImage, of))
	// A job that a person sets back to Queued comes as an Update; the image before
	// tells it from one that never ended.
	add("Create", schema.SpotlerJobTable, nil)
	add("Update", schema.SpotlerJobTable, []string{"statuscode"}, image(PreImage, []string{"statuscode"}), image(PostImage, s.known(schema.SpotlerJob(), jobColumns()...)))
	return out
}

// known are the columns of t that the organisation has.
func (s Spec) known(t schema.Table, columns ...string) []string {
	return slices.DeleteFunc(columns, func(name string) bool {
		col, listed := t.Column(name)
		return listed && s.Knows != nil && !s.Knows(col)
	})
}

func image(alias string, columns []string) dataverse.ImageSpec {
	return dataverse.ImageSpec{Alias: alias, Post: alias == PostImage, Columns: columns}
}

// jobColumns are the columns that make a job.
func jobColumns() []string {
	return []string{"dh_operation", "dh_customer", "dh_lead", "dh_list", "dh_automation", "dh_automationfields", "dh_automationcontactid",
		"dh_parametername", "dh_parametervalue", "dh_madebyconnector", "statuscode"}
}

// watched are columns with the states, by logical name, sorted, each once. A column
// may be spelled as $select spells it: filteringattributes wants logical names.
func watched(columns []string) []string {
	out := []string{"statecode", "statuscode"}
	for _, c := range columns {
		if bare, ok := strings.CutPrefix(c, "_"); ok {
			c = strings.TrimSuffix(bare, "_value")
		}
		out = append(out, c)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
