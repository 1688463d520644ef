/* saml_fields.h - one field of an element, for saml_read.c, saml_assertion.c and saml_metadata.c. */
#ifndef WIRE_SAML_FIELDS_H
#define WIRE_SAML_FIELDS_H
#include "wire/saml/saml_types.h"
#include "wire/saml/saml_xml.h"

enum { SAML_TEXT_MAX = 1024, SAML_VALUE_MAX = 4096 };

/* Text of an element without children, white space at the ends removed: names and addresses.
 * MALFORMED saml.read.text (children, empty, longer than SAML_TEXT_MAX, control characters) */
MUST struct err saml_field_text(const struct saml_el *el, struct str *ret_text);
/* All children of that name, as such texts, at most max. MALFORMED saml.read.many */
MUST struct err saml_field_texts(struct arena *a, const struct saml_el *el, const char *ns, const char *name, size_t max,
	struct saml_strs *ret_texts);
/* Attributes; an absent one leaves *ret_value as it is. */
MUST struct err saml_field_time(const struct saml_el *el, const char *name, int64_t *ret_t_s);
MUST struct err saml_field_bool(const struct saml_el *el, const char *name, bool *ret_value);
MUST struct err saml_field_index(const struct saml_el *el, const char *name, int64_t *ret_index);   /* 0..65535 */
/* A short attribute; empty when absent. MALFORMED saml.read.text */
MUST struct err saml_field_word(const struct saml_el *el, const char *name, struct str *ret_word);
/* MALFORMED saml.nameid */
MUST struct err saml_field_name_id(const struct saml_el *el, struct saml_name_id *ret_name_id);
/* Room for n elements, zeroed. MALFORMED saml.read.many beyond max or the arena */
MUST struct err saml_field_list(struct arena *a, size_t n, size_t max, size_t size, void *ret_list);
#endif
