/* saml_answer.c - see saml_answer.h. */
#include "roles/reader/saml_answer.h"
#include "roles/reader/saml_selftest.h"
#include "roles/reader/saml_verify.h"
#include "wire/saml/saml_metadata.h"
#include "wire/saml/saml_read.h"
#include "wire/saml/saml_redirect.h"
#include <stdlib.h>

struct reader_saml { struct saml_keys *keys; };

enum { SELFTEST_ARENA = 256 * 1024 };

/* What is known of one message while it is being proven. */
struct proof {
	const struct check_saml *question;
	struct str doc;
	struct saml_redirect redirect;        /* CHECK_REDIRECT */
	struct saml_shape shape;
	struct str root_octets, assertion_octets;
	uint32_t signed_by, certificate;
};

static struct err unpack(struct arena *a, struct proof *p)
{
	const struct check_saml *q = p->question;
	const uint32_t responses = SAML_ROOT(SAML_RESPONSE) | SAML_ROOT(SAML_LOGOUT_RESPONSE);
	bool may_inflate = !(q->roots & SAML_ROOT(SAML_RESPONSE));

	if (q->binding == CHECK_POST) {
		TRY(saml_post_decode(a, q->message, may_inflate, &p->doc));
		return saml_check(a, p->doc, q->roots, &p->shape);
	}
	TRY(saml_redirect_decode(a, q->message, &p->redirect));
	p->doc = p->redirect.xml;
	TRY(saml_check(a, p->doc, q->roots & (p->redirect.is_response ? responses : ~responses), &p->shape));
	/*= SAML Bindings 3.4.4.1: Any signature on the SAML protocol message, including the <ds:Signature> XML
	 * element itself, MUST be removed. */
	ENSURE(!p->shape.root_signed, MALFORMED, "saml.redirect.signature");
	/*= SAML Profiles 4.1.2: the HTTP Redirect binding MUST NOT be used [for the Response] */
	ENSURE(p->shape.kind != SAML_RESPONSE, MALFORMED, "saml.check.root");
	return NO_ERR;
}

/* With one certificate: everything that is signed must be signed by it. */
static struct err prove_with(struct arena *a, struct proof *p, struct saml_dom *dom, const struct saml_key *key)
{
	uint32_t signed_by = 0;

	if (p->redirect.signature.n) {
		TRY(saml_query_verify(p->redirect.signed_octets, p->redirect.algorithm, p->redirect.signature, key));
		signed_by |= CHECK_SIGNED_QUERY;
	}
	if (p->shape.root_signed) {
		TRY(saml_dom_verify(dom, a, false, &p->shape.of_root, key, &p->root_octets));
		signed_by |= CHECK_SIGNED_MESSAGE;
	}
	if (p->shape.assertion_signed) {
		TRY(saml_dom_verify(dom, a, true, &p->shape.of_assertion, key, &p->assertion_octets));
		signed_by |= CHECK_SIGNED_ASSERTION;
	}
	p->signed_by = signed_by;
	return NO_ERR;
}

static struct err prove(struct reader_saml *s, struct arena *a, struct proof *p)
{
	AUTO(saml_dom_destroyp) struct saml_dom *dom = NULL;
	struct err e = err_of(DENIED, "saml.signature");

	if (p->shape.root_signed || p->shape.assertion_signed)
		TRY(saml_dom_create(p->doc, &p->shape, &dom));
	for (size_t i = 0; i < p->question->certificates.n; i++) {
		const struct saml_key *key = NULL;

		e = saml_keys_find(s->keys, a, p->question->certificates.v[i], &key);
		if (!failed(e))
			e = prove_with(a, p, dom, key);
		p->certificate = (uint32_t)i;
		if (!failed(e))
			break;
	}
	return e;
}

/* Before any work: could what is wanted be there at all? */
static struct err check_wanted(const struct proof *p)
{
	bool message = p->shape.root_signed || p->redirect.signature.n, assertion = p->shape.assertion_signed, there = true;

	if (p->question->want == CHECK_WANT_MESSAGE)
		there = message;
	if (p->question->want == CHECK_WANT_ASSERTION)
		there = assertion;
	/* A Response that refuses has no assertion to sign: it counts as signed only when it is itself. */
	if (p->question->want == CHECK_WANT_EITHER)
		there = message || assertion;
	ENSURE(there, DENIED, "saml.signature.missing");
	ENSURE(p->question->want == CHECK_WANT_NOTHING || p->question->certificates.n > 0, DENIED, "saml.key");
	return NO_ERR;
}

/* The fields: of the root's digested octets where the root was signed; else of the document, with the
 * assertion replaced by what its own signature covers. */
static struct err read_fields(struct arena *a, const struct proof *p, struct saml_message *ret_message)
{
	struct saml_el *root = p->shape.root, *assertion = NULL;

	if (p->signed_by & CHECK_SIGNED_MESSAGE)
		TRY(saml_read_octets(a, p->root_octets, p->shape.root, &root));
	TRY(saml_read_message(a, root, p->shape.kind, ret_message));
	if (p->signed_by & CHECK_SIGNED_ASSERTION) {
		TRY(saml_read_octets(a, p->assertion_octets, p->shape.assertion, &assertion));
		ENSURE(ret_message->has_assertion && str_eq(ret_message->assertion.id, saml_el_attr(assertion, "ID")),
			DENIED, "saml.signature");
		TRY(saml_read_assertion(a, assertion, &ret_message->assertion));
	}
	return NO_ERR;
}

struct err reader_check_saml(struct reader_saml *s, struct arena *a, const struct check_saml *question,
	struct check_saml_result *ret_result)
{
	struct proof p = { .question = question };
	struct check_saml_result r = { 0 };

	TRY(unpack(a, &p));
	TRY(check_wanted(&p));
	r.carries_signature = p.redirect.signature.n || p.shape.root_signed || p.shape.assertion_signed;
	if (r.carries_signature && question->certificates.n)
		TRY(prove(s, a, &p));
	TRY(read_fields(a, &p, &r.message));
	r.signed_by = p.signed_by;
	r.certificate = p.signed_by ? p.certificate : 0;
	r.has_relay_state = p.redirect.has_relay_state;
	r.relay_state = p.redirect.relay_state;
	*ret_result = r;
	return NO_ERR;
}

/* ---- metadata ---- */

/* An encryption key may be of any kind: nothing is encrypted for anybody here. */
static struct err check_keys(struct reader_saml *s, struct arena *a, const struct saml_metadata *m)
{
	for (size_t i = 0; i < m->key_n; i++) {
		const struct saml_key *key = NULL;

		if (m->keys[i].signing && failed(saml_keys_find(s->keys, a, m->keys[i].certificate, &key)))
			return err_of(MALFORMED, "saml.metadata.key");
	}
	return NO_ERR;
}

void reader_check_metadata(struct reader_saml *s, struct arena *a, const struct check_metadata *question,
	struct check_metadata_result *ret_result)
{
	struct check_metadata_result r = { 0 };
	size_t at = 0;
	struct err e = saml_metadata_read(a, question->xml, &r.metadata, &at);

	if (!failed(e))
		e = check_keys(s, a, &r.metadata);
	r.ok = !failed(e);
	if (failed(e)) {
		r.slug = str_from_c(e.slug);
		r.problem = str_from_c(saml_metadata_explain(e.slug));
		r.line = (uint32_t)saml_metadata_line(question->xml, at);
	}
	*ret_result = r;
}

/* ---- life ---- */

static struct err selftest(struct reader_saml *s)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(SELFTEST_ARENA);

	for (size_t i = 0; i < SAML_SELFTEST_N; i++) {
		struct str certificate = saml_selftests[i].certificate;
		struct check_saml question = {
			.binding = CHECK_POST, .message = saml_selftests[i].message, .roots = SAML_ROOT(SAML_LOGOUT_RESPONSE),
			.want = CHECK_WANT_MESSAGE, .certificates = { &certificate, 1 },
		};
		struct check_saml_result result;

		ENSURE(!failed(reader_check_saml(s, a, &question, &result)), BROKEN, "reader.selftest");
		ENSURE(result.signed_by == CHECK_SIGNED_MESSAGE, BROKEN, "reader.selftest");
	}
	return NO_ERR;
}

struct err reader_saml_create(struct reader_saml **ret_saml)
{
	AUTO(reader_saml_destroyp) struct reader_saml *s = calloc(1, sizeof *s);

	if (!s)
		abort();
	s->keys = saml_keys_create();
	TRY(saml_verify_init());
	TRY(selftest(s));
	*ret_saml = TAKE(s);
	return NO_ERR;
}

void reader_saml_destroy(struct reader_saml *s)
{
	if (!s)
		return;
	saml_keys_destroy(s->keys);
	free(s);
}

void reader_saml_destroyp(struct reader_saml **s)
{
	reader_saml_destroy(*s);
}
