package dataversesim

import (
	"net/http"
	"strings"

	"github.com/spotler-connector/connector/internal/schema"
)

// keyValues are the columns of an alternate key with the values that an address
// gives them.
type keyValues struct {
	key    alternateKey
	values []assignment
}

// keyed reads the brackets of an address: dh_externalid='A1', or
// k1='a',_lookup_value=<guid> (reference: dataverse-api 2.3). known is false when
// the table has no active key of these columns.
func (t *table) keyed(text string) (k keyValues, known bool, f *failure) {
	given := map[string]string{}
	for _, part := range splitOutside(text) {
		name, value, ok := strings.Cut(part, "=")
		if !ok {
			return k, false, nil
		}
		given[strings.TrimSpace(name)] = strings.TrimSpace(value)
	}
	for _, key := range t.shape.keys {
		if len(given) != len(key.cols) {
			continue
		}
		if k.values, f = key.read(t, given); f != nil {
			return k, false, f
		}
		if k.values != nil {
			k.key = key
			return k, true, nil
		}
	}
	return k, false, nil
}

// read gives the columns of a key their values; nil when one is not among what was given.
func (k alternateKey) read(t *table, given map[string]string) ([]assignment, *failure) {
	var out []assignment
	for _, c := range k.cols {
		text, ok := given[c.wire]
		if !ok {
			return nil, nil
		}
		v, f := c.fromAddress(t, text)
		if f != nil {
			return nil, f
		}
		if v == nil {
			return nil, badSyntax("The value of '%s' in the key is empty.", c.wire)
		}
		out = append(out, assignment{c, v})
	}
	return out, nil
}

// fromAddress reads a value as an address writes it: text in quotes, which are
// doubled inside, everything else bare.
func (c *column) fromAddress(t *table, text string) (any, *failure) {
	quoted := len(text) > 1 && text[0] == '\'' && text[len(text)-1] == '\''
	plain := text
	if quoted {
		plain = strings.ReplaceAll(text[1:len(text)-1], "''", "'")
	}
	switch c.kind {
	case schema.String, schema.Memo, unique:
		if !quoted && c.kind != unique {
			return nil, badSyntax("The value of '%s' in the key must stand in single quotes.", c.wire)
		}
		return c.fromJSON(t, plain)
	case schema.Lookup, schema.Customer:
		id, ok := parseGUID(plain)
		if !ok {
			return nil, badSyntax("The value of '%s' in the key is not a GUID.", c.wire)
		}
		return keyRef{id}, nil
	case schema.DateOnly, schema.DateTime:
		return c.fromJSON(t, plain)
	}
	if quoted {
		return nil, badSyntax("The value of '%s' in the key is not text: it stands without quotes.", c.wire)
	}
	switch plain {
	case "true":
		return c.fromJSON(t, true)
	case "false":
		return c.fromJSON(t, false)
	}
	return c.fromJSON(t, number(plain))
}

// keyRef is a row that a key points at, of a table that the address does not say.
type keyRef struct{ id guid }

// index is the value under which the key keeps a row.
func (k keyValues) index() string {
	var b []byte
	for _, a := range k.values {
		b = append(appendKeyValue(b, a.val), 0)
	}
	return string(b)
}

// find is the row with these values, nil when there is none.
func (t *table) findKeyed(k keyValues) *row {
	id, ok := t.keys[k.key.meta.Name][k.index()]
	if !ok {
		return nil
	}
	return t.find(id)
}

// missingKeyed says that no row has these values. The reference has no code of
// its own for it (2.9).
func (s *Sim) missingKeyed(t *table) *failure {
	return fail(http.StatusNotFound, s.assume.Load().MissingKeyCode, "A record with the specified key values does not exist in %s entity", t.name)
}

// addressed finds the row that an address means: its id, or the values of an
// alternate key. k is set when it was a key; before is nil when no row has it.
// The caller holds a lock.
func (s *Sim) addressed(t *table, text string) (id guid, k *keyValues, f *failure) {
	if id, ok := parseGUID(strings.Trim(text, "'")); ok {
		return id, nil, nil
	}
	found, known, f := t.keyed(text)
	if f != nil {
		return id, nil, f
	}
	if !known {
		return id, nil, badSyntax("Bad Request - Error in query syntax: '%s' has no such key.", t.set)
	}
	if r := t.findKeyed(found); r != nil {
		id = r.id
	}
	return id, &found, nil
}

// complete are the assignments of a request with the values of the key it was
// addressed by. A key column may repeat in the body; the address wins (*assumed*).
func (tx *transaction) complete(t *table, k *keyValues, sets []assignment) ([]assignment, *failure) {
	if k == nil {
		return sets, nil
	}
	for _, a := range k.values {
		if to, ok := a.val.(keyRef); ok {
			at, f := tx.sim.pointed(t, a.col, to.id)
			if f != nil {
				return nil, f
			}
			a.val = at
		}
		sets = assign(sets, a)
	}
	return sets, nil
}

// pointed finds the row that a lookup in a key points at.
func (s *Sim) pointed(t *table, c *column, id guid) (ref, *failure) {
	for _, name := range c.targets {
		if target := s.tables[name]; target != nil && target.find(id) != nil {
			return ref{target, id}, nil
		}
	}
	return ref{}, badPayload(t, "The lookup '%s' in the key points at a row that does not exist.", c.wire)
}
