package dataverse

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
)

// ExecutionContext is the body of a webhook: what happened to which row (section
// 1.4, RemoteExecutionContext). The fields are decoded at once; what the methods
// return is decoded when asked for, because most events are known by their ids.
//
// A body over 256 KB comes without inputs and images (section 1.5); then Target,
// InputParameter, PreImage and PostImage find nothing and the row must be read.
type ExecutionContext struct {
	MessageName       string          // Create, Update, Delete, …
	PrimaryEntityName connector.Table // "none" for a message that is about no table
	// PrimaryEntityID is "" when the message is about no row.
	PrimaryEntityID  connector.RecordID
	OrganizationID   connector.RecordID
	InitiatingUserID connector.RecordID
	OperationID      connector.RecordID // of the system job: the same for a repeated delivery
	CorrelationID    connector.RecordID
	RequestID        connector.RecordID // often absent
	// OperationCreatedOn is in UTC; zero when absent.
	OperationCreatedOn time.Time
	Depth, Stage, Mode int

	inputs, pre, post, shared string // JSON, passed over and checked, not decoded
}

// InputsMention reports whether the inputs hold one of the words anywhere; known
// is false when the event came without its inputs. It decodes nothing, so it may
// say yes for a word in a value, never no for the name of a column.
func (x ExecutionContext) InputsMention(words ...string) (mentioned, known bool) {
	if x.inputs == "" || x.inputs == "null" || x.inputs == "[]" {
		return false, false
	}
	for _, w := range words {
		if strings.Contains(x.inputs, w) {
			return true, true
		}
	}
	return false, true
}

var bom = []byte("\xef\xbb\xbf")

var (
	errNUL  = errors.New("the body holds a NUL character")
	errDate = errors.New("a date cannot be read")
	errType = errors.New("a member has a type that we do not expect")
)

// DecodeExecutionContext reads a webhook body. It accepts a byte-order mark,
// members and types it does not know, and both ways of writing a date. Whatever is
// wrong is Garbled, and the error names a missing member.
func DecodeExecutionContext(body []byte) (ExecutionContext, error) {
	p := &scan{s: string(bytes.TrimPrefix(body, bom))}
	var x ExecutionContext
	var seen requiredMembers
	var at string
	err := p.object(func(key string) error {
		at = key
		return x.member(p, key, &seen)
	})
	switch {
	case err == nil && !p.end():
		err, at = errSyntax, ""
	case err == nil && p.nul:
		err, at = errNUL, ""
	}
	if err != nil {
		return ExecutionContext{}, badContext("the body cannot be read", at, err)
	}
	if m := seen.missing(); m != "" {
		return ExecutionContext{}, badContext("the body is no execution context: it has no "+m, "", nil)
	}
	return x, nil
}

func badContext(says, on string, err error) error {
	if !topMember[on] {
		on = "" // the name comes from the body, so only known ones are repeated
	}
	return &fault.Error{Op: "dataverse.DecodeExecutionContext", On: on, Kind: fault.Garbled, Says: says, Err: err}
}

// topMember lists the members we read.
var topMember = map[string]bool{"MessageName": true, "PrimaryEntityName": true, "PrimaryEntityId": true, "OrganizationId": true,
	"InitiatingUserId": true, "OperationId": true, "CorrelationId": true, "RequestId": true, "OperationCreatedOn": true,
	"Depth": true, "Stage": true, "Mode": true, "InputParameters": true, "PreEntityImages": true, "PostEntityImages": true, "SharedVariables": true}

// requiredMembers notes which of the members that make a context were there.
type requiredMembers struct{ message, table, id, organization bool }

func (r requiredMembers) missing() string {
	switch {
	case !r.message:
		return "MessageName"
	case !r.table:
		return "PrimaryEntityName"
	case !r.id:
		return "PrimaryEntityId"
	case !r.organization:
		return "OrganizationId"
	}
	return ""
}

// member reads one member of the top level.
func (x *ExecutionContext) member(p *scan, key string, seen *requiredMembers) (err error) {
	switch key {
	case "MessageName":
		x.MessageName, err = ownText(p)
		seen.message = x.MessageName != ""
	case "PrimaryEntityName":
		var s string
		s, err = ownText(p)
		x.PrimaryEntityName = connector.Table(s)
		seen.table = s != ""
	case "PrimaryEntityId":
		seen.id = true
		x.PrimaryEntityID, err = ownID(p)
	case "OrganizationId":
		x.OrganizationID, err = ownID(p)
		seen.organization = x.OrganizationID != ""
	case "InitiatingUserId":
		x.InitiatingUserID, err = ownID(p)
	case "OperationId":
		x.OperationID, err = ownID(p)
	case "CorrelationId":
		x.CorrelationID, err = ownID(p)
	case "RequestId":
		x.RequestID, err = ownID(p)
	case "OperationCreatedOn":
		x.OperationCreatedOn, err = ownTime(p)
	case "Depth":
		x.Depth, err = ownInt(p)
	case "Stage":
		x.Stage, err = ownInt(p)
	case "Mode":
		x.Mode, err = ownInt(p)
	case "InputParameters":
		x.inputs, err = p.value()
	case "PreEntityImages":
		x.pre, err = p.value()
	case "PostEntityImages":
		x.post, err = p.value()
	case "SharedVariables":
		x.shared, err = p.value()
	default:
		_, err = p.value()
	}
	return err
}

// null passes over a null, if it is next.
func null(p *scan) bool { return p.peek() == 'n' && p.word("null") == nil }

// ownText reads a text; null is "".
func ownText(p *scan) (string, error) {
	if null(p) {
		return "", nil
	}
	if p.peek() != '"' {
		return "", errType
	}
	return p.str()
}

func ownID(p *scan) (connector.RecordID, error) {
	s, err := ownText(p)
	if err != nil {
		return "", err
	}
	return recordID(s)
}

func ownInt(p *scan) (int, error) {
	raw, err := p.value()
	if err != nil || raw == "null" {
		return 0, err
	}
	n, err := strconv.Atoi(raw)
	if err != nil {
		return 0, errType
	}
	return n, nil
}

func ownTime(p *scan) (time.Time, error) {
	s, err := ownText(p)
	if err != nil || s == "" {
		return time.Time{}, err
	}
	t, ok := parseDate(s)
	if !ok {
		return time.Time{}, errDate
	}
	return t, nil
}

// Target is what the message acts on: the written columns for Create and Update,
// a mere reference (nil Attributes) for Delete. found is false when there is none.
func (x ExecutionContext) Target() (e Entity, found bool, err error) {
	v, found, err := x.InputParameter("Target")
	if !found || err != nil {
		return Entity{}, found, err
	}
	switch t := v.(type) {
	case Entity:
		return t, true, nil
	case Reference:
		return Entity{LogicalName: t.Table, ID: t.ID}, true, nil
	case nil:
		return Entity{}, false, nil
	}
	return Entity{}, true, badContext("Target is neither a row nor a reference", "InputParameters", nil)
}

// InputParameter is the value of one parameter of the message. See Entity for the
// types of values.
func (x ExecutionContext) InputParameter(name string) (value any, found bool, err error) {
	return parameter(x.inputs, name, "InputParameters")
}

// SharedVariable is the value of one shared variable: "tag" holds the tag of the
// request that made the change (section 2.2).
func (x ExecutionContext) SharedVariable(name string) (value any, found bool, err error) {
	return parameter(x.shared, name, "SharedVariables")
}

func parameter(all, name, member string) (value any, found bool, err error) {
	err = pairs(all, func(key, raw string) (bool, error) {
		if key != name {
			return true, nil
		}
		found = true
		value, err = decodeValue(raw)
		return false, err
	})
	if err != nil {
		return nil, found, badContext("a parameter cannot be read", member, err)
	}
	return value, found, nil
}

// PreImage is the row as it was before the message, under the alias of the
// registered image (section 1.3).
func (x ExecutionContext) PreImage(alias string) (e Entity, found bool, err error) {
	return image(x.pre, alias, "PreEntityImages")
}

// PostImage is the row as it was after the message.
func (x ExecutionContext) PostImage(alias string) (e Entity, found bool, err error) {
	return image(x.post, alias, "PostEntityImages")
}

func image(raw, alias, member string) (e Entity, found bool, err error) {
	err = pairs(raw, func(key, value string) (bool, error) {
		if key != alias {
			return true, nil
		}
		found = value != "null"
		if found {
			e, err = decodeEntity(value)
		}
		return false, err
	})
	if err != nil {
		return Entity{}, found, badContext("an image cannot be read", member, err)
	}
	return e, found, nil
}

// pairs walks over [{"key":…,"value":…}] in either order of the two, until each
// returns false. Nothing and null are no pairs.
func pairs(raw string, each func(key, value string) (more bool, err error)) error {
	if raw == "" || raw == "null" {
		return nil
	}
	p := &scan{s: raw}
	more := true
	return p.array(func() error {
		if !more {
			_, err := p.value()
			return err
		}
		var key, value string
		err := p.object(func(name string) (err error) {
			switch name {
			case "key":
				key, err = p.str()
			case "value":
				value, err = p.value()
			default:
				_, err = p.value()
			}
			return err
		})
		if err != nil {
			return err
		}
		if value == "" {
			value = "null"
		}
		more, err = each(key, value)
		return err
	})
}
