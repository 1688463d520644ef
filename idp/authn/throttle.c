/* throttle.c - the bounded table behind throttle_rules.c. */
#include "idp/authn/throttle.h"
#include "base/ct.h"
#include "base/seal.h"
#include <pthread.h>
#include <stdlib.h>

enum { WAYS = 8, KEY_BYTES = 16, HOUSE_WAIT_S = 2 };

struct entry { unsigned char key[KEY_BYTES]; bool used; struct throttle_state state; };

struct throttle {
	pthread_mutex_t lock;
	unsigned char seed[32];        /* keys are MACs: nobody can aim at one row of the table */
	struct entry *v;
	size_t rows;                   /* a power of two */
	uint32_t at_once, in_flight;   /* of the whole house */
};

struct throttle *throttle_create(size_t entries, uint32_t at_once)
{
	struct throttle *t = calloc(1, sizeof *t);

	if (!t)
		abort();
	t->at_once = at_once > 1 ? at_once : 1;
	t->rows = 1;
	while (t->rows * WAYS < entries)
		t->rows *= 2;
	t->v = calloc(t->rows * WAYS, sizeof *t->v);
	if (!t->v)
		abort();
	random_bytes(t->seed, sizeof t->seed);
	pthread_mutex_init(&t->lock, NULL);
	return t;
}

void throttle_destroy(struct throttle *t)
{
	if (!t)
		return;
	pthread_mutex_destroy(&t->lock);
	free(t->v);
	free(t);
}

static void key_of(const struct throttle *t, enum throttle_door door, struct str s, unsigned char out[32])
{
	unsigned char text[513];
	size_t n = s.n < 512 ? s.n : 512;

	text[0] = (unsigned char)door;
	if (n)
		memcpy(text + 1, s.p, n);
	hmac_sha256((struct str){ (const char *)t->seed, sizeof t->seed }, (struct str){ (const char *)text, n + 1 }, out);
}

/* The WAYS entries among which that key is looked for. */
static struct entry *row_of(const struct throttle *t, const unsigned char key[32])
{
	return &t->v[(((size_t)key[16] | (size_t)key[17] << 8 | (size_t)key[18] << 16) & (t->rows - 1)) * WAYS];
}

static struct entry *entry_find(const struct throttle *t, const unsigned char key[32])
{
	struct entry *v = row_of(t, key);

	for (size_t i = 0; i < WAYS; i++)
		if (v[i].used && ct_equal(v[i].key, key, KEY_BYTES))
			return &v[i];
	return NULL;
}

/* The entry of that key; the one that deserves it least makes room. Never one in flight. */
static struct entry *entry_of(struct throttle *t, const unsigned char key[32], int64_t now_s)
{
	struct entry *v = row_of(t, key), *found = entry_find(t, key), *worst = NULL;

	if (found)
		return found;
	for (size_t i = 0; i < WAYS; i++) {
		if (v[i].used && v[i].state.in_flight)
			continue;
		if (!worst || (worst->used && (!v[i].used || v[i].state.failures < worst->state.failures
		    || (v[i].state.failures == worst->state.failures && v[i].state.touched_s < worst->state.touched_s))))
			worst = &v[i];
	}
	if (!worst)
		return NULL;
	memset(worst, 0, sizeof *worst);
	memcpy(worst->key, key, KEY_BYTES);
	worst->used = true;
	worst->state.touched_s = now_s;
	return worst;
}

/* A door that lets one in holds it until the outcome is told. */
static MUST struct err pass(struct throttle *t, enum throttle_door door, const unsigned char key[32], int64_t now_s, struct entry **ret_e,
	int64_t *ret_wait_s)
{
	struct entry *e = entry_of(t, key, now_s);

	*ret_e = e;
	*ret_wait_s = e ? throttle_wait_s(&e->state, door, t->in_flight > t->at_once / 4, now_s) : 0;
	ENSURE(*ret_wait_s == 0, THROTTLED, door == DOOR_SOURCE ? "throttle.source" : "throttle.identifier");
	if (e)
		e->state.in_flight++;      /* also keeps the row's next eviction away from it */
	return NO_ERR;
}

/* How many may wait for a hasher at once, of those like this one. The last places are for devices that we know;
 * those before them for who has not failed lately: hundreds of sources that guess must leave room for a citizen
 * who comes new. */
static uint32_t places(const struct throttle *t, bool device_known, const struct entry *source, int64_t now_s)
{
	if (device_known)
		return t->at_once;
	return t->at_once - t->at_once / (source && throttle_failed_lately(&source->state, now_s) ? 2 : 4);
}

static MUST struct err admit(struct throttle *t, const struct throttle_keys *k, int64_t now_s, int64_t *ret_wait_s)
{
	unsigned char source_key[32], identifier_key[32];
	struct entry *source, *identifier;
	struct err e;

	key_of(t, DOOR_SOURCE, k->source, source_key);
	*ret_wait_s = HOUSE_WAIT_S;
	ENSURE(t->in_flight < places(t, k->device_known, entry_find(t, source_key), now_s), THROTTLED, "throttle.house");
	TRY(pass(t, DOOR_SOURCE, source_key, now_s, &source, ret_wait_s));
	key_of(t, DOOR_IDENTIFIER, k->identifier, identifier_key);
	e = pass(t, DOOR_IDENTIFIER, identifier_key, now_s, &identifier, ret_wait_s);
	if (failed(e) && source)
		source->state.in_flight--;
	TRY(e);
	t->in_flight++;
	return NO_ERR;
}

struct err throttle_admit(struct throttle *t, const struct throttle_keys *k, int64_t now_s, int64_t *ret_wait_s)
{
	struct err e;

	pthread_mutex_lock(&t->lock);
	e = admit(t, k, now_s, ret_wait_s);
	pthread_mutex_unlock(&t->lock);
	return e;
}

static void tell(struct throttle *t, enum throttle_door door, struct str s, enum throttle_outcome o, int64_t now_s)
{
	unsigned char key[32];
	struct entry *e;

	key_of(t, door, s, key);
	pthread_mutex_lock(&t->lock);
	e = entry_of(t, key, now_s);
	if (e) {
		if (e->state.in_flight)
			e->state.in_flight--;
		if (o != THROTTLE_UNKNOWN)
			e->state = throttle_after(e->state, door, o == THROTTLE_SUCCESS, now_s);
		e->state.touched_s = now_s;
	}
	pthread_mutex_unlock(&t->lock);
}

void throttle_tell(struct throttle *t, const struct throttle_keys *k, enum throttle_outcome o, int64_t now_s)
{
	tell(t, DOOR_IDENTIFIER, k->identifier, o, now_s);
	tell(t, DOOR_SOURCE, k->source, o, now_s);
	pthread_mutex_lock(&t->lock);
	t->in_flight--;
	pthread_mutex_unlock(&t->lock);
}
