-- What outlives a session is revoked with its account, without reading what everybody else was issued.
CREATE INDEX grant_offline ON grant_ (account) WHERE offline = 1;
