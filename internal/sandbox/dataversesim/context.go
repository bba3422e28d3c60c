package dataversesim

import (
	"strconv"

	"github.com/spotler-connector/connector/internal/schema"
)

// The body of a webhook: a RemoteExecutionContext as .NET's DataContract
// serializer writes it (reference: dataverse-api 1.4).

const contracts = `:http:\/\/schemas.microsoft.com\/xrm\/2011\/Contracts",`

// body writes the context of an event. A slim body lacks the members that the
// platform drops when the whole is over 256 KB.
func (s *Sim) body(b []byte, e *event, slim bool) []byte {
	b = s.contextHead(b, e)
	b = append(b, `"InputParameters":[`...)
	switch {
	case slim:
	case e.change.parameters != nil:
		b = e.change.parameters.inputs(b)
	default:
		b = append(e.appendTarget(b, false), '}')
	}
	b = s.contextMiddle(b, e)
	b = append(b, `"OutputParameters":[`...)
	if e.change.parameters != nil {
		b = e.change.parameters.outputs(b)
	} else if e.change.message == "Create" {
		b = append(e.change.after.id.append(append(b, `{"key":"id","value":"`...)), `"}`...)
	}
	b = append(e.appendOwner(append(b, `],"OwningExtension":`...)), `,"ParentContext":`...)
	if slim {
		b = append(b, `null,"PostEntityImages":[],"PreEntityImages":[],`...)
	} else {
		b = append(s.parent(b, e), `,"PostEntityImages":[`...)
		b = append(e.appendImages(b, true), `],"PreEntityImages":[`...)
		b = append(e.appendImages(b, false), `],`...)
	}
	return s.contextTail(b, e, 40)
}

// parent writes the main operation: stage 30, with the target as it was asked.
func (s *Sim) parent(b []byte, e *event) []byte {
	b = append(s.contextHead(b, e), `"InputParameters":[`...)
	if e.change.parameters != nil {
		b = e.change.parameters.inputs(b)
	} else {
		b = append(e.appendTarget(b, true), `},{"key":"SuppressDuplicateDetection","value":false}`...)
	}
	b = append(s.contextMiddle(b, e), `"OutputParameters":[],"OwningExtension":`...)
	b = append(e.appendOwner(b), `,"ParentContext":null,"PostEntityImages":[],"PreEntityImages":[],`...)
	return s.contextTail(b, e, 30)
}

func (s *Sim) contextHead(b []byte, e *event) []byte {
	b = append(s.unit.id.append(append(b, `{"BusinessUnitId":"`...)), `","CorrelationId":"`...)
	b = append(e.correlation.append(b), `","Depth":1,`...)
	if !e.classic {
		b = append(b, `"InitiatingUserAzureActiveDirectoryObjectId":"00000000-0000-0000-0000-000000000000",`...)
	}
	return append(e.user.id.append(append(b, `"InitiatingUserId":"`...)), `",`...)
}

func (s *Sim) contextMiddle(b []byte, e *event) []byte {
	b = append(b, `],"IsExecutingOffline":false,"IsInTransaction":false,"IsOfflinePlayback":false,"IsolationMode":1,"MessageName":"`...)
	b = append(append(b, e.change.message...), `","Mode":1,"OperationCreatedOn":"\/Date(`...)
	b = strconv.AppendInt(b, int64(e.at)*1000, 10)
	b = append(e.operation.append(append(b, `+0000)\/","OperationId":"`...)), `","OrganizationId":`...)
	b = append(appendDotNet(b, s.cfg.OrganizationID), `,"OrganizationName":`...)
	return append(appendDotNet(b, s.cfg.OrganizationName), ',')
}

func (s *Sim) contextTail(b []byte, e *event, stage int64) []byte {
	b = rowID(e.change.before, e.change.after).append(append(b, `"PrimaryEntityId":"`...))
	b = append(append(append(b, `","PrimaryEntityName":"`...), e.change.table.name...), `","RequestId":`...)
	if e.classic {
		b = append(b, "null"...)
	} else {
		b = append(e.request.append(append(b, '"')), '"')
	}
	b = append(b, `,"SecondaryEntityName":"none","SharedVariables":[`...)
	b = append(e.appendShared(b, stage), `],"Stage":`...)
	b = append(strconv.AppendInt(b, stage, 10), ',')
	if !e.classic {
		b = append(b, `"UserAzureActiveDirectoryObjectId":"00000000-0000-0000-0000-000000000000",`...)
	}
	return append(e.user.id.append(append(b, `"UserId":"`...)), `"}`...)
}

// appendShared writes the shared variables: a tag from the request's address,
// and in the main operation the tables that hang on this one.
func (e *event) appendShared(b []byte, stage int64) []byte {
	b = append(b, `{"key":"IsAutoTransact","value":true}`...)
	if e.change.message == "Create" {
		b = append(b, `,{"key":"DefaultsAddedFlag","value":true}`...)
	}
	if e.tag != "" {
		b = append(appendDotNet(append(b, `,{"key":"tag","value":`...), e.tag), '}')
	}
	if stage != 30 {
		return b
	}
	b = append(b, `,{"key":"ChangedEntityTypes","value":[`...)
	for i, name := range neighbours {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, `{"__type":"KeyValuePairOfstringstring:#System.Collections.Generic","key":"`...), name...), `","value":"Update"}`...)
	}
	return append(b, "]}"...)
}

var neighbours = []string{"feedback", "contract", "salesorder", "connection", "socialactivity", "postfollow", "incident", "invoice", "entitlement", "lead", "opportunity", "quote", "socialprofile", "contact"}

func (e *event) appendOwner(b []byte) []byte {
	b = append(e.step.id.append(append(b, `{"Id":"`...)), `","KeyAttributes":[],"LogicalName":"sdkmessageprocessingstep","Name":`...)
	if e.classic {
		b = append(b, "null"...)
	} else {
		b = appendDotNet(b, e.step.name)
	}
	return append(b, `,"RowVersion":null}`...)
}

// appendTarget writes the Target parameter without its closing brace: the
// entity, or for a delete a reference to it.
func (e *event) appendTarget(b []byte, asked bool) []byte {
	b = append(b, `{"key":"Target","value":`...)
	c := &e.change
	if c.message == "Delete" {
		return appendReference(b, ref{c.table, c.before.id})
	}
	b = append(append(b, `{"__type":"Entity`...), contracts...)
	cols := c.asked
	if !asked {
		cols = c.targetColumns()
	}
	b = append(b, `"Attributes":[`...)
	b = appendAttributes(b, c.table, c.after, cols)
	if !asked {
		b = append(b, `,{"key":"modifiedonbehalfby","value":null}`...)
	}
	b = append(b, `],"EntityState":null,"FormattedValues":[`...)
	if c.message == "Create" {
		b = appendFormatted(b, c.after, cols)
	}
	return appendEntityTail(append(b, `],`...), c.table, c.after)
}

// targetColumns are the columns of the Target: all of a new row, and of an
// updated one those of the request with what the platform changed along.
func (c *change) targetColumns() []*column {
	if c.message == "Create" {
		return filled(c.shape, c.after)
	}
	cols := append([]*column(nil), c.asked...)
	return append(cols, c.computed...)
}

func filled(s *shape, r *row) []*column {
	var cols []*column
	for _, c := range s.cols {
		if c.index >= 0 && !c.secret && r.get(c) != nil {
			cols = append(cols, c)
		}
	}
	return cols
}

// appendAttributes writes the key, value pairs, with the primary key among them.
func appendAttributes(b []byte, t *table, r *row, cols []*column) []byte {
	for _, c := range cols {
		if c.kind == schema.PrimaryKey || c.kind == version {
			continue
		}
		b = append(append(append(b, `{"key":"`...), c.name...), `","value":`...)
		b = append(appendTyped(b, c, r.get(c)), `},`...)
	}
	b = append(append(append(b, `{"key":"`...), t.key...), `","value":"`...)
	return append(r.id.append(b), `"}`...)
}

func appendEntityTail(b []byte, t *table, r *row) []byte {
	b = append(r.id.append(append(b, `"Id":"`...)), `","KeyAttributes":[],"LogicalName":"`...)
	return append(append(b, t.name...), `","RelatedEntities":[],"RowVersion":null}`...)
}

// appendFormatted writes the formatted values of a new row; references have none.
func appendFormatted(b []byte, r *row, cols []*column) []byte {
	first := true
	for _, c := range cols {
		v := r.get(c)
		if _, isRef := v.(ref); isRef || v == nil {
			continue
		}
		text := (*Sim)(nil).formatted(c, v)
		if text == "" {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(append(append(b, `{"key":"`...), c.name...), `","value":`...)
		b = append(appendDotNet(b, text), '}')
	}
	return b
}

// appendImages writes the images of one side. After the operation the platform
// adds one of its own, with the name of the row.
func (e *event) appendImages(b []byte, post bool) []byte {
	c := &e.change
	r := c.before
	if post {
		r = c.after
	}
	if r == nil || r.id.isZero() {
		return b
	}
	start := len(b)
	for _, image := range e.step.images {
		if post && image.post || !post && image.pre {
			b = append(appendImage(b, image.alias, c, r, imageColumns(c.shape, r, image.columns)), ',')
		}
	}
	if post {
		b = append(appendImage(b, "AsynchronousStepPrimaryName", c, r, imageColumns(c.shape, r, []string{c.table.primary})), ',')
	}
	return b[:max(start, len(b)-1)]
}

func imageColumns(s *shape, r *row, names []string) []*column {
	if len(names) == 0 {
		return filled(s, r)
	}
	var cols []*column
	for _, n := range names {
		if c := s.byName[n]; c != nil && r.get(c) != nil && !c.secret {
			cols = append(cols, c)
		}
	}
	return cols
}

func appendImage(b []byte, alias string, c *change, r *row, cols []*column) []byte {
	b = append(appendDotNet(append(b, `{"key":`...), alias), `,"value":{"Attributes":[`...)
	b = append(appendAttributes(b, c.table, r, cols), `],"EntityState":null,"FormattedValues":[],`...)
	return append(appendEntityTail(b, c.table, r), '}')
}

func appendReference(b []byte, to ref) []byte {
	b = append(append(append(b, `{"__type":"EntityReference`...), contracts...), `"Id":"`...)
	b = append(to.id.append(b), `","KeyAttributes":[],"LogicalName":"`...)
	return append(append(b, to.table.name...), `","Name":null,"RowVersion":null}`...)
}

// appendTyped writes a value as its CLR type is serialised.
func appendTyped(b []byte, c *column, v any) []byte {
	switch v := v.(type) {
	case string:
		return appendDotNet(b, v)
	case int64:
		if c.kind == schema.Choice || c.kind == schema.State || c.kind == schema.Status {
			b = append(append(append(b, `{"__type":"OptionSetValue`...), contracts...), `"Value":`...)
			return append(strconv.AppendInt(b, v, 10), '}')
		}
		return strconv.AppendInt(b, v, 10)
	case float64:
		if c.kind == schema.Money {
			b = append(append(append(b, `{"__type":"Money`...), contracts...), `"Value":`...)
			return append(strconv.AppendFloat(b, v, 'f', -1, 64), '}')
		}
		return strconv.AppendFloat(b, v, 'f', -1, 64)
	case moment:
		return appendDate(b, v)
	case day:
		m, _ := parseMoment(string(v))
		return appendDate(b, m)
	case ref:
		return appendReference(b, v)
	case picks: // an OptionSetValueCollection is an array (*assumed*)
		b = append(b, '[')
		for i, n := range v.list() {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(append(append(b, `{"__type":"OptionSetValue`...), contracts...), `"Value":`...)
			b = append(strconv.AppendInt(b, n, 10), '}')
		}
		return append(b, ']')
	}
	return appendValue(b, v)
}

func appendDate(b []byte, m moment) []byte {
	return append(strconv.AppendInt(append(b, `"\/Date(`...), int64(m)*1000, 10), `)\/"`...)
}

// appendDotNet adds a JSON string with its slashes escaped, as .NET does.
func appendDotNet(b []byte, s string) []byte {
	start := len(b)
	b = appendString(b, s)
	for i := start; i < len(b); i++ {
		if b[i] == '/' {
			b = append(b, 0)
			copy(b[i+1:], b[i:])
			b[i] = '\\'
			i++
		}
	}
	return b
}
