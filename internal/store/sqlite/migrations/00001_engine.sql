-- +goose Up
-- Times are milliseconds since 1970 UTC; 0 stands for never.
CREATE TABLE lane (
    key         TEXT    PRIMARY KEY,
    environment TEXT    NOT NULL,
    class       INTEGER NOT NULL,
    state       INTEGER NOT NULL DEFAULT 0, -- 0 idle, 1 ready, 2 dispatched, 3 running
    head        INTEGER NOT NULL DEFAULT 0, -- operation of the oldest queued op
    ready_at    INTEGER NOT NULL,
    lease_until INTEGER NOT NULL DEFAULT 0,
    node        TEXT    NOT NULL DEFAULT '',
    batch       TEXT    NOT NULL DEFAULT '',
    epoch       INTEGER NOT NULL DEFAULT 0,
    barrier     INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX lane_ready ON lane (environment, class, ready_at) WHERE state = 1;
CREATE INDEX lane_leased ON lane (lease_until) WHERE state IN (2, 3);

CREATE TABLE op (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    environment  TEXT    NOT NULL,
    lane         TEXT    NOT NULL,
    operation    INTEGER NOT NULL,
    state        INTEGER NOT NULL, -- 0 queued, 1 running, 2 done, 3 failed, 4 dead, 5 cancelled
    class        INTEGER NOT NULL,
    attempt      INTEGER NOT NULL DEFAULT 0,
    since        INTEGER NOT NULL DEFAULT 0,
    arguments    BLOB,
    coalesce_key TEXT    NOT NULL,
    source       TEXT    NOT NULL,
    result_code  TEXT    NOT NULL DEFAULT '',
    message      TEXT    NOT NULL DEFAULT '',
    http_status  INTEGER NOT NULL DEFAULT 0,
    cause        TEXT    NOT NULL DEFAULT '',
    merged       INTEGER NOT NULL DEFAULT 0,
    created_at   INTEGER NOT NULL,
    started_at   INTEGER NOT NULL DEFAULT 0,
    finished_at  INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX op_coalesce ON op (coalesce_key) WHERE state = 0;
CREATE INDEX op_open ON op (lane, id) WHERE state IN (0, 1);
CREATE INDEX op_environment ON op (environment, id);
CREATE INDEX op_ended ON op (finished_at) WHERE state >= 2;

CREATE TABLE request (
    environment TEXT    NOT NULL,
    key         TEXT    NOT NULL,
    op          INTEGER NOT NULL,
    job         TEXT    NOT NULL DEFAULT '',
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (environment, key)
) WITHOUT ROWID;
CREATE INDEX request_op ON request (op);

CREATE TABLE gate (
    environment  TEXT    NOT NULL,
    api          TEXT    NOT NULL,
    paused_until INTEGER NOT NULL,
    reason       TEXT    NOT NULL,
    alert        INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    PRIMARY KEY (environment, api)
);

CREATE TABLE telling (
    environment TEXT    NOT NULL,
    target      TEXT    NOT NULL,
    may_create  INTEGER NOT NULL,
    body        BLOB    NOT NULL,
    version     INTEGER NOT NULL DEFAULT 1,
    attempt     INTEGER NOT NULL DEFAULT 0,
    due_at      INTEGER NOT NULL,
    dead        INTEGER NOT NULL DEFAULT 0,
    cause       TEXT    NOT NULL DEFAULT '',
    PRIMARY KEY (environment, target)
);
CREATE INDEX telling_due ON telling (environment, due_at) WHERE dead = 0;

CREATE TABLE link (
    environment  TEXT    NOT NULL,
    record       TEXT    NOT NULL,
    external_id  TEXT    NOT NULL,
    address_hash TEXT    NOT NULL,
    owner        INTEGER NOT NULL,
    status       TEXT    NOT NULL,
    reason       TEXT    NOT NULL,
    rule         TEXT    NOT NULL,
    version      INTEGER NOT NULL,
    info_bound   INTEGER NOT NULL,
    erased_at    INTEGER NOT NULL,
    shadow       BLOB    NOT NULL,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    PRIMARY KEY (environment, record)
);
CREATE INDEX link_address ON link (environment, address_hash) WHERE address_hash <> '';

CREATE TABLE address (
    environment TEXT    NOT NULL,
    hash        TEXT    NOT NULL,
    record      TEXT    NOT NULL, -- who stands for the address in Spotler
    claimed_at  INTEGER NOT NULL,
    PRIMARY KEY (environment, hash)
);

CREATE TABLE position (
    environment TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    value       TEXT    NOT NULL,
    updated_at  INTEGER NOT NULL,
    PRIMARY KEY (environment, name)
);

CREATE TABLE schedule (
    environment TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    next_at     INTEGER NOT NULL,
    PRIMARY KEY (environment, name)
);

CREATE TABLE leader (
    name       TEXT    PRIMARY KEY,
    node       TEXT    NOT NULL,
    term       INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
);

CREATE TABLE erasure (
    environment TEXT    NOT NULL,
    record      TEXT    NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (environment, record)
);
CREATE INDEX erasure_at ON erasure (environment, at);

CREATE TABLE data_key (
    environment TEXT NOT NULL,
    purpose     TEXT NOT NULL,
    key_id      TEXT NOT NULL,
    sealed      BLOB NOT NULL,
    PRIMARY KEY (environment, purpose)
);

CREATE TABLE secret (
    environment TEXT NOT NULL,
    name        TEXT NOT NULL,
    sealed      BLOB NOT NULL,
    PRIMARY KEY (environment, name)
);

CREATE TABLE token (
    id          TEXT    PRIMARY KEY,
    name        TEXT    NOT NULL,
    environment TEXT    NOT NULL,
    hash        TEXT    NOT NULL UNIQUE,
    created_at  INTEGER NOT NULL
);
