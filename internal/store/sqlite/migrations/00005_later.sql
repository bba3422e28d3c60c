-- +goose Up
-- Requests that are put into their lanes at a later time.
CREATE TABLE later (
    environment TEXT    NOT NULL,
    key         TEXT    NOT NULL,
    due_at      INTEGER NOT NULL,
    lane        TEXT    NOT NULL,
    operation   INTEGER NOT NULL,
    class       INTEGER NOT NULL,
    source      TEXT    NOT NULL,
    PRIMARY KEY (environment, key)
);
CREATE INDEX later_due ON later (due_at);

-- +goose Down
DROP TABLE later;
