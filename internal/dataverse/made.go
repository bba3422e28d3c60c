package dataverse

import (
	"strings"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
)

// parseMade reads the rows that an action says it made: each names its type and its
// key.
func parseMade(body []byte) ([]connector.Record, error) {
	list, _, err := parseList[map[string]any](body)
	if err != nil {
		return nil, err
	}
	var out []connector.Record
	for _, row := range list {
		kind, _ := row["@odata.type"].(string)
		name := strings.TrimPrefix(strings.TrimPrefix(kind, "#"), "Microsoft.Dynamics.CRM.")
		key, _ := row[name+"id"].(string)
		id, err := recordID(key)
		if err != nil || id == "" || name == "" {
			return nil, errNoKey
		}
		out = append(out, connector.Record{Table: connector.Table(name), ID: id})
	}
	return out, nil
}

// isDuplicate reports whether err says that a row with that key is there already.
func isDuplicate(err error) bool {
	f := fault.As(err)
	return f != nil && f.Kind == fault.Conflict && f.Code == codeDuplicate
}
