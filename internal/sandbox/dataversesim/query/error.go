package query

import "fmt"

// Kind says what is wrong with a query.
type Kind int

// Kinds of trouble.
const (
	// Malformed is a query that does not follow its grammar.
	Malformed Kind = iota
	// Unknown is a query that names a table, a column or a way that there is not.
	Unknown
	// Mistyped is a value that its column cannot hold.
	Mistyped
	// Unsupported is a query that the platform can answer and this package cannot.
	Unsupported
	// TooMuch is a query that would take more rows than the platform allows.
	TooMuch
	// TooManyToSum is an aggregate over more rows than the platform adds up.
	TooManyToSum
)

// Error is trouble with a query: the asker's, never the tables'.
type Error struct {
	Kind Kind
	// Table and Name say what is unknown.
	Table, Name string
	// Text is a sentence for the asker.
	Text string
}

func (e *Error) Error() string { return e.Text }

// Errorf makes an error of a kind.
func Errorf(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Text: fmt.Sprintf(format, args...)}
}

// NoColumn is the error of a column that a table does not have.
func NoColumn(t Table, name string) *Error {
	return &Error{Kind: Unknown, Table: t.Title(), Name: name, Text: fmt.Sprintf("The table '%s' has no column '%s'.", t.Title(), name)}
}
