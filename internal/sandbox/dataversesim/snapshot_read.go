package dataversesim

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"github.com/spotler-connector/connector/internal/sandbox/dataversesim/metadata"
	"github.com/spotler-connector/connector/internal/schema"
)

// Load puts the organisation in the state of its file. A file that is not there
// is no trouble: it is made by the first Save. Whatever else is wrong is told,
// and nothing is changed. It must be called before the first request.
func (s *Sim) Load() error {
	if s.cfg.File == "" {
		return ErrNoFile
	}
	f, err := os.Open(s.cfg.File)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("load the organisation: %w", err)
	}
	defer func() { _ = f.Close() }() // it was only read
	in := &snapshotReader{}
	if err := in.read(f); err != nil {
		return fmt.Errorf("the file %s cannot be loaded, and nothing was changed: %w", s.cfg.File, err)
	}
	if in.head.Organization != s.cfg.OrganizationID {
		return fmt.Errorf("the file %s holds the organisation %s, not %s: name another file", s.cfg.File, in.head.Organization, s.cfg.OrganizationID)
	}
	if err := s.become(in); err != nil {
		return fmt.Errorf("the file %s cannot be loaded, and nothing was changed: %w", s.cfg.File, err)
	}
	return nil
}

// snapshotReader reads a file into tables of its own.
type snapshotReader struct {
	lines  *bufio.Reader
	line   int
	head   snapshotHead
	state  snapshotState
	model  *metadata.Model
	tables map[string]*table
	rows   int
}

var errCut = errors.New("the file ends too early")

// next reads one line.
func (in *snapshotReader) next() ([]byte, error) {
	text, err := in.lines.ReadBytes('\n')
	in.line++
	if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, errCut
	}
	return text, err
}

func (in *snapshotReader) into(v any) error {
	text, err := in.next()
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, v); err != nil {
		return fmt.Errorf("line %d: %w", in.line, err)
	}
	return nil
}

func (in *snapshotReader) read(from io.Reader) error {
	packed, err := gzip.NewReader(from)
	if err != nil {
		return fmt.Errorf("it is not a snapshot of the sandbox: %w", err)
	}
	in.lines = bufio.NewReaderSize(packed, 64<<10)
	if err := in.into(&in.head); err != nil {
		return err
	}
	switch {
	case in.head.Format != snapshotFormat:
		return fmt.Errorf("it is not a snapshot of the sandbox: its format is %q", in.head.Format)
	case in.head.Version != snapshotVersion:
		return fmt.Errorf("its version is %d; this program reads version %d", in.head.Version, snapshotVersion)
	}
	in.model = new(metadata.Model)
	if err := errors.Join(in.into(&in.state), in.into(in.model)); err != nil {
		return err
	}
	in.tables = map[string]*table{}
	for _, def := range in.model.Tables() {
		in.tables[def.Name] = newTable(def)
	}
	for {
		text, err := in.next()
		if err != nil {
			return err
		}
		var end struct{ End *int }
		if json.Unmarshal(text, &end) == nil && end.End != nil {
			return in.ended(*end.End)
		}
		if err := in.table(text); err != nil {
			return fmt.Errorf("line %d: %w", in.line, err)
		}
	}
}

// ended checks the last line, and that nothing follows it.
func (in *snapshotReader) ended(rows int) error {
	if rows != in.rows {
		return fmt.Errorf("it has %d rows and counts %d", in.rows, rows)
	}
	if _, err := in.lines.ReadByte(); err != io.EOF {
		return fmt.Errorf("something follows its end, or its checksum is wrong: %w", errCut)
	}
	return nil
}

// table reads the line of a table and its rows.
func (in *snapshotReader) table(text []byte) error {
	var line snapshotTable
	if err := json.Unmarshal(text, &line); err != nil {
		return err
	}
	t := in.tables[line.Table]
	if t == nil || len(t.rows) > 0 {
		return fmt.Errorf("the table %q is not defined, or is there twice", line.Table)
	}
	t.tracked, t.elastic, t.written = line.Tracked, line.Elastic, line.Written
	for _, name := range line.Hidden {
		if t.hidden == nil {
			t.hidden = map[string]bool{}
		}
		t.hidden[name] = true
	}
	for _, l := range line.Log {
		id, ok := parseGUID(l.ID)
		if !ok {
			return fmt.Errorf("the change log of %s has an id that is none", t.name)
		}
		t.log = append(t.log, logged{l.Version, id})
	}
	for range line.Rows {
		text, err := in.next()
		if err != nil {
			return err
		}
		r, err := in.row(t, text)
		if err != nil {
			return fmt.Errorf("line %d: a row of %s: %w", in.line, t.name, err)
		}
		t.replace(nil, r)
		in.rows++
	}
	return nil
}

var errRow = errors.New("it is not written as a row")

// row reads ["id",sequence,version,{…}].
func (in *snapshotReader) row(t *table, text []byte) (*row, error) {
	v, err := parseJSON(text)
	list, ok := v.([]any)
	if err != nil || !ok || len(list) != 4 {
		return nil, errRow
	}
	name, _ := list[0].(string)
	id, isID := parseGUID(name)
	seq, err1 := wholeOf(list[1])
	version, err2 := wholeOf(list[2])
	values, isObject := list[3].(object)
	if !isID || err1 != nil || err2 != nil || !isObject || t.rows[id] != nil {
		return nil, errRow
	}
	if last := len(t.order) - 1; last >= 0 && t.order[last].seq >= seq {
		return nil, errors.New("it is out of order")
	}
	sets := make([]assignment, 0, len(values))
	for _, m := range values {
		c := t.shape.byName[m.key]
		if c == nil || c.index < 0 {
			return nil, fmt.Errorf("there is no column %q", m.key)
		}
		v, err := in.value(c, m.value)
		if err != nil {
			return nil, fmt.Errorf("column %q: %w", m.key, err)
		}
		sets = append(sets, assignment{c, v})
	}
	r := &row{id: id, seq: seq, version: version, vals: make([]any, room(t.shape.usual, sets))}
	for _, a := range sets {
		r.put(a.col, a.val)
	}
	return r, nil
}

func wholeOf(v any) (int64, error) {
	n, _ := v.(number)
	return strconv.ParseInt(string(n), 10, 64)
}

// value reads a stored value of a column.
func (in *snapshotReader) value(c *column, v any) (any, error) {
	text, isText := v.(string)
	switch c.kind {
	case schema.Int, bigInt, schema.Choice, schema.State, schema.Status:
		return wholeOf(v)
	case schema.Decimal, schema.Money, double:
		n, _ := v.(number)
		return strconv.ParseFloat(string(n), 64)
	case schema.Bool:
		if b, ok := v.(bool); ok {
			return b, nil
		}
	case schema.DateTime:
		n, err := wholeOf(v)
		return moment(n), err
	case schema.DateOnly:
		if d, ok := parseDay(text); ok {
			return d, nil
		}
	case multiSelect:
		if isText && text != "" {
			return picks(text), nil
		}
	case schema.Lookup, schema.Customer, schema.Owner:
		return in.pointer(text)
	default:
		if strings.Contains(text, "/") && c.owner.Intersect {
			return in.pointer(text) // the ends of a pair
		}
		if isText {
			return text, nil
		}
	}
	return nil, errRow
}

func (in *snapshotReader) pointer(text string) (any, error) {
	name, key, _ := strings.Cut(text, "/")
	id, ok := parseGUID(key)
	t := in.tables[name]
	if !ok || t == nil {
		return nil, errRow
	}
	return ref{t, id}, nil
}

// become takes over what was read.
func (s *Sim) become(in *snapshotReader) error {
	refs := make([]ref, 4)
	for i, at := range []struct{ table, id string }{{"systemuser", in.state.User}, {"systemuser", in.state.Person}, {"businessunit", in.state.Unit}, {"transactioncurrency", in.state.Currency}} {
		id, ok := parseGUID(at.id)
		t := in.tables[at.table]
		if !ok || t == nil || t.find(id) == nil {
			return fmt.Errorf("it has no row of %s that the organisation needs", at.table)
		}
		refs[i] = ref{t, id}
	}
	if in.state.Assume != nil {
		if err := in.state.Assume.Check(); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.source.UnmarshalBinary(in.state.Random); err != nil {
		return fmt.Errorf("the state of its ids: %w", err)
	}
	s.cfg.OrganizationName = in.head.Name
	s.version, s.seq, s.expiredBelow, s.classic = in.state.Version, in.state.Sequence, in.state.ExpiredBelow, in.state.Classic
	s.user, s.person, s.unit, s.currency = refs[0], refs[1], refs[2], refs[3]
	if in.state.Assume != nil {
		s.assume.Store(in.state.Assume)
	}
	s.denied.Lock()
	s.denied.set = map[string]bool{}
	for _, name := range in.state.Denied {
		s.denied.set[name] = true
	}
	s.denied.Unlock()
	s.tables, s.model, s.steps.stale = in.tables, in.model, true
	s.adopt(in.model)
	s.resumeKeys()
	s.dropJobs()
	s.regrant()
	return nil
}

// resumeKeys ends the indexes that were pending when the file was written.
func (s *Sim) resumeKeys() {
	s.pending = nil
	for _, def := range s.model.Tables() {
		for _, k := range def.Keys {
			if k.Status == metadata.KeyPending {
				s.pending = append(s.pending, pendingKey{def.Name, k.Name, s.clock()})
			}
		}
	}
	s.indexReady()
}

// dropJobs ends the System Jobs whose events were not delivered when the file
// was written: what is on its way is not kept.
func (s *Sim) dropJobs() {
	t := s.tables["asyncoperation"]
	for _, at := range t.order {
		if at.row == nil || t.val(at.row, "statecode") == int64(3) {
			continue
		}
		after := at.row.successor(s.nextVersion(), 0)
		after.put(t.shape.byName["statecode"], int64(3))
		after.put(t.shape.byName["statuscode"], int64(31))
		after.put(t.shape.byName["message"], "The sandbox was stopped before this event was delivered.")
		t.replace(at.row, after)
	}
}
