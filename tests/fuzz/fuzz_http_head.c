/* fuzz_http_head.c - the head of a request, whole and in two pieces (RFC 9112). Whatever is not done
 * is refused with a status for it; two readings of the same bytes agree. */
#include "tests/fuzz/fuzz.h"
#include "wire/http/head.h"

static bool heads_equal(const struct http_head *a, const struct http_head *b)
{
	for (int f = 0; f < HTTP_FIELD_COUNT; f++)
		if (!a->fields[f].p != !b->fields[f].p || !str_eq(a->fields[f], b->fields[f]))
			return false;
	return a->method == b->method && str_eq(a->path, b->path) && str_eq(a->raw_query, b->raw_query)
		&& str_eq(a->host, b->host) && a->keep_alive == b->keep_alive && a->http_1_0 == b->http_1_0
		&& a->chunked == b->chunked && a->has_length == b->has_length && a->length == b->length
		&& a->expects_continue == b->expects_continue && a->size == b->size && a->status == b->status;
}

static void check_refusal(const struct http_head *h)
{
	static const int statuses[] = { 400, 414, 417, 431, 501, 505 };
	bool known = false;

	for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
		known = known || h->status == statuses[i];
	assert(known && h->slug && str_starts(str_from_c(h->slug), STR("http.head.")));
}

static void check_head(const struct http_head *h, struct str all)
{
	assert(h->size <= all.n && h->size <= HTTP_HEAD_MAX);
	assert(str_ends(str_slice(all, 0, h->size), STR("\r\n\r\n")));
	assert(h->method < HTTP_METHOD_COUNT && h->path.n > 0 && h->path.p[0] == '/');
	assert(h->path.n + h->raw_query.n <= HTTP_TARGET_MAX);
	assert(!str_has(h->path, '%') && !str_has_control(h->path) && !str_has_control(h->raw_query));
	assert(!(h->chunked && h->has_length) && h->length >= 0);
	assert(!h->http_1_0 || (!h->chunked && !h->keep_alive));
	assert(fuzz_is_inside(h->path, all) && fuzz_is_inside(h->raw_query, all) && fuzz_is_inside(h->host, all));
	for (int f = 0; f < HTTP_FIELD_COUNT; f++) {
		assert(fuzz_is_inside(h->fields[f], all) && !str_has_control(h->fields[f]));
		assert(f < HTTP_FIELD_WANTED || str_is_utf8(h->fields[f]));
	}
}

static enum http_progress read_in_two(char *p, size_t n, size_t cut, struct http_head *h)
{
	struct http_head_scan scan = { 0 };
	enum http_progress first = http_head_read(&scan, p, cut, h);

	return first == HTTP_MORE ? http_head_read(&scan, p, n, h) : first;
}

/* The same head somewhere else: what it points at has moved with it. */
static void check_move(struct http_head *h, const char *from, size_t n)
{
	char *copy = malloc(n + 1);
	struct http_head moved = *h;

	assert(copy);
	memcpy(copy, from, n);
	http_head_move(&moved, from, copy);
	assert(heads_equal(h, &moved) && fuzz_is_inside(moved.path, (struct str){ copy, n }));
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *p = malloc(size + 1), *again = malloc(size + 1);
	struct http_head_scan scan = { 0 }, other = { 0 };
	struct http_head h, h2;
	enum http_progress progress;

	assert(p && again);
	memcpy(p, data, size);
	memcpy(again, data, size);
	progress = http_head_read(&scan, p, size, &h);
	assert(progress != HTTP_MORE || size < HTTP_HEAD_MAX);
	if (progress == HTTP_REFUSED)
		check_refusal(&h);
	if (progress == HTTP_DONE) {
		fuzz_accepted++;
		check_head(&h, (struct str){ p, size });
		check_move(&h, p, size);
		assert(http_head_read(&other, p, h.size, &h2) == HTTP_DONE && heads_equal(&h, &h2));
	}
	assert(read_in_two(again, size, fuzz_cut(fuzz_str(data, size)), &h2) == progress);
	assert(progress != HTTP_DONE || heads_equal(&h, &h2));
	free(p);
	free(again);
	return 0;
}
