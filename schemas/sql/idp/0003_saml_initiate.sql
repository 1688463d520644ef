-- A SAML partner may be reached from our side, without a request of its own, when its administrator asked for it.

ALTER TABLE saml_partner ADD COLUMN idp_initiated BIGINT NOT NULL DEFAULT 0;
