package operations

import (
	"strings"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/dataverse"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/mapping"
)

// question is one query that the mapping asks beside the rows of people: for all of
// one table, or for one person (mapping.Ask).
type question struct {
	ask   mapping.Ask
	of    []*person
	query dataverse.Query
}

// expansions are the lookups whose rows come along with the rows of t.
func (b *run) expansions(t connector.Table) []dataverse.Expand {
	var out []dataverse.Expand
	for _, e := range b.env.Mapping.Expansions(t) {
		out = append(out, dataverse.Expand{Navigation: e.Navigation, Table: e.Table, Select: e.Select})
	}
	return out
}

// questions are what the mapping asks for people of table t.
func (b *run) questions(t connector.Table, people []*person) []question {
	var out []question
	for _, a := range b.env.Mapping.Asks(t) {
		q := dataverse.Query{Table: a.Table, Select: a.Select, Filter: a.Filter, OrderBy: a.OrderBy, Top: a.Top, Annotations: a.Labels}
		if a.By != "" {
			q.Select = append(q.Select[:len(q.Select):len(q.Select)], a.By)
			q.Filter = dataverse.And(dataverse.In(a.By, ids(people)...), a.Filter)
			out = append(out, question{a, people, q})
			continue
		}
		for i, p := range people {
			q.Filter = a.For(p.record.ID)
			out = append(out, question{a, people[i : i+1], q})
		}
	}
	return out
}

// learn puts the answers into the rows of the people. A question that Dataverse
// refuses stays open: its field is left out with a problem, the others go on.
func (b *run) learn(questions []question, answers []answered) error {
	for i, q := range questions {
		switch fault.Of(answers[i].err) {
		case "":
			q.deal(answers[i].rows)
		case fault.NotValid, fault.NotFound, fault.Denied:
		default:
			return answers[i].err
		}
	}
	return nil
}

// deal gives every person the rows that are theirs, be it none.
func (q question) deal(rows []dataverse.Row) {
	theirs := map[connector.RecordID][]map[string]any{}
	for _, r := range rows {
		id := q.of[0].record.ID
		if q.ask.By != "" {
			text, _ := r.Values[q.ask.By].(string)
			id = connector.RecordID(strings.ToLower(text))
		}
		theirs[id] = append(theirs[id], r.Values)
	}
	for _, p := range q.of {
		if !p.found {
			continue
		}
		mine := theirs[p.record.ID]
		if mine == nil {
			mine = []map[string]any{}
		}
		p.row.Values[q.ask.Cell] = mine
	}
}
