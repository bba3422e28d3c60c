package dataverse

import (
	"fmt"
	"io"
	"log/slog"
)

// What holds personal data or a secret prints as what it is about, in every verb of
// fmt and in slog, so that no log line can give it away by accident. fmt keeps what
// is written to its State in memory: there is no error to look at.

// Format prints the id only: the values are personal.
func (r Row) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "row "+string(r.ID)) }

// LogValue logs the id only.
func (r Row) LogValue() slog.Value { return slog.StringValue(string(r.ID)) }

// Format prints the table and the id only: the attributes are personal.
func (e Entity) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, string(e.LogicalName)+"/"+string(e.ID))
}

// LogValue logs the table and the id only.
func (e Entity) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(e)) }

// Format prints the message and the row only: inputs and images are personal.
func (x ExecutionContext) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, x.MessageName+" of "+string(x.PrimaryEntityName)+"/"+string(x.PrimaryEntityID))
}

// LogValue logs the message, the row and the ids that find the event again.
func (x ExecutionContext) LogValue() slog.Value {
	return slog.GroupValue(slog.String("message", x.MessageName), slog.String("table", string(x.PrimaryEntityName)),
		slog.String("row", string(x.PrimaryEntityID)), slog.String("operation", string(x.OperationID)), slog.String("correlation", string(x.CorrelationID)))
}

// Format prints the client id only: the secret is a secret.
func (c TokenConfig) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "client "+c.ClientID) }

// LogValue logs the client id only.
func (c TokenConfig) LogValue() slog.Value { return slog.StringValue(c.ClientID) }

// Format prints the name only: the secret is a secret.
func (s EndpointSpec) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "endpoint "+s.Name) }

// LogValue logs the name only.
func (s EndpointSpec) LogValue() slog.Value { return slog.StringValue(s.Name) }
