/* saml_metadata.h - a partner's metadata file as typed rows, and what to tell its vendor. */
#ifndef WIRE_SAML_METADATA_H
#define WIRE_SAML_METADATA_H
#include "base/arena.h"
#include "wire/saml/saml_types.h"

/* One EntityDescriptor. Roles of other protocols than SAML 2.0, and parts that we do not use, are
 * passed over; certificates are decoded from base64 and no further.
 * Source  SAML Metadata 2.0 2.3, 2.4
 * Owner   *ret_metadata lives in xml and a
 * Errors  MALFORMED saml.xml.*, saml.metadata.*; then *ret_at is the offset in the file */
MUST struct err saml_metadata_read(struct arena *a, struct str xml, struct saml_metadata *ret_metadata, size_t *ret_at);

/* DENIED saml.metadata.expired once validUntil is reached. */
MUST struct err saml_metadata_check_time(const struct saml_metadata *m, int64_t now_s);

/* A sentence in English for whoever wrote the file: what is wrong, what is expected. Never NULL. */
const char *saml_metadata_explain(const char *slug);
/* The line, counted from 1, of an offset. */
size_t saml_metadata_line(struct str xml, size_t at);
#endif
