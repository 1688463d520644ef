-- People of the town's directory. An agent is an account of its own kind: nobody creates it, the first
-- password that holds does. Only what is needed is kept: no groups, no address.

ALTER TABLE account ADD COLUMN kind TEXT NOT NULL DEFAULT 'usager';    -- usager | agent

-- Whose partner it is: one for agents never learns a citizen's name, nor the other way round.
ALTER TABLE client ADD COLUMN people TEXT NOT NULL DEFAULT 'usagers';  -- usagers | agents

CREATE TABLE agent (
  account   BYTEA  PRIMARY KEY,
  key       TEXT   NOT NULL UNIQUE,                    -- entryUUID or objectGUID; never given to anybody else
  login     TEXT   NOT NULL,                           -- in lower case; may pass to somebody else
  name      TEXT   NOT NULL,
  rights    TEXT   NOT NULL,                           -- "etat-civil:instructeur,lecture admin:audit"; empty: none
  checked_s BIGINT NOT NULL                            -- when the directory last said so
);
CREATE INDEX agent_login ON agent (login);
CREATE INDEX agent_checked ON agent (checked_s);
