-- +goose Up
-- What a running op must know after a crash to tell whether something was done.
ALTER TABLE op ADD COLUMN checkpoint BYTEA;

-- +goose Down
ALTER TABLE op DROP COLUMN checkpoint;
