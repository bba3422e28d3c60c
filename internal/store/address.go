package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	connector "github.com/spotler-connector/connector"
)

// Claim asks for the right to stand for an address in Spotler. Several records
// may share an address and Spotler merges them, so one of them owns it.
type Claim struct {
	Hash   string // keyed hash of the folded address
	Record connector.Record
}

// claimPatience is how long a claim without a link counts: its op is still running.
const claimPatience = 10 * time.Minute

// ClaimAddresses gives each address to the first record that claims it and
// returns who owns each. A claim whose record no longer stands for the address
// (its link is gone, erased, or has another address) passes to the claimant.
func (s *Store) ClaimAddresses(ctx context.Context, env connector.Environment, claims []Claim) (map[string]connector.Record, error) {
	owners := make(map[string]connector.Record, len(claims))
	if err := s.readOwners(ctx, s.hot, env, claims, owners); err != nil {
		return nil, fmt.Errorf("store: claim addresses: %w", err)
	}
	open := slices.DeleteFunc(slices.Clone(claims), func(c Claim) bool { return owners[c.Hash] == c.Record })
	if len(open) == 0 {
		return owners, nil // the usual case: everybody owns what he claims, and nothing is written
	}
	err := s.transact(ctx, "claim addresses", func(tx *sql.Tx) error {
		now, err := s.dialect.Clock(ctx, tx)
		if err != nil {
			return err
		}
		for _, part := range chunks(sortedClaims(open), 500) {
			rows := newGrid("ttti", len(part))
			for _, c := range part {
				rows.add(string(env), c.Hash, c.Record.String(), ms(now))
			}
			if _, err := s.exec(ctx, tx, `INSERT INTO address (environment, hash, record, claimed_at) VALUES ? ON CONFLICT (environment, hash) DO NOTHING`, rows); err != nil {
				return err
			}
			if err := s.passOn(ctx, tx, env, part, now); err != nil {
				return err
			}
		}
		return s.readOwners(ctx, tx, env, open, owners)
	})
	return owners, err
}

// passOn gives addresses to their claimants when the owner no longer stands for them.
func (s *Store) passOn(ctx context.Context, tx *sql.Tx, env connector.Environment, claims []Claim, now time.Time) error {
	rows := newGrid("tt", len(claims))
	for _, c := range claims {
		rows.add(c.Hash, c.Record.String())
	}
	_, err := s.exec(ctx, tx, `WITH v (hash, record) AS (VALUES ?)
		UPDATE address SET record = v.record, claimed_at = ? FROM v WHERE address.environment = ? AND address.hash = v.hash AND address.record <> v.record AND address.claimed_at < ?
			AND NOT EXISTS (SELECT 1 FROM link WHERE link.environment = address.environment AND link.record = address.record AND link.address_hash = address.hash AND link.owner = 1 AND link.erased_at = 0)`,
		rows, ms(now), string(env), ms(now.Add(-claimPatience)))
	return err
}

func (s *Store) readOwners(ctx context.Context, from querier, env connector.Environment, claims []Claim, owners map[string]connector.Record) error {
	for _, part := range chunks(claims, 500) {
		hashes := make(words, len(part))
		for i, c := range part {
			hashes[i] = c.Hash
		}
		rows, err := collect(ctx, s.from(from), scanOwner, `SELECT hash, record FROM address WHERE environment = ? AND hash IN ?`, string(env), hashes)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if owners[r.hash], err = connector.ParseRecord(r.record); err != nil {
				return err
			}
		}
	}
	return nil
}

type addressOwner struct{ hash, record string }

func scanOwner(r *sql.Rows) (o addressOwner, err error) { return o, r.Scan(&o.hash, &o.record) }

// sortedClaims keeps the first claim of each address, in the order of the hashes,
// so that two transactions never wait for each other.
func sortedClaims(claims []Claim) []Claim {
	seen := map[string]bool{}
	var out []Claim
	for _, c := range claims {
		if !seen[c.Hash] {
			seen[c.Hash] = true
			out = append(out, c)
		}
	}
	sortBy(out, func(c Claim) string { return c.Hash })
	return out
}

// releaseAddresses gives up addresses that their record no longer stands for.
func (s *Store) releaseAddresses(ctx context.Context, tx *sql.Tx, env connector.Environment, claims []Claim) error {
	for _, c := range claims {
		if _, err := s.exec(ctx, tx, `DELETE FROM address WHERE environment = ? AND hash = ? AND record = ?`, string(env), c.Hash, c.Record.String()); err != nil {
			return fmt.Errorf("release address: %w", err)
		}
	}
	return nil
}
