-- The ground of the identity provider: who has an account, who is signed in, who was told what.
-- Instants are UTC seconds. Identifiers of accounts, sessions and grants are 16 random bytes;
-- of what a browser or a partner holds (cookie, secret) only the SHA-256 stands here.

CREATE TABLE account (
  id               BYTEA  PRIMARY KEY,
  state            TEXT   NOT NULL,                    -- active | disabled
  reason           TEXT   NOT NULL DEFAULT '',
  given_name       TEXT   NOT NULL,
  family_name      TEXT   NOT NULL,
  birth_date       TEXT   NOT NULL DEFAULT '',         -- YYYY-MM-DD
  email            TEXT   NOT NULL DEFAULT '',         -- where we write; signing in goes by identifier
  email_verified_s BIGINT NOT NULL DEFAULT 0,          -- 0: never
  identity_level   TEXT   NOT NULL DEFAULT 'declared', -- declared | counter | franceconnect | franceconnect+
  created_s        BIGINT NOT NULL,
  changed_s        BIGINT NOT NULL
);

-- What a citizen may type to sign in; several to an account.
CREATE TABLE identifier (
  kind       TEXT   NOT NULL,                          -- email
  value      TEXT   NOT NULL,                          -- normalised
  account    BYTEA  NOT NULL,
  verified_s BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (kind, value)
);
CREATE INDEX identifier_account ON identifier (account);

CREATE TABLE password (
  account BYTEA  PRIMARY KEY,
  encoded TEXT   NOT NULL,                             -- $argon2id$...
  set_s   BIGINT NOT NULL
);

-- A subject that takes precedence over the derived pseudonym in one sector.
CREATE TABLE alias (
  account BYTEA NOT NULL,
  sector  TEXT  NOT NULL,
  subject TEXT  NOT NULL,
  PRIMARY KEY (account, sector),
  UNIQUE (sector, subject)
);

-- The single sign-on session. Its id stays the same when the citizen proves a factor again;
-- the cookie never does.
CREATE TABLE session (
  id          BYTEA  PRIMARY KEY,
  cookie_hash BYTEA  NOT NULL UNIQUE,
  account     BYTEA  NOT NULL,
  auth_time_s BIGINT NOT NULL,
  amr         TEXT   NOT NULL,
  acr         TEXT   NOT NULL,
  created_s   BIGINT NOT NULL,
  last_seen_s BIGINT NOT NULL,
  ends_s      BIGINT NOT NULL                          -- the absolute limit
);
CREATE INDEX session_account ON session (account);
CREATE INDEX session_ends ON session (ends_s);

-- Services that a session has signed in to: whom to tell at logout.
CREATE TABLE participant (
  session_id BYTEA  NOT NULL,
  client_id  TEXT   NOT NULL,
  subject    TEXT   NOT NULL,
  sid        TEXT   NOT NULL,                          -- the session's name for that service alone
  joined_s   BIGINT NOT NULL,
  ends_s     BIGINT NOT NULL,
  PRIMARY KEY (session_id, client_id)
);
CREATE INDEX participant_ends ON participant (ends_s);

-- What a citizen has been shown, or has allowed: once a service, and when the list grows.
CREATE TABLE notice (
  account   BYTEA  NOT NULL,
  client_id TEXT   NOT NULL,
  what      TEXT   NOT NULL,                           -- names of attributes, blank-separated
  mode      TEXT   NOT NULL,                           -- inform | consent
  given_s   BIGINT NOT NULL,
  PRIMARY KEY (account, client_id)
);

CREATE TABLE client (
  id              TEXT   PRIMARY KEY,
  protocol        TEXT   NOT NULL,                     -- oidc
  state           TEXT   NOT NULL,                     -- active | disabled
  name_fr         TEXT   NOT NULL,
  name_en         TEXT   NOT NULL,
  secret_hash     BYTEA,                               -- SHA-256; NULL for a public client
  auth            TEXT   NOT NULL,                     -- basic | post | none
  alg             TEXT   NOT NULL,                     -- ES256 | RS256
  grants          TEXT   NOT NULL,
  sector          TEXT   NOT NULL,
  attributes      TEXT   NOT NULL,
  release_mode    TEXT   NOT NULL,                     -- inform | consent | none
  acr_min         TEXT   NOT NULL DEFAULT 'f1',
  backchannel_uri TEXT   NOT NULL DEFAULT '',
  purpose_fr      TEXT   NOT NULL DEFAULT '',          -- why the service needs what it receives, for the notice
  purpose_en      TEXT   NOT NULL DEFAULT '',
  created_s       BIGINT NOT NULL,
  changed_s       BIGINT NOT NULL
);

CREATE TABLE client_uri (
  client_id TEXT NOT NULL,
  kind      TEXT NOT NULL,                             -- redirect | post_logout
  uri       TEXT NOT NULL,
  PRIMARY KEY (client_id, kind, uri)
);

-- A redeemed authorization code and all that was issued from it. Its first INSERT decides who
-- redeems a code; a code that was misused is burnt by the same row, with revoked_s.
CREATE TABLE grant_ (
  code_id     BYTEA  PRIMARY KEY,                      -- begins with its second: neighbours in time are neighbours here
  client_id   TEXT   NOT NULL,
  account     BYTEA,                                   -- NULL: a service's own token, revoked early
  session_id  BYTEA,
  offline     BIGINT NOT NULL DEFAULT 0,               -- 1: outlives the session
  subject     TEXT   NOT NULL DEFAULT '',
  scope       TEXT   NOT NULL DEFAULT '',
  auth_time_s BIGINT NOT NULL DEFAULT 0,
  acr         TEXT   NOT NULL DEFAULT '',
  amr         TEXT   NOT NULL DEFAULT '',
  issued_s    BIGINT NOT NULL,
  refresh_n   BIGINT NOT NULL DEFAULT 0,
  revoked_s   BIGINT NOT NULL DEFAULT 0,               -- 0: not revoked
  expires_s   BIGINT NOT NULL
);
CREATE INDEX grant_expires ON grant_ (expires_s);

-- Words of logout still to be brought to a service.
CREATE TABLE logout_queue (
  id        BYTEA  PRIMARY KEY,
  protocol  TEXT   NOT NULL,
  client_id TEXT   NOT NULL,
  subject   TEXT   NOT NULL,
  sid       TEXT   NOT NULL,
  created_s BIGINT NOT NULL,
  attempts  BIGINT NOT NULL DEFAULT 0,
  next_s    BIGINT NOT NULL,
  expires_s BIGINT NOT NULL
);
CREATE INDEX logout_queue_next ON logout_queue (next_s);

CREATE TABLE audit (
  id        TEXT   PRIMARY KEY,                        -- sorts by time
  at_s      BIGINT NOT NULL,
  event     TEXT   NOT NULL,
  reason    TEXT   NOT NULL,
  request   TEXT   NOT NULL,                           -- correlation id
  client_id TEXT   NOT NULL,
  actor     TEXT   NOT NULL,                           -- account id, or the operator's name; never a citizen's name
  n         BIGINT NOT NULL DEFAULT 1                  -- refusals beyond a rate are counted together
);
CREATE INDEX audit_at ON audit (at_s);

-- Polled by every engine that shares this store.
CREATE TABLE version (
  name TEXT   PRIMARY KEY,
  n    BIGINT NOT NULL
);
INSERT INTO version (name, n) VALUES ('clients', 1);
