/* str.h - borrowed views of bytes, and a buffer that grows up to a limit.
 *
 * A str has no NUL to trust. A buf is given its limit at birth; once something did
 * not fit it is `overflowed`, holds nothing more, and the caller asks once at the end.
 */
#ifndef BASE_STR_H
#define BASE_STR_H
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "base/err.h"

struct str {
	const char *p;   /* borrowed; may be NULL when n is 0 */
	size_t      n;
};

#define STR(lit)    ((struct str){ "" lit, sizeof(lit) - 1 })
#define STR_INIT(lit) { "" lit, sizeof(lit) - 1 }
#define STR_NONE    ((struct str){ NULL, 0 })
#define STR_FMT     "%.*s"                      /* printf("..." STR_FMT, STR_ARG(s)) */
#define STR_ARG(s)  (int)(s).n, (s).p ? (s).p : ""

struct str str_from_c(const char *c);           /* NULL gives STR_NONE; borrowed */
/* Plain comparison, not constant in time: secrets go through ct_equal(). */
bool str_eq(struct str a, struct str b);
bool str_eq_c(struct str a, const char *b);
bool str_eq_nocase(struct str a, struct str b); /* ASCII only */
int  str_cmp(struct str a, struct str b);
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
/* Index of c, or s.n. */
size_t str_index(struct str s, char c);
bool str_has(struct str s, char c);
struct str str_slice(struct str s, size_t from, size_t to);   /* clamped to s */
struct str str_trim(struct str s);              /* blanks and tabs at both ends */
/* Take the part before `sep` off *rest (all of it when there is none).
 * false once *rest is used up: `while (str_split(&rest, ' ', &word))`. */
bool str_split(struct str *rest, char sep, struct str *ret_part);
/* Is word one of the blank-separated words of list (OAuth scope, prompt)? */
bool str_has_word(struct str list, struct str word);
/* Decimal digits only, no sign, at most max. MALFORMED str.number */
MUST struct err str_to_i64(struct str s, int64_t max, int64_t *ret_value);
bool str_is_utf8(struct str s);                 /* shortest forms, no surrogates */
bool str_has_control(struct str s);             /* any byte below 0x20, or 0x7f */

struct buf {
	char  *p;            /* not NUL-terminated; owner: the buf */
	size_t n, cap, max;
	bool   overflowed;   /* something did not fit; p and n stay as they were */
};

void buf_init(struct buf *b, size_t max_bytes);
void buf_done(struct buf *b);                   /* wipes and frees; the buf may be init'ed again */
void buf_reset(struct buf *b);                  /* empty, memory kept */
void buf_add(struct buf *b, struct str s);
void buf_add_c(struct buf *b, const char *c);
void buf_add_char(struct buf *b, char c);
void buf_add_i64(struct buf *b, int64_t v);
void buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* n bytes to write into, or NULL when they do not fit. */
char *buf_grow(struct buf *b, size_t n);
struct str buf_str(const struct buf *b);        /* borrowed until the next change */
MUST struct err buf_err(const struct buf *b);   /* BROKEN buf.overflow when overflowed */
#endif
