package dataverse

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	connector "github.com/spotler-connector/connector"
)

// Choice is one value of a choice column.
type Choice struct {
	Value  int
	Labels Labels
	State  int  // of a status reason: the state that it belongs to
	Hidden bool // no longer offered
}

// optionText is one option as it is sent.
type optionText struct {
	Value    *int
	Label    labelText
	State    int
	IsHidden bool
}

// optionSetText is an option set: a list, or the two options of a Boolean.
type optionSetText struct {
	Name                    string
	Options                 []optionText
	TrueOption, FalseOption *optionText
}

func (s optionSetText) choices() ([]Choice, error) {
	list := s.Options
	for _, two := range []*optionText{s.FalseOption, s.TrueOption} {
		if two != nil {
			list = append(list, *two)
		}
	}
	out := make([]Choice, 0, len(list))
	for _, o := range list {
		if o.Value == nil {
			return nil, errDefinition
		}
		out = append(out, Choice{Value: *o.Value, Labels: o.Label.labels(), State: o.State, Hidden: o.IsHidden})
	}
	return out, nil
}

// The kinds of columns that have choices; each is asked for on its own, because the
// list of a choice comes only with its own type.
var choiceTypes = []string{"Picklist", "MultiSelectPicklist", "State", "Status", "Boolean"}

// Options reads the choices of every choice column of a table, by logical name, with
// their labels in every language.
func (c *Client) Options(ctx context.Context, table connector.Table) (map[string][]Choice, error) {
	out := map[string][]Choice{}
	for _, kind := range choiceTypes {
		// Without a $select inside, the set comes with its options, global or not.
		part := "/Attributes/Microsoft.Dynamics.CRM." + kind + "AttributeMetadata?$select=LogicalName&$expand=OptionSet"
		if err := c.definitionList(ctx, table, part, func(body []byte) (string, error) { return addOptions(out, body) }); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func addOptions(out map[string][]Choice, body []byte) (string, error) {
	list, next, err := parseList[struct {
		LogicalName                string
		OptionSet, GlobalOptionSet *optionSetText
	}](body)
	for _, a := range list {
		set := a.OptionSet
		if set == nil {
			set = a.GlobalOptionSet
		}
		if set == nil || a.LogicalName == "" {
			return "", errDefinition
		}
		if out[a.LogicalName], err = set.choices(); err != nil {
			return "", err
		}
	}
	return next, err
}

// GlobalOptions reads a choice that several columns share, by its name.
func (c *Client) GlobalOptions(ctx context.Context, name string) ([]Choice, error) {
	r := Request{Op: "dataverse.GlobalOptions", On: name, Method: http.MethodGet, Path: "GlobalOptionSetDefinitions(Name='" + name + "')"}
	if !plainIdentifier(name) {
		return nil, notValid(r.Op, "", "the name of the choice is not a schema name")
	}
	a, err := c.Send(ctx, r)
	if err != nil {
		return nil, err
	}
	var set optionSetText
	err = json.Unmarshal(a.Body, &set)
	if err == nil && !strings.EqualFold(set.Name, name) {
		err = errDefinition
	}
	choices, bad := set.choices()
	if err != nil || bad != nil {
		return nil, garbled(r.Op, r.On, a.Status, "the choice cannot be read")
	}
	return choices, nil
}
