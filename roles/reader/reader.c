/* reader.c - see reader.h. */
#include "roles/reader/reader.h"
#include "base/ct.h"
#include "roles/reader/claims.h"
#include "roles/reader/jwks.h"
#include "roles/reader/passkey.h"
#include "roles/reader/saml_answer.h"
#include <jansson.h>
#include <openssl/crypto.h>
#include <stdlib.h>

struct reader {
	struct jwks_cache *keys;
	struct reader_saml *saml;        /* NULL: this daemon has no partner that speaks SAML */
};

/* RFC 7515 A.2 and A.3: public examples, whose private keys are public too. They are known to
 * nobody but the self-test. */
#define RFC_PAYLOAD ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
static const struct str selftest_tokens[] = {
	STR_INIT("eyJhbGciOiJSUzI1NiJ9" RFC_PAYLOAD
		"cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9"
		"uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB"
		"_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rq"
		"Vt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"),
	STR_INIT("eyJhbGciOiJFUzI1NiJ9" RFC_PAYLOAD
		"DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"),
};
static const struct str selftest_jwks = STR_INIT("{\"keys\":["
	"{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Va"
	"w-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63"
	"kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7a"
	"GhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ\"},"
	"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
	"\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}]}");

static struct err selftest(struct reader *r)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(READER_ARENA_BYTES);

	for (size_t i = 0; i < sizeof selftest_tokens / sizeof *selftest_tokens; i++) {
		struct check_jws question = {
			.token = selftest_tokens[i], .jwks = selftest_jwks, .algs = STR("ES256 RS256"), .typ = STR("-"),
		};
		struct check_claims claims;

		ENSURE(!failed(reader_check_jws(r, a, &question, &claims)), BROKEN, "reader.selftest");
		ENSURE(claims.n == 3, BROKEN, "reader.selftest");
	}
	return NO_ERR;
}

struct err reader_create(struct reader **ret_reader)
{
	size_t seed = 0;

	/* No openssl.cnf: nothing there may change what verifies. The seed of jansson's hash tables
	 * comes from us, since it would open /dev/urandom for it. */
	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	random_bytes(&seed, sizeof seed);
	json_object_seed(seed | 1);

	AUTO(reader_destroyp) struct reader *r = calloc(1, sizeof *r);

	if (!r)
		abort();
	r->keys = jwks_cache_create();
	passkey_warm_up();
	TRY(selftest(r));
	*ret_reader = TAKE(r);
	return NO_ERR;
}

void reader_destroy(struct reader *r)
{
	if (!r)
		return;
	jwks_cache_destroy(r->keys);
	reader_saml_destroy(r->saml);
	free(r);
}

struct err reader_enable_saml(struct reader *r)
{
	return r->saml ? NO_ERR : reader_saml_create(&r->saml);
}

void reader_destroyp(struct reader **r)
{
	reader_destroy(*r);
}

struct err reader_check_jws(struct reader *r, struct arena *a, const struct check_jws *question,
	struct check_claims *ret_claims)
{
	const struct jose_key *key = NULL;
	const struct jwks *set = NULL;
	struct check_claims claims = { 0 };
	struct jose_jws jws;

	TRY(jose_jws_read(a, question->token, question->algs, question->typ, &jws));
	TRY(jwks_load(r->keys, a, question->jwks, &set));
	TRY(jwks_find(set, &jws.header, &key));
	TRY(jose_verify(&jws, key));
	TRY(claims_read(a, jws.payload, &claims));
	claims.alg = str_from_c(jose_alg_name(jws.header.alg));
	claims.kid = jws.header.kid;
	claims.typ = jws.header.typ;
	*ret_claims = claims;
	return NO_ERR;
}

static struct err serve_jws(struct reader *r, struct arena *a, const struct frame *request,
	frame_io_fn **ret_fn, void **ret_reply)
{
	struct check_jws question;
	struct check_claims *claims = arena_new(a, struct check_claims);

	TRY(frame_read(request, a, ipc_check_jws_io, &question));
	TRY(reader_check_jws(r, a, &question, claims));
	*ret_fn = ipc_check_claims_io;
	*ret_reply = claims;
	return NO_ERR;
}

/* A stranger chooses how much there is to tell: what does not fit a frame is his mistake, not ours. */
static struct err check_fits(struct arena *a, frame_io_fn *fn, const void *reply)
{
	char *scratch = arena_try(a, FRAME_MAX);
	size_t n;

	if (!scratch || failed(frame_write_body(fn, reply, scratch, FRAME_MAX - FRAME_HEAD, &n)))
		return err_of(MALFORMED, "saml.read.many");
	return NO_ERR;
}

static struct err serve_saml(struct reader *r, struct arena *a, const struct frame *request,
	frame_io_fn **ret_fn, void **ret_reply)
{
	struct check_saml question;
	struct check_saml_result *result = arena_new(a, struct check_saml_result);

	TRY(frame_read(request, a, ipc_check_saml_io, &question));
	TRY(reader_check_saml(r->saml, a, &question, result));
	TRY(check_fits(a, ipc_check_saml_result_io, result));
	*ret_fn = ipc_check_saml_result_io;
	*ret_reply = result;
	return NO_ERR;
}

static struct err serve_metadata(struct reader *r, struct arena *a, const struct frame *request,
	frame_io_fn **ret_fn, void **ret_reply)
{
	struct check_metadata question;
	struct check_metadata_result *result = arena_new(a, struct check_metadata_result);

	TRY(frame_read(request, a, ipc_check_metadata_io, &question));
	reader_check_metadata(r->saml, a, &question, result);
	TRY(check_fits(a, ipc_check_metadata_result_io, result));
	*ret_fn = ipc_check_metadata_result_io;
	*ret_reply = result;
	return NO_ERR;
}

static struct err serve_passkey_new(struct arena *a, const struct frame *request, frame_io_fn **ret_fn, void **ret_reply)
{
	struct passkey_new question;
	struct passkey_made *made = arena_new(a, struct passkey_made);

	TRY(frame_read(request, a, ipc_passkey_new_io, &question));
	TRY(passkey_read_new(a, &question, made));
	*ret_fn = ipc_passkey_made_io;
	*ret_reply = made;
	return NO_ERR;
}

static struct err serve_passkey_proof(struct arena *a, const struct frame *request, frame_io_fn **ret_fn, void **ret_reply)
{
	struct passkey_proof question;
	struct passkey_held *held = arena_new(a, struct passkey_held);

	TRY(frame_read(request, a, ipc_passkey_proof_io, &question));
	TRY(passkey_read_proof(a, &question, held));
	*ret_fn = ipc_passkey_held_io;
	*ret_reply = held;
	return NO_ERR;
}

struct err reader_serve(void *reader, struct arena *a, const struct frame *request,
	frame_io_fn **ret_fn, void **ret_reply)
{
	struct reader *r = reader;

	if (request->type == CHECK_JWS)
		return serve_jws(r, a, request, ret_fn, ret_reply);
	if (request->type == CHECK_PASSKEY_NEW)
		return serve_passkey_new(a, request, ret_fn, ret_reply);
	if (request->type == CHECK_PASSKEY_PROOF)
		return serve_passkey_proof(a, request, ret_fn, ret_reply);
	if (request->type == CHECK_SAML && r->saml)
		return serve_saml(r, a, request, ret_fn, ret_reply);
	if (request->type == CHECK_METADATA && r->saml)
		return serve_metadata(r, a, request, ret_fn, ret_reply);
	return err_of(MALFORMED, "reader.frame");
}
