package store

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	connector "github.com/spotler-connector/connector"
)

// Receipt proves an erasure. It names the record by its id and nothing else.
type Receipt struct {
	Environment connector.Environment
	Record      connector.Record
	At          time.Time
	Rule        string // the rule that decided, or "job"
	Why         string
	// ExternalID is the id that the person had in Spotler. One of another system may be
	// an address: it is encrypted at rest until CheckedAt, and deleted then.
	ExternalID connector.ExternalID
	Answers    []Answer
	// CheckedAt is when somebody looked again; zero before that. Found is what was
	// seen: "gone", "back" or "readmitted".
	CheckedAt time.Time
	Found     string

	// Lanes are others in which the same person may have come; what is kept of their
	// work goes as well. Rows names the rows that we make in Dataverse about an op, as
	// targets of tellings. Neither is stored.
	Lanes []Lane
	Rows  func(op int64) []string
}

// Answer is what one system said to an erasure, or to a later look.
type Answer struct {
	System string    `json:"system"` // "spotler", "dynamics" or "connector"
	Says   string    `json:"says"`
	Status int       `json:"status,omitempty"` // HTTP
	At     time.Time `json:"at"`
}

// What a later look at an erased person found.
const (
	FoundGone       = "gone"
	FoundBack       = "back"       // still, or again, in Spotler, and not by us
	FoundReadmitted = "readmitted" // a later sync brought the person back
)

const receiptColumns = `environment, record, at, rule, why, external_id, answers, checked_at, found`

// sealedID is before an external id that is encrypted.
const sealedID = "sealed:"

// idAtRest is how the external id of a receipt is stored.
func (s *Store) idAtRest(ctx context.Context, r Receipt) (string, error) {
	if _, guid := r.ExternalID.RecordID(); guid || r.ExternalID == "" {
		return string(r.ExternalID), nil
	}
	if !r.CheckedAt.IsZero() {
		return "", nil
	}
	sealed, err := s.seal.Seal(ctx, r.Environment, "receipt", []byte(r.ExternalID))
	return sealedID + base64.StdEncoding.EncodeToString(sealed), err
}

// idFromRest reads what idAtRest wrote.
func (s *Store) idFromRest(ctx context.Context, env connector.Environment, id connector.ExternalID) (connector.ExternalID, error) {
	text, is := strings.CutPrefix(string(id), sealedID)
	if !is {
		return id, nil
	}
	sealed, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return "", err
	}
	plain, err := s.seal.Open(ctx, env, "receipt", sealed)
	return connector.ExternalID(plain), err
}

func (s *Store) receipts(ctx context.Context, query string, args ...any) ([]Receipt, error) {
	out, err := collect(ctx, s.from(s.read), scanReceipt, `SELECT `+receiptColumns+` FROM receipt WHERE `+query, args...)
	for i := range out {
		if err == nil {
			out[i].ExternalID, err = s.idFromRest(ctx, out[i].Environment, out[i].ExternalID)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("store: receipts: %w", err)
	}
	return out, nil
}

func scanReceipt(r *sql.Rows) (c Receipt, err error) {
	var record, answers string
	var at, checked int64
	if err := r.Scan(&c.Environment, &record, &at, &c.Rule, &c.Why, &c.ExternalID, &answers, &checked, &c.Found); err != nil {
		return c, err
	}
	if c.Record, err = connector.ParseRecord(record); err != nil {
		return c, fmt.Errorf("receipt: %w", err)
	}
	c.At, c.CheckedAt = fromMS(at), fromMS(checked)
	return c, json.Unmarshal([]byte(answers), &c.Answers)
}

// Receipts returns the receipts of a record, newest first.
func (s *Store) Receipts(ctx context.Context, env connector.Environment, record connector.Record) ([]Receipt, error) {
	return s.receipts(ctx, `environment = ? AND record = ? ORDER BY at DESC`, string(env), record.String())
}

// ReceiptFilter chooses receipts of one environment, newest first.
type ReceiptFilter struct {
	Environment connector.Environment
	Found       string // only these; "" for all
	// Before are receipts older than this one; the zero Receipt begins with the newest.
	Before Receipt
	Limit  int
}

// AllReceipts returns the receipts that f chooses.
func (s *Store) AllReceipts(ctx context.Context, f ReceiptFilter) ([]Receipt, error) {
	query, args := `environment = ?`, []any{string(f.Environment)}
	if f.Found != "" {
		query, args = query+` AND found = ?`, append(args, f.Found)
	}
	if !f.Before.At.IsZero() {
		query += ` AND (at < ? OR at = ? AND record < ?)`
		args = append(args, ms(f.Before.At), ms(f.Before.At), f.Before.Record.String())
	}
	return s.receipts(ctx, query+` ORDER BY at DESC, record DESC LIMIT ?`, append(args, int64(f.Limit))...)
}

// UncheckedReceipts returns up to n receipts of before that nobody looked at again.
func (s *Store) UncheckedReceipts(ctx context.Context, env connector.Environment, before time.Time, n int) ([]Receipt, error) {
	return s.receipts(ctx, `environment = ? AND checked_at = 0 AND at < ? ORDER BY at LIMIT ?`, string(env), ms(before), int64(n))
}

// CheckReceipt completes a receipt with CheckedAt, Found and Answers of r.
func (s *Store) CheckReceipt(ctx context.Context, r Receipt) error {
	answers, err := json.Marshal(r.Answers)
	if err != nil {
		return err
	}
	id, err := s.idAtRest(ctx, r)
	if err != nil {
		return fmt.Errorf("store: check receipt: %w", err)
	}
	return s.transact(ctx, "check receipt", func(tx *sql.Tx) error {
		_, err := s.exec(ctx, tx, `UPDATE receipt SET checked_at = ?, found = ?, answers = ?, external_id = ? WHERE environment = ? AND record = ? AND at = ?`,
			ms(r.CheckedAt), r.Found, string(answers), id, string(r.Environment), r.Record.String(), ms(r.At))
		return err
	})
}

// receipt stores a receipt of this Finish.
func (f *finishing) receipt(ctx context.Context, r Receipt) error {
	answers, err := json.Marshal(r.Answers)
	if err != nil {
		return err
	}
	id, err := f.s.idAtRest(ctx, r)
	if err != nil {
		return err
	}
	_, err = f.s.exec(ctx, f.tx, `INSERT INTO receipt (environment, record, at, rule, why, external_id, answers) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (environment, record, at) DO NOTHING`, string(r.Environment), r.Record.String(), ms(r.At), r.Rule, clip(r.Why, 1000), id, string(answers))
	return err
}
