-- +goose Up
-- The versions of an environment's mapping. Which of them is in use stands in position.
CREATE TABLE sheet (
    environment TEXT    NOT NULL,
    version     TEXT    NOT NULL,
    text        TEXT    NOT NULL,
    source      TEXT    NOT NULL,
    kept_at     BIGINT  NOT NULL,
    used_at     BIGINT  NOT NULL DEFAULT 0,
    PRIMARY KEY (environment, version)
);

-- +goose Down
DROP TABLE sheet;
