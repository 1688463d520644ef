/* checks.h - what a typed value must be: one function for each kind of field, pure.
 *
 * Each says NULL when the value will do, else the page's word for what is wrong with it.
 * An empty value is judged where a field is required; an optional field may stay empty.
 */
#ifndef SERVICES_KIT_CHECKS_H
#define SERVICES_KIT_CHECKS_H
#include "wire/http/http.h"

/* Value without blanks at either end, ordinary and no-break ones; and that of a form's field. */
struct str kit_trim(struct str value);
struct str kit_typed(const struct http_pairs *form, const char *name);
/* Text of several lines, which end in LF: without blanks and empty lines at either end. Browsers send CR LF, and count
 * each end as one character. Lives in a. */
struct str kit_lines(struct arena *a, struct str typed);
/* "missing" when empty, "long" beyond max_chars characters (not bytes). */
const char *kit_check_text(struct str value, bool required, size_t max_chars);
/* Five digits; blanks between them are taken out. "missing", "invalid". */
const char *kit_check_postal_code(struct arena *a, struct str value, struct str *ret_code);
/* Digits with the usual separators, 6 to 15 of them, an optional + in front. "invalid" */
const char *kit_check_phone(struct arena *a, struct str value, struct str *ret_phone);
/* Something, an at sign, a name with a dot; what mail can really do, only mail can tell. "invalid" */
const char *kit_check_email(struct str value);
/* A day of the calendar since 1850, as days since 1970. "missing", "invalid" */
const char *kit_check_day(struct str day, struct str month, struct str year, int64_t *ret_days);
/* A day of the calendar in 1850..today (of Paris). "missing", "invalid", "future". ISO in *ret_date. */
const char *kit_check_past_date(struct arena *a, struct str day, struct str month, struct str year, int64_t now_s, struct str *ret_date);
#endif
