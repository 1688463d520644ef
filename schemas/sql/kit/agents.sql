-- The agents' door. state says 'received' of whatever was recorded and is not closed; when the service itself
-- took it in stands in received_at_s, and NULL there is what the citizen reads as "Envoyée".
ALTER TABLE kit_demande ADD COLUMN received_at_s BIGINT;
ALTER TABLE kit_demande ADD COLUMN closed_at_s BIGINT;
CREATE INDEX kit_demande_filed ON kit_demande (filed_at_s);
CREATE INDEX kit_demande_state ON kit_demande (state, received_at_s);
CREATE INDEX kit_read_log_at ON kit_read_log (at_s);
