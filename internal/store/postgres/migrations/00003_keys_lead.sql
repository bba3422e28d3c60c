-- +goose Up
-- The key that differs in every row leads its index. With the environment in front, a
-- plan made while a table was new reads the whole environment for every lookup, and
-- prepared statements keep such a plan.
ALTER TABLE request DROP CONSTRAINT request_pkey, ADD PRIMARY KEY (key, environment);
ALTER TABLE link    DROP CONSTRAINT link_pkey,    ADD PRIMARY KEY (record, environment);
ALTER TABLE telling DROP CONSTRAINT telling_pkey, ADD PRIMARY KEY (target, environment);
ALTER TABLE address DROP CONSTRAINT address_pkey, ADD PRIMARY KEY (hash, environment);
DROP INDEX link_address;
CREATE INDEX link_address ON link (address_hash, environment) WHERE address_hash <> '';
ALTER TABLE request SET (autovacuum_analyze_scale_factor = 0.02, autovacuum_analyze_threshold = 500);

-- +goose Down
ALTER TABLE request DROP CONSTRAINT request_pkey, ADD PRIMARY KEY (environment, key);
ALTER TABLE link    DROP CONSTRAINT link_pkey,    ADD PRIMARY KEY (environment, record);
ALTER TABLE telling DROP CONSTRAINT telling_pkey, ADD PRIMARY KEY (environment, target);
ALTER TABLE address DROP CONSTRAINT address_pkey, ADD PRIMARY KEY (environment, hash);
DROP INDEX link_address;
CREATE INDEX link_address ON link (environment, address_hash) WHERE address_hash <> '';
