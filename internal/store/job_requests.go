package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	connector "github.com/spotler-connector/connector"
)

// JobRequest is what is known of a Spotler Job row that asked for work before.
type JobRequest struct {
	// Open says that an op which serves the row is queued or runs.
	Open bool
	// Told says that Dataverse has heard how the last op ended. A telling that
	// Dataverse will never take was not heard.
	Told bool
	// EndedAt is when the last op ended; zero while none has.
	EndedAt time.Time
}

// JobRequests returns what is known of those job rows that asked before. A row that
// is missing never did, or so long ago that its request was pruned.
func (s *Store) JobRequests(ctx context.Context, env connector.Environment, jobs []connector.RecordID) (map[connector.RecordID]JobRequest, error) {
	out := make(map[connector.RecordID]JobRequest, len(jobs))
	for _, part := range chunks(jobs, 500) {
		rows, err := collect(ctx, s.from(s.read), scanJobRequest, `SELECT request.job, MAX(CASE WHEN op.state IN (0, 1) THEN 1 ELSE 0 END), MAX(op.finished_at), COUNT(telling.target)
			FROM request JOIN op ON op.id = request.op
			LEFT JOIN telling ON telling.environment = request.environment AND telling.target = 'dh_spotlerjobs(' || request.job || ')'
			WHERE request.environment = ? AND request.job <> '' AND request.job IN ? GROUP BY request.job`, string(env), texts(part))
		if err != nil {
			return nil, fmt.Errorf("store: job requests: %w", err)
		}
		for _, r := range rows {
			out[r.job] = r.JobRequest
		}
	}
	return out, nil
}

type jobRequestRow struct {
	job connector.RecordID
	JobRequest
}

func scanJobRequest(r *sql.Rows) (j jobRequestRow, err error) {
	var job string
	var open, ended, untold int64
	err = r.Scan(&job, &open, &ended, &untold)
	j.job = connector.RecordID(job)
	j.Open, j.EndedAt = open != 0, fromMS(ended)
	j.Told = !j.Open && untold == 0
	return j, err
}
