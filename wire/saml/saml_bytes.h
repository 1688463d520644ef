/* saml_bytes.h - the characters of a document, its text, and the simple types of XML Schema. */
#ifndef WIRE_SAML_BYTES_H
#define WIRE_SAML_BYTES_H
#include "base/arena.h"

bool saml_byte_is_space(char c);
bool saml_byte_is_name(char c);          /* ASCII letters, digits, '.', '-', '_', ':' */
bool saml_byte_starts_name(char c);      /* ASCII letters, '_' */

/* UTF-8 and the characters of XML 1.0 only; no byte order mark inside. On failure *ret_at grows by
 * the offset, as far as it is known.
 * Errors  MALFORMED saml.xml.bytes */
MUST struct err saml_bytes_check(struct str doc, size_t *ret_at);

/* Entities and character references replaced, line ends as XML wants them; white space of an
 * attribute becomes blanks. Borrowed from raw when nothing had to change.
 * Source  XML 1.0 2.11, 3.3.3, 4.1, 4.6
 * Errors  MALFORMED saml.xml.entity, saml.xml.size */
MUST struct err saml_text_decode(struct arena *a, struct str raw, bool is_attr, struct str *ret_text);
bool saml_text_is_blank(struct str s);
struct str saml_text_trim(struct str s);     /* XML white space at both ends */
/* An NCName of at most 256 ASCII characters, as identifiers of SAML are. */
bool saml_text_is_id(struct str s);

/* "2026-11-24T10:42:00Z", with at most nine digits of a fraction, which is cut off; UTC in the Z form,
 * 1971 to 9999, no leap second: 0 stands for an absent instant everywhere, and must not be written as one.
 * Source  SAML Core 2.0 1.3.3
 * Errors  MALFORMED saml.time */
MUST struct err saml_time_parse(struct str s, int64_t *ret_t_s);
/* xs:boolean. MALFORMED saml.boolean */
MUST struct err saml_bool_parse(struct str s, bool *ret_value);
/* base64 with padding, as b64_decode() reads it, but fast enough for messages of any size that we take.
 * Errors  MALFORMED b64.* */
MUST struct err saml_b64_strict(struct arena *a, struct str s, struct str *ret_bytes);
/* base64 as it stands in XML: white space between the characters is allowed.
 * Errors  MALFORMED b64.* */
MUST struct err saml_b64_decode(struct arena *a, struct str s, struct str *ret_bytes);
#endif
