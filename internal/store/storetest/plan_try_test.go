package storetest_test

import (
	"context"
	"testing"

	"github.com/spotler-connector/connector/internal/store/storetest"
)

func TestTry(t *testing.T) {
	s := storetest.OpenSQLite(t, storetest.NewClock())
	for _, q := range []string{
		`SELECT key, epoch FROM lane WHERE (key, epoch) IN (VALUES (CAST(? AS TEXT),CAST(? AS BIGINT)),(?,?)) AND state = 3 ORDER BY key`,
		`UPDATE lane SET state = 3 WHERE (key, epoch) IN (VALUES (CAST(? AS TEXT),CAST(? AS BIGINT)),(?,?)) AND state = 2 RETURNING key, epoch`,
		`UPDATE op SET state = 1 WHERE id IN (SELECT MIN(id) FROM op WHERE state = 0 AND lane IN (?,?) GROUP BY lane) RETURNING id`,
		`UPDATE op SET state = 1 WHERE id IN (SELECT MIN(id) FROM op WHERE state IN (0, 1) AND state = 0 AND lane IN (?,?) GROUP BY lane) RETURNING id`,
		`SELECT id, coalesce_key FROM op WHERE state = 1 AND lane IN (?,?)`,
		`SELECT op.lane, op.id, op.operation, h.class FROM op JOIN (SELECT MIN(id) AS id, MIN(class) AS class FROM op WHERE state = 0 AND lane IN (?,?) GROUP BY lane) AS h ON op.id = h.id`,
		`SELECT op.lane, op.id, op.operation, h.class FROM op JOIN (SELECT MIN(id) AS id, MIN(class) AS class FROM op WHERE state IN (0,1) AND state = 0 AND lane IN (?,?) GROUP BY lane) AS h ON op.id = h.id`,
		`WITH v (id, state) AS (VALUES (?,?),(?,?)) UPDATE op SET state = v.state FROM v WHERE op.id = v.id AND op.state = 1`,
		`WITH v (key, state) AS (VALUES (?,?),(?,?)) UPDATE lane SET state = v.state FROM v WHERE lane.key = v.key`,
		`SELECT environment, COUNT(DISTINCT batch) FROM lane WHERE state IN (2, 3) GROUP BY environment`,
		`UPDATE lane SET state = 2, epoch = epoch + 1 WHERE key IN (SELECT key FROM lane WHERE state = 1 AND key IN (?,?)) RETURNING key, epoch`,
		`UPDATE lane SET state = 1 WHERE key IN (SELECT key FROM lane WHERE state IN (2, 3) AND lease_until < ?) RETURNING key`,
		`SELECT id, coalesce_key FROM op WHERE state = 0 AND coalesce_key IN (?,?)`,
		`SELECT key, class, head, ready_at FROM lane WHERE state = 1 AND environment = ? AND class = ? AND ready_at <= ? ORDER BY ready_at LIMIT ?`,
		`SELECT op, job FROM request WHERE job <> '' AND op IN (?,?) ORDER BY op, job`,
		`SELECT key, op FROM request WHERE environment = ? AND key IN (?,?)`,
		`DELETE FROM telling WHERE environment = ? AND (target, version) IN (VALUES (?,?),(?,?))`,
		`SELECT target FROM telling WHERE environment = ? AND dead = 0 AND due_at <= ? ORDER BY due_at LIMIT ?`,
	} {
		rows, err := s.DB().QueryContext(context.Background(), "EXPLAIN QUERY PLAN "+q, make([]any, 20)[:count(q)]...)
		if err != nil {
			t.Error(q, err)
			continue
		}
		t.Log(q)
		for rows.Next() {
			var a, b, c int
			var d string
			rows.Scan(&a, &b, &c, &d)
			t.Log("      ", d)
		}
		rows.Close()
	}
}

func count(q string) int {
	n := 0
	for _, c := range q {
		if c == '?' {
			n++
		}
	}
	return n
}
