package mapping

import connector "github.com/spotler-connector/connector"

// AddressColumn is the column of t that holds the e-mail address; "" when t is not
// synchronised.
func (b *Bound) AddressColumn(t connector.Table) string {
	bt := b.tables[t]
	if bt == nil || bt.email == nil {
		return ""
	}
	return bt.email.key
}
