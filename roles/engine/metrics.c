/* metrics.c - counters, and their text for Prometheus. */
#include "roles/engine/engine_impl.h"

void count_request(struct engine *e, const struct engine_route *route, int status, int64_t us)
{
	struct route_count *c = &e->route_counts[route ? (size_t)(route - e->app.routes) : e->app.route_n];
	int class = status / 100;

	if (class >= 1 && class < STATUS_CLASSES)
		atomic_fetch_add_explicit(&c->by_class[class], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&c->total_us, (unsigned long long)us, memory_order_relaxed);
}

void engine_count(struct engine *e, const char *name_and_labels, int64_t add)
{
	for (size_t i = 0; i < COUNTERS_MAX; i++) {
		const char *name = atomic_load_explicit(&e->counters[i].name, memory_order_relaxed);

		if (!name && !atomic_compare_exchange_strong(&e->counters[i].name, &name, name_and_labels)
		    && strcmp(name, name_and_labels) != 0)
			continue;
		if (!name || name == name_and_labels || strcmp(name, name_and_labels) == 0) {
			atomic_fetch_add_explicit(&e->counters[i].value, add, memory_order_relaxed);
			return;
		}
	}
}

int64_t engine_counter(const struct engine *e, const char *name_and_labels)
{
	for (size_t i = 0; i < COUNTERS_MAX; i++) {
		const char *name = atomic_load_explicit(&e->counters[i].name, memory_order_relaxed);

		if (name && strcmp(name, name_and_labels) == 0)
			return atomic_load_explicit(&e->counters[i].value, memory_order_relaxed);
	}
	return 0;
}

static void add_route(struct buf *out, const char *path, const struct route_count *c)
{
	unsigned long long total = 0;

	for (int class = 1; class < STATUS_CLASSES; class++) {
		unsigned long long n = atomic_load_explicit(&c->by_class[class], memory_order_relaxed);

		total += n;
		if (n)
			buf_addf(out, "guichet_requests_total{route=\"%s\",status=\"%dxx\"} %llu\n", path, class, n);
	}
	if (total)
		buf_addf(out, "guichet_request_seconds_total{route=\"%s\"} %.6f\n", path,
			(double)atomic_load_explicit(&c->total_us, memory_order_relaxed) / 1e6);
}

void engine_metrics(struct engine *e, struct buf *out)
{
	for (size_t i = 0; i < e->app.route_n; i++)
		add_route(out, e->app.routes[i].path, &e->route_counts[i]);
	add_route(out, "other", &e->route_counts[e->app.route_n]);
	for (size_t i = 0; i < COUNTERS_MAX; i++) {
		const char *name = atomic_load_explicit(&e->counters[i].name, memory_order_relaxed);

		if (name)
			buf_addf(out, "%s %lld\n", name, atomic_load_explicit(&e->counters[i].value, memory_order_relaxed));
	}
	buf_addf(out, "guichet_requests_in_flight %u\n", atomic_load(&e->in_flight));
}
