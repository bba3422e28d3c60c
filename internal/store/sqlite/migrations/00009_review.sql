-- +goose Up
-- Questions for a person: both sides changed, or nobody knows who somebody is.
CREATE TABLE review (
    environment TEXT    NOT NULL,
    subject     TEXT    NOT NULL, -- contact/<guid>, or the keyed hash of somebody in Spotler
    field       TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    reason      TEXT    NOT NULL,
    sides       BLOB    NOT NULL, -- the values of both sides, encrypted
    created_at  INTEGER NOT NULL,
    resolved_at INTEGER NOT NULL DEFAULT 0,
    choice      TEXT    NOT NULL DEFAULT '',
    PRIMARY KEY (environment, subject, field)
);
CREATE INDEX review_open ON review (environment, created_at) WHERE resolved_at = 0;
-- People in Spotler are found by the id that Spotler has for them.
CREATE INDEX link_external ON link (environment, external_id) WHERE external_id <> '';

-- +goose Down
DROP INDEX link_external;
DROP TABLE review;
