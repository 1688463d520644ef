/* recent.c - see recent.h. */
#include "idp/session/recent.h"
#include "base/ct.h"
#include "base/seal.h"
#include <pthread.h>
#include <stdlib.h>

enum { ROWS = 256, WAYS = 4, KEY_BYTES = 16 };

struct entry { unsigned char key[KEY_BYTES]; int64_t since_s; uint32_t n; };
struct recent { pthread_mutex_t lock; struct entry v[ROWS][WAYS]; };

struct recent *recent_create(void)
{
	struct recent *r = calloc(1, sizeof *r);

	if (!r)
		abort();
	pthread_mutex_init(&r->lock, NULL);
	return r;
}

void recent_destroy(struct recent *r)
{
	if (!r)
		return;
	pthread_mutex_destroy(&r->lock);
	free(r);
}

/* Two texts cannot run into each other: the second is hashed under the first. */
static void key_of(const char *what, struct str a, struct str b, unsigned char ret[32])
{
	unsigned char inner[32];

	hmac_sha256(str_from_c(what), a, inner);
	hmac_sha256((struct str){ (const char *)inner, sizeof inner }, b, ret);
}

/* The key's entry; without one, the emptiest or oldest of its row. */
static struct entry *entry_of(struct recent *r, const unsigned char key[32], bool *ret_known)
{
	struct entry *row = r->v[key[KEY_BYTES]], *oldest = row;

	*ret_known = true;
	for (size_t i = 0; i < WAYS; i++) {
		if (row[i].n && ct_equal(row[i].key, key, KEY_BYTES))
			return &row[i];
		if (!row[i].n || (oldest->n && row[i].since_s < oldest->since_s))
			oldest = &row[i];
	}
	*ret_known = false;
	return oldest;
}

static bool is_open(const struct entry *e, int64_t window_s, int64_t now_s)
{
	return now_s >= e->since_s && now_s < e->since_s + window_s;
}

uint32_t recent_add(struct recent *r, const char *what, struct str a, struct str b, int64_t window_s, int64_t now_s)
{
	unsigned char key[32];
	struct entry *e;
	uint32_t n;
	bool known;

	key_of(what, a, b, key);
	pthread_mutex_lock(&r->lock);
	e = entry_of(r, key, &known);
	if (!known || !is_open(e, window_s, now_s)) {
		memcpy(e->key, key, KEY_BYTES);
		e->since_s = now_s;
		e->n = 0;
	}
	n = e->n < UINT32_MAX ? ++e->n : e->n;
	pthread_mutex_unlock(&r->lock);
	return n;
}

bool recent_has(struct recent *r, const char *what, struct str a, struct str b, int64_t window_s, int64_t now_s)
{
	unsigned char key[32];
	struct entry *e;
	bool known;

	key_of(what, a, b, key);
	pthread_mutex_lock(&r->lock);
	e = entry_of(r, key, &known);
	known = known && is_open(e, window_s, now_s);
	pthread_mutex_unlock(&r->lock);
	return known;
}
