package metadata

import "strings"

// maxKeys and maxKeyColumns bound alternate keys (reference: dataverse-api 6.1).
const (
	maxKeys       = 10
	maxKeyColumns = 16
	maxKeyBytes   = 900
)

// keyBytes is what a value of a type takes in an index; text takes two bytes a
// character (*assumed*). What is not here cannot be in a key.
var keyBytes = map[Type]int{String: 0, Integer: 4, Decimal: 17, DateTime: 8, Picklist: 4, Lookup: 16}

// MakeKey returns m with the alternate key that the body describes. Its index
// is pending.
func (m *Model) MakeKey(t *Table, b *Body, o Origin) (*Model, *AlternateKey, error) {
	k := &AlternateKey{Schema: b.Text("SchemaName"), Columns: b.Names("KeyAttributes"), Custom: true, Status: KeyPending}
	k.Name = strings.ToLower(k.Schema)
	if b.Type != "" && b.Type != "EntityKeyMetadata" {
		return nil, nil, invalid("A key is an EntityKeyMetadata, not a %s.", b.Type)
	}
	if err := o.checkName(k.Schema, "key"); err != nil {
		return nil, nil, err
	}
	b.check(keyDocument(t, k))
	if k.Label, _ = b.Label("DisplayName"); len(k.Label) == 0 {
		k.Label = In(k.Schema)
	}
	bytes := 0
	for i, name := range k.Columns {
		c := t.Column(name)
		if c == nil {
			return nil, nil, invalid("KeyAttributes: '%s' has no attribute '%s'.", t.Name, name)
		}
		size, can := keyBytes[c.Type]
		if !can || c.Secret {
			return nil, nil, invalid("KeyAttributes: '%s' is a %s, which cannot be in a key.", name, c.Type)
		}
		if c.Type == String {
			size = 2 * c.Max
		}
		bytes += size
		for _, other := range k.Columns[:i] {
			if other == name {
				return nil, nil, invalid("KeyAttributes: '%s' is there twice.", name)
			}
		}
	}
	switch {
	case len(k.Columns) == 0 || len(k.Columns) > maxKeyColumns:
		return nil, nil, invalid("A key needs one to sixteen KeyAttributes.")
	case bytes > maxKeyBytes:
		return nil, nil, invalid("The KeyAttributes take %d bytes; a key has at most %d.", bytes, maxKeyBytes)
	case t.KeyOf(k.Name) != nil:
		return nil, nil, exists("A key with the name %s already exists.", k.Name)
	case len(t.Keys) >= maxKeys:
		return nil, nil, invalid("A table has at most ten keys.")
	}
	if err := b.Err(); err != nil {
		return nil, nil, err
	}
	return m.WithKey(t.Name, k), k, nil
}

// WithKeyStatus returns m with an alternate key whose index is so far.
func (m *Model) WithKeyStatus(table, key string, status KeyStatus) *Model {
	t := *m.byName[table]
	t.Keys = append([]*AlternateKey(nil), t.Keys...)
	for i, k := range t.Keys {
		if k.Name == key {
			same := *k
			same.Status = status
			t.Keys[i] = &same
		}
	}
	return m.WithTable(&t)
}
