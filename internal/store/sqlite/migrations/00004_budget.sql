-- +goose Up
-- What a remote allows: requests in millionths and execution in microseconds that are
-- saved up, and what was used in the last window.
CREATE TABLE budget (
    environment TEXT    NOT NULL,
    api         TEXT    NOT NULL,
    requests    INTEGER NOT NULL,
    execution   INTEGER NOT NULL,
    used        TEXT    NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (environment, api)
);

-- +goose Down
DROP TABLE budget;
