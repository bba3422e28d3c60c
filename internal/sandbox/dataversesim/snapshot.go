package dataversesim

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spotler-connector/connector/internal/sandbox/dataversesim/metadata"
)

// A snapshot is the whole organisation in one file: gzip over lines of JSON. The
// first line tells the format, the second the state, the third the definitions;
// then each table has a line and its rows, one a line; the last line counts the
// rows, so that a file that was cut is found out.

// snapshotFormat and snapshotVersion are told by the first line.
const (
	snapshotFormat  = "spotler-dataverse-sandbox"
	snapshotVersion = 1
)

// ErrNoFile is answered by Save when the organisation has no file behind it.
var ErrNoFile = errors.New("the organisation has no file behind it: start the sandbox with --dataverse-file")

// Saved tells what Save wrote.
type Saved struct {
	File  string `json:"file"`
	Rows  int    `json:"rows"`
	Bytes int64  `json:"bytes"`
}

type snapshotHead struct {
	Format       string    `json:"format"`
	Version      int       `json:"version"`
	Organization string    `json:"organization"`
	Name         string    `json:"name"`
	SavedAt      time.Time `json:"saved_at"`
}

// snapshotState is what an organisation has beside definitions and rows. Tokens,
// limits and what is on its way are not kept.
type snapshotState struct {
	Version      int64        `json:"version"`
	Sequence     int64        `json:"sequence"`
	ExpiredBelow int64        `json:"expired_below"`
	Random       []byte       `json:"random"`
	User         string       `json:"user"`
	Person       string       `json:"person"`
	Unit         string       `json:"unit"`
	Currency     string       `json:"currency"`
	Denied       []string     `json:"denied"`
	Classic      bool         `json:"classic"`
	Assume       *Assumptions `json:"assumptions"`
}

type snapshotTable struct {
	Table   string        `json:"table"`
	Tracked bool          `json:"tracked"`
	Elastic bool          `json:"elastic"`
	Hidden  []string      `json:"hidden"`
	Rows    int           `json:"rows"`
	Log     []snapshotLog `json:"log"`
	Written writes        `json:"written"`
}

// snapshotLog is one line of the change log.
type snapshotLog struct {
	Version int64  `json:"v"`
	ID      string `json:"id"`
}

// snapshotEnd is the last line.
type snapshotEnd struct {
	End int `json:"end"`
}

// picture is an organisation at one moment: rows never change, so it can be
// written while others work.
type picture struct {
	head   snapshotHead
	state  snapshotState
	model  *metadata.Model
	tables []pictured
}

type pictured struct {
	line  snapshotTable
	shape *shape
	rows  []*row
}

// Save writes the organisation to its file: first beside it, then in its place,
// so that there is a whole file at every moment.
func (s *Sim) Save() (Saved, error) {
	if s.cfg.File == "" {
		return Saved{}, ErrNoFile
	}
	f, err := os.CreateTemp(filepath.Dir(s.cfg.File), ".dataverse-*")
	if err != nil {
		return Saved{}, fmt.Errorf("save the organisation: %w", err)
	}
	defer func() { _ = os.Remove(f.Name()) }() // after the rename there is nothing left to remove
	rows, err := s.picture().write(f)
	if err == nil {
		err = f.Sync()
	}
	size := int64(0)
	if info, statErr := f.Stat(); statErr == nil {
		size = info.Size()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), s.cfg.File)
	}
	if err != nil {
		return Saved{}, fmt.Errorf("save the organisation: %w", err)
	}
	return Saved{s.cfg.File, rows, size}, nil
}

// picture takes a picture of everything under the read lock.
func (s *Sim) picture() *picture {
	s.mu.RLock()
	defer s.mu.RUnlock()
	random, _ := s.source.MarshalBinary() // a PCG cannot fail
	p := &picture{
		head: snapshotHead{snapshotFormat, snapshotVersion, s.cfg.OrganizationID, s.cfg.OrganizationName, s.cfg.Now().UTC()},
		state: snapshotState{Version: s.version, Sequence: s.seq, ExpiredBelow: s.expiredBelow, Random: random, User: s.user.id.String(), Person: s.person.id.String(),
			Unit: s.unit.id.String(), Currency: s.currency.id.String(), Classic: s.classic, Assume: s.assume.Load()},
		model: s.model,
	}
	s.denied.RLock()
	for name := range s.denied.set {
		p.state.Denied = append(p.state.Denied, name)
	}
	s.denied.RUnlock()
	slices.Sort(p.state.Denied)
	for _, t := range s.ordered {
		one := pictured{snapshotTable{Table: t.name, Tracked: t.tracked, Elastic: t.elastic, Rows: len(t.rows), Written: t.written}, t.shape, nil}
		for name := range t.hidden {
			one.line.Hidden = append(one.line.Hidden, name)
		}
		for _, l := range t.log {
			one.line.Log = append(one.line.Log, snapshotLog{l.version, l.id.String()})
		}
		for _, at := range t.order {
			if at.row != nil {
				one.rows = append(one.rows, at.row)
			}
		}
		p.tables = append(p.tables, one)
	}
	return p
}

// write writes the file and returns the number of rows.
func (p *picture) write(to io.Writer) (rows int, err error) {
	packed, _ := gzip.NewWriterLevel(to, gzip.BestSpeed) // the level is a good one
	w := bufio.NewWriterSize(packed, 64<<10)
	lines := json.NewEncoder(w)
	for _, line := range []any{p.head, p.state, p.model} {
		if err := lines.Encode(line); err != nil {
			return 0, err
		}
	}
	var b []byte
	for _, t := range p.tables {
		if err := lines.Encode(t.line); err != nil {
			return 0, err
		}
		for _, r := range t.rows {
			b = appendSnapshotRow(b[:0], t.shape, r)
			if _, err := w.Write(b); err != nil {
				return 0, err
			}
			rows++
		}
	}
	return rows, errors.Join(lines.Encode(snapshotEnd{rows}), w.Flush(), packed.Close())
}

// appendSnapshotRow writes a row: ["id",sequence,version,{"column":value,…}]. A
// lookup is "table/id"; a moment is its seconds since 1970.
func appendSnapshotRow(b []byte, s *shape, r *row) []byte {
	b = append(r.id.append(append(b, `["`...)), `",`...)
	b = append(appendInt64(b, r.seq), ',')
	b = append(appendInt64(b, r.version), ",{"...)
	first := true
	for _, c := range s.cols {
		v := r.get(c)
		if to, isRef := v.(ref); c.index < 0 || v == nil || isRef && to.table == nil {
			continue // the first row of all was made by nobody
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(appendString(b, c.name), ':')
		switch v := v.(type) {
		case moment:
			b = appendInt64(b, int64(v))
		case ref:
			b = appendString(b, v.table.name+"/"+v.id.String())
		default:
			b = appendValue(b, v)
		}
	}
	return append(b, "}]\n"...)
}
