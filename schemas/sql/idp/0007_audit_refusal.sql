-- The last refusals of one partner, without reading a year of sign-ins. Only refusals are in it.
CREATE INDEX audit_refusal ON audit (client_id, id) WHERE reason <> '';
