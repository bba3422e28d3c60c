-- +goose Up
-- What is left of what a remote allows: requests in millionths, execution in microseconds.
CREATE TABLE budget (
    environment TEXT    NOT NULL,
    api         TEXT    NOT NULL,
    requests    BIGINT NOT NULL,
    execution   BIGINT NOT NULL,
    at          BIGINT NOT NULL,
    PRIMARY KEY (environment, api)
);

-- +goose Down
DROP TABLE budget;
