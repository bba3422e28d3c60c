package dataverse

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestNothingPersonalPrints(t *testing.T) {
	const person = "jan@example.nl"
	x, err := DecodeExecutionContext([]byte(smallest + `,"InputParameters":[{"key":"Target","value":"` + person + `"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	for _, v := range []any{Row{ID: idA, Values: map[string]any{"emailaddress1": person}}, Entity{LogicalName: "contact", Attributes: map[string]any{"a": person}}, x,
		TokenConfig{ClientID: "id", ClientSecret: person}, EndpointSpec{Name: "n", Secret: person}, []Row{{Values: map[string]any{person: 1}}}, Change{Row: Row{Values: map[string]any{person: 1}}}} {
		if s := fmt.Sprintf("%v %+v %#v %s %q", v, v, v, v, v); strings.Contains(s, person) {
			t.Errorf("%T prints %s", v, s)
		}
		if _, isLog := v.(slog.LogValuer); isLog {
			slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "v", v)
		}
	}
	if strings.Contains(log.String(), person) || !strings.Contains(log.String(), string(idA)) {
		t.Error(log.String())
	}
}
