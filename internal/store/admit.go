package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	connector "github.com/spotler-connector/connector"
)

// Ready is a lane that could be handed out, as Peek found it.
type Ready struct {
	Lane      Lane
	Class     Class
	Operation connector.Operation
	ReadyAt   time.Time
}

// View lets the pump look at lanes. What it sees may have changed a moment later:
// Take hands out only what is still ready.
type View struct {
	s   *Store
	q   querier
	Now time.Time
}

// Look returns a view of the lanes without a writing transaction, which on SQLite
// would wait for everybody who writes.
func (s *Store) Look(ctx context.Context) (*View, error) {
	now, err := s.dialect.Clock(ctx, s.read)
	if err != nil {
		return nil, fmt.Errorf("store: look: %w", err)
	}
	return &View{s, s.read, now}, nil
}

// Admission hands out lanes in one transaction, in which it can look at them too.
type Admission struct {
	View
	tx *sql.Tx
}

// Admit runs choose in one transaction: what it hands out and what it dispatches
// becomes true together or not at all. choose runs once.
func (s *Store) Admit(ctx context.Context, choose func(ctx context.Context, a *Admission) error) error {
	return s.once(ctx, "admit", func(tx *sql.Tx) error {
		now, err := s.dialect.Clock(ctx, tx)
		if err != nil {
			return err
		}
		return choose(ctx, &Admission{View{s, tx, now}, tx})
	})
}

// Tx is the transaction, for an executor that dispatches within it.
func (a *Admission) Tx() *sql.Tx { return a.tx }

// Peek returns up to n ready lanes of each class of an environment, oldest first
// within a class. It reads at most 4n index entries, however long the queue is.
func (v *View) Peek(ctx context.Context, env connector.Environment, n int) ([]Ready, error) {
	var q strings.Builder
	args := make([]any, 0, 16)
	for class := Consent; class <= Backfill; class++ {
		if class > Consent {
			q.WriteString(" UNION ALL ")
		}
		q.WriteString(`SELECT * FROM (SELECT key, class, head, ready_at FROM lane WHERE state = 1 AND environment = ? AND class = ? AND ready_at <= ? ORDER BY ready_at LIMIT ?) AS c`)
		args = append(args, string(env), int64(class), ms(v.Now), int64(n))
	}
	return collect(ctx, v.s.from(v.q), scanReady, q.String(), args...)
}

func scanReady(r *sql.Rows) (l Ready, err error) {
	var at int64
	err = r.Scan(&l.Lane, &l.Class, &l.Operation, &at)
	l.ReadyAt = fromMS(at)
	return l, err
}

// InFlight counts, per environment, the batches that are handed out or running.
func (v *View) InFlight(ctx context.Context) (map[connector.Environment]int, error) {
	rows, err := collect(ctx, v.s.from(v.q), scanCount, `SELECT environment, COUNT(DISTINCT batch) FROM lane WHERE state IN (2, 3) GROUP BY environment`)
	if err != nil {
		return nil, fmt.Errorf("in flight: %w", err)
	}
	out := make(map[connector.Environment]int, len(rows))
	for _, r := range rows {
		out[r.env] = r.n
	}
	return out, nil
}

type envCount struct {
	env connector.Environment
	n   int
}

func scanCount(r *sql.Rows) (c envCount, err error) { return c, r.Scan(&c.env, &c.n) }

// Take hands out lanes as one batch, leased for the given time. Lanes that
// another transaction holds right now are left for the next round.
func (a *Admission) Take(ctx context.Context, env connector.Environment, lanes []Ready, lease time.Duration) (Batch, error) {
	b := Batch{ID: uuid.NewString(), Environment: env, Class: lanes[0].Class, Operation: lanes[0].Operation}
	keys := make(words, len(lanes))
	for i, l := range lanes {
		keys[i] = string(l.Lane)
	}
	rows, err := collect(ctx, a.s.from(a.tx), scanLeased, `UPDATE lane SET state = 2, epoch = epoch + 1, batch = ?, lease_until = ?
		WHERE key IN (SELECT key FROM lane WHERE state = 1 AND key IN ?`+a.s.dialect.SkipLocked+`) RETURNING key, epoch`, b.ID, ms(a.Now.Add(lease)), keys)
	if err != nil {
		return Batch{}, fmt.Errorf("hand out: %w", err)
	}
	b.Lanes = rows
	return b, nil
}

func scanLeased(r *sql.Rows) (l Leased, err error) { return l, r.Scan(&l.Lane, &l.Epoch) }

// Waiting counts the lanes of a class that wait, up to most.
func (s *Store) Waiting(ctx context.Context, env connector.Environment, class Class, most int) (int, error) {
	n := 0
	err := s.read.QueryRowContext(ctx, s.sql(`SELECT COUNT(*) FROM (SELECT 1 FROM lane WHERE state = 1 AND environment = ? AND class = ? LIMIT ?) AS w`), string(env), int64(class), int64(most)).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("store: waiting: %w", err)
	}
	return n, nil
}

// NextReady returns when the next lane of any environment comes out of its
// back-off; zero when none waits.
func (s *Store) NextReady(ctx context.Context, env connector.Environment) (time.Time, error) {
	var at sql.NullInt64
	err := s.read.QueryRowContext(ctx, s.sql(`SELECT MIN(ready_at) FROM lane WHERE state = 1 AND environment = ?`), string(env)).Scan(&at)
	return fromMS(at.Int64), err
}

// ReclaimExpired takes back lanes whose lease ran out: their node is gone or
// late. The epoch moves on, so that its late answer matches no row. It returns
// the environments that have work again.
func (s *Store) ReclaimExpired(ctx context.Context) ([]connector.Environment, error) {
	return s.reclaim(ctx, "reclaim", `state IN (2, 3) AND lease_until < ?`, func(now time.Time) []any { return []any{ms(now)} })
}

// ReclaimAll voids every lease. Only the sole owner of a database may do that:
// on SQLite the lock on the data directory proves that nobody else holds one.
func (s *Store) ReclaimAll(ctx context.Context) ([]connector.Environment, error) {
	return s.reclaim(ctx, "reclaim all", `state IN (2, 3)`, func(time.Time) []any { return nil })
}

// ReclaimNode takes back the lanes of one node, which knows that it lost them.
func (s *Store) ReclaimNode(ctx context.Context, node string) ([]connector.Environment, error) {
	return s.reclaim(ctx, "reclaim node", `state IN (2, 3) AND state = 3 AND node = ?`, func(time.Time) []any { return []any{node} })
}

func (s *Store) reclaim(ctx context.Context, what, where string, args func(time.Time) []any) ([]connector.Environment, error) {
	seen := map[connector.Environment]bool{}
	err := s.transact(ctx, what, func(tx *sql.Tx) error {
		now, err := s.dialect.Clock(ctx, tx)
		if err != nil {
			return err
		}
		lanes, err := collect(ctx, s.from(tx), scanLaneEnv, `UPDATE lane SET state = 1, epoch = epoch + 1, lease_until = 0, node = '', batch = ''
			WHERE key IN (SELECT key FROM lane WHERE `+where+s.dialect.SkipLocked+`) RETURNING key, environment`, args(now)...)
		if err != nil {
			return err
		}
		var keys []Lane
		for _, l := range lanes {
			keys = append(keys, l.lane)
			seen[l.env] = true
		}
		return s.requeueRunning(ctx, tx, keys)
	})
	if err != nil {
		return nil, err
	}
	var out []connector.Environment
	for e := range seen {
		out = append(out, e)
		s.Wake(string(e))
	}
	return out, nil
}

type laneEnv struct {
	lane Lane
	env  connector.Environment
}

func scanLaneEnv(r *sql.Rows) (l laneEnv, err error) { return l, r.Scan(&l.lane, &l.env) }

// requeueRunning puts the running ops of lanes back at the head.
func (s *Store) requeueRunning(ctx context.Context, tx *sql.Tx, lanes []Lane) error {
	for _, part := range chunks(lanes, 500) {
		ids, err := collect(ctx, s.from(tx), scanRequestKey, `SELECT id, coalesce_key FROM op WHERE state IN (0, 1) AND state = 1 AND lane IN ?`, texts(part))
		if err != nil {
			return err
		}
		if err := s.absorb(ctx, tx, ids); err != nil {
			return err
		}
		if len(ids) == 0 {
			continue
		}
		back := make(numbers, len(ids))
		for i, o := range ids {
			back[i] = o.id
		}
		if _, err := s.exec(ctx, tx, `UPDATE op SET state = 0 WHERE id IN ?`, back); err != nil {
			return err
		}
	}
	return nil
}

type idKey struct {
	id  int64
	key string
}

func scanRequestKey(r *sql.Rows) (k idKey, err error) { return k, r.Scan(&k.id, &k.key) }

// absorb makes ops that go back to the queue serve the requests of younger
// queued ops with the same coalesce key: both say the same, and only one of a
// key may be queued.
func (s *Store) absorb(ctx context.Context, tx *sql.Tx, back []idKey) error {
	if len(back) == 0 {
		return nil
	}
	older := make(map[string]int64, len(back))
	keys := make(words, 0, len(back))
	for _, o := range back {
		older[o.key] = o.id
		keys = append(keys, o.key)
	}
	younger, err := collect(ctx, s.from(tx), scanJoining, `SELECT id, coalesce_key, class, merged FROM op WHERE state = 0 AND coalesce_key IN ?`, keys)
	if err != nil {
		return err
	}
	for _, y := range younger {
		if _, err := s.exec(ctx, tx, `UPDATE request SET op = ? WHERE op = ?`, older[y.key], y.id); err != nil {
			return err
		}
		if _, err := s.exec(ctx, tx, `UPDATE op SET merged = merged + 1 + CAST(? AS BIGINT), class = CASE WHEN class > CAST(? AS BIGINT) THEN CAST(? AS BIGINT) ELSE class END WHERE id = ?`,
			y.merged, int64(y.class), int64(y.class), older[y.key]); err != nil {
			return err
		}
		if _, err := s.exec(ctx, tx, `DELETE FROM op WHERE id = ?`, y.id); err != nil {
			return err
		}
	}
	return nil
}

// joining is a queued op whose requests an older one takes over.
type joining struct {
	idKey
	class  Class
	merged int64
}

func scanJoining(r *sql.Rows) (j joining, err error) {
	return j, r.Scan(&j.id, &j.key, &j.class, &j.merged)
}
