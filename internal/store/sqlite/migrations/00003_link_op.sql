-- +goose Up
-- The op that last wrote the record to Spotler: later events about the same version of
-- the row are served by it.
ALTER TABLE link ADD COLUMN op INTEGER NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE link DROP COLUMN op;
