/* fuzz_saml_redirect.c - whatever a browser may put in a query string: percent-decoding, base64, inflate
 * (SAML Bindings 2.0 3.4.4.1); and the same in the field of a form. */
#include "tests/fuzz/fuzz.h"
#include "wire/saml/saml_redirect.h"
#include "wire/saml/saml_write.h"

/* Three times the largest message: a decompression bomb that got past its limit meets the ceiling. */
enum { ARENA_BYTES = 1 << 19, QUERY_BYTES = 4096 };

static void check_signature(struct str query, const struct saml_redirect *r)
{
	struct str rest = r->signed_octets, piece;

	assert((r->algorithm.n > 0) == (r->signature.n > 0) && (r->algorithm.n > 0) == (rest.n > 0));
	if (!rest.n)
		return;
	assert(str_starts(rest, r->is_response ? STR("SAMLResponse=") : STR("SAMLRequest=")));
	/* Each piece as it was received, nothing decoded and encoded again. */
	while (str_split(&rest, '&', &piece))
		assert(memmem(query.p, query.n, piece.p, piece.n));
}

/* Whatever we accept we can say again, and it means the same. */
static void check_again(struct arena *a, const struct saml_redirect *r)
{
	AUTO(buf_done) struct buf query = { 0 };
	struct saml_redirect again = { 0 };

	buf_init(&query, ARENA_BYTES);
	saml_query_write(&query, a, r->is_response, r->xml, r->relay_state);
	saml_query_sign(&query, a, r->signature.n ? r->signature : STR("signature"));
	if (query.n > SAML_QUERY_MAX)
		return;
	assert(!failed(saml_redirect_decode(a, buf_str(&query), &again)));
	assert(again.is_response == r->is_response && str_eq(again.xml, r->xml) && str_eq(again.relay_state, r->relay_state));
	assert(!r->signature.n || str_eq(again.signature, r->signature));
}

static void try_post(struct arena *a, struct str field, bool may_inflate)
{
	struct str xml;

	fuzz_stain(&xml, sizeof xml);
	struct err e = saml_post_decode(a, field, may_inflate, &xml);
	if (failed(e)) {
		assert(fuzz_is_error(e, ERR_MALFORMED, "saml.xml.size saml.post.encoding saml.redirect.deflate saml.redirect.size"));
		assert(fuzz_is_stained(&xml, sizeof xml));
	} else {
		assert(xml.n <= field.n || (may_inflate && xml.n <= SAML_INFLATED_MAX && xml.n <= field.n * SAML_INFLATE_RATIO));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(ARENA_BYTES);
	struct str query = fuzz_str(data, size);
	struct saml_redirect r;

	if (size > QUERY_BYTES)
		return 0;
	try_post(a, query, false);
	try_post(a, query, true);
	fuzz_stain(&r, sizeof r);
	struct err e = saml_redirect_decode(a, query, &r);
	if (failed(e)) {
		assert(fuzz_is_error(e, ERR_MALFORMED, "saml.redirect.*") || fuzz_is_error(e, ERR_DENIED, "saml.algorithm"));
		assert(fuzz_is_stained(&r, sizeof r));
		return 0;
	}
	fuzz_accepted++;
	assert(r.xml.n <= SAML_INFLATED_MAX && r.relay_state.n <= SAML_RELAY_MAX);
	assert(r.has_relay_state || !r.relay_state.n);
	check_signature(query, &r);
	check_again(a, &r);
	return 0;
}
