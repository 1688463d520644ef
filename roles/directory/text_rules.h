/* text_rules.h - what may go into a question to the directory, and how it is written there. Pure. */
#ifndef ROLES_DIRECTORY_TEXT_RULES_H
#define ROLES_DIRECTORY_TEXT_RULES_H
#include "base/arena.h"

enum { GUID_BYTES = 16 };

/* DENIED directory.login: empty, over DIRECTORY_LOGIN_MAX, no UTF-8, control characters, blanks at
 * its ends, or a character that means something in a filter or a DN. These are escaped as well;
 * two locks, since one of them will be changed one day. */
MUST struct err directory_login_check(struct str login);
/* An empty password would be an anonymous bind, which succeeds.
 * Source  RFC 4513 5.1.2
 * Errors  DENIED directory.password.empty, directory.password.shape (over DIRECTORY_PASSWORD_MAX, a
 *         NUL, no UTF-8) */
MUST struct err directory_password_check(struct str password);

/* Append a value as it stands in a filter. Source  RFC 4515 3 */
void filter_add_value(struct buf *b, struct str value);
void filter_add_bytes(struct buf *b, const uint8_t *p, size_t n);      /* every byte escaped */
/* Append an attribute's value as it stands in a DN. Source  RFC 4514 2.4 */
void dn_add_value(struct buf *b, struct str value);
/* With the letters beyond ASCII small: not every server tells their own case, and ASCII's is never looked at.
 * Errors  MALFORMED directory.answer (no UTF-8), directory.size (over DIRECTORY_VALUE_MAX) */
MUST struct err letters_small(struct arena *a, struct str text, struct str *ret_text);
/* The same of a DN as libldap normalises it, with "\C3\89" as the letter that it is. */
MUST struct err dn_letters(struct arena *a, struct str dn, struct str *ret_dn);
/* Is dn the entry base, or below it? Both in normal form; ASCII case does not count. */
bool dn_is_within(struct str dn, struct str base);

/* entryUUID as text, and objectGUID, whose first three groups lie in it little-endian.
 * Source  RFC 4530; MS-DTYP 2.3.4.3
 * Errors  MALFORMED directory.answer; DENIED directory.key */
MUST struct err uuid_read(struct arena *a, struct str text, struct str *ret_key);
MUST struct err guid_read(struct arena *a, struct str bytes, struct str *ret_key);
MUST struct err key_to_guid(struct str key, uint8_t ret_guid[GUID_BYTES]);
bool key_is_valid(struct str key);

/* What a library or a server said, for people to read: the beginning of it, or `otherwise` where it is
 * none, or may be anything, such as what moves a terminal's cursor. Lives in a. */
struct str words_for_people(struct arena *a, const char *text, const char *otherwise);
#endif
