-- +goose Up
-- The pull of Spotler Jobs asks which rows are known.
CREATE INDEX request_job ON request (environment, job) WHERE job <> '';

-- +goose Down
DROP INDEX request_job;
