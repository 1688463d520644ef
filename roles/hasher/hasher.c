/* hasher.c - make and verify, at today's cost or at the cost that is written in the hash; see hasher.h. */
#include "roles/hasher/hasher.h"
#include "base/ct.h"
#include "roles/hasher/encoded.h"
#include "roles/hasher/memory.h"
#include "wire/ipc/helper.h"
#include <argon2.h>
#include <stdlib.h>

enum { SALT_BYTES = 16, HASH_BYTES = 32 };

struct hasher {
	uint32_t memory_kib, passes;
	struct memory memory;
	struct encoded decoy;
	char decoy_salt[SALT_BYTES], decoy_hash[HASH_BYTES];
};

/* libargon2's callbacks carry no argument: whose memory the hash under way uses. */
static __thread struct memory *in_use;

static int memory_take(uint8_t **p, size_t n)
{
	if (n > in_use->n)
		return ARGON2_MEMORY_ALLOCATION_ERROR;
	*p = in_use->p;
	return ARGON2_OK;
}

/* libargon2 has wiped it before. */
static void memory_give(uint8_t *p, size_t n)
{
}

static struct err argon2_in(struct memory *m, struct str password, const struct encoded *cost, char *ret_hash)
{
	argon2_context c = {
		.out = (uint8_t *)ret_hash, .outlen = (uint32_t)cost->hash.n,
		.pwd = (uint8_t *)(uintptr_t)password.p, .pwdlen = (uint32_t)password.n,
		.salt = (uint8_t *)(uintptr_t)cost->salt.p, .saltlen = (uint32_t)cost->salt.n,
		.t_cost = cost->passes, .m_cost = cost->memory_kib, .lanes = cost->lanes, .threads = 1,
		.version = ARGON2_VERSION_13, .allocate_cbk = memory_take, .free_cbk = memory_give,
		.flags = ARGON2_DEFAULT_FLAGS,
	};
	int result;

	in_use = m;
	memory_begin(m);
	result = argon2id_ctx(&c);
	memory_end(m);
	ENSURE(result == ARGON2_OK, BROKEN, "hash.memory");
	return NO_ERR;
}

/* An imported hash may ask for more memory than today's: it gets some of its own, once. */
static struct err argon2(struct hasher *h, struct str password, const struct encoded *cost, char *ret_hash)
{
	size_t need = (size_t)cost->memory_kib * 1024;
	struct memory larger;
	struct err e;

	if (need <= h->memory.n)
		return argon2_in(&h->memory, password, cost, ret_hash);
	TRY(memory_init(&larger, need));
	e = argon2_in(&larger, password, cost, ret_hash);
	memory_done(&larger);
	return e;
}

/* ---- life ---- */

struct err hasher_create(uint32_t memory_kib, uint32_t passes, struct hasher **ret_hasher)
{
	char password[SALT_BYTES];
	struct hasher *h;
	struct err e;

	ENSURE(memory_kib >= HASHER_MEMORY_MIN_KIB && memory_kib <= HASHER_MEMORY_MAX_KIB, BROKEN, "hash.cost");
	ENSURE(passes >= 1 && passes <= HASHER_PASSES_MAX, BROKEN, "hash.cost");
	h = calloc(1, sizeof *h);
	if (!h)
		abort();
	h->memory_kib = memory_kib;
	h->passes = passes;
	h->decoy = (struct encoded){ memory_kib, passes, 1, { h->decoy_salt, SALT_BYTES }, { h->decoy_hash, HASH_BYTES } };
	random_bytes(h->decoy_salt, sizeof h->decoy_salt);
	random_bytes(password, sizeof password);
	e = memory_init(&h->memory, (size_t)memory_kib * 1024);
	if (!failed(e))
		e = argon2(h, (struct str){ password, sizeof password }, &h->decoy, h->decoy_hash);
	if (failed(e)) {
		hasher_destroy(h);
		return e;
	}
	/* Nobody signs in during the first second. */
	memory_release(&h->memory);
	*ret_hasher = h;
	return NO_ERR;
}

void hasher_destroy(struct hasher *h)
{
	if (!h)
		return;
	memory_done(&h->memory);
	explicit_bzero(h, sizeof *h);
	free(h);
}

void hasher_tick(struct hasher *h)
{
	memory_tick(&h->memory);
}

/* ---- requests ---- */

static struct err make(struct hasher *h, struct arena *a, const struct frame *request, struct str *ret_text)
{
	char salt[SALT_BYTES], hash[HASH_BYTES];
	struct encoded e = { h->memory_kib, h->passes, 1, { salt, sizeof salt }, { hash, sizeof hash } };
	struct hash_make m;

	TRY(frame_read(request, a, ipc_hash_make_io, &m));
	ENSURE(m.password.n <= HASHER_PASSWORD_MAX, MALFORMED, "hash.password");
	random_bytes(salt, sizeof salt);
	TRY(argon2(h, m.password, &e, hash));
	*ret_text = encoded_format(a, &e);
	explicit_bzero(hash, sizeof hash);
	return NO_ERR;
}

/* Without a stored hash (an unknown name) the decoy is worked through all the same: the clock must
 * not tell a stranger who has an account. */
static struct err verify(struct hasher *h, struct arena *a, const struct frame *request, struct hash_verdict *ret_verdict)
{
	char hash[ENCODED_BYTES_MAX];
	struct encoded e = h->decoy;
	struct hash_verify v;
	bool stored, equal;

	TRY(frame_read(request, a, ipc_hash_verify_io, &v));
	ENSURE(v.password.n <= HASHER_PASSWORD_MAX, MALFORMED, "hash.password");
	stored = v.encoded.n > 0;
	if (stored)
		TRY(encoded_parse(a, v.encoded, &e));
	TRY(argon2(h, v.password, &e, hash));
	equal = ct_equal(hash, e.hash.p, e.hash.n);
	explicit_bzero(hash, sizeof hash);
	ret_verdict->matches = equal & stored;
	ret_verdict->outdated = ret_verdict->matches && (e.memory_kib < h->memory_kib || e.passes < h->passes
		|| e.salt.n < SALT_BYTES || e.hash.n < HASH_BYTES);
	return NO_ERR;
}

struct err hasher_serve(void *self, struct arena *a, const struct frame *request, frame_io_fn **ret_fn, void **ret_reply)
{
	struct str *text = arena_new(a, struct str);
	struct hash_verdict *verdict = arena_new(a, struct hash_verdict);

	switch (request->type) {
	case HASH_MAKE:
		*ret_fn = ipc_text_io;
		*ret_reply = text;
		return make(self, a, request, text);
	case HASH_VERIFY:
		*ret_fn = ipc_hash_verdict_io;
		*ret_reply = verdict;
		return verify(self, a, request, verdict);
	default:
		return err_of(MALFORMED, "hash.type");
	}
}
