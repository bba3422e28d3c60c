package store

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	connector "github.com/spotler-connector/connector"
)

// ConsentChange is one change of one permission of one person, as it enters the ledger.
// Nothing in it may name the person: no address, no name, no id but Record, which
// is replaced by a random person id on its way in.
type ConsentChange struct {
	Record connector.Record
	// Permission is the name of the permission, or one of the names of this package
	// that start with "*".
	Permission string
	// Was and Becomes are "on", "off" or, when it is not known, "".
	Was, Becomes string
	// Who changed it: "person" for the person itself, "user" for somebody in
	// Dynamics 365, "connector" for a rule of ours.
	Who string
	// Origin is the side on which it changed: "dynamics", "spotler" or "connector".
	Origin string
	Why    string
	// ChangedAt is when the other side says that it changed; zero when it does not say.
	ChangedAt time.Time
}

// What a ledger entry can be about besides a permission by name.
const (
	BulkEmail = "*bulk-email" // Do Not Bulk Email: off while it is set
	AllMail   = "*all-mail"   // everything: an opt-out in Spotler, an erasure
)

// Entry is one line of the ledger.
type Entry struct {
	ConsentChange // without Record: the ledger does not know it
	// Seq counts the entries of an environment from 1, without a gap.
	Seq int64
	// Person is the random id of the person; whose it was is forgotten at erasure.
	Person string
	At     time.Time
	MAC    string
}

// ledgerKey is the purpose of the data key that chains the ledger.
const ledgerKey = "ledger"

// mac chains an entry to the one before it. It is keyed, so that whoever can write
// to the database but does not have the master key cannot mend the chain.
func (e Entry) mac(key []byte, env connector.Environment, before string) (string, error) {
	text, err := json.Marshal([]string{before, string(env), strconv.FormatInt(e.Seq, 10), e.Person, strconv.FormatInt(ms(e.At), 10), e.Permission,
		e.Was, e.Becomes, e.Who, e.Origin, e.Why, strconv.FormatInt(ms(e.ChangedAt), 10)})
	if err != nil {
		return "", err
	}
	m := hmac.New(sha256.New, key)
	m.Write(text)
	return hex.EncodeToString(m.Sum(nil)), nil
}

// enter writes changes of consent of settlements into the ledger. It is the last
// step of a Finish, because the head of the ledger is a lock that all need.
func (f *finishing) enter(ctx context.Context) error {
	byEnv, same := map[connector.Environment][]ConsentChange{}, map[connector.Environment][]Same{}
	for _, x := range f.mine {
		if len(x.Consents)+len(x.Same) == 0 {
			continue
		}
		name, _, _ := strings.Cut(string(x.Lane), "/")
		env := connector.Environment(name)
		byEnv[env] = append(byEnv[env], x.Consents...)
		same[env] = append(same[env], x.Same...)
	}
	for _, env := range slices.Sorted(maps.Keys(byEnv)) {
		if err := f.rename(ctx, env, same[env]); err != nil {
			return fmt.Errorf("ledger: %w", err)
		}
		if len(byEnv[env]) == 0 {
			continue
		}
		if err := f.s.appendLedger(ctx, f.tx, env, byEnv[env], f.now); err != nil {
			return fmt.Errorf("ledger: %w", err)
		}
	}
	return nil
}

// Same says that another record is the same person from now on: the contact that was
// made of a lead.
type Same struct{ From, To connector.Record }

// rename makes entries about From those of To, unless To has entries of its own.
func (f *finishing) rename(ctx context.Context, env connector.Environment, people []Same) error {
	if len(people) == 0 {
		return nil
	}
	if _, _, err := f.s.lockLedger(ctx, f.tx, env); err != nil { // nobody gets a name meanwhile
		return err
	}
	for _, p := range people {
		if _, err := f.s.exec(ctx, f.tx, `UPDATE ledger_person SET record = ? WHERE environment = ? AND record = ? AND NOT EXISTS
			(SELECT 1 FROM ledger_person AS other WHERE other.environment = ? AND other.record = ?)`, p.To.String(), string(env), p.From.String(), string(env), p.To.String()); err != nil {
			return err
		}
	}
	return nil
}

// EnterConsents writes changes of consent that belong to no op into the ledger.
func (s *Store) EnterConsents(ctx context.Context, env connector.Environment, changes []ConsentChange) error {
	if len(changes) == 0 {
		return nil
	}
	if err := s.Prepare(ctx, env); err != nil {
		return err
	}
	return s.transact(ctx, "ledger", func(tx *sql.Tx) error {
		now, err := s.dialect.Clock(ctx, tx)
		if err != nil {
			return err
		}
		return s.appendLedger(ctx, tx, env, changes, now)
	})
}

func (s *Store) appendLedger(ctx context.Context, tx *sql.Tx, env connector.Environment, changes []ConsentChange, now time.Time) error {
	key, err := s.seal.dataKey(ctx, env, ledgerKey)
	if err != nil {
		return err
	}
	seq, before, err := s.lockLedger(ctx, tx, env)
	if err != nil {
		return err
	}
	people, err := s.ledgerPeople(ctx, tx, env, changes)
	if err != nil {
		return err
	}
	for _, part := range chunks(changes, 500) {
		rows := newGrid("titittttttit", len(part))
		for _, c := range part {
			seq++
			e := Entry{ConsentChange: c, Seq: seq, Person: people[c.Record], At: fromMS(ms(now))}
			e.Why = clip(c.Why, 500)
			if before, err = e.mac(key, env, before); err != nil {
				return err
			}
			rows.add(string(env), seq, e.Person, ms(now), e.Permission, e.Was, e.Becomes, e.Who, e.Origin, e.Why, ms(e.ChangedAt), before)
		}
		if _, err := s.exec(ctx, tx, `INSERT INTO ledger (`+ledgerColumns+`) VALUES ?`, rows); err != nil {
			return err
		}
	}
	_, err = s.exec(ctx, tx, `UPDATE ledger_head SET seq = ?, mac = ? WHERE environment = ?`, seq, before, string(env))
	return err
}

const ledgerColumns = `environment, seq, person, at, permission, was, becomes, who, origin, why, changed_at, mac`

// lockLedger locks the end of an environment's ledger and returns it.
func (s *Store) lockLedger(ctx context.Context, tx *sql.Tx, env connector.Environment) (seq int64, mac string, err error) {
	if _, err := s.exec(ctx, tx, `INSERT INTO ledger_head (environment, seq, mac) VALUES (?, 0, '') ON CONFLICT (environment) DO NOTHING`, string(env)); err != nil {
		return 0, "", err
	}
	err = tx.QueryRowContext(ctx, s.sql(`SELECT seq, mac FROM ledger_head WHERE environment = ?`)+s.dialect.ForUpdate, string(env)).Scan(&seq, &mac)
	return seq, mac, err
}

type ledgerPerson struct{ record, person string }

func scanLedgerPerson(r *sql.Rows) (p ledgerPerson, err error) {
	return p, r.Scan(&p.record, &p.person)
}

// ledgerPeople returns the random ids of people, and makes those that are missing.
// The caller holds the end of the ledger, so nobody makes one at the same time.
func (s *Store) ledgerPeople(ctx context.Context, tx *sql.Tx, env connector.Environment, changes []ConsentChange) (map[connector.Record]string, error) {
	out := map[connector.Record]string{}
	var names []string
	for _, c := range changes {
		if _, twice := out[c.Record]; !twice {
			if c.Record.IsZero() {
				return nil, errors.New("a change of consent needs a record")
			}
			out[c.Record] = ""
			names = append(names, c.Record.String())
		}
	}
	known := map[string]string{}
	for _, part := range chunks(names, 500) {
		have, err := collect(ctx, s.from(tx), scanLedgerPerson, `SELECT record, person FROM ledger_person WHERE environment = ? AND record IN ?`, string(env), words(part))
		if err != nil {
			return nil, err
		}
		for _, p := range have {
			known[p.record] = p.person
		}
	}
	fresh := newGrid("ttt", len(names))
	for record := range out {
		name := record.String()
		if known[name] == "" {
			var id [16]byte
			if _, err := rand.Read(id[:]); err != nil {
				return nil, err
			}
			known[name] = hex.EncodeToString(id[:])
			fresh.add(string(env), name, known[name])
		}
		out[record] = known[name]
	}
	if fresh.rows() > 0 {
		if _, err := s.exec(ctx, tx, `INSERT INTO ledger_person (environment, record, person) VALUES ?`, fresh); err != nil {
			return nil, err
		}
	}
	return out, nil
}
