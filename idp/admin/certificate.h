/* certificate.h - who a certificate names, and until when: read from its DER, bounded, without a library.
 * Nothing here proves anything; a reader did when the partner was registered. */
#ifndef IDP_ADMIN_CERTIFICATE_H
#define IDP_ADMIN_CERTIFICATE_H
#include "base/arena.h"

struct certificate { struct str subject /* "CN=…, O=…" in a, or empty */; int64_t starts_s, ends_s; };

/* Source  RFC 5280 4.1
 * Errors  MALFORMED certificate.der */
MUST struct err certificate_read(struct arena *a, struct str der, struct certificate *ret);
#endif
