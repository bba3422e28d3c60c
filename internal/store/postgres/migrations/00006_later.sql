-- +goose Up
-- Requests that are put into their lanes at a later time.
CREATE TABLE later (
    environment TEXT    NOT NULL,
    key         TEXT    NOT NULL,
    due_at      BIGINT NOT NULL,
    lane        TEXT    NOT NULL,
    operation   BIGINT NOT NULL,
    class       BIGINT NOT NULL,
    source      TEXT    NOT NULL,
    PRIMARY KEY (key, environment)
);
CREATE INDEX later_due ON later (due_at);

-- +goose Down
DROP TABLE later;
