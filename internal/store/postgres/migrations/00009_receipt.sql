-- +goose Up
-- What came of erasing a person: why, what each system answered and when, and whether
-- the person was still gone when somebody looked again.
CREATE TABLE receipt (
    environment TEXT   NOT NULL,
    record      TEXT   NOT NULL,
    at          BIGINT NOT NULL,
    rule        TEXT   NOT NULL,
    why         TEXT   NOT NULL,
    external_id TEXT   NOT NULL,
    answers     TEXT   NOT NULL,
    checked_at  BIGINT NOT NULL DEFAULT 0,
    found       TEXT   NOT NULL DEFAULT '',
    PRIMARY KEY (environment, record, at)
);
CREATE INDEX receipt_unchecked ON receipt (environment, at) WHERE checked_at = 0;

-- +goose Down
DROP TABLE receipt;
