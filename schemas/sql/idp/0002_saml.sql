-- Partners that speak SAML 2.0: what their metadata said when an administrator accepted it. Their row
-- in `client` has the entityID as its id and the protocol saml.

CREATE TABLE saml_partner (
  client_id       TEXT   PRIMARY KEY,
  name_id         TEXT   NOT NULL,                     -- persistent | transient | email
  sign_response   BIGINT NOT NULL DEFAULT 0,           -- 1: the response too; the assertion always is
  requests_signed BIGINT NOT NULL DEFAULT 0,           -- 1: AuthnRequestsSigned
  valid_until_s   BIGINT NOT NULL DEFAULT 0            -- 0: the file sets no end
);

CREATE TABLE saml_endpoint (
  client_id         TEXT   NOT NULL,
  n                 BIGINT NOT NULL,
  kind              TEXT   NOT NULL,                   -- acs | slo
  binding           TEXT   NOT NULL,                   -- redirect | post
  location          TEXT   NOT NULL,
  response_location TEXT   NOT NULL DEFAULT '',
  place             BIGINT NOT NULL DEFAULT -1,        -- index in the metadata; -1: none
  is_default        BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (client_id, n)
);

-- Certificates that verify what the partner signs, DER; tried in turn.
CREATE TABLE saml_key (
  client_id   TEXT   NOT NULL,
  n           BIGINT NOT NULL,
  certificate BYTEA  NOT NULL,
  PRIMARY KEY (client_id, n)
);

-- Under which name an attribute travels to this partner; without a row, under our own.
CREATE TABLE saml_attribute (
  client_id   TEXT NOT NULL,
  attribute   TEXT NOT NULL,
  name        TEXT NOT NULL,
  name_format TEXT NOT NULL,
  PRIMARY KEY (client_id, attribute)
);

-- A request that was answered: no second session is let in by it. id is the SHA-256 of partner and ID.
CREATE TABLE saml_request (
  id         BYTEA  PRIMARY KEY,
  session_id BYTEA  NOT NULL,
  expires_s  BIGINT NOT NULL
);
CREATE INDEX saml_request_expires ON saml_request (expires_s);

-- A LogoutRequest names a citizen by what the service knows.
CREATE INDEX participant_subject ON participant (client_id, subject);
