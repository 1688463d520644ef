/* fuzz_http_pairs.c - a query or a form (application/x-www-form-urlencoded), and the credentials of
 * "Basic", which are made of the same escapes. */
#include "base/b64.h"
#include "tests/fuzz/fuzz.h"
#include "wire/http/http.h"

enum { PAIRS_MAX = 32, ARENA_BYTES = 1 << 18 };
#define MULTI_LINE STR("text note")
#define ESCAPES "http.escape http.utf8 http.control"

static void check_text(struct str s, bool multi_line)
{
	assert(str_is_utf8(s));
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		assert((c >= 0x20 && c != 0x7f) || (multi_line && (c == '\t' || c == '\r' || c == '\n')));
	}
}

static void check_pairs(const struct http_pairs *p)
{
	assert(p->n <= PAIRS_MAX);
	for (size_t i = 0; i < p->n; i++) {
		assert(p->v[i].name.n > 0);
		check_text(p->v[i].name, false);
		check_text(p->v[i].value, str_has_word(MULTI_LINE, p->v[i].name));
		for (size_t k = 0; k < i; k++)
			assert(!str_eq(p->v[i].name, p->v[k].name));
	}
}

/* Written out and read again, the pairs are the same. */
static void check_again(struct arena *a, const struct http_pairs *p)
{
	struct str url = http_add_query(a, STR("https://a.example/"), p->v, p->n);
	struct str query = str_slice(url, str_index(url, '?') + 1, url.n);
	struct http_pairs again = { NULL, 0 };

	assert(!failed(http_parse_pairs(a, query, PAIRS_MAX, MULTI_LINE, &again)) && again.n == p->n);
	for (size_t i = 0; i < p->n; i++)
		assert(str_eq(again.v[i].name, p->v[i].name) && str_eq(again.v[i].value, p->v[i].value));
}

static void try_unescape(struct arena *a, struct str in, bool plus_is_space)
{
	struct str text;
	AUTO(buf_done) struct buf escaped = { 0 };

	fuzz_stain(&text, sizeof text);
	struct err e = http_unescape(a, in, plus_is_space, true, &text);
	if (failed(e)) {
		assert(fuzz_is_error(e, ERR_MALFORMED, ESCAPES) && fuzz_is_stained(&text, sizeof text));
		return;
	}
	struct str again = STR_NONE;
	assert(text.n <= in.n);
	check_text(text, true);
	buf_init(&escaped, ARENA_BYTES);
	http_add_escaped(&escaped, text);
	assert(!failed(http_unescape(a, buf_str(&escaped), plus_is_space, true, &again)) && str_eq(again, text));
}

static void try_basic(struct arena *a, struct str authorization)
{
	struct str out[2];

	fuzz_stain(out, sizeof out);
	struct err e = http_parse_basic(a, authorization, &out[0], &out[1]);
	if (failed(e)) {
		assert(fuzz_is_error(e, ERR_MALFORMED, "http.basic") && fuzz_is_stained(out, sizeof out));
		return;
	}
	check_text(out[0], false);
	check_text(out[1], false);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(ARENA_BYTES);
	struct str in = fuzz_str(data, size);
	struct http_pairs pairs;

	try_unescape(a, in, true);
	try_unescape(a, in, false);
	try_basic(a, in);
	try_basic(a, arena_printf(a, "Basic " STR_FMT, STR_ARG(b64_encode(a, data, size))));
	fuzz_stain(&pairs, sizeof pairs);
	struct err e = http_parse_pairs(a, in, PAIRS_MAX, MULTI_LINE, &pairs);
	if (failed(e)) {
		assert(fuzz_is_error(e, ERR_MALFORMED, "http.pairs.repeated http.pairs.many http.pairs.name " ESCAPES));
		assert(fuzz_is_stained(&pairs, sizeof pairs));
		return 0;
	}
	fuzz_accepted++;
	check_pairs(&pairs);
	check_again(a, &pairs);
	return 0;
}
