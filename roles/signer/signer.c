/* signer.c - one typed request, one statement of this house; see signer.h. */
#include "roles/signer/signer.h"
#include "base/b64.h"
#include "base/seal.h"
#include "roles/signer/key_file.h"
#include "roles/signer/lint_rules.h"
#include "roles/signer/saml.h"
#include "roles/signer/signer_impl.h"
#include "wire/ipc/helper.h"
#include "wire/jose/jws_write.h"
#include <openssl/crypto.h>
#include <stdlib.h>

enum { KID_CHARS = 16, PAYLOAD_MAX = 32 * 1024, SECTOR_MAX = 1024 };

/* Beside the private keys: locked and kept out of core dumps when the program set such a heap up. */
static char *secure_copy(struct str secret)
{
	char *p = OPENSSL_secure_malloc(secret.n);

	if (!p)
		abort();
	memcpy(p, secret.p, secret.n);
	return p;
}

struct err signer_create(struct str issuer, struct str secret, int64_t (*now_s)(void), struct signer **ret_signer)
{
	struct signer *s;

	ENSURE(issuer.n > 0 && str_is_utf8(issuer), BROKEN, "signer.issuer");
	ENSURE(secret.n == 0 || (secret.n >= SIGNER_SECRET_MIN && secret.n <= SIGNER_SECRET_MAX), BROKEN, "signer.secret");
	s = calloc(1, sizeof *s);
	if (!s)
		abort();
	s->arena = arena_create(64 * 1024);
	s->issuer = arena_dup(s->arena, issuer);
	if (secret.n)
		s->secret = (struct str){ secure_copy(secret), secret.n };
	s->now_s = now_s;
	s->list.v = s->published;
	buf_init(&s->payload, PAYLOAD_MAX);
	buf_init(&s->token, 2 * PAYLOAD_MAX);
	*ret_signer = s;
	return NO_ERR;
}

void signer_destroy(struct signer *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < SIGN_ALG_COUNT; i++)
		key_done(&s->keys[i].key);
	saml_desk_destroy(s->saml);
	buf_done(&s->payload);
	buf_done(&s->token);
	OPENSSL_secure_clear_free((char *)(uintptr_t)s->secret.p, s->secret.n);
	arena_destroy(s->arena);
	free(s);
}

/* ---- keys ---- */

struct str signer_kid(struct arena *a, const struct jose_public *public)
{
	unsigned char thumbprint[32];
	struct buf text;

	buf_init(&text, 4096);
	jose_thumbprint_write(&text, public);
	sha256(buf_str(&text), thumbprint);
	buf_done(&text);
	return str_slice(b64url_encode(a, thumbprint, sizeof thumbprint), 0, KID_CHARS);
}

static struct str head_of(struct arena *a, enum sign_alg alg, const char *typ, struct str kid)
{
	struct buf text;
	struct str head;

	buf_init(&text, 1024);
	jose_header_write(&text, alg, typ, kid);
	head = arena_dup(a, buf_str(&text));
	buf_done(&text);
	return head;
}

static bool is_published(const struct signer *s, struct str kid)
{
	for (size_t i = 0; i < s->list.n; i++)
		if (str_eq(s->published[i].kid, kid))
			return true;
	return false;
}

static void publish(struct signer *s, const struct jose_public *public, const struct sign_key *k)
{
	struct sign_key *p = &s->published[s->list.n];
	struct buf jwk;

	/* The operator's next key may be today's already. */
	if (is_published(s, k->kid))
		return;
	buf_init(&jwk, 8192);
	jose_jwk_write(&jwk, public, k->kid);
	*p = *k;
	p->jwk = arena_dup(s->arena, buf_str(&jwk));
	s->list.n++;
	buf_done(&jwk);
}

struct err signer_key_add(struct signer *s, enum sign_alg alg, enum sign_key_state state, int64_t since_s, struct str pem)
{
	AUTO(key_done) struct key k = { .alg = alg };
	struct sign_key entry = { .alg = alg, .state = state, .since_s = since_s };
	struct signing_key *slot = &s->keys[alg];
	struct jose_public public;

	ENSURE(s->list.n < SIGNER_KEYS_MAX && (state != SIGN_KEY_CURRENT || !slot->key.pkey), BROKEN, "signer.key.twice");
	TRY(key_create(alg, pem, &k));
	TRY(key_public(&k, s->arena, &public));
	entry.kid = signer_kid(s->arena, &public);
	publish(s, &public, &entry);
	if (state != SIGN_KEY_CURRENT)
		return NO_ERR;
	slot->heads[SIGNER_ID_TOKEN] = head_of(s->arena, alg, "JWT", entry.kid);
	/*= OpenID Connect Back-Channel Logout 1.0 2.4: it is RECOMMENDED that logout tokens use
	 *  "logout+jwt" as the typ: a logout token can then never pass for an ID token */
	slot->heads[SIGNER_LOGOUT_TOKEN] = head_of(s->arena, alg, "logout+jwt", entry.kid);
	slot->key = k;
	k = (struct key){ .alg = alg };
	return NO_ERR;
}

struct err signer_key_file_add(struct signer *s, enum sign_alg alg, struct str text)
{
	struct key_entry v[KEY_FILE_MAX];
	size_t n = 0;

	TRY(key_file_parse(text, v, &n));
	for (size_t i = 0; i < n; i++)
		TRY(signer_key_add(s, alg, v[i].state, v[i].since_s, v[i].pem));
	return NO_ERR;
}

/* ---- statements ---- */

/* DESIGN 2.1: HMAC-SHA-256 over version, account and sector; an alias takes precedence. The account
 * has a fixed length, so that no two inputs run into each other. */
struct err signer_subject(const struct signer *s, struct arena *a, const struct sign_subject *who, struct str *ret_subject)
{
	static const char version[] = "guichet-pseudonym-v1";       /* with its NUL */
	struct str parts[] = { { version, sizeof version }, who->account, { "", 1 }, who->sector };
	unsigned char mac[32];

	TRY(lint_subject(who));
	if (who->alias.n) {
		*ret_subject = who->alias;
		return NO_ERR;
	}
	ENSURE(s->secret.n > 0, DENIED, "sign.lint.subject");
	ENSURE(who->sector.n <= SECTOR_MAX, DENIED, "sign.lint.size");
	hmac_sha256(s->secret, arena_concat(a, parts, sizeof parts / sizeof *parts), mac);
	*ret_subject = b64url_encode(a, mac, sizeof mac);
	return NO_ERR;
}

/* head . payload . signature */
static struct err sign_payload(struct signer *s, const struct signing_key *k, enum signer_kind kind, struct arena *a, struct str *ret_jws)
{
	unsigned char digest[32], signature[KEY_SIGNATURE_MAX];
	struct buf *out = &s->token;
	size_t n;

	buf_add(out, k->heads[kind]);
	buf_add_char(out, '.');
	b64url_add(out, s->payload.p, s->payload.n);
	ENSURE(!out->overflowed, DENIED, "sign.lint.size");
	sha256(buf_str(out), digest);
	TRY(key_sign_jws(&k->key, (struct str){ (char *)digest, sizeof digest }, signature, &n));
	buf_add_char(out, '.');
	b64url_add(out, signature, n);
	TRY(buf_err(out));
	*ret_jws = arena_dup(a, buf_str(out));
	return NO_ERR;
}

void signer_wipe(struct buf *b)
{
	if (b->n)
		explicit_bzero(b->p, b->n);
	buf_reset(b);
}

static struct err id_token_sign(struct signer *s, const struct sign_id_token *t, struct arena *a, struct sign_token *ret_token)
{
	const struct signing_key *k = &s->keys[t->alg];

	ENSURE(k->key.pkey, DENIED, "sign.lint.alg");
	TRY(signer_subject(s, a, &t->subject, &ret_token->subject));
	TRY(lint_id_token(t, ret_token->subject, s->now_s()));
	ENSURE(!failed(jose_id_token_write(&s->payload, t, s->issuer, ret_token->subject)), DENIED, "sign.lint.size");
	return sign_payload(s, k, SIGNER_ID_TOKEN, a, &ret_token->jws);
}

static struct err logout_token_sign(struct signer *s, const struct sign_logout_token *t, struct arena *a, struct sign_token *ret_token)
{
	const struct signing_key *k = &s->keys[t->alg];

	ENSURE(k->key.pkey, DENIED, "sign.lint.alg");
	TRY(signer_subject(s, a, &t->subject, &ret_token->subject));
	TRY(lint_logout_token(t, ret_token->subject, s->now_s()));
	ENSURE(!failed(jose_logout_token_write(&s->payload, t, s->issuer, ret_token->subject)), DENIED, "sign.lint.size");
	return sign_payload(s, k, SIGNER_LOGOUT_TOKEN, a, &ret_token->jws);
}

/* ---- requests ---- */

static struct err serve_id_token(struct signer *s, struct arena *a, const struct frame *request, struct sign_token *ret_token)
{
	struct sign_id_token t;
	struct err e;

	TRY(frame_read(request, a, ipc_sign_id_token_io, &t));
	e = id_token_sign(s, &t, a, ret_token);
	signer_wipe(&s->payload);
	signer_wipe(&s->token);
	return e;
}

static struct err serve_logout_token(struct signer *s, struct arena *a, const struct frame *request, struct sign_token *ret_token)
{
	struct sign_logout_token t;
	struct err e;

	TRY(frame_read(request, a, ipc_sign_logout_token_io, &t));
	e = logout_token_sign(s, &t, a, ret_token);
	signer_wipe(&s->payload);
	signer_wipe(&s->token);
	return e;
}

static struct err serve_pseudonym(struct signer *s, struct arena *a, const struct frame *request, struct str *ret_text)
{
	struct sign_subject who;

	TRY(frame_read(request, a, ipc_sign_subject_io, &who));
	return signer_subject(s, a, &who, ret_text);
}

struct err signer_serve(void *self, struct arena *a, const struct frame *request, frame_io_fn **ret_fn, void **ret_reply)
{
	struct signer *s = self;
	struct sign_token *token = arena_new(a, struct sign_token);
	struct str *text = arena_new(a, struct str);

	*ret_fn = ipc_sign_token_io;
	*ret_reply = token;
	switch (request->type) {
	case SIGN_ID_TOKEN:
		return serve_id_token(s, a, request, token);
	case SIGN_LOGOUT_TOKEN:
		return serve_logout_token(s, a, request, token);
	case SIGN_PSEUDONYM:
		*ret_fn = ipc_text_io;
		*ret_reply = text;
		return serve_pseudonym(s, a, request, text);
	case SIGN_KEYS:
		TRY(frame_read(request, a, ipc_empty_io, NULL));
		*ret_fn = ipc_sign_keys_io;
		*ret_reply = &s->list;
		return NO_ERR;
	case SIGN_SAML_RESPONSE:
	case SIGN_SAML_LOGOUT_REQUEST:
	case SIGN_SAML_LOGOUT_RESPONSE:
	case SIGN_SAML_AUTHN_REQUEST:
	case SIGN_SAML_METADATA:
		return saml_serve(s, a, request, ret_fn, ret_reply);
	case SIGN_TLS:
		return err_of(DENIED, "sign.role");
	default:
		return err_of(MALFORMED, "sign.type");
	}
}
