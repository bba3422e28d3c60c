package metadata

import (
	"crypto/sha256"
	"encoding/hex"
)

// identity is a MetadataId that follows from what it identifies, so that the
// same definitions have the same ids in every run.
func identity(kind, name string) string {
	sum := sha256.Sum256([]byte("dataversesim/" + kind + "/" + name))
	b := sum[:16]
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	h := hex.EncodeToString(b)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// seal gives a table and what belongs to it the ids that are missing.
func (t *Table) seal() {
	if t.ID == "" {
		t.ID = identity("table", t.Name)
	}
	for _, c := range t.Columns {
		c.seal(t)
	}
	for _, k := range t.Keys {
		if k.ID == "" {
			k.ID = identity("key", t.Name+"."+k.Name)
		}
	}
}

func (c *Column) seal(t *Table) {
	if c.ID == "" {
		c.ID = identity("column", t.Name+"."+c.Name)
	}
	if c.Choice != nil && c.Choice.ID == "" {
		if c.Choice.Name == "" {
			c.Choice.Name = t.Name + "_" + c.Name
		}
		c.Choice.ID = identity("choice", c.Choice.Name)
	}
}
