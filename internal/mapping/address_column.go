package mapping

import connector "github.com/spotler-connector/connector"

// AddressColumn is the column of t that holds the e-mail address, the first one when
// the mapping names several; "" when t is not synchronised or the address is not a
// column of its own rows.
func (b *Bound) AddressColumn(t connector.Table) string {
	bt := b.tables[t]
	if bt == nil || bt.email == nil {
		return ""
	}
	for _, part := range bt.email.parts {
		if part.column != "" && part.reader.key == part.column {
			return part.column
		}
	}
	return ""
}
