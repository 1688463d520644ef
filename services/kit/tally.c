/* tally.c - see tally.h. */
#include "services/kit/tally.h"
#include "base/ct.h"
#include "base/seal.h"
#include <pthread.h>
#include <stdlib.h>

enum { ROWS = 512, WAYS = 8, KEY_BYTES = 16, TEXT_MAX = 512, DOER_MAX = 320 };

struct entry { unsigned char key[KEY_BYTES]; int64_t began_s; uint32_t n; };

struct kit_tally {
	pthread_mutex_t lock;
	unsigned char seed[32];        /* nobody can aim at one row of the table */
	struct entry v[ROWS][WAYS];
};

struct kit_tally *kit_tally_create(void)
{
	struct kit_tally *t = calloc(1, sizeof *t);

	if (!t)
		abort();
	random_bytes(t->seed, sizeof t->seed);
	pthread_mutex_init(&t->lock, NULL);
	return t;
}

void kit_tally_destroy(struct kit_tally *t)
{
	if (!t)
		return;
	pthread_mutex_destroy(&t->lock);
	free(t);
}

static bool is_over(const struct entry *e, const struct kit_deed *d, int64_t now_s)
{
	return e->n == 0 || now_s < e->began_s || now_s - e->began_s >= d->window_s;
}

/* The entry of that doer, or the one that makes room for it. */
static struct entry *entry_of(struct kit_tally *t, const struct kit_deed *d, const unsigned char mac[32], int64_t now_s)
{
	struct entry *row = t->v[((size_t)mac[16] | (size_t)mac[17] << 8) % ROWS], *least = &row[0];

	for (size_t i = 0; i < WAYS; i++) {
		if (ct_equal(row[i].key, mac, KEY_BYTES)) {
			if (is_over(&row[i], d, now_s))
				row[i].n = 0;
			return &row[i];
		}
		if (row[i].n < least->n || (row[i].n == least->n && row[i].began_s < least->began_s))
			least = &row[i];
	}
	*least = (struct entry){ 0 };
	memcpy(least->key, mac, KEY_BYTES);
	return least;
}

static void mac_of(const struct kit_tally *t, const struct kit_deed *d, unsigned char ret_mac[32])
{
	AUTO(buf_done) struct buf text;

	buf_init(&text, TEXT_MAX);
	buf_add_c(&text, d->what);
	buf_add_char(&text, ':');
	buf_add(&text, str_slice(d->doer, 0, DOER_MAX));
	hmac_sha256((struct str){ (const char *)t->seed, sizeof t->seed }, buf_str(&text), ret_mac);
}

bool kit_tally_take(struct kit_tally *t, const struct kit_deed *d, int64_t now_s)
{
	unsigned char mac[32];
	struct entry *e;
	bool may;

	mac_of(t, d, mac);
	pthread_mutex_lock(&t->lock);
	e = entry_of(t, d, mac, now_s);
	may = e->n < d->max;
	if (may && e->n++ == 0)
		e->began_s = now_s;
	pthread_mutex_unlock(&t->lock);
	return may;
}

void kit_tally_give_back(struct kit_tally *t, const struct kit_deed *d, int64_t now_s)
{
	unsigned char mac[32];
	struct entry *e;

	mac_of(t, d, mac);
	pthread_mutex_lock(&t->lock);
	e = entry_of(t, d, mac, now_s);
	if (e->n)
		e->n--;
	pthread_mutex_unlock(&t->lock);
}
