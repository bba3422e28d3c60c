package dataversesim

// Messages that are not the change of one row: bulk messages and the actions
// on marketing lists. Steps run for them as for any other.

// parameters are what such a message carries into its event.
type parameters struct {
	// inputs and outputs add the members of InputParameters and OutputParameters.
	inputs, outputs func(b []byte) []byte
}

// announceBulk notes that a bulk message was carried out with these changes.
func (tx *transaction) announceBulk(message string, t *table, changes []change) {
	if len(tx.sim.stepsFor(message, t.name)) == 0 {
		return
	}
	changes = append([]change(nil), changes...)
	var asked []*column
	for _, c := range changes {
		asked = append(asked, c.asked...)
	}
	nobody := &row{}
	p := &parameters{
		inputs: func(b []byte) []byte { return appendTargets(b, t, changes) },
		outputs: func(b []byte) []byte {
			if message != "CreateMultiple" {
				return b
			}
			made := make([]*row, len(changes))
			for i, c := range changes {
				made[i] = c.after
			}
			return append(appendIDs(append(b, `{"key":"Ids","value":`...), made), '}')
		},
	}
	tx.messages = append(tx.messages, change{table: t, shape: t.shape, before: nobody, after: nobody, message: message, asked: asked, parameters: p, quiet: tx.silent, tag: tx.tag, skip: tx.skip})
}

// appendTargets writes the collection of a bulk message.
func appendTargets(b []byte, t *table, changes []change) []byte {
	b = append(append(b, `{"key":"Targets","value":{"__type":"EntityCollection`...), contracts...)
	b = append(b, `"Entities":[`...)
	for i := range changes {
		c := &changes[i]
		if c.after == nil || c.table != t {
			continue
		}
		if b[len(b)-1] == '}' {
			b = append(b, ',')
		}
		b = appendAttributes(append(b, `{"Attributes":[`...), t, c.after, c.asked)
		b = appendEntityTail(append(b, `],"EntityState":null,"FormattedValues":[],`...), t, c.after)
	}
	b = appendDotNet(append(b, `],"EntityName":`...), t.name)
	return append(b, `,"MinActiveRowVersion":"-1","MoreRecords":false,"PagingCookie":"","TotalRecordCount":-1,"TotalRecordCountLimitExceeded":false}}`...)
}

// announceList notes that an action on a list was carried out.
func (tx *transaction) announceList(message string, list *row, p parameters) {
	t := tx.sim.tables["list"]
	tx.messages = append(tx.messages, change{table: t, shape: t.shape, before: list, after: list, message: message, parameters: &p, quiet: tx.silent, tag: tx.tag, skip: tx.skip})
}

// appendGUID adds a parameter that is an id.
func appendGUID(b []byte, name string, id guid) []byte {
	b = append(append(append(b, `{"key":"`...), name...), `","value":"`...)
	return append(id.append(b), `"}`...)
}
