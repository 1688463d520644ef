-- Messages to citizens (services/kit). id is the number of what the message tells of: one message for
-- each. state: waiting, sent or dropped; who gets it and what it says are kept only while it waits.
CREATE TABLE kit_mail (
	id           TEXT PRIMARY KEY,
	state        TEXT NOT NULL,
	recipient    TEXT NOT NULL,
	subject      TEXT NOT NULL,
	text         TEXT NOT NULL,
	queued_at_s  BIGINT NOT NULL,
	attempts     BIGINT NOT NULL,
	next_at_s    BIGINT NOT NULL,
	expires_at_s BIGINT NOT NULL
);
CREATE INDEX kit_mail_next ON kit_mail (state, next_at_s);
CREATE INDEX kit_mail_expiry ON kit_mail (expires_at_s);
