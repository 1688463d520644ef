/* audit.c - see audit.h. */
#include "idp/audit/audit.h"
#include "idp/audit/audit_chain.h"
#include "base/b64.h"
#include "base/ct.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { QUEUE_MAX = 512, NAME_MAX_BYTES = 255, ACTOR_MAX = NAME_MAX_BYTES + 2 + 2 * ID_BYTES };

struct queued {
	const char *event, *reason;
	char request[24], client_id[129], actor[ACTOR_MAX];
	int64_t now_s, n;
};

struct audit {
	pthread_mutex_t lock;
	struct queued v[QUEUE_MAX];
	size_t n;
	atomic_uint seq;
	atomic_llong settled_s;        /* no entry may be given an earlier place any more */
	atomic_llong block;            /* the last one of the chain that this process has seen */
	atomic_llong tick_s;
};

struct audit *audit_create(void)
{
	struct audit *a = calloc(1, sizeof *a);

	if (!a)
		abort();
	pthread_mutex_init(&a->lock, NULL);
	return a;
}

void audit_destroy(struct audit *a)
{
	if (!a)
		return;
	pthread_mutex_destroy(&a->lock);
	free(a);
}

/* Sorts by time, then by order within this process; random beyond that, for several engines. What would come
 * among entries that are in a block of the chain (the clock went back) takes the first place after them. */
static struct str new_id(struct audit *a, int64_t now_s, char out[40])
{
	int64_t settled_s = atomic_load(&a->settled_s);
	unsigned char r[4];
	int n;

	now_s = now_s > settled_s ? now_s : settled_s;
	random_bytes(r, sizeof r);
	n = snprintf(out, 40, "%012llx%08x%02x%02x%02x%02x", (unsigned long long)now_s, atomic_fetch_add(&a->seq, 1), r[0], r[1], r[2], r[3]);
	return (struct str){ out, (size_t)n };
}

struct str audit_id_before(struct arena *arena, int64_t t_s)
{
	return arena_printf(arena, "%012llx", (unsigned long long)(t_s > 0 ? t_s : 0));
}

static void settle_up_to(struct audit *a, int64_t t_s)
{
	if (t_s > atomic_load(&a->settled_s))
		atomic_store(&a->settled_s, t_s);
}

void audit_settle(struct audit *a, int64_t now_s)
{
	atomic_store(&a->tick_s, now_s);
	settle_up_to(a, now_s - AUDIT_SETTLED_S);
}

void audit_reached(struct audit *a, int64_t block, int64_t upto_s)
{
	atomic_store(&a->block, block);
	settle_up_to(a, upto_s + 1);
}

void audit_follow(struct audit *a, uint32_t place)
{
	atomic_store(&a->seq, place + 1);
}

int64_t audit_block(const struct audit *a)
{
	return atomic_load(&a->block);
}

/* What is too long is cut before a letter, not within one: PostgreSQL takes no half ones. */
static void copy_text(char *out, size_t max, struct str s)
{
	size_t n = s.n < max - 1 ? s.n : max - 1;

	while (n && n < s.n && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n--;
	if (n)
		memcpy(out, s.p, n);
	out[n] = '\0';
}

static void write_actor(char *out, const struct audit_entry *e)
{
	size_t at;

	copy_text(out, NAME_MAX_BYTES, e->actor_text);
	at = strlen(out);
	if (!e->account)
		return;
	if (at)
		out[at++] = ' ';
	for (size_t i = 0; i < ID_BYTES; i++)
		at += (size_t)snprintf(out + at, ACTOR_MAX - at, "%02x", e->account[i]);
}

static MUST struct err insert(struct store_tx *tx, struct audit *a, const struct queued *q, int64_t written_s)
{
	static const char sql[] = "INSERT INTO audit (id, at_s, event, reason, request, client_id, actor, n)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
	char id[40];

	return store_exec(tx, sql, NULL, str_(new_id(a, written_s, id)), int_(q->now_s), str_(str_from_c(q->event)),
		str_(str_from_c(q->reason ? q->reason : "")), str_(str_from_c(q->request)),
		str_(str_from_c(q->client_id)), str_(str_from_c(q->actor)), int_(q->n));
}

static void fill(struct queued *q, const struct audit_entry *e)
{
	q->event = e->event;
	q->reason = e->reason;
	copy_text(q->request, sizeof q->request, e->request);
	copy_text(q->client_id, sizeof q->client_id, e->client_id);
	write_actor(q->actor, e);
	q->now_s = e->now_s;
	q->n = 1;
}

struct err audit_add_tx(struct store_tx *tx, struct audit *a, const struct audit_entry *e)
{
	struct queued q;

	fill(&q, e);
	return insert(tx, a, &q, q.now_s);
}

void audit_refuse(struct audit *a, const struct audit_entry *e)
{
	pthread_mutex_lock(&a->lock);
	if (a->n < QUEUE_MAX / 2) {
		fill(&a->v[a->n++], e);
	} else {
		/* Beyond the rate: one line for each event and reason, with a count and no particulars. */
		size_t i = QUEUE_MAX / 2;

		while (i < a->n && (a->v[i].event != e->event || a->v[i].reason != e->reason))
			i++;
		if (i < a->n)
			a->v[i].n++;
		else if (a->n < QUEUE_MAX)
			fill(&a->v[a->n++], &(struct audit_entry){ .event = e->event, .reason = e->reason, .now_s = e->now_s });
	}
	pthread_mutex_unlock(&a->lock);
}

struct batch { struct audit *audit; struct queued *v; size_t n; };

static MUST struct err flush_tx(struct store_tx *tx, void *arg)
{
	struct batch *b = arg;

	/* What waited for a store that was away takes the place of what is written now. */
	for (size_t i = 0; i < b->n; i++) {
		int64_t tick_s = atomic_load(&b->audit->tick_s);

		TRY(insert(tx, b->audit, &b->v[i], b->v[i].now_s > tick_s ? b->v[i].now_s : tick_s));
	}
	return NO_ERR;
}

static void put_back(struct audit *a, const struct batch *b)
{
	size_t keep;

	pthread_mutex_lock(&a->lock);
	keep = b->n < QUEUE_MAX - a->n ? b->n : QUEUE_MAX - a->n;
	memmove(a->v + keep, a->v, a->n * sizeof *a->v);
	memcpy(a->v, b->v, keep * sizeof *a->v);
	a->n += keep;
	pthread_mutex_unlock(&a->lock);
}

struct err audit_flush(struct audit *a, struct store *s)
{
	struct batch b = { a, NULL, 0 };
	struct err err;

	pthread_mutex_lock(&a->lock);
	b.n = a->n;
	if (b.n && (b.v = malloc(b.n * sizeof *b.v))) {
		memcpy(b.v, a->v, b.n * sizeof *b.v);
		a->n = 0;
	}
	pthread_mutex_unlock(&a->lock);
	if (!b.v)
		return NO_ERR;
	err = store_tx(s, QUICK, flush_tx, &b);
	if (failed(err))
		put_back(a, &b);
	free(b.v);
	return err;
}
