package storetest

import (
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"sync"
)

// Statement is one statement as it reached the database.
type Statement struct {
	Query string
	Args  []any
}

// Tracer is a connector that remembers the statements that pass through it.
type Tracer struct {
	driver.Connector
	mu   sync.Mutex
	seen []Statement
}

// Statements returns what passed, each text once, and forgets it.
func (t *Tracer) Statements() []Statement {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := slices.CompactFunc(slices.SortedStableFunc(slices.Values(t.seen), func(a, b Statement) int {
		if a.Query < b.Query {
			return -1
		}
		if a.Query > b.Query {
			return 1
		}
		return 0
	}), func(a, b Statement) bool { return a.Query == b.Query })
	t.seen = nil
	return out
}

func (t *Tracer) note(query string, args []driver.NamedValue) {
	s := Statement{Query: query, Args: make([]any, len(args))}
	for i, a := range args {
		s.Args[i] = a.Value
	}
	t.mu.Lock()
	t.seen = append(t.seen, s)
	t.mu.Unlock()
}

// Connect implements driver.Connector.
func (t *Tracer) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := t.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	full, ok := c.(fullConn)
	if !ok {
		return nil, fmt.Errorf("tracer: %T cannot be traced", c)
	}
	return &tracedConn{full, t}, nil
}

// fullConn is what both drivers offer.
type fullConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ExecerContext
	driver.QueryerContext
}

type tracedConn struct {
	fullConn
	t *Tracer
}

// ExecContext implements driver.ExecerContext.
func (c *tracedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	c.t.note(query, args)
	return c.fullConn.ExecContext(ctx, query, args)
}

// QueryContext implements driver.QueryerContext.
func (c *tracedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	c.t.note(query, args)
	return c.fullConn.QueryContext(ctx, query, args)
}

// dataSource connects a driver to one data source.
type dataSource struct {
	name   string
	driver driver.Driver
}

// Connect implements driver.Connector.
func (d dataSource) Connect(context.Context) (driver.Conn, error) { return d.driver.Open(d.name) }

// Driver implements driver.Connector.
func (d dataSource) Driver() driver.Driver { return d.driver }

// CheckNamedValue implements driver.NamedValueChecker for a driver that takes more
// than database/sql does, such as arrays.
func (c *tracedConn) CheckNamedValue(v *driver.NamedValue) error {
	if checker, ok := c.fullConn.(driver.NamedValueChecker); ok {
		return checker.CheckNamedValue(v)
	}
	return driver.ErrSkip
}
