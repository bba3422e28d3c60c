package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	connector "github.com/spotler-connector/connector"
)

// Link joins a record in Dataverse to its contact in Spotler, and remembers what
// we last wrote there. It holds keyed hashes, never an address or a value.
type Link struct {
	Environment connector.Environment
	Record      connector.Record
	// ExternalID is the id as Spotler spells it; empty when nothing was ever written.
	ExternalID connector.ExternalID
	// AddressHash is the keyed hash of the folded address; empty when there is none.
	AddressHash string
	// Owner says that this record, of those that share the address, is the one in Spotler.
	Owner  bool
	Status connector.SpotlerStatus
	Reason string
	// Rule is the id of the rule that decided last.
	Rule string
	// Version is the row version of the record when it was last read.
	Version int64
	// Op is the op that last wrote the record to Spotler; 0 when it is not known.
	Op int64
	// InfoBound says that the record's lookup to its Spotler Info was written.
	InfoBound bool
	ErasedAt  time.Time
	// Shadow is what both sides held when we last looked, per Spotler field.
	Shadow    map[string]Sides
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Sides are keyed hashes of one field as each side had it.
type Sides struct {
	CRM     string `json:"c,omitempty"`
	Spotler string `json:"s,omitempty"`
}

// InSpotler reports whether a contact of ours should exist in Spotler.
func (l Link) InSpotler() bool { return l.ExternalID != "" && l.ErasedAt.IsZero() }

const linkColumns = `environment, record, external_id, address_hash, owner, status, reason, rule, version, op, info_bound, erased_at, shadow, created_at, updated_at`

// linkColumnsBare leaves the shadow out, which who stands for an address does not need.
var linkColumnsBare = strings.Replace(linkColumns, "shadow", "NULL", 1)

func scanLink(r *sql.Rows) (l Link, err error) {
	var record string
	var owner, bound, erased, created, updated int64
	var shadow []byte
	if err := r.Scan(&l.Environment, &record, &l.ExternalID, &l.AddressHash, &owner, &l.Status, &l.Reason, &l.Rule, &l.Version, &l.Op, &bound, &erased, &shadow, &created, &updated); err != nil {
		return l, err
	}
	if l.Record, err = connector.ParseRecord(record); err != nil {
		return l, fmt.Errorf("link: %w", err)
	}
	l.Owner, l.InfoBound = owner != 0, bound != 0
	l.ErasedAt, l.CreatedAt, l.UpdatedAt = fromMS(erased), fromMS(created), fromMS(updated)
	if len(shadow) > 0 {
		if err := json.Unmarshal(shadow, &l.Shadow); err != nil {
			return l, fmt.Errorf("shadow of %s: %w", record, err)
		}
	}
	return l, nil
}

// Links returns the links of records that have one.
func (s *Store) Links(ctx context.Context, env connector.Environment, records []connector.Record) (map[connector.Record]Link, error) {
	out := make(map[connector.Record]Link, len(records))
	for _, part := range chunks(records, 500) {
		keys := make(words, len(part))
		for i, r := range part {
			keys[i] = r.String()
		}
		links, err := collect(ctx, s.from(s.hot), scanLink, `SELECT `+linkColumns+` FROM link WHERE environment = ? AND record IN ?`, string(env), keys)
		if err != nil {
			return nil, fmt.Errorf("store: links: %w", err)
		}
		for _, l := range links {
			out[l.Record] = l
		}
	}
	return out, nil
}

// LinksByAddress returns the links whose address has one of the hashes, without
// their shadows.
func (s *Store) LinksByAddress(ctx context.Context, env connector.Environment, hashes []string) (map[string][]Link, error) {
	out := map[string][]Link{}
	for _, part := range chunks(hashes, 500) {
		links, err := collect(ctx, s.from(s.hot), scanLink, `SELECT `+linkColumnsBare+` FROM link WHERE environment = ? AND address_hash <> '' AND address_hash IN ? ORDER BY created_at, record`, string(env), words(part))
		if err != nil {
			return nil, fmt.Errorf("store: links by address: %w", err)
		}
		for _, l := range links {
			out[l.AddressHash] = append(out[l.AddressHash], l)
		}
	}
	return out, nil
}

// EachLink calls f for every link of an environment, in key order, a page at a time.
func (s *Store) EachLink(ctx context.Context, env connector.Environment, f func(Link) error) error {
	after := ""
	for {
		links, err := collect(ctx, s.from(s.read), scanLink, `SELECT `+linkColumns+` FROM link WHERE environment = ? AND record > ? ORDER BY record LIMIT 1000`, string(env), after)
		if err != nil {
			return fmt.Errorf("store: each link: %w", err)
		}
		for _, l := range links {
			if err := f(l); err != nil {
				return err
			}
		}
		if len(links) < 1000 {
			return nil
		}
		after = links[len(links)-1].Record.String()
	}
}

// CountLinks counts the records that have a contact in Spotler.
func (s *Store) CountLinks(ctx context.Context, env connector.Environment) (int, error) {
	n := 0
	err := s.read.QueryRowContext(ctx, s.sql(`SELECT COUNT(*) FROM link WHERE environment = ? AND external_id <> '' AND erased_at = 0`), string(env)).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("store: count links: %w", err)
	}
	return n, nil
}

func (s *Store) putLinks(ctx context.Context, tx *sql.Tx, links []Link, now time.Time) error {
	for _, part := range chunks(lastPer(links, func(l Link) string { return string(l.Environment) + "/" + l.Record.String() }), 500) {
		rows := newGrid("ttttitttiiiibii", len(part))
		for _, l := range part {
			if l.Record.IsZero() {
				return errors.New("a link needs a record")
			}
			shadow, err := json.Marshal(l.Shadow)
			if err != nil {
				return err
			}
			created := l.CreatedAt
			if created.IsZero() {
				created = now
			}
			rows.add(string(l.Environment), l.Record.String(), string(l.ExternalID), l.AddressHash, bit(l.Owner), string(l.Status), clip(l.Reason, 1000),
				l.Rule, l.Version, l.Op, bit(l.InfoBound), ms(l.ErasedAt), shadow, ms(created), ms(now))
		}
		if _, err := s.exec(ctx, tx, `INSERT INTO link (`+linkColumns+`) VALUES ?
			ON CONFLICT (environment, record) DO UPDATE SET external_id = excluded.external_id, address_hash = excluded.address_hash, owner = excluded.owner,
				status = excluded.status, reason = excluded.reason, rule = excluded.rule, version = excluded.version, op = excluded.op, info_bound = excluded.info_bound,
				erased_at = excluded.erased_at, shadow = excluded.shadow, updated_at = excluded.updated_at`, rows); err != nil {
			return fmt.Errorf("links: %w", err)
		}
	}
	return nil
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// lastPer keeps the last value of each key, in the order of first appearance: a
// multi-row upsert may name a row once only.
func lastPer[T any](values []T, key func(T) string) []T {
	at := make(map[string]int, len(values))
	out := make([]T, 0, len(values))
	for _, v := range values {
		k := key(v)
		if i, twice := at[k]; twice {
			out[i] = v
			continue
		}
		at[k] = len(out)
		out = append(out, v)
	}
	return out
}
