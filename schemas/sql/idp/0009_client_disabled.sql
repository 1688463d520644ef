-- A service's own token has no row: what was issued before its partner was last disabled is told by its second.
ALTER TABLE client ADD COLUMN disabled_s BIGINT NOT NULL DEFAULT 0;   -- 0: never
