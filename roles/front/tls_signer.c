/* tls_signer.c - see tls_signer.h. EC_KEY_METHOD is deprecated in OpenSSL 3, and is the only way
 * there is without writing a provider. It blocks the loop inside the handshake, hence the limits: a
 * busy machine may keep the signer waiting for its turn, but one that did not answer last time is
 * given less. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "roles/front/tls_signer.h"
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"
#include "wire/ipc/helper.h"
#include "wire/ipc/sign.h"

enum { PATIENT_MS = 200, IMPATIENT_MS = 50, ARENA_BYTES = 4096 };

static int key_index = -1;

/* Answers of questions that we no longer wait for are passed over. */
static struct err answer_wait(struct tls_signer *s, struct arena *a, int64_t deadline_ms, struct str *ret_signature)
{
	static char buffer[FRAME_MAX];
	struct ipc_refusal refusal;
	struct frame f;

	TRY(frame_recv(s->fd, buffer, deadline_ms, &f));
	while (f.seq != s->seq) {
		frame_close_fds(&f);
		TRY(frame_recv(s->fd, buffer, deadline_ms, &f));
	}
	if (f.type == HELPER_OK)
		return frame_read(&f, a, ipc_text_io, ret_signature);
	TRY(frame_read(&f, a, ipc_refusal_io, &refusal));
	return ipc_refusal_err(&refusal);
}

static struct err ask(struct tls_signer *s, struct arena *a, struct str digest, struct str *ret_signature)
{
	struct sign_tls m = { digest };
	int64_t deadline_ms = clock_mono_ms() + (s->was_late ? IMPATIENT_MS : PATIENT_MS);

	ENSURE(s->fd >= 0, BUSY, "front.tls.signer");
	s->seq++;
	TRY(frame_send(s->fd, SIGN_TLS, s->seq, ipc_sign_tls_io, &m, deadline_ms));
	return answer_wait(s, a, deadline_ms, ret_signature);
}

static int sign(int type, const unsigned char *digest, int n, unsigned char *ret_sig, unsigned int *ret_n,
	const BIGNUM *kinv, const BIGNUM *r, EC_KEY *key)
{
	struct tls_signer *s = EC_KEY_get_ex_data(key, key_index);
	AUTO(arena_destroyp) struct arena *a = arena_create(ARENA_BYTES);
	struct str signature = STR_NONE;
	struct err e = ask(s, a, (struct str){ (const char *)digest, (size_t)n }, &signature);

	s->was_late = failed(e) && str_eq_c(STR("frame.deadline"), e.slug);
	if (!failed(e) && (signature.n == 0 || signature.n > (size_t)ECDSA_size(key)))
		e = err_of(MALFORMED, "front.tls.signature");
	if (failed(e)) {
		log_line("front.tls.sign", log_c("slug", e.slug));
		return 0;
	}
	memcpy(ret_sig, signature.p, signature.n);
	*ret_n = (unsigned int)signature.n;
	return 1;
}

static EC_KEY *key_make(struct tls_signer *s, const EC_KEY *public_key)
{
	static EC_KEY_METHOD *method;
	EC_KEY *key = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
	int (*setup)(EC_KEY *, BN_CTX *, BIGNUM **, BIGNUM **) = NULL;

	if (!method) {
		method = EC_KEY_METHOD_new(EC_KEY_OpenSSL());
		key_index = EC_KEY_get_ex_new_index(0, NULL, NULL, NULL, NULL);
		if (method)
			EC_KEY_METHOD_set_sign(method, sign, setup, NULL);
	}
	if (!key || !method || !EC_KEY_set_method(key, method) || !EC_KEY_set_ex_data(key, key_index, s)
	    || !EC_KEY_set_public_key(key, EC_KEY_get0_public_key(public_key))) {
		EC_KEY_free(key);
		return NULL;
	}
	return key;
}

struct err tls_signer_key(struct tls_signer *s, EVP_PKEY *public_key, EVP_PKEY **ret_key)
{
	const EC_KEY *leaf = EVP_PKEY_get_base_id(public_key) == EVP_PKEY_EC ? EVP_PKEY_get0_EC_KEY(public_key) : NULL;
	EC_KEY *key;
	EVP_PKEY *pkey;

	ENSURE(leaf && EC_GROUP_get_curve_name(EC_KEY_get0_group(leaf)) == NID_X9_62_prime256v1, BROKEN, "front.tls.key");
	key = key_make(s, leaf);
	ENSURE(key, BROKEN, "front.tls.key");
	pkey = EVP_PKEY_new();
	if (!pkey || EVP_PKEY_assign_EC_KEY(pkey, key) != 1) {
		EC_KEY_free(key);
		EVP_PKEY_free(pkey);
		return err_of(BROKEN, "front.tls.key");
	}
	*ret_key = pkey;
	return NO_ERR;
}
