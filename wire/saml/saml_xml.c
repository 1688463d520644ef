/* saml_xml.c - the tokenizer; see saml_xml.h. The tree is in saml_tree.c. */
#include "wire/saml/saml_xml.h"
#include "wire/saml/saml_bytes.h"

#define XML_URI   "http://www.w3.org/XML/1998/namespace"
#define XMLNS_URI "http://www.w3.org/2000/xmlns/"

struct raw_attr { struct str prefix, name, raw; };

static inline bool here(const struct saml_xml *x, const char *word)
{
	size_t n = strlen(word);

	return x->doc.n - x->at >= n && memcmp(x->doc.p + x->at, word, n) == 0;
}

static bool take(struct saml_xml *x, const char *word)
{
	if (!here(x, word))
		return false;
	x->at += strlen(word);
	return true;
}

static bool skip_space(struct saml_xml *x)
{
	size_t from = x->at;

	while (x->at < x->doc.n && saml_byte_is_space(x->doc.p[x->at]))
		x->at++;
	return x->at > from;
}

/* name="value" of the XML declaration; *ret_value is empty when it is not there. */
static struct err declaration_part(struct saml_xml *x, const char *name, struct str *ret_value)
{
	size_t from = x->at;

	*ret_value = STR_NONE;
	if (!skip_space(x) || !take(x, name)) {
		x->at = from;
		return NO_ERR;
	}
	skip_space(x);
	ENSURE(take(x, "="), MALFORMED, "saml.xml.encoding");
	skip_space(x);
	ENSURE(x->at < x->doc.n && (x->doc.p[x->at] == '"' || x->doc.p[x->at] == '\''), MALFORMED, "saml.xml.encoding");

	struct str rest = str_slice(x->doc, x->at + 1, x->doc.n);
	size_t n = str_index(rest, x->doc.p[x->at]);

	ENSURE(n > 0 && n < rest.n, MALFORMED, "saml.xml.encoding");
	*ret_value = str_slice(rest, 0, n);
	x->at += n + 2;
	return NO_ERR;
}

/* A document that declares SHIFT_JIS makes libxml2 load a converter: there is one encoding here. */
static struct err declaration(struct saml_xml *x)
{
	struct str version, encoding, standalone;

	if (!here(x, "<?xml ") && !here(x, "<?xml\t") && !here(x, "<?xml\n") && !here(x, "<?xml\r"))
		return NO_ERR;
	x->at += strlen("<?xml");
	TRY(declaration_part(x, "version", &version));
	TRY(declaration_part(x, "encoding", &encoding));
	TRY(declaration_part(x, "standalone", &standalone));
	skip_space(x);
	ENSURE(saml_is(version, "1.0"), MALFORMED, "saml.xml.encoding");
	ENSURE(encoding.n == 0 || str_eq_nocase(encoding, STR("UTF-8")), MALFORMED, "saml.xml.encoding");
	ENSURE(standalone.n == 0 || saml_is(standalone, "yes") || saml_is(standalone, "no"), MALFORMED, "saml.xml.encoding");
	ENSURE(take(x, "?>"), MALFORMED, "saml.xml.encoding");
	return NO_ERR;
}

struct err saml_xml_init(struct saml_xml *x, struct arena *a, struct str doc, enum saml_xml_mode mode)
{
	x->a = a;
	x->doc = doc;
	x->at = x->element_n = x->depth = x->binding_n = 0;
	x->mode = mode;
	x->closing = x->rooted = false;
	ENSURE(doc.n > 0 && doc.n <= SAML_XML_BYTES, MALFORMED, "saml.xml.size");
	if (mode == SAML_XML_FILE)
		take(x, "\xef\xbb\xbf");
	TRY(saml_bytes_check(str_slice(doc, x->at, doc.n), &x->at));
	return declaration(x);
}

/* ---- names and namespaces ---- */

static struct err name_take(struct saml_xml *x, struct str *ret_prefix, struct str *ret_name)
{
	size_t from = x->at, colon = SIZE_MAX;

	for (; x->at < x->doc.n && saml_byte_is_name(x->doc.p[x->at]); x->at++)
		if (x->doc.p[x->at] == ':') {
			ENSURE(colon == SIZE_MAX, MALFORMED, "saml.xml.name");
			colon = x->at;
		}
	ENSURE(x->at > from && x->at - from <= SAML_XML_NAME, MALFORMED, "saml.xml.name");
	*ret_prefix = colon == SIZE_MAX ? STR_NONE : str_slice(x->doc, from, colon);
	*ret_name = str_slice(x->doc, colon == SIZE_MAX ? from : colon + 1, x->at);
	ENSURE(colon == SIZE_MAX || ret_prefix->n > 0, MALFORMED, "saml.xml.name");
	ENSURE(ret_name->n > 0 && saml_byte_starts_name(ret_name->p[0]), MALFORMED, "saml.xml.name");
	ENSURE(!ret_prefix->n || saml_byte_starts_name(ret_prefix->p[0]), MALFORMED, "saml.xml.name");
	return NO_ERR;
}

static const struct saml_binding *binding_find(const struct saml_xml *x, struct str prefix)
{
	for (size_t i = x->binding_n; i-- > 0;)
		if (str_eq(x->bindings[i].prefix, prefix))
			return &x->bindings[i];
	return NULL;
}

/* A relative or broken URI makes a canonicaliser give up, and sign or digest nothing at all. */
static bool uri_is_absolute(struct str uri)
{
	size_t colon = str_index(uri, ':');

	if (uri.n == 0 || uri.n > SAML_XML_URI || colon == 0 || colon == uri.n || !saml_byte_starts_name(uri.p[0]))
		return false;
	for (size_t i = 0; i < uri.n; i++)
		if ((unsigned char)uri.p[i] <= 0x20 || (unsigned char)uri.p[i] >= 0x7f || strchr("<>\"{}|\\^`", uri.p[i]))
			return false;
	return true;
}

static struct err bind(struct saml_xml *x, size_t outer_n, struct str prefix, struct str uri)
{
	const struct saml_binding *old = binding_find(x, prefix);

	ENSURE(!saml_is(prefix, "xmlns") && !saml_is(uri, XMLNS_URI), MALFORMED, "saml.xml.namespace");
	ENSURE(saml_is(prefix, "xml") == saml_is(uri, XML_URI), MALFORMED, "saml.xml.namespace");
	ENSURE(uri_is_absolute(uri) || (!prefix.n && !uri.n), MALFORMED, "saml.xml.namespace");
	/* The same prefix twice on one element, or one prefix for two names in a message. */
	ENSURE(!old || old < x->bindings + outer_n, MALFORMED, "saml.xml.namespace");
	ENSURE(!old || !prefix.n || x->mode == SAML_XML_FILE || str_eq(old->uri, uri), MALFORMED, "saml.xml.rebound");
	ENSURE(x->binding_n < SAML_XML_BINDINGS, MALFORMED, "saml.xml.size");
	x->bindings[x->binding_n++] = (struct saml_binding){ prefix, uri };
	return NO_ERR;
}

static struct err resolve(const struct saml_xml *x, struct str prefix, bool is_attr, struct str *ret_uri)
{
	const struct saml_binding *b;

	*ret_uri = STR_NONE;
	if (is_attr && !prefix.n)
		return NO_ERR;
	if (saml_is(prefix, "xml")) {
		*ret_uri = STR(XML_URI);
		return NO_ERR;
	}
	b = binding_find(x, prefix);
	ENSURE(b || !prefix.n, MALFORMED, "saml.xml.namespace");
	if (b)
		*ret_uri = b->uri;
	return NO_ERR;
}

/* ---- tags ---- */

static struct err attr_take(struct saml_xml *x, struct raw_attr *ret_attr)
{
	TRY(name_take(x, &ret_attr->prefix, &ret_attr->name));
	skip_space(x);
	ENSURE(take(x, "="), MALFORMED, "saml.xml.tag");
	skip_space(x);
	ENSURE(x->at < x->doc.n && (x->doc.p[x->at] == '"' || x->doc.p[x->at] == '\''), MALFORMED, "saml.xml.tag");

	const char *from = x->doc.p + x->at + 1;
	const char *to = memchr(from, x->doc.p[x->at], x->doc.n - x->at - 1);

	ENSURE(to, MALFORMED, "saml.xml.tag");
	ret_attr->raw = (struct str){ from, (size_t)(to - from) };
	ENSURE(!str_has(ret_attr->raw, '<'), MALFORMED, "saml.xml.tag");
	x->at = (size_t)(to - x->doc.p) + 1;
	return NO_ERR;
}

static struct err attrs_take(struct saml_xml *x, struct raw_attr attrs[SAML_XML_ATTRS], size_t *ret_n, bool *ret_closing)
{
	*ret_n = 0;
	for (;;) {
		bool spaced = skip_space(x);

		*ret_closing = here(x, "/>");
		if (take(x, "/>") || take(x, ">"))
			return NO_ERR;
		ENSURE(spaced, MALFORMED, "saml.xml.tag");
		ENSURE(*ret_n < SAML_XML_ATTRS, MALFORMED, "saml.xml.size");
		TRY(attr_take(x, &attrs[(*ret_n)++]));
	}
}

static struct err declare_namespaces(struct saml_xml *x, const struct raw_attr *attrs, size_t n, size_t *ret_left)
{
	size_t outer_n = x->binding_n;

	*ret_left = n;
	for (size_t i = 0; i < n; i++) {
		bool dflt = !attrs[i].prefix.n && saml_is(attrs[i].name, "xmlns");
		struct str uri;

		if (!dflt && !saml_is(attrs[i].prefix, "xmlns"))
			continue;
		TRY(saml_text_decode(x->a, attrs[i].raw, true, &uri));
		TRY(bind(x, outer_n, dflt ? STR_NONE : attrs[i].name, uri));
		--*ret_left;
	}
	return NO_ERR;
}

static struct err attrs_resolve(struct saml_xml *x, const struct raw_attr *attrs, size_t n, size_t left, struct saml_token *t)
{
	t->attrs = arena_try(x->a, left * sizeof *t->attrs + 1);
	ENSURE(t->attrs, MALFORMED, "saml.xml.size");
	t->attr_n = 0;
	for (size_t i = 0; i < n; i++) {
		struct saml_xml_attr *v = &t->attrs[t->attr_n];

		if (saml_is(attrs[i].prefix, "xmlns") || (!attrs[i].prefix.n && saml_is(attrs[i].name, "xmlns")))
			continue;
		TRY(resolve(x, attrs[i].prefix, true, &v->ns));
		v->name = attrs[i].name;
		TRY(saml_text_decode(x->a, attrs[i].raw, true, &v->value));
		for (size_t k = 0; k < t->attr_n; k++)
			ENSURE(!str_eq(t->attrs[k].name, v->name) || !str_eq(t->attrs[k].ns, v->ns), MALFORMED, "saml.xml.attribute");
		t->attr_n++;
	}
	return NO_ERR;
}

static struct err open_take(struct saml_xml *x, struct saml_token *t)
{
	struct raw_attr attrs[SAML_XML_ATTRS];
	struct saml_open *o = &x->open[x->depth];
	size_t from = ++x->at, n = 0, left = 0;
	struct str prefix;

	ENSURE(x->depth > 0 || !x->rooted, MALFORMED, "saml.xml.root");
	ENSURE(x->depth < SAML_XML_DEPTH && x->element_n < SAML_XML_ELEMENTS, MALFORMED, "saml.xml.size");
	TRY(name_take(x, &prefix, &t->name));
	*o = (struct saml_open){ str_slice(x->doc, from, x->at), x->binding_n };
	TRY(attrs_take(x, attrs, &n, &x->closing));
	TRY(declare_namespaces(x, attrs, n, &left));
	TRY(resolve(x, prefix, false, &t->ns));
	TRY(attrs_resolve(x, attrs, n, left, t));
	t->kind = SAML_TOKEN_OPEN;
	x->rooted = true;
	x->depth++;
	x->element_n++;
	return NO_ERR;
}

static void leave(struct saml_xml *x, struct saml_token *t)
{
	x->binding_n = x->open[--x->depth].binding_n;
	x->closing = false;
	t->kind = SAML_TOKEN_CLOSE;
}

static struct err close_take(struct saml_xml *x, struct saml_token *t)
{
	struct str rest;

	ENSURE(x->depth > 0, MALFORMED, "saml.xml.tag");
	x->at += 2;
	rest = str_slice(x->doc, x->at, x->doc.n);
	ENSURE(str_starts(rest, x->open[x->depth - 1].raw), MALFORMED, "saml.xml.tag");
	x->at += x->open[x->depth - 1].raw.n;
	skip_space(x);
	ENSURE(take(x, ">"), MALFORMED, "saml.xml.tag");
	leave(x, t);
	return NO_ERR;
}

/* ---- the rest ---- */

static struct err comment_skip(struct saml_xml *x)
{
	ENSURE(x->mode == SAML_XML_FILE, MALFORMED, "saml.xml.comment");

	struct str rest = str_slice(x->doc, x->at + 4, x->doc.n);
	const char *end = rest.n ? memmem(rest.p, rest.n, "--", 2) : NULL;

	ENSURE(end, MALFORMED, "saml.xml.comment");
	x->at = (size_t)(end - x->doc.p) + 2;
	ENSURE(take(x, ">"), MALFORMED, "saml.xml.comment");
	return NO_ERR;
}

/* What XML has besides elements and text, and we have not. */
static struct err refuse_markup(const struct saml_xml *x)
{
	ENSURE(!here(x, "<![CDATA["), MALFORMED, "saml.xml.cdata");
	ENSURE(!here(x, "<!"), MALFORMED, "saml.xml.dtd");
	ENSURE(!here(x, "<?"), MALFORMED, "saml.xml.instruction");
	return NO_ERR;
}

static struct err text_take(struct saml_xml *x, struct saml_token *t)
{
	struct str rest = str_slice(x->doc, x->at, x->doc.n);
	struct str raw = str_slice(rest, 0, str_index(rest, '<'));

	ENSURE(!memmem(raw.p, raw.n, "]]>", 3), MALFORMED, "saml.xml.text");
	/* Outside the root there is white space, as it is written: not even a reference to it. */
	ENSURE(x->depth > 0 || saml_text_is_blank(raw), MALFORMED, "saml.xml.root");
	TRY(saml_text_decode(x->a, raw, false, &t->text));
	x->at += raw.n;
	t->kind = SAML_TOKEN_TEXT;
	return NO_ERR;
}

struct err saml_xml_next(struct saml_xml *x, struct saml_token *t)
{
	memset(t, 0, sizeof *t);
	for (;;) {
		t->at = x->at;
		if (x->closing) {
			leave(x, t);
			return NO_ERR;
		}
		if (x->at == x->doc.n) {
			ENSURE(x->rooted && x->depth == 0, MALFORMED, "saml.xml.end");
			t->kind = SAML_TOKEN_END;
			return NO_ERR;
		}
		if (x->doc.p[x->at] != '<') {
			TRY(text_take(x, t));
			if (x->depth > 0)
				return NO_ERR;
			continue;
		}
		if (x->at + 1 < x->doc.n && x->doc.p[x->at + 1] == '/')
			return close_take(x, t);
		if (here(x, "<!--")) {
			TRY(comment_skip(x));
			continue;
		}
		TRY(refuse_markup(x));
		return open_take(x, t);
	}
}
