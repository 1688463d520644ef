/* saml_tree.c - the small tree made of the tokens; see saml_xml.h. */
#include "wire/saml/saml_xml.h"
#include "wire/saml/saml_bytes.h"

static struct err open_add(struct saml_xml *x, const struct saml_token *t, struct saml_el **at, struct saml_el **ret_root)
{
	struct saml_el *el = arena_try(x->a, sizeof *el), *parent = *at;

	ENSURE(el, MALFORMED, "saml.xml.size");
	*el = (struct saml_el){ .ns = t->ns, .name = t->name, .attrs = t->attrs, .attr_n = t->attr_n, .parent = parent, .at = t->at };
	if (!parent)
		*ret_root = el;
	else if (parent->last)
		parent->last->next = el;
	else
		parent->first = el;
	if (parent) {
		ENSURE(saml_text_is_blank(parent->text), MALFORMED, "saml.xml.mixed");
		ENSURE(++parent->child_n <= SAML_XML_CHILDREN, MALFORMED, "saml.xml.size");
		parent->text = STR_NONE;
		parent->last = el;
	}
	*at = el;
	return NO_ERR;
}

static struct err text_add(struct saml_el *el, const struct saml_token *t)
{
	if (el->first) {
		ENSURE(saml_text_is_blank(t->text), MALFORMED, "saml.xml.mixed");
		return NO_ERR;
	}
	/* A comment parted it: only a file may hold one, and not inside a value. */
	ENSURE(!el->text.n || saml_text_is_blank(t->text) || saml_text_is_blank(el->text), MALFORMED, "saml.xml.comment");
	if (!el->text.n || saml_text_is_blank(el->text))
		el->text = t->text;
	return NO_ERR;
}

static struct err build(struct saml_xml *x, struct saml_el **ret_root)
{
	struct saml_el *at = NULL, *root = NULL;
	struct saml_token t;

	for (;;) {
		TRY(saml_xml_next(x, &t));
		if (t.kind == SAML_TOKEN_END)
			break;
		if (t.kind == SAML_TOKEN_OPEN)
			TRY(open_add(x, &t, &at, &root));
		else if (t.kind == SAML_TOKEN_TEXT)
			TRY(text_add(at, &t));
		else
			at = at->parent;
	}
	*ret_root = root;
	return NO_ERR;
}

struct err saml_xml_parse(struct arena *a, struct str doc, enum saml_xml_mode mode, struct saml_el **ret_root, size_t *ret_at)
{
	struct saml_xml x;
	struct err e = saml_xml_init(&x, a, doc, mode);

	if (!failed(e))
		e = build(&x, ret_root);
	if (failed(e) && ret_at)
		*ret_at = x.at;
	return e;
}

static struct saml_el *find_from(struct saml_el *el, struct str ns, struct str name)
{
	while (el && !(str_eq(el->name, name) && str_eq(el->ns, ns)))
		el = el->next;
	return el;
}

struct saml_el *saml_el_child(const struct saml_el *el, const char *ns, const char *name)
{
	return find_from(el->first, str_from_c(ns), str_from_c(name));
}

struct saml_el *saml_el_next(const struct saml_el *el, const char *ns, const char *name)
{
	return find_from(el->next, str_from_c(ns), str_from_c(name));
}

size_t saml_el_count(const struct saml_el *el, const char *ns, const char *name)
{
	size_t n = 0;

	for (const struct saml_el *c = saml_el_child(el, ns, name); c; c = saml_el_next(c, ns, name))
		n++;
	return n;
}

struct saml_el *saml_el_walk(const struct saml_el *top, struct saml_el *el)
{
	if (el->first)
		return el->first;
	while (el != top && !el->next)
		el = el->parent;
	return el == top ? NULL : el->next;
}

struct str saml_el_attr(const struct saml_el *el, const char *name)
{
	for (size_t i = 0; i < el->attr_n; i++)
		if (!el->attrs[i].ns.n && str_eq_c(el->attrs[i].name, name))
			return el->attrs[i].value;
	return STR_NONE;
}
