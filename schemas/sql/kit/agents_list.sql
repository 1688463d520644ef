-- The agents' list, a page at a time and newest first: each state has an index of its own that holds its filings
-- alone, so that neither the page nor its counts read what is not shown. kind is there to be filtered by.
DROP INDEX kit_demande_filed;
DROP INDEX kit_demande_state;
CREATE INDEX kit_demande_list ON kit_demande (filed_at_s, number, kind);
CREATE INDEX kit_demande_list_filed ON kit_demande (filed_at_s, number, kind) WHERE state <> 'closed' AND received_at_s IS NULL;
CREATE INDEX kit_demande_list_received ON kit_demande (filed_at_s, number, kind) WHERE state <> 'closed' AND received_at_s IS NOT NULL;
CREATE INDEX kit_demande_list_closed ON kit_demande (filed_at_s, number, kind) WHERE state = 'closed';
