package dataversesim

// deriveMoney keeps the currency, its rate and the values in the base currency
// of a row with money (reference: dataverse-api 2.4: _base companions are read-only).
func (tx *transaction) deriveMoney(c *change) {
	monies := c.table.shape.monies
	if len(monies) == 0 {
		return
	}
	currency := c.table.shape.byName["transactioncurrencyid"]
	rate := c.table.shape.platform.exrate
	if currency == nil || rate == nil || !c.asksMoney(monies, currency) {
		return
	}
	at, ok := c.after.get(currency).(ref)
	if !ok {
		if at = tx.sim.currency; at.table == nil || !c.hasMoney(monies) {
			return
		}
		c.fill(currency, at)
	}
	of, _ := c.after.get(rate).(float64)
	if c.before == nil || c.asks(currency.name) || of == 0 {
		of = tx.sim.rateOf(at)
		c.fill(rate, of)
	}
	for _, col := range monies {
		value, ok := c.after.get(col).(float64)
		if !ok {
			if c.after.get(col.base) != nil {
				c.fill(col.base, nil)
			}
			continue
		}
		c.fill(col.base, rounded(value/of, 4))
	}
}

// asksMoney tells whether a change is about money at all.
func (c *change) asksMoney(monies []*column, currency *column) bool {
	for _, col := range c.asked {
		if col == currency || col.base != nil {
			return true
		}
	}
	return c.before == nil && c.hasMoney(monies)
}

func (c *change) hasMoney(monies []*column) bool {
	for _, col := range monies {
		if c.after.get(col) != nil {
			return true
		}
	}
	return false
}

// rateOf is the exchange rate of a currency: how much of it one of the base
// currency is; 1 when it has none.
func (s *Sim) rateOf(currency ref) float64 {
	if found := currency.table.find(currency.id); found != nil {
		if rate, ok := currency.table.val(found, "exchangerate").(float64); ok && rate > 0 {
			return rate
		}
	}
	return 1
}

// furnishCurrency makes the base currency and the row of the organisation.
func (s *Sim) furnishCurrency(tx *transaction) {
	s.currency = tx.must(s.tables["transactioncurrency"], derivedGUID(s.cfg.OrganizationID+"/currency"), object{{"currencyname", "Euro"}, {"isocurrencycode", "EUR"},
		{"currencysymbol", "€"}, {"currencyprecision", number("2")}, {"exchangerate", number("1")}})
	id, _ := parseGUID(s.cfg.OrganizationID)
	tx.must(s.tables["organization"], id, object{{"name", s.cfg.OrganizationName}, {"languagecode", number("1033")}, {"expirechangetrackingindays", number("7")},
		{"basecurrencyid@odata.bind", "/transactioncurrencies(" + s.currency.id.String() + ")"}})
}
