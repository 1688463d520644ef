/* fuzz_saml_signed.c - a signed message through the whole of the reader, libxml2 and xmlsec included.
 * The seeds are what the reader verifies at its start: whatever a fuzzer makes of them, a message is
 * proven only as long as every field says what was signed (signature wrapping, comments, namespaces). */
#include "base/b64.h"
#include "roles/reader/reader.h"
#include "roles/reader/saml_answer.h"
#include "roles/reader/saml_selftest.h"
#include "tests/fuzz/fuzz.h"

enum { ALL = (1 << SAML_ROOT_COUNT) - 1 };

static void check_errors(struct err e)
{
	assert(fuzz_is_error(e, ERR_MALFORMED, "saml.* b64.*")
		|| fuzz_is_error(e, ERR_DENIED, "saml.signature.missing saml.signature saml.algorithm saml.key saml.check.encrypted"));
}

/* What was signed: the message in roles/reader/saml_selftest.c. */
static void check_proven(const struct check_saml_result *r)
{
	const struct saml_message *m = &r->message;

	assert(r->signed_by == CHECK_SIGNED_MESSAGE && r->carries_signature && !r->has_relay_state);
	assert(m->root == SAML_LOGOUT_RESPONSE && !m->has_assertion);
	assert(str_eq_c(m->head.id, "_selftest") && str_eq_c(m->head.issuer, "urn:example:self-test"));
	assert(m->head.issue_instant_s == 1767225600 && !m->head.destination.n && !m->head.in_response_to.n);
	assert(str_eq_c(m->status.code, SAML_STATUS_SUCCESS) && !m->status.subcode.n && !m->status.message.n);
}

static void try_proof(struct reader_saml *s, struct arena *a, struct str field, struct str certificate)
{
	struct check_saml question = { .binding = CHECK_POST, .message = field, .roots = ALL, .want = CHECK_WANT_MESSAGE,
		.certificates = { &certificate, 1 } };
	struct check_saml_result result;

	fuzz_stain(&result, sizeof result);
	struct err e = reader_check_saml(s, a, &question, &result);
	if (failed(e)) {
		check_errors(e);
		assert(fuzz_is_stained(&result, sizeof result));
		return;
	}
	fuzz_accepted++;
	check_proven(&result);
}

static void try_unproven(struct reader_saml *s, struct arena *a, struct str field)
{
	struct check_saml question = { .binding = CHECK_POST, .message = field, .roots = ALL, .want = CHECK_WANT_NOTHING };
	struct check_saml_result result;
	struct err e = reader_check_saml(s, a, &question, &result);

	if (failed(e))
		check_errors(e);
	else
		assert(result.signed_by == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct reader_saml *s;         /* as a reader does: once, then message after message */
	AUTO(arena_destroyp) struct arena *a = arena_create(READER_ARENA_BYTES);

	if (!s && failed(reader_saml_create(&s)))
		abort();
	if (size > 8192)
		return 0;
	struct str field = b64_encode(a, data, size);
	for (size_t i = 0; i < SAML_SELFTEST_N; i++)
		try_proof(s, a, field, saml_selftests[i].certificate);
	try_unproven(s, a, field);
	return 0;
}
