/* fuzz_http_multipart.c - multipart/form-data: whole, in two pieces and byte by byte (RFC 7578). The
 * first line of an input is the content type, the rest is the body. */
#include "tests/fuzz/fuzz.h"
#include "wire/http/fields.h"
#include "wire/http/multipart.h"

enum { PAIRS_MAX = 8 };
#define MULTI_LINE STR("text")

struct form { struct http_multipart *m; struct http_pairs pairs; struct http_part *files; size_t file_n; };

static struct err form_read(struct arena *a, struct str type, struct str body, size_t first, size_t others, struct form *ret_form)
{
	struct form f;

	fuzz_stain(&f, sizeof f);
	struct err e = http_multipart_create(type, MULTI_LINE, PAIRS_MAX, &f.m);
	if (failed(e)) {
		assert(fuzz_is_stained(&f, sizeof f) && fuzz_is_error(e, ERR_MALFORMED, "http.multipart.boundary"));
		return e;
	}
	for (size_t at = 0, n = first; !failed(e) && at < body.n; at += n, n = others)
		e = http_multipart_feed(f.m, str_slice(body, at, at + n));
	if (!failed(e))
		e = http_multipart_end(f.m, a, &f.pairs, &f.files, &f.file_n);
	if (!failed(e)) {
		*ret_form = f;
		return e;
	}
	http_multipart_destroy(f.m);
	f.m = NULL;
	assert(fuzz_is_stained(&f.pairs, sizeof f.pairs) && fuzz_is_stained(&f.files, sizeof f.files)
		&& fuzz_is_stained(&f.file_n, sizeof f.file_n));
	assert(fuzz_is_error(e, ERR_MALFORMED, "http.multipart.shape http.multipart.part http.multipart.many http.multipart.cut "
		"http.pairs.repeated http.utf8 http.control"));
	return e;
}

static void check_form(const struct form *f)
{
	assert(f->pairs.n <= PAIRS_MAX && f->file_n <= HTTP_PARTS_MAX);
	for (size_t i = 0; i < f->pairs.n; i++) {
		struct http_pair p = f->pairs.v[i];

		assert(p.name.n > 0 && str_is_utf8(p.name) && !str_has_control(p.name) && str_is_utf8(p.value));
		assert(str_eq(p.name, MULTI_LINE) || !str_has_control(p.value));
		for (size_t k = 0; k < i; k++)
			assert(!str_eq(p.name, f->pairs.v[k].name));
	}
	for (size_t i = 0; i < f->file_n; i++)
		assert(f->files[i].name.n > 0 && str_is_utf8(f->files[i].filename) && !str_has_control(f->files[i].filename)
			&& str_is_utf8(f->files[i].content_type) && !str_has_control(f->files[i].content_type));
}

static bool forms_equal(const struct form *a, const struct form *b)
{
	if (a->pairs.n != b->pairs.n || a->file_n != b->file_n)
		return false;
	for (size_t i = 0; i < a->pairs.n; i++)
		if (!str_eq(a->pairs.v[i].name, b->pairs.v[i].name) || !str_eq(a->pairs.v[i].value, b->pairs.v[i].value))
			return false;
	for (size_t i = 0; i < a->file_n; i++)
		if (!str_eq(a->files[i].name, b->files[i].name) || !str_eq(a->files[i].filename, b->files[i].filename)
		    || !str_eq(a->files[i].content_type, b->files[i].content_type) || !str_eq(a->files[i].bytes, b->files[i].bytes))
			return false;
	return true;
}

static void part_add(struct buf *b, struct str boundary, struct http_part p, bool is_file)
{
	buf_addf(b, "--" STR_FMT "\r\nContent-Disposition:form-data;name=\"" STR_FMT "\"", STR_ARG(boundary), STR_ARG(p.name));
	if (is_file)
		buf_addf(b, ";filename=\"" STR_FMT "\"", STR_ARG(p.filename));
	if (p.content_type.n)
		buf_addf(b, "\r\nContent-Type:" STR_FMT, STR_ARG(p.content_type));
	buf_add(b, STR("\r\n\r\n"));
	buf_add(b, p.bytes);
	buf_add(b, STR("\r\n"));
}

/* Written out and read again, the form is the same. */
static void check_again(struct arena *a, struct str type, const struct form *f)
{
	struct str boundary = http_media_param(type, STR("boundary"));
	AUTO(buf_done) struct buf body = { 0 };
	struct form again;

	buf_init(&body, 1 << 20);
	for (size_t i = 0; i < f->pairs.n; i++)
		part_add(&body, boundary, (struct http_part){ .name = f->pairs.v[i].name, .bytes = f->pairs.v[i].value }, false);
	for (size_t i = 0; i < f->file_n; i++)
		part_add(&body, boundary, f->files[i], true);
	buf_addf(&body, "--" STR_FMT "--\r\n", STR_ARG(boundary));
	assert(!body.overflowed && !failed(form_read(a, type, buf_str(&body), body.n, 1, &again)));
	assert(forms_equal(f, &again));
	http_multipart_destroy(again.m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 18);
	struct str in = fuzz_str(data, size), type = str_slice(in, 0, str_index(in, '\n'));
	struct str body = str_slice(in, type.n + 1, in.n);
	size_t cut = fuzz_cut(body), pieces[2][2] = { { cut ? cut : 1, body.n ? body.n : 1 }, { 1, 1 } };
	struct form whole, again;

	struct err e = form_read(a, type, body, body.n ? body.n : 1, 1, &whole);
	for (int i = 0; i < 2; i++) {
		bool agreed = failed(form_read(a, type, body, pieces[i][0], pieces[i][1], &again)) == failed(e);

		assert(agreed && (failed(e) || forms_equal(&whole, &again)));
		if (!failed(e))
			http_multipart_destroy(again.m);
	}
	if (failed(e))
		return 0;
	fuzz_accepted++;
	check_form(&whole);
	check_again(a, type, &whole);
	http_multipart_destroy(whole.m);
	return 0;
}
