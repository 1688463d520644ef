/* jwks.c - see jwks.h. */
#include "roles/reader/jwks.h"
#include "base/b64.h"
#include "wire/jose/json_read.h"
#include <stdlib.h>

enum { SETS = 4, JWKS_DEPTH = 6 };

struct jwks_entry {
	struct str kid;              /* in set->arena; kid.p NULL: none */
	struct jose_key *key;        /* NULL: of a kind, size or use that is not ours */
};

struct jwks {
	struct arena *arena;         /* NULL: this place of the cache is empty */
	struct str text;
	struct jwks_entry v[JWKS_MAX_KEYS];
	size_t n;
};

struct jwks_cache {
	struct jwks sets[SETS];
	size_t next;                 /* the place to give up next */
};

struct jwks_cache *jwks_cache_create(void)
{
	struct jwks_cache *c = calloc(1, sizeof *c);

	if (!c)
		abort();
	return c;
}

static void set_done(struct jwks *set)
{
	for (size_t i = 0; i < set->n; i++)
		jose_key_destroy(set->v[i].key);
	arena_destroy(set->arena);
	*set = (struct jwks){ 0 };
}

void jwks_cache_destroy(struct jwks_cache *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < SETS; i++)
		set_done(&c->sets[i]);
	free(c);
}

static bool list_has(const json_t *list, const char *word)
{
	size_t i = 0;
	const json_t *v = NULL;

	json_array_foreach(list, i, v)
		if (str_eq_c(jose_json_str(v), word))
			return true;
	return false;
}

/* May this key verify signatures of `alg`? Optional members must agree when they are there. */
static bool key_is_for(const json_t *jwk, enum jose_alg alg)
{
	const json_t *use = json_object_get(jwk, "use"), *ops = json_object_get(jwk, "key_ops");
	const json_t *own = json_object_get(jwk, "alg");

	if (use && !str_eq_c(jose_json_str(use), "sig"))
		return false;
	if (ops && !list_has(ops, "verify"))
		return false;
	return !own || str_eq_c(jose_json_str(own), jose_alg_name(alg));
}

static struct err member_decode(struct arena *a, const json_t *jwk, const char *name, struct str *ret_bytes)
{
	ENSURE(!failed(b64url_decode(a, jose_json_str(json_object_get(jwk, name)), ret_bytes)), DENIED, "jose.key");
	return NO_ERR;
}

static struct err rsa_read(struct arena *a, const json_t *jwk, struct jose_key **ret_key)
{
	struct str n, e;

	ENSURE(key_is_for(jwk, JOSE_RS256), DENIED, "jose.key");
	TRY(member_decode(a, jwk, "n", &n));
	TRY(member_decode(a, jwk, "e", &e));
	return jose_key_create_rs256(n, e, ret_key);
}

static struct err ec_read(struct arena *a, const json_t *jwk, struct jose_key **ret_key)
{
	struct str x, y;

	ENSURE(key_is_for(jwk, JOSE_ES256), DENIED, "jose.key");
	ENSURE(str_eq_c(jose_json_str(json_object_get(jwk, "crv")), "P-256"), DENIED, "jose.key");
	TRY(member_decode(a, jwk, "x", &x));
	TRY(member_decode(a, jwk, "y", &y));
	return jose_key_create_es256(x, y, ret_key);
}

/* NULL for a key that is not ours to use.
 *= RFC 7517 5: Implementations SHOULD ignore JWKs within a JWK Set that use "kty" values that are
 * not understood by them, that are missing required members, or for which values are out of the
 * supported ranges. */
static struct jose_key *key_read(struct arena *a, const json_t *jwk)
{
	struct str kty = jose_json_str(json_object_get(jwk, "kty"));
	struct jose_key *key = NULL;
	struct err e = err_of(DENIED, "jose.key");

	if (str_eq_c(kty, "RSA"))
		e = rsa_read(a, jwk, &key);
	else if (str_eq_c(kty, "EC"))
		e = ec_read(a, jwk, &key);
	return failed(e) ? NULL : key;
}

static struct err set_read(struct jwks *set, struct arena *scratch)
{
	AUTO(json_decrefp) json_t *object = NULL;
	size_t i = 0;
	json_t *jwk = NULL;

	ENSURE(!failed(jose_json_read(set->text, JWKS_MAX_BYTES, JWKS_DEPTH, &object)), DENIED, "jose.key");

	json_t *keys = json_object_get(object, "keys");

	ENSURE(json_is_array(keys) && json_array_size(keys) <= JWKS_MAX_KEYS, DENIED, "jose.key");
	json_array_foreach(keys, i, jwk) {
		struct str kid = jose_json_str(json_object_get(jwk, "kid"));

		set->v[set->n].kid = kid.p ? arena_dup(set->arena, kid) : STR_NONE;
		set->v[set->n++].key = key_read(scratch, jwk);
	}
	return NO_ERR;
}

struct err jwks_load(struct jwks_cache *c, struct arena *a, struct str text, const struct jwks **ret_set)
{
	ENSURE(text.n > 0 && text.n <= JWKS_MAX_BYTES, DENIED, "jose.key");
	for (size_t i = 0; i < SETS; i++) {
		if (c->sets[i].arena && str_eq(c->sets[i].text, text)) {
			*ret_set = &c->sets[i];
			return NO_ERR;
		}
	}

	struct jwks *set = &c->sets[c->next];

	set_done(set);
	set->arena = arena_create(4 * JWKS_MAX_BYTES);
	set->text = arena_dup(set->arena, text);
	struct err e = set_read(set, a);
	if (failed(e)) {
		set_done(set);
		return e;
	}
	c->next = (c->next + 1) % SETS;
	*ret_set = set;
	return NO_ERR;
}

struct err jwks_find(const struct jwks *set, const struct jose_header *header, const struct jose_key **ret_key)
{
	const struct jose_key *found = NULL;
	size_t matches = 0;

	for (size_t i = 0; i < set->n; i++) {
		const struct jwks_entry *e = &set->v[i];
		bool match = header->has_kid ? e->kid.p && str_eq(e->kid, header->kid)
		                             : e->key && jose_key_alg(e->key) == header->alg;

		if (match) {
			matches++;
			found = e->key;
		}
	}
	ENSURE(matches == 1 && found && jose_key_alg(found) == header->alg, DENIED, "jose.key");
	*ret_key = found;
	return NO_ERR;
}
