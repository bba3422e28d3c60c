package store

import (
	"context"
	"crypto/hmac"
	"database/sql"
	"errors"
	"fmt"

	connector "github.com/spotler-connector/connector"
)

// LedgerOf returns the entries about a record, oldest first; none after the person
// was erased, because nobody knows any more which ones they are.
func (s *Store) LedgerOf(ctx context.Context, env connector.Environment, record connector.Record) ([]Entry, error) {
	out, err := collect(ctx, s.from(s.read), scanEntry, `SELECT `+ledgerColumns+` FROM ledger WHERE environment = ? AND person =
		(SELECT person FROM ledger_person WHERE environment = ? AND record = ?) ORDER BY seq`, string(env), string(env), record.String())
	if err != nil {
		return nil, fmt.Errorf("store: ledger: %w", err)
	}
	return out, nil
}

func scanEntry(r *sql.Rows) (e Entry, err error) {
	var env string
	var at, changed int64
	err = r.Scan(&env, &e.Seq, &e.Person, &at, &e.Permission, &e.Was, &e.Becomes, &e.Who, &e.Origin, &e.Why, &changed, &e.MAC)
	e.At, e.ChangedAt = fromMS(at), fromMS(changed)
	return e, err
}

// LedgerCheck says whether a ledger is whole.
type LedgerCheck struct {
	Entries int64
	// Head is the mac of the last entry. Kept elsewhere, it proves later that nothing
	// was cut off since.
	Head string
	// Broken is the first entry that is not as it was written; 0 when all are.
	Broken int64
	Why    string
}

// VerifyLedger reads the whole ledger of an environment and computes its chain anew.
// An error is trouble with reading; a ledger that was tampered with is no error, but
// has Broken and Why. seen, when not empty, is the Head of an earlier check, and must
// still be in the ledger.
func (s *Store) VerifyLedger(ctx context.Context, env connector.Environment, seen string) (LedgerCheck, error) {
	key, err := s.seal.dataKey(ctx, env, ledgerKey)
	if err != nil {
		return LedgerCheck{}, err
	}
	// The end is read first: entries that are added meanwhile are not looked at.
	var head int64
	var mac string
	err = s.read.QueryRowContext(ctx, s.sql(`SELECT seq, mac FROM ledger_head WHERE environment = ?`), string(env)).Scan(&head, &mac)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return LedgerCheck{}, fmt.Errorf("store: verify ledger: %w", err)
	}
	v := &verifying{env: env, key: key, seen: seen, found: seen == ""}
	for after := int64(0); v.check.Broken == 0; {
		page, err := collect(ctx, s.from(s.read), scanEntry, `SELECT `+ledgerColumns+` FROM ledger WHERE environment = ? AND seq > ? ORDER BY seq LIMIT 1000`, string(env), after)
		if err != nil {
			return LedgerCheck{}, fmt.Errorf("store: verify ledger: %w", err)
		}
		for _, e := range page {
			if e.Seq > head {
				return v.upTo(ctx, s, head, mac)
			}
			if err := v.entry(e); err != nil {
				return LedgerCheck{}, err
			}
			if v.check.Broken != 0 {
				return v.check, nil
			}
			after = e.Seq
		}
		if len(page) < 1000 {
			break
		}
	}
	return v.upTo(ctx, s, head, mac)
}

type verifying struct {
	env    connector.Environment
	key    []byte
	before string
	seen   string
	found  bool
	check  LedgerCheck
}

func (v *verifying) broken(seq int64, why string) { v.check.Broken, v.check.Why = seq, why }

func (v *verifying) entry(e Entry) error {
	if e.Seq != v.check.Entries+1 {
		v.broken(v.check.Entries+1, "the entry is missing")
		return nil
	}
	mac, err := e.mac(v.key, v.env, v.before)
	if err != nil {
		return err
	}
	if !hmac.Equal([]byte(mac), []byte(e.MAC)) {
		v.broken(e.Seq, "the entry was changed, or one before it was put in another's place")
		return nil
	}
	v.before, v.check.Entries, v.check.Head = mac, e.Seq, mac
	v.found = v.found || mac == v.seen
	return nil
}

// upTo compares the end of the chain with the end that was remembered.
func (v *verifying) upTo(ctx context.Context, s *Store, head int64, mac string) (LedgerCheck, error) {
	switch {
	case v.check.Entries < head:
		v.broken(v.check.Entries+1, "entries were cut off at the end")
	case v.check.Head != mac:
		v.broken(max(v.check.Entries, 1), "the remembered end of the ledger is not its last entry")
	case !v.found:
		v.broken(max(v.check.Entries, 1), "the earlier end that was given is not in the ledger: entries were cut off")
	}
	if v.check.Broken != 0 {
		return v.check, nil
	}
	var after int64
	if err := s.read.QueryRowContext(ctx, s.sql(`SELECT COUNT(*) FROM ledger WHERE environment = ? AND seq > COALESCE((SELECT seq FROM ledger_head WHERE environment = ?), 0)`), string(v.env), string(v.env)).Scan(&after); err != nil {
		return v.check, fmt.Errorf("store: verify ledger: %w", err)
	}
	if after > 0 {
		v.broken(head+1, "there are entries after the end of the ledger that was remembered")
	}
	return v.check, nil
}
