package sqlite

import (
	"container/list"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
)

// statementsKept is how many prepared statements a connection keeps. Our
// statements come in many lengths, and parsing one costs more than running it.
const statementsKept = 160

// openKept opens a database whose connections keep their prepared statements.
func openKept(dsn string) (*sql.DB, error) {
	plain, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	d := plain.Driver()
	if err := plain.Close(); err != nil {
		return nil, err
	}
	return sql.OpenDB(&keeper{driver: d, dsn: dsn}), nil
}

// keeper opens connections that keep statements.
type keeper struct {
	driver driver.Driver
	dsn    string
}

// Driver is the driver below.
func (k *keeper) Driver() driver.Driver { return k.driver }

// Connect opens a connection.
func (k *keeper) Connect(context.Context) (driver.Conn, error) {
	c, err := k.driver.Open(k.dsn)
	if err != nil {
		return nil, err
	}
	inner, ok := c.(connection)
	if !ok {
		return nil, errors.Join(fmt.Errorf("sqlite: the driver's connection %T lacks what we need of it", c), c.Close())
	}
	return &keptConn{connection: inner, order: list.New(), by: map[string]*list.Element{}}, nil
}

// connection is what the driver's connections can do.
type connection interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.Pinger
	driver.ExecerContext
	driver.QueryerContext
	driver.SessionResetter
	driver.Validator
}

// statement is what the driver's statements can do.
type statement interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// keptConn is a connection with its statements, the most recently used first. Like
// every driver.Conn it is used by one goroutine at a time.
type keptConn struct {
	connection
	order *list.List
	by    map[string]*list.Element
}

type kept struct {
	query string
	stmt  statement
	busy  bool // its rows are being read
}

// ExecContext runs a kept statement.
func (c *keptConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	k, err := c.statement(ctx, query)
	if err != nil || k == nil {
		return c.connection.ExecContext(ctx, query, args)
	}
	return k.stmt.ExecContext(ctx, args)
}

// QueryContext runs a kept statement. One whose rows are still being read is not
// run again: the driver then prepares another.
func (c *keptConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	k, err := c.statement(ctx, query)
	if err != nil || k == nil {
		return c.connection.QueryContext(ctx, query, args)
	}
	rows, err := k.stmt.QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	k.busy = true
	return &keptRows{Rows: rows, of: k}, nil
}

// statement returns the kept statement of query; nil when it must not be used. A
// query that cannot be prepared alone, such as a script, is left to the driver.
func (c *keptConn) statement(ctx context.Context, query string) (*kept, error) {
	if at, ok := c.by[query]; ok {
		k := at.Value.(*kept)
		if k.busy {
			return nil, nil
		}
		c.order.MoveToFront(at)
		return k, nil
	}
	s, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	full, ok := s.(statement)
	if !ok {
		return nil, s.Close()
	}
	k := &kept{query: query, stmt: full}
	c.by[query] = c.order.PushFront(k)
	return k, c.forget()
}

// forget closes the statements that were not used for the longest time.
func (c *keptConn) forget() error {
	for at := c.order.Back(); c.order.Len() > statementsKept && at != nil; {
		before := at.Prev()
		if k := at.Value.(*kept); !k.busy {
			c.order.Remove(at)
			delete(c.by, k.query)
			if err := k.stmt.Close(); err != nil {
				return err
			}
		}
		at = before
	}
	return nil
}

// Close closes the statements and the connection.
func (c *keptConn) Close() error {
	var errs []error
	for at := c.order.Front(); at != nil; at = at.Next() {
		errs = append(errs, at.Value.(*kept).stmt.Close())
	}
	c.order.Init()
	clear(c.by)
	return errors.Join(append(errs, c.connection.Close())...)
}

// keptRows gives its statement free when it is closed.
type keptRows struct {
	driver.Rows
	of *kept
}

// Close ends the reading.
func (r *keptRows) Close() error {
	r.of.busy = false
	return r.Rows.Close()
}
