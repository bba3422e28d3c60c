package dataverse

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
)

// metadataLife is how long a definition is believed. Somebody who adds a column
// waits at most this long, or calls Forget.
const metadataLife = 10 * time.Minute

// Metadata reads the definitions of tables and keeps them for a while (section 2.4
// and 6.1). It is safe for concurrent use; concurrent readers of a table share one
// request. It belongs to one organisation, as its client does.
type Metadata struct {
	c    *Client
	life time.Duration
	now  func() time.Time

	mu     sync.Mutex
	tables map[connector.Table]*cached[TableDefinition]
	had    *cached[Capabilities]
}

// cached is one value with the instant until which it is believed. Who holds the turn
// reads it, so that readers of the same thing wait for one answer.
type cached[T any] struct {
	turn  chan struct{} // holds one while somebody reads
	value T
	until time.Time
}

func newCached[T any]() *cached[T] { return &cached[T]{turn: make(chan struct{}, 1)} }

// get returns the value, read anew when it is too old. A failed read is not kept: the
// next who waits reads for himself. Nobody waits for another longer than its own ctx.
func (e *cached[T]) get(ctx context.Context, m *Metadata, read func() (T, error)) (T, error) {
	var none T
	select {
	case e.turn <- struct{}{}:
		defer func() { <-e.turn }()
	case <-ctx.Done():
		return none, &fault.Error{Op: "dataverse.Metadata", Kind: fault.Unreachable, Says: "the wait for a definition that somebody else is reading was given up", Err: ctx.Err()}
	}
	if m.now().Before(e.until) {
		return e.value, nil
	}
	v, err := read()
	if err != nil {
		return none, err
	}
	e.value, e.until = v, m.now().Add(m.life)
	return v, nil
}

// NewMetadata returns an empty cache over c. life 0 means ten minutes; now nil means
// time.Now.
func NewMetadata(c *Client, life time.Duration, now func() time.Time) *Metadata {
	if life <= 0 {
		life = metadataLife
	}
	if now == nil {
		now = time.Now
	}
	return &Metadata{c: c, life: life, now: now, tables: map[connector.Table]*cached[TableDefinition]{}, had: newCached[Capabilities]()}
}

// Forget drops what is known, of the named tables or of all.
func (m *Metadata) Forget(tables ...connector.Table) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(tables) == 0 {
		clear(m.tables)
	}
	for _, t := range tables {
		delete(m.tables, t)
	}
}

// Table returns the definition of a table by its logical name. A table that this
// organisation does not have is NotFound, which says nothing about rows.
func (m *Metadata) Table(ctx context.Context, name connector.Table) (TableDefinition, error) {
	if !plainIdentifier(string(name)) {
		return TableDefinition{}, &fault.Error{Op: "dataverse.Metadata", Kind: fault.NotValid, Says: "the table name is not a logical name; write it in lower case with letters, digits and _"}
	}
	m.mu.Lock()
	e := m.tables[name]
	if e == nil {
		e = newCached[TableDefinition]()
		m.tables[name] = e
	}
	m.mu.Unlock()
	return e.get(ctx, m, func() (TableDefinition, error) { return m.c.Definition(ctx, name) })
}

// Column returns the definition of a column; its name may be in any case, as a
// person would write it. A column that is not there is NotFound.
func (m *Metadata) Column(ctx context.Context, table connector.Table, column string) (ColumnDefinition, error) {
	t, err := m.Table(ctx, table)
	if err != nil {
		return ColumnDefinition{}, err
	}
	col, ok := t.Columns[strings.ToLower(column)]
	if !ok {
		return ColumnDefinition{}, &fault.Error{Op: "dataverse.Metadata", On: string(table), Kind: fault.NotFound, Says: "the table has no such column; check its logical name"}
	}
	return col, nil
}

// Bind points a lookup at a row, with the navigation name and the entity set that
// the organisation itself gives, in their own case (section 2.4: another case is
// refused). The zero Record empties the lookup.
func (m *Metadata) Bind(ctx context.Context, f Fields, table connector.Table, column string, to connector.Record) error {
	t, err := m.Table(ctx, table)
	if err != nil {
		return err
	}
	bad := func(says string) error {
		return &fault.Error{Op: "dataverse.Bind", On: string(table) + "." + strings.ToLower(column), Kind: fault.NotValid, Says: says}
	}
	links := t.LookupsOf(column)
	switch {
	case len(links) == 0:
		return bad("the column is not a lookup")
	case to.IsZero():
		f[links[0].Navigation+"@odata.bind"] = nil
		return nil
	case !plainGUID(string(to.ID)):
		return bad("the lookup names no row")
	}
	for _, l := range links {
		if l.Target != to.Table {
			continue
		}
		target, err := m.Table(ctx, to.Table)
		if err != nil {
			return err
		}
		f[l.Navigation+"@odata.bind"] = "/" + target.Set + "(" + string(to.ID) + ")"
		return nil
	}
	return bad("the lookup cannot point at a row of that table")
}

// Definition reads the definition of one table: its names, columns and lookups, in
// three requests. Labels of choices are read by Options.
func (c *Client) Definition(ctx context.Context, name connector.Table) (TableDefinition, error) {
	r := Request{Op: "dataverse.Definition", On: string(name), Method: http.MethodGet, Path: definitionPath(name)}
	a, err := c.Send(ctx, r)
	if err != nil {
		if f := fault.As(err); f != nil && f.Status == http.StatusNotFound && f.Kind != fault.Garbled {
			f.Kind, f.Says = fault.NotFound, "this organisation has no such table"
		}
		return TableDefinition{}, err
	}
	t, err := parseTable(a.Body)
	if err != nil || t.Name != name {
		return TableDefinition{}, garbled(r.Op, r.On, a.Status, "the definition of the table cannot be read")
	}
	if err := c.definitionList(ctx, name, "/Attributes", t.addColumns); err != nil {
		return TableDefinition{}, err
	}
	err = c.definitionList(ctx, name, "/ManyToOneRelationships?$select=SchemaName,ReferencingAttribute,ReferencingEntityNavigationPropertyName,ReferencedEntity", t.addLookups)
	return t, err
}

// definitionList reads a collection below a table, over all its pages.
func (c *Client) definitionList(ctx context.Context, name connector.Table, part string, add func([]byte) (next string, err error)) error {
	const op = "dataverse.Definition"
	on := string(name)
	steps := trail{}
	for path := definitionPath(name) + part; path != ""; {
		a, err := c.Send(ctx, Request{Op: op, On: on, Method: http.MethodGet, Path: path})
		if err != nil {
			return err
		}
		next, err := add(a.Body)
		if err != nil {
			return garbled(op, on, a.Status, "a part of the definition of the table cannot be read")
		}
		if path, err = steps.next(c, op, on, path, next); err != nil {
			return err
		}
	}
	return nil
}

func definitionPath(name connector.Table) string {
	return "EntityDefinitions(LogicalName='" + string(name) + "')"
}

// plainIdentifier reports whether s can stand in a URL or a query as a name.
func plainIdentifier(s string) bool {
	if s == "" || len(s) > 128 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}
