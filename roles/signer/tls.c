/* tls.c - the tls signer: one P-256 key, and the digests of handshakes; see signer.h.
 *
 * A front proves with it that it is this house, at each full handshake. The digest comes from a
 * process that talks to strangers: what is signed here must mean nothing anywhere else, which is
 * why this key signs no token and its process knows no other request.
 */
#include "roles/signer/key.h"
#include "roles/signer/signer.h"
#include "wire/ipc/helper.h"
#include <stdlib.h>

struct tls_signer { struct key key; };

struct err signer_tls_create(struct str pem, struct tls_signer **ret_signer)
{
	struct key k;
	struct tls_signer *s;

	TRY(key_create(SIGN_ES256, pem, &k));
	s = calloc(1, sizeof *s);
	if (!s)
		abort();
	s->key = k;
	*ret_signer = s;
	return NO_ERR;
}

void signer_tls_destroy(struct tls_signer *s)
{
	if (!s)
		return;
	key_done(&s->key);
	free(s);
}

static struct err serve_digest(const struct tls_signer *s, struct arena *a, const struct frame *request, struct str *ret_signature)
{
	unsigned char *out = arena_alloc(a, KEY_SIGNATURE_MAX);
	struct sign_tls t;
	size_t n;

	TRY(frame_read(request, a, ipc_sign_tls_io, &t));
	ENSURE(t.digest.n == 32 || t.digest.n == 48 || t.digest.n == 64, DENIED, "sign.lint.digest");
	TRY(key_sign(&s->key, t.digest, out, &n));
	*ret_signature = (struct str){ (char *)out, n };
	return NO_ERR;
}

struct err signer_tls_serve(void *self, struct arena *a, const struct frame *request, frame_io_fn **ret_fn, void **ret_reply)
{
	struct str *signature = arena_new(a, struct str);

	*ret_fn = ipc_text_io;
	*ret_reply = signature;
	if (request->type == SIGN_TLS)
		return serve_digest(self, a, request, signature);
	return request->type >= SIGN_KEYS && request->type <= SIGN_SAML_METADATA ? err_of(DENIED, "sign.role") : err_of(MALFORMED, "sign.type");
}
