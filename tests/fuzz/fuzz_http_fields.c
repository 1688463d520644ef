/* fuzz_http_fields.c - what stands in request fields: cookies, languages, media types, forwarded
 * addresses, entity tags. Nothing but too many cookies is an error; the rest gives less. */
#include "tests/fuzz/fuzz.h"
#include "wire/http/fields.h"

enum { COOKIES_MAX = 16 };

static void cookies_again(struct arena *a, const struct http_pairs *p)
{
	AUTO(buf_done) struct buf text = { 0 };
	struct http_pairs again = { NULL, 0 };

	buf_init(&text, 1 << 18);
	for (size_t i = 0; i < p->n; i++)
		buf_addf(&text, "%s" STR_FMT "=" STR_FMT, i ? "; " : "", STR_ARG(p->v[i].name), STR_ARG(p->v[i].value));
	assert(!failed(http_parse_cookies(a, buf_str(&text), COOKIES_MAX, &again)) && again.n == p->n);
	for (size_t i = 0; i < p->n; i++)
		assert(str_eq(again.v[i].name, p->v[i].name) && str_eq(again.v[i].value, p->v[i].value));
}

static void try_cookies(struct arena *a, struct str in)
{
	struct http_pairs pairs;

	fuzz_stain(&pairs, sizeof pairs);
	struct err e = http_parse_cookies(a, in, COOKIES_MAX, &pairs);
	if (failed(e)) {
		assert(fuzz_is_error(e, ERR_MALFORMED, "http.cookies.many") && fuzz_is_stained(&pairs, sizeof pairs));
		return;
	}
	fuzz_accepted++;
	assert(pairs.n <= COOKIES_MAX);
	for (size_t i = 0; i < pairs.n; i++) {
		assert(pairs.v[i].name.n > 0 && fuzz_is_inside(pairs.v[i].name, in) && fuzz_is_inside(pairs.v[i].value, in));
		for (size_t k = 0; k < i; k++)
			assert(!str_eq(pairs.v[i].name, pairs.v[k].name));
	}
	cookies_again(a, &pairs);
}

static void try_language(struct str in)
{
	enum http_lang lang = http_lang_accepted(in), parsed = LANG_COUNT;

	assert(lang == LANG_FR || lang == LANG_EN);
	if (http_lang_parse(in, &parsed))
		assert(str_eq(http_lang_code(parsed), in) && parsed == lang);
	else
		assert(parsed == LANG_COUNT);
}

static struct str both(struct arena *a, struct str first, struct str second)
{
	return arena_concat(a, (struct str[]){ first, second }, 2);
}

static void try_pieces(struct arena *a, struct str in)
{
	struct str last = http_forwarded_last(in), type = http_media_type(in), origin = http_origin_of(in);
	struct str param = http_media_param(in, STR("boundary"));

	assert(fuzz_is_inside(last, in) && !str_has(last, ',') && str_eq(str_trim(last), last));
	/* What others wrote before our own proxy's address does not count. */
	assert(str_eq(http_forwarded_last(both(a, STR("203.0.113.9, "), last)), last));
	assert(fuzz_is_inside(type, in) && !str_has(type, ';') && str_eq(http_media_type(type), type));
	assert(fuzz_is_inside(param, in) && !str_has(param, ';'));
	assert(!origin.n || (fuzz_is_inside(origin, in) && str_eq(http_origin_of(origin), origin)));
}

static void try_etag(struct arena *a, struct str in)
{
	bool matches = http_etag_matches(in, STR("\"1a2b\""));
	bool is_there = memmem(in.p, in.n, "\"1a2b\"", 6) != NULL || str_has(in, '*');

	assert(!matches || is_there);
	assert(http_etag_matches(both(a, in, STR(", \"1a2b\"")), STR("\"1a2b\"")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 18);
	struct str in = fuzz_str(data, size);

	try_cookies(a, in);
	try_language(in);
	try_pieces(a, in);
	try_etag(a, in);
	return 0;
}
