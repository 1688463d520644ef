/* fuzz_http_chunked.c - the chunked coding: whole, in two pieces and byte by byte (RFC 9112 7.1). */
#include <stdio.h>
#include "tests/fuzz/fuzz.h"
#include "wire/http/chunked.h"

struct outcome { struct err e; size_t used; struct buf out; enum http_chunk_state state; };

/* In pieces of at most `first` bytes, then of at most `others`. */
static void decode(struct str in, size_t first, size_t others, struct outcome *o)
{
	struct http_chunked c = { 0 };
	size_t n = first;

	*o = (struct outcome){ .used = 0 };
	buf_init(&o->out, 1 << 20);
	while (!failed(o->e) && c.state != CHUNK_DONE) {
		size_t used = (size_t)-1;
		struct str piece = str_slice(in, o->used, o->used + n);

		o->e = http_chunked_feed(&c, piece, &o->out, &used);
		if (failed(o->e)) {
			assert(used == (size_t)-1);
			break;
		}
		assert(used == piece.n || c.state == CHUNK_DONE);
		o->used += used;
		if (o->used == in.n)
			break;
		n = others;
	}
	o->state = c.state;
}

static void check_same(const struct outcome *a, const struct outcome *b)
{
	assert(a->e.kind == b->e.kind && (!failed(a->e) || strcmp(a->e.slug, b->e.slug) == 0));
	assert(failed(a->e) || (a->used == b->used && a->state == b->state && str_eq(buf_str(&a->out), buf_str(&b->out))));
}

/* The body in one chunk says the same. */
static void check_again(struct str body)
{
	AUTO(buf_done) struct buf text = { 0 };
	struct outcome o;

	buf_init(&text, 1 << 20);
	if (body.n)
		buf_addf(&text, "%zx\r\n", body.n);
	buf_add(&text, body);
	buf_add_c(&text, body.n ? "\r\n0\r\n\r\n" : "0\r\n\r\n");
	decode(buf_str(&text), text.n, 1, &o);
	assert(!failed(o.e) && o.state == CHUNK_DONE && o.used == text.n && str_eq(buf_str(&o.out), body));
	buf_done(&o.out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = fuzz_str(data, size);
	size_t cut = fuzz_cut(in);
	struct outcome whole, two, bytes;

	decode(in, size, 1, &whole);
	decode(in, cut ? cut : 1, size, &two);
	decode(in, 1, 1, &bytes);
	check_same(&whole, &two);
	check_same(&whole, &bytes);
	if (failed(whole.e)) {
		assert(fuzz_is_error(whole.e, ERR_MALFORMED, "http.chunk.size http.chunk.line http.chunk.trailer"));
	} else if (whole.state == CHUNK_DONE) {
		fuzz_accepted++;
		assert(whole.out.n < whole.used && !whole.out.overflowed);
		check_again(buf_str(&whole.out));
	}
	buf_done(&whole.out);
	buf_done(&two.out);
	buf_done(&bytes.out);
	return 0;
}
