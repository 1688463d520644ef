/* fuzz_saml_check.c - a SAML message before any XML library sees it: shape, then fields. What is
 * accepted has one root, each identifier once, and reads the same from its own octets. */
#include "base/frame.h"
#include "tests/fuzz/fuzz.h"
#include "wire/ipc/check.h"
#include "wire/saml/saml_read.h"

enum { ARENA_BYTES = 1 << 20, ALL = (1 << SAML_ROOT_COUNT) - 1 };

/* Every element once more: is what the shape says of assertions and signatures all that there is? */
static void check_tree(const struct saml_shape *s)
{
	size_t assertions = 0, signatures = 0;

	for (struct saml_el *el = s->root; el; el = saml_el_walk(s->root, el)) {
		assertions += saml_el_is(el, SAML_NS_ASSERTION, "Assertion");
		signatures += saml_el_is(el, SAML_NS_DSIG, "Signature");
		assert(el == s->root || !saml_el_is(el, SAML_NS_PROTOCOL, "Response"));
		assert(!(el->first && el->text.n));
		for (size_t i = 0; i < el->attr_n; i++)
			assert(str_is_utf8(el->attrs[i].value));
	}
	assert(assertions == (s->assertion ? 1 : 0));
	assert(signatures == (size_t)s->root_signed + s->assertion_signed);
	assert(!s->assertion || s->assertion->parent == s->root);
	assert(!s->root_signed || (saml_algorithm_is_allowed(s->of_root.method) && str_eq(s->of_root.id, saml_el_attr(s->root, "ID"))));
	assert(!s->assertion_signed || (saml_algorithm_is_allowed(s->of_assertion.method)
		&& str_eq(s->of_assertion.id, saml_el_attr(s->assertion, "ID"))));
}

static bool check_passes(struct arena *a, struct str doc, unsigned roots, struct saml_shape *ret_shape)
{
	fuzz_stain(ret_shape, sizeof *ret_shape);
	struct err e = saml_check(a, doc, roots, ret_shape);

	if (!failed(e))
		return true;
	assert(fuzz_is_stained(ret_shape, sizeof *ret_shape));
	assert(fuzz_is_error(e, ERR_MALFORMED, "saml.xml.* saml.check.* saml.time")
		|| fuzz_is_error(e, ERR_DENIED, "saml.algorithm saml.check.encrypted"));
	return false;
}

/* As the reader's answer it travels, unless it is too large for one frame. */
static void check_frame(struct arena *a, const struct saml_message *m)
{
	static char body[FRAME_MAX - FRAME_HEAD], again[FRAME_MAX - FRAME_HEAD];
	struct check_saml_result r = { .message = *m }, r2 = { 0 };
	size_t n = 0, n2 = 0;

	if (failed(frame_write_body(ipc_check_saml_result_io, &r, body, sizeof body, &n)))
		return;
	assert(!failed(frame_read_body((struct str){ body, n }, a, ipc_check_saml_result_io, &r2)));
	assert(!failed(frame_write_body(ipc_check_saml_result_io, &r2, again, sizeof again, &n2)));
	assert(str_eq((struct str){ body, n }, (struct str){ again, n2 }));
}

static void try_read(struct arena *a, const struct saml_shape *s)
{
	struct saml_message m;

	fuzz_stain(&m, sizeof m);
	struct err e = saml_read_message(a, s->root, s->kind, &m);
	if (failed(e)) {
		assert(fuzz_is_error(e, ERR_MALFORMED, "saml.read.* saml.nameid saml.attribute.* saml.conditions.* saml.time saml.boolean"));
		assert(fuzz_is_stained(&m, sizeof m));
		return;
	}
	fuzz_accepted++;
	assert(m.root == s->kind && str_eq(m.head.id, saml_el_attr(s->root, "ID")) && m.head.issuer.n > 0);
	assert(m.has_assertion == (s->assertion != NULL));
	assert(m.head.issue_instant_s >= 0 && m.head.issue_instant_s < 253402300800);
	check_frame(a, &m);
}

/* The document from its root on stands for the canonical octets. */
static void try_octets(struct arena *a, struct str doc, const struct saml_el *root)
{
	struct saml_el *el = NULL;

	assert(root->at < doc.n && doc.p[root->at] == '<');
	assert(!failed(saml_read_octets(a, str_slice(doc, root->at, doc.n), root, &el)));
	assert(el && el->attr_n == root->attr_n && str_eq(el->text, root->text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(ARENA_BYTES);
	struct str doc = fuzz_str(data, size);
	struct saml_shape shape, other;

	if (size > 8192 || !check_passes(a, doc, ALL, &shape))
		return 0;
	check_tree(&shape);
	assert(check_passes(a, doc, SAML_ROOT(shape.kind), &other) && other.kind == shape.kind);
	assert(!check_passes(a, doc, ALL & ~SAML_ROOT(shape.kind), &other));
	assert(!check_passes(a, str_slice(doc, 0, fuzz_cut(str_slice(doc, 0, size / 2))), ALL, &other));
	try_octets(a, doc, shape.root);
	try_read(a, &shape);
	return 0;
}
