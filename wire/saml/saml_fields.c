/* saml_fields.c - see saml_fields.h. */
#include "wire/saml/saml_fields.h"
#include "wire/saml/saml_bytes.h"

enum { NAME_ID_MAX = 256, INDEX_MAX = 65535 };

struct err saml_field_text(const struct saml_el *el, struct str *ret_text)
{
	struct str s = saml_text_trim(el->text);

	ENSURE(!el->first && s.n > 0 && s.n <= SAML_TEXT_MAX && !str_has_control(s), MALFORMED, "saml.read.text");
	*ret_text = s;
	return NO_ERR;
}

struct err saml_field_list(struct arena *a, size_t n, size_t max, size_t size, void *ret_list)
{
	void *p;

	ENSURE(n <= max, MALFORMED, "saml.read.many");
	p = arena_try(a, n * size + 1);
	ENSURE(p, MALFORMED, "saml.read.many");
	memcpy(ret_list, &p, sizeof p);
	return NO_ERR;
}

struct err saml_field_texts(struct arena *a, const struct saml_el *el, const char *ns, const char *name, size_t max,
	struct saml_strs *ret_texts)
{
	struct saml_strs list = { 0 };

	TRY(saml_field_list(a, saml_el_count(el, ns, name), max, sizeof *list.v, &list.v));
	for (const struct saml_el *c = saml_el_child(el, ns, name); c; c = saml_el_next(c, ns, name))
		TRY(saml_field_text(c, &list.v[list.n++]));
	*ret_texts = list;
	return NO_ERR;
}

struct err saml_field_time(const struct saml_el *el, const char *name, int64_t *ret_t_s)
{
	struct str s = saml_el_attr(el, name);

	return s.p ? saml_time_parse(s, ret_t_s) : NO_ERR;
}

struct err saml_field_bool(const struct saml_el *el, const char *name, bool *ret_value)
{
	struct str s = saml_el_attr(el, name);

	return s.p ? saml_bool_parse(saml_text_trim(s), ret_value) : NO_ERR;
}

struct err saml_field_index(const struct saml_el *el, const char *name, int64_t *ret_index)
{
	struct str s = saml_el_attr(el, name);

	if (s.p && failed(str_to_i64(s, INDEX_MAX, ret_index)))
		return err_of(MALFORMED, "saml.read.index");
	return NO_ERR;
}

struct err saml_field_word(const struct saml_el *el, const char *name, struct str *ret_word)
{
	struct str s = saml_el_attr(el, name);

	ENSURE(s.n <= SAML_TEXT_MAX && !str_has_control(s), MALFORMED, "saml.read.text");
	*ret_word = s;
	return NO_ERR;
}

struct err saml_field_name_id(const struct saml_el *el, struct saml_name_id *ret_name_id)
{
	struct saml_name_id id = { .value = el->text };

	ENSURE(!el->first && id.value.n > 0 && id.value.n <= NAME_ID_MAX && !str_has_control(id.value)
		&& !saml_text_is_blank(id.value), MALFORMED, "saml.nameid");
	TRY(saml_field_word(el, "Format", &id.format));
	TRY(saml_field_word(el, "NameQualifier", &id.name_qualifier));
	TRY(saml_field_word(el, "SPNameQualifier", &id.sp_name_qualifier));
	*ret_name_id = id;
	return NO_ERR;
}
