/* engine_impl.h - what the files of the hub share; nobody else includes it. */
#ifndef ROLES_ENGINE_IMPL_H
#define ROLES_ENGINE_IMPL_H
#include <pthread.h>
#include <stdatomic.h>
#include "roles/engine/engine.h"

enum { ROUTE_SLOTS = 256, FRONTS_MAX = 64, COUNTERS_MAX = 128, CONNECTIONS_MAX = 16, STATUS_CLASSES = 6 };

/* The connections to the helpers of one kind. A thread borrows one, or waits its turn. */
struct pool {
	pthread_mutex_t lock;
	pthread_cond_t  changed;
	int      fds[CONNECTIONS_MAX];     /* -1: none; by the helper's slot */
	bool     borrowed[CONNECTIONS_MAX];
	unsigned waiting, limit;           /* threads that hold or wait for a connection */
	unsigned starving;                 /* those of them that have waited for long; who comes then waits behind them */
	int64_t  patience_ms;              /* so long one beyond the limit waits too */
};

/* One front's connection; its threads live as long as it does. */
struct front {
	struct engine *engine;
	int fd;
	unsigned slot;
	atomic_uint users;                 /* threads; the last one closes and frees */
	atomic_bool gone;
	pthread_mutex_t lock;
	pthread_cond_t spare;              /* threads that are not needed at the moment */
	unsigned receiving;                /* threads that wait for a request */
};

struct route_count { atomic_ullong by_class[STATUS_CLASSES], total_us; };

struct engine {
	struct engine_app app;
	unsigned threads;
	uint16_t slots[ROUTE_SLOTS];       /* open addressing: index + 1 into app.routes */
	struct route_count *route_counts;

	struct pool pools[ROLE_COUNT];
	engine_helper_fn *test_helper;
	void *test_self;
	atomic_uint seq;

	pthread_mutex_t fronts_lock;
	struct front *fronts[FRONTS_MAX];
	unsigned front_threads;
	bool pinned;                       /* a front's threads keep to its core */
	const struct boot *boot;
	atomic_uint in_flight;
	atomic_bool draining;
	atomic_bool ticked;                /* the first tick is over: what the application fetches at its start is there */

	struct { _Atomic(const char *) name; atomic_llong value; } counters[COUNTERS_MAX];
};

/* engine.c */
void engine_thread(void *(*fn)(void *), void *arg);     /* detached, small stack */
const struct engine_route *engine_find(const struct engine *e, enum http_listener l, enum http_method m, struct str path);
struct http_resp *engine_dispatch(struct engine *e, const struct engine_route *route, struct http_req *req);
/* fronts.c */
void fronts_adopt(struct engine *e, unsigned slot, int fd);
void fronts_drain(struct engine *e);
/* helpers.c */
void pools_init(struct engine *e);
/* The threads of a front ask, where they can, the helper of the same slot: it lives on their core. */
void pools_prefer(unsigned slot);
void pools_adopt(struct engine *e, enum boot_role role, uint32_t slot, int fd);
/* routes_print.c */
struct str routes_print(const struct engine *e, struct arena *a);
/* rotate.c */
void rotate_said(struct frame *f);
/* metrics.c */
void count_request(struct engine *e, const struct engine_route *route, int status, int64_t us);
#endif
