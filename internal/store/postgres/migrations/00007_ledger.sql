-- +goose Up
-- The ledger of consent: entries are only ever added, and each one's mac is over the one
-- before it. They name a random person; who that is stands in ledger_person alone.
CREATE TABLE ledger (
    environment TEXT    NOT NULL,
    seq         BIGINT NOT NULL,
    person      TEXT    NOT NULL,
    at          BIGINT NOT NULL,
    permission  TEXT    NOT NULL,
    was         TEXT    NOT NULL,
    becomes     TEXT    NOT NULL,
    who         TEXT    NOT NULL,
    origin      TEXT    NOT NULL,
    why         TEXT    NOT NULL,
    changed_at  BIGINT NOT NULL,
    mac         TEXT    NOT NULL,
    PRIMARY KEY (environment, seq)
);
CREATE INDEX ledger_of_person ON ledger (environment, person, seq);

CREATE TABLE ledger_head (
    environment TEXT    PRIMARY KEY,
    seq         BIGINT NOT NULL,
    mac         TEXT    NOT NULL
);

CREATE TABLE ledger_person (
    environment TEXT NOT NULL,
    record      TEXT NOT NULL,
    person      TEXT NOT NULL,
    PRIMARY KEY (environment, record)
);

-- +goose Down
DROP TABLE ledger_person;
DROP TABLE ledger_head;
DROP TABLE ledger;
