/* saml_xml.h - a strict pull tokenizer for the XML that SAML needs, and the small tree made of it.
 *
 * It knows elements, attributes, text, the five entities, character references and namespaces.
 * Whatever else XML offers (DTD, entities of one's own, CDATA, processing instructions, other
 * encodings; comments in messages) is refused: two readers of one document disagree only there.
 * All text is UTF-8. The limits are the same for everybody.
 */
#ifndef WIRE_SAML_XML_H
#define WIRE_SAML_XML_H
#include "base/arena.h"

enum {
	SAML_XML_BYTES = 192 * 1024, SAML_XML_DEPTH = 32, SAML_XML_ELEMENTS = 5000, SAML_XML_ATTRS = 32,
	SAML_XML_CHILDREN = 256, SAML_XML_NAME = 128, SAML_XML_BINDINGS = 64, SAML_XML_URI = 256,
};

/* A file that a person hands in, against a message from the network: a byte order mark, comments
 * between elements and prefixes bound anew are everyday there, and nothing in it is signed for us. */
enum saml_xml_mode { SAML_XML_MESSAGE, SAML_XML_FILE };

struct saml_xml_attr { struct str ns, name, value; };

struct saml_token {
	enum saml_token_kind { SAML_TOKEN_END, SAML_TOKEN_OPEN, SAML_TOKEN_CLOSE, SAML_TOKEN_TEXT } kind;
	struct str ns, name;                          /* OPEN */
	struct saml_xml_attr *attrs; size_t attr_n;   /* OPEN: without the namespace declarations */
	struct str text;                              /* TEXT: entities replaced */
	size_t at;                                    /* where it begins */
};

struct saml_binding { struct str prefix, uri; };
struct saml_open { struct str raw; size_t binding_n; };   /* the name as written; the bindings outside it */

struct saml_xml {
	struct arena *a;
	struct str doc;
	size_t at;                                    /* after an error: where it was found */
	enum saml_xml_mode mode;
	bool closing;                                 /* <a/>: its CLOSE is due */
	bool rooted;                                  /* the root element was seen */
	size_t element_n, depth, binding_n;
	struct saml_open open[SAML_XML_DEPTH];
	struct saml_binding bindings[SAML_XML_BINDINGS];
};

/* Checks the bytes and the XML declaration. doc is borrowed; tokens live in doc and a.
 * Errors  MALFORMED saml.xml.size, saml.xml.bytes, saml.xml.encoding */
MUST struct err saml_xml_init(struct saml_xml *x, struct arena *a, struct str doc, enum saml_xml_mode mode);
/* The next token; SAML_TOKEN_END after the whole of one well-formed document.
 * Errors  MALFORMED saml.xml.* */
MUST struct err saml_xml_next(struct saml_xml *x, struct saml_token *ret_token);

/* ---- the tree ---- */

struct saml_el {
	struct str ns, name;
	struct saml_xml_attr *attrs;
	size_t attr_n;
	struct str text;                              /* of an element without children */
	struct saml_el *parent, *first, *last, *next;
	size_t at;                                    /* offset of its '<' */
	unsigned child_n;
};

/* The whole document as a tree. An element has children or text, never both.
 * Owner   *ret_root lives in doc and a
 * Errors  MALFORMED saml.xml.*; then *ret_at (may be NULL) is the offset of what is wrong */
MUST struct err saml_xml_parse(struct arena *a, struct str doc, enum saml_xml_mode mode,
	struct saml_el **ret_root, size_t *ret_at);

/* Inline, since every element is asked many times and the lengths of literals are known then. */
static inline bool saml_is(struct str s, const char *word)
{
	size_t n = strlen(word);

	return s.n == n && memcmp(s.p, word, n) == 0;
}
static inline bool saml_el_is(const struct saml_el *el, const char *ns, const char *name)
{
	return saml_is(el->name, name) && saml_is(el->ns, ns);
}
/* The first such child, or NULL; the next such sibling, or NULL. */
struct saml_el *saml_el_child(const struct saml_el *el, const char *ns, const char *name);
struct saml_el *saml_el_next(const struct saml_el *el, const char *ns, const char *name);
size_t saml_el_count(const struct saml_el *el, const char *ns, const char *name);
/* In document order below `top`, NULL after the last. */
struct saml_el *saml_el_walk(const struct saml_el *top, struct saml_el *el);
/* The value of an attribute without namespace; p is NULL when it is absent. */
struct str saml_el_attr(const struct saml_el *el, const char *name);
#endif
