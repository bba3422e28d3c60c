-- +goose Up
-- Times are milliseconds since 1970 UTC; 0 stands for never.
CREATE TABLE lane (
    key         TEXT    PRIMARY KEY,
    environment TEXT    NOT NULL,
    class       BIGINT NOT NULL,
    state       BIGINT NOT NULL DEFAULT 0, -- 0 idle, 1 ready, 2 dispatched, 3 running
    head        BIGINT NOT NULL DEFAULT 0, -- operation of the oldest queued op
    ready_at    BIGINT NOT NULL,
    lease_until BIGINT NOT NULL DEFAULT 0,
    node        TEXT    NOT NULL DEFAULT '',
    batch       TEXT    NOT NULL DEFAULT '',
    epoch       BIGINT NOT NULL DEFAULT 0,
    barrier     BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX lane_ready ON lane (environment, class, ready_at) WHERE state = 1;
CREATE INDEX lane_leased ON lane (lease_until) WHERE state IN (2, 3);

CREATE TABLE op (
    id           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    environment  TEXT    NOT NULL,
    lane         TEXT    NOT NULL,
    operation    BIGINT NOT NULL,
    state        BIGINT NOT NULL, -- 0 queued, 1 running, 2 done, 3 failed, 4 dead, 5 cancelled
    class        BIGINT NOT NULL,
    attempt      BIGINT NOT NULL DEFAULT 0,
    since        BIGINT NOT NULL DEFAULT 0,
    arguments    BYTEA,
    coalesce_key TEXT    NOT NULL,
    source       TEXT    NOT NULL,
    result_code  TEXT    NOT NULL DEFAULT '',
    message      TEXT    NOT NULL DEFAULT '',
    http_status  BIGINT NOT NULL DEFAULT 0,
    cause        TEXT    NOT NULL DEFAULT '',
    merged       BIGINT NOT NULL DEFAULT 0,
    created_at   BIGINT NOT NULL,
    started_at   BIGINT NOT NULL DEFAULT 0,
    finished_at  BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX op_coalesce ON op (coalesce_key) WHERE state = 0;
CREATE INDEX op_open ON op (lane, id) WHERE state IN (0, 1);
CREATE INDEX op_environment ON op (environment, id);
CREATE INDEX op_ended ON op (finished_at) WHERE state >= 2;

CREATE TABLE request (
    environment TEXT    NOT NULL,
    key         TEXT    NOT NULL,
    op          BIGINT NOT NULL,
    job         TEXT    NOT NULL DEFAULT '',
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (environment, key)
);
CREATE INDEX request_op ON request (op);

CREATE TABLE gate (
    environment  TEXT    NOT NULL,
    api          TEXT    NOT NULL,
    paused_until BIGINT NOT NULL,
    reason       TEXT    NOT NULL,
    alert        BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    PRIMARY KEY (environment, api)
);

CREATE TABLE telling (
    environment TEXT    NOT NULL,
    target      TEXT    NOT NULL,
    may_create  BIGINT NOT NULL,
    body        BYTEA    NOT NULL,
    version     BIGINT NOT NULL DEFAULT 1,
    attempt     BIGINT NOT NULL DEFAULT 0,
    due_at      BIGINT NOT NULL,
    dead        BIGINT NOT NULL DEFAULT 0,
    cause       TEXT    NOT NULL DEFAULT '',
    PRIMARY KEY (environment, target)
);
CREATE INDEX telling_due ON telling (environment, due_at) WHERE dead = 0;

CREATE TABLE link (
    environment  TEXT    NOT NULL,
    record       TEXT    NOT NULL,
    external_id  TEXT    NOT NULL,
    address_hash TEXT    NOT NULL,
    owner        BIGINT NOT NULL,
    status       TEXT    NOT NULL,
    reason       TEXT    NOT NULL,
    rule         TEXT    NOT NULL,
    version      BIGINT NOT NULL,
    info_bound   BIGINT NOT NULL,
    erased_at    BIGINT NOT NULL,
    shadow       BYTEA    NOT NULL,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    PRIMARY KEY (environment, record)
);
CREATE INDEX link_address ON link (environment, address_hash) WHERE address_hash <> '';

CREATE TABLE address (
    environment TEXT    NOT NULL,
    hash        TEXT    NOT NULL,
    record      TEXT    NOT NULL, -- who stands for the address in Spotler
    claimed_at  BIGINT NOT NULL,
    PRIMARY KEY (environment, hash)
);

CREATE TABLE position (
    environment TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    value       TEXT    NOT NULL,
    updated_at  BIGINT NOT NULL,
    PRIMARY KEY (environment, name)
);

CREATE TABLE schedule (
    environment TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    next_at     BIGINT NOT NULL,
    PRIMARY KEY (environment, name)
);

CREATE TABLE leader (
    name       TEXT    PRIMARY KEY,
    node       TEXT    NOT NULL,
    term       BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE TABLE erasure (
    environment TEXT    NOT NULL,
    record      TEXT    NOT NULL,
    at          BIGINT NOT NULL,
    PRIMARY KEY (environment, record)
);
CREATE INDEX erasure_at ON erasure (environment, at);

CREATE TABLE data_key (
    environment TEXT NOT NULL,
    purpose     TEXT NOT NULL,
    key_id      TEXT NOT NULL,
    sealed      BYTEA NOT NULL,
    PRIMARY KEY (environment, purpose)
);

CREATE TABLE secret (
    environment TEXT NOT NULL,
    name        TEXT NOT NULL,
    sealed      BYTEA NOT NULL,
    PRIMARY KEY (environment, name)
);

CREATE TABLE token (
    id          TEXT    PRIMARY KEY,
    name        TEXT    NOT NULL,
    environment TEXT    NOT NULL,
    hash        TEXT    NOT NULL UNIQUE,
    created_at  BIGINT NOT NULL
);

-- Hot tables: room for in-place updates, and vacuum before they swell.
ALTER TABLE lane SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 200);
ALTER TABLE op SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);
ALTER TABLE telling SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 200);
ALTER TABLE link SET (fillfactor = 80);
