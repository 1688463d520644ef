/* seal.c - sealed values on AES-256-GCM; see seal.h.
 *
 * Several values are sealed and opened in each request, so that nothing is fetched, allocated or
 * asked of the kernel each time: the algorithms are fetched once in a process, and each thread
 * keeps its cipher contexts (with the last key still in place) and a stock of nonces.
 */
#include "base/seal.h"
#include "base/b64.h"
#include "base/ct.h"
#include <openssl/evp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum {
	KEY_BYTES = 32, NONCE_BYTES = 12, TAG_BYTES = 16, HASH_BYTES = 32, HMAC_BLOCK = 64,
	MESSAGE_MAX = 16 * 1024, PURPOSE_MAX = 64,
	HEAD_BYTES = 1 + NONCE_BYTES,
	TEXT_MAX = ((HEAD_BYTES + MESSAGE_MAX + TAG_BYTES) * 4 + 2) / 3,
	NONCE_STOCK = 20,
};

struct key {
	unsigned char bytes[KEY_BYTES];
	unsigned char number;          /* derived from the key: it stays the same when the key is no longer the first */
	uint64_t serial;               /* never used twice in a process, unlike an address; 0: no key */
};

struct seal_keys {
	struct key v[2];
	size_t n;
};

struct cipher {
	EVP_CIPHER_CTX *ctx;
	uint64_t serial;               /* whose key it holds */
};

struct thread {
	struct cipher sealing, opening;
	EVP_MD_CTX *hash;
	unsigned char nonces[NONCE_STOCK * NONCE_BYTES];
	size_t nonces_left;
};

static EVP_CIPHER *aes_gcm;
static EVP_MD *sha256_md;
static pthread_key_t thread_key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static atomic_uint_fast64_t last_serial;
static __thread struct thread *this_thread;

/* libcrypto fails here only for want of memory or when its provider is missing: nothing to go on with. */
static void must(bool ok)
{
	if (!ok)
		abort();
}

static void thread_destroy(void *thread)
{
	struct thread *t = thread;

	EVP_CIPHER_CTX_free(t->sealing.ctx);
	EVP_CIPHER_CTX_free(t->opening.ctx);
	EVP_MD_CTX_free(t->hash);
	explicit_bzero(t, sizeof *t);
	free(t);
	this_thread = NULL;
}

/* The child of a fork() has a copy of the stock: what one of the two uses, the other must not. */
static void child_begins(void)
{
	if (this_thread)
		this_thread->nonces_left = 0;
}

static void fetch(void)
{
	aes_gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	sha256_md = EVP_MD_fetch(NULL, "SHA256", NULL);
	must(aes_gcm && sha256_md && pthread_key_create(&thread_key, thread_destroy) == 0 && pthread_atfork(NULL, NULL, child_begins) == 0);
}

static struct thread *thread_create(void)
{
	struct thread *t = calloc(1, sizeof *t);

	must(pthread_once(&once, fetch) == 0 && t != NULL);
	t->sealing.ctx = EVP_CIPHER_CTX_new();
	t->opening.ctx = EVP_CIPHER_CTX_new();
	t->hash = EVP_MD_CTX_new();
	must(t->sealing.ctx && t->opening.ctx && t->hash && pthread_setspecific(thread_key, t) == 0);
	this_thread = t;
	return t;
}

static struct thread *thread_get(void)
{
	return this_thread ? this_thread : thread_create();
}

/* ---- hashes ---- */

static void hash_parts(const struct str *parts, size_t n, unsigned char *ret_hash)
{
	EVP_MD_CTX *ctx = thread_get()->hash;

	must(EVP_DigestInit_ex2(ctx, sha256_md, NULL) == 1);
	for (size_t i = 0; i < n; i++)
		must(EVP_DigestUpdate(ctx, parts[i].p, parts[i].n) == 1);
	must(EVP_DigestFinal_ex(ctx, ret_hash, NULL) == 1);
}

void sha256(struct str in, unsigned char ret_hash[32])
{
	hash_parts(&in, 1, ret_hash);
}

/* RFC 2104, by hand: libcrypto's own HMAC allocates at each call. */
void hmac_sha256(struct str key, struct str in, unsigned char ret_mac[32])
{
	unsigned char pad[HMAC_BLOCK] = { 0 }, inner[HASH_BYTES];

	if (key.n > sizeof pad)
		sha256(key, pad);
	else if (key.n)
		memcpy(pad, key.p, key.n);
	for (size_t i = 0; i < sizeof pad; i++)
		pad[i] ^= 0x36;
	hash_parts((struct str[]){ { (char *)pad, sizeof pad }, in }, 2, inner);
	for (size_t i = 0; i < sizeof pad; i++)
		pad[i] ^= 0x36 ^ 0x5c;
	hash_parts((struct str[]){ { (char *)pad, sizeof pad }, { (char *)inner, sizeof inner } }, 2, ret_mac);
	explicit_bzero(pad, sizeof pad);
	explicit_bzero(inner, sizeof inner);
}

/* ---- keys ---- */

/* HKDF-SHA-256 (RFC 5869) with one block of output: T(1) = HMAC(PRK, info | 0x01). */
static void key_derive(struct str secret, struct str label, struct key *ret_key)
{
	unsigned char extracted[HASH_BYTES], number[HASH_BYTES];
	struct str prk = { (char *)extracted, sizeof extracted };
	char info[PURPOSE_MAX + 1];

	memcpy(info, label.p ? label.p : "", label.n);
	info[label.n] = 1;
	hmac_sha256(STR("guichet-seal-v1"), secret, extracted);
	hmac_sha256(prk, (struct str){ info, label.n + 1 }, ret_key->bytes);
	hmac_sha256((struct str){ (char *)ret_key->bytes, KEY_BYTES }, STR("number"), number);
	ret_key->number = number[0];
	ret_key->serial = atomic_fetch_add(&last_serial, 1) + 1;
	explicit_bzero(extracted, sizeof extracted);
}

struct err seal_keys_create(struct str secret, struct str previous, struct str label, struct seal_keys **ret_keys)
{
	struct seal_keys *k;

	ENSURE(secret.n >= KEY_BYTES && (previous.n == 0 || previous.n >= KEY_BYTES), BROKEN, "seal.key");
	ENSURE(label.n <= PURPOSE_MAX, BROKEN, "seal.key");
	k = calloc(1, sizeof *k);
	must(k != NULL);
	key_derive(secret, label, &k->v[k->n++]);
	if (previous.n)
		key_derive(previous, label, &k->v[k->n++]);
	*ret_keys = k;
	return NO_ERR;
}

void seal_keys_destroy(struct seal_keys *k)
{
	if (!k)
		return;
	explicit_bzero(k, sizeof *k);
	free(k);
}

/* ---- sealing ---- */

static void nonce_take(struct thread *t, unsigned char *ret_nonce)
{
	if (t->nonces_left == 0) {
		random_bytes(t->nonces, sizeof t->nonces);
		t->nonces_left = NONCE_STOCK;
	}
	memcpy(ret_nonce, t->nonces + --t->nonces_left * NONCE_BYTES, NONCE_BYTES);
}

/* The key schedule is made again only when another key was used last. */
static void cipher_start(struct cipher *c, const struct key *key, const unsigned char *nonce, struct str purpose, int sealing)
{
	bool same = c->serial == key->serial;
	int n;

	must(EVP_CipherInit_ex2(c->ctx, same ? NULL : aes_gcm, same ? NULL : key->bytes, nonce, sealing, NULL) == 1);
	c->serial = key->serial;
	must(EVP_CipherUpdate(c->ctx, NULL, &n, (const unsigned char *)purpose.p, (int)purpose.n) == 1);
}

struct err seal(struct arena *a, const struct seal_keys *k, struct str purpose,
	frame_io_fn *fn, const void *message, struct str *ret_text)
{
	char raw[HEAD_BYTES + MESSAGE_MAX + TAG_BYTES];
	unsigned char *nonce = (unsigned char *)raw + 1, *body = (unsigned char *)raw + HEAD_BYTES;
	struct thread *t = thread_get();
	size_t n = 0;
	int done;

	ENSURE(purpose.n > 0 && purpose.n <= PURPOSE_MAX, BROKEN, "seal.size");
	if (failed(frame_write_body(fn, message, (char *)body, MESSAGE_MAX, &n))) {
		explicit_bzero(body, MESSAGE_MAX);
		return err_of(BROKEN, "seal.size");
	}
	raw[0] = (char)k->v[0].number;
	nonce_take(t, nonce);
	cipher_start(&t->sealing, &k->v[0], nonce, purpose, 1);
	/* In place: the plain message is gone before anything can fail. */
	must(n == 0 || EVP_CipherUpdate(t->sealing.ctx, body, &done, body, (int)n) == 1);
	must(EVP_CipherFinal_ex(t->sealing.ctx, body + n, &done) == 1);
	must(EVP_CIPHER_CTX_ctrl(t->sealing.ctx, EVP_CTRL_AEAD_GET_TAG, TAG_BYTES, body + n) == 1);
	*ret_text = b64url_encode(a, raw, HEAD_BYTES + n + TAG_BYTES);
	return NO_ERR;
}

/* Decrypts in place; false leaves bytes there that nobody may look at. */
static bool open_with(const struct key *key, struct str purpose, unsigned char *raw, size_t n)
{
	struct thread *t = thread_get();
	size_t body_n = n - HEAD_BYTES - TAG_BYTES;
	unsigned char *body = raw + HEAD_BYTES;
	int done;

	cipher_start(&t->opening, key, raw + 1, purpose, 0);
	must(body_n == 0 || EVP_CipherUpdate(t->opening.ctx, body, &done, body, (int)body_n) == 1);
	must(EVP_CIPHER_CTX_ctrl(t->opening.ctx, EVP_CTRL_AEAD_SET_TAG, TAG_BYTES, body + body_n) == 1);
	return EVP_CipherFinal_ex(t->opening.ctx, body + body_n, &done) == 1;
}

/* Which key: by number. Two keys may by chance (1 in 256) share theirs; then the text is read
 * again for the second, because the first attempt decrypted it in place. */
static bool open_text(struct arena *a, const struct seal_keys *k, struct str purpose, struct str text, struct str *ret_body)
{
	for (size_t i = 0; i < k->n; i++) {
		struct str raw;

		if (failed(b64url_decode(a, text, &raw)) || raw.n < HEAD_BYTES + TAG_BYTES)
			return false;
		if ((unsigned char)raw.p[0] != k->v[i].number)
			continue;
		if (!open_with(&k->v[i], purpose, (unsigned char *)(uintptr_t)raw.p, raw.n))
			continue;
		*ret_body = str_slice(raw, HEAD_BYTES, raw.n - TAG_BYTES);
		return true;
	}
	return false;
}

struct err unseal(struct arena *a, const struct seal_keys *k, struct str purpose,
	struct str text, frame_io_fn *fn, void *ret_message)
{
	struct str body;

	ENSURE(purpose.n > 0 && purpose.n <= PURPOSE_MAX, MALFORMED, "seal.text");
	ENSURE(text.n <= TEXT_MAX && open_text(a, k, purpose, text, &body), MALFORMED, "seal.text");
	ENSURE(!failed(frame_read_body(body, a, fn, ret_message)), MALFORMED, "seal.text");
	return NO_ERR;
}
