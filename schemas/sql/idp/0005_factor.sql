-- Second factors of agents: authenticator applications, passkeys and security keys, printed codes.

CREATE TABLE factor (
  id         BYTEA  PRIMARY KEY,
  account    BYTEA  NOT NULL,
  kind       TEXT   NOT NULL,                          -- totp | passkey
  name       TEXT   NOT NULL,                          -- as the agent calls it
  secret     TEXT   NOT NULL DEFAULT '',               -- totp: sealed
  last_step  BIGINT NOT NULL DEFAULT 0,                -- totp: the newest time step that was accepted
  credential BYTEA  UNIQUE,                            -- passkey: its id; NULL for totp
  alg        BIGINT NOT NULL DEFAULT 0,                -- passkey: 0 ES256, 1 EdDSA, 2 RS256
  public_key BYTEA,                                    -- passkey: as its algorithm writes it
  sign_count BIGINT NOT NULL DEFAULT 0,                -- passkey: of the last signature; 0: it does not count
  created_s  BIGINT NOT NULL,
  used_s     BIGINT NOT NULL DEFAULT 0                 -- 0: never
);
CREATE INDEX factor_account ON factor (account);

-- Printed codes for the day when the telephone is lost: one use each.
CREATE TABLE recovery_code (
  account BYTEA  NOT NULL,
  hash    BYTEA  NOT NULL,                             -- SHA-256
  used_s  BIGINT NOT NULL DEFAULT 0,                   -- 0: not yet
  PRIMARY KEY (account, hash)
);

-- The code that an administrator printed, with which an agent adds a first factor.
CREATE TABLE enrolment (
  account   BYTEA  PRIMARY KEY,
  code_hash BYTEA  NOT NULL,                           -- SHA-256
  expires_s BIGINT NOT NULL,
  tries     BIGINT NOT NULL DEFAULT 0,                 -- wrong ones; ten end it
  by        TEXT   NOT NULL                              -- who printed it
);
CREATE INDEX enrolment_expires ON enrolment (expires_s);

-- What holds once, while it could still be shown again: challenges that were answered.
CREATE TABLE factor_use (
  id        BYTEA  PRIMARY KEY,
  expires_s BIGINT NOT NULL
);
CREATE INDEX factor_use_expires ON factor_use (expires_s);
