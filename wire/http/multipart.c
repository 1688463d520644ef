/* multipart.c - see multipart.h. `work` holds what has come and is not decided yet: never more
 * than one feed and the length of a boundary. */
#include "wire/http/multipart.h"
#include <stdlib.h>
#include "wire/http/chars.h"
#include "wire/http/fields.h"

enum { PART_HEAD_MAX = 2048, BOUNDARY_MAX = 70, WORK_MAX = 1 << 24, NAME_MAX_BYTES = 256 };
enum state { IN_DATA, AFTER_BOUNDARY, IN_HEAD, AFTER_LAST };

struct part {
	struct buf head;      /* name, file name and type point into it */
	struct buf bytes;
	struct str name, filename, content_type;
	bool is_file;
};

struct http_multipart {
	enum state state;
	char   boundary[BOUNDARY_MAX + 4];      /* CR LF "--" boundary */
	size_t boundary_n;
	struct str multi_line_names;
	struct buf work;
	struct part *parts;
	size_t part_n, file_n, max_pairs;
};

static bool boundary_is_valid(struct str b)
{
	if (b.n == 0 || b.n > BOUNDARY_MAX || b.p[b.n - 1] == ' ')
		return false;
	for (size_t i = 0; i < b.n; i++)
		if (!http_char_is(b.p[i], CHAR_PLAIN) && !memchr("'()+,/:=? ", b.p[i], 10))
			return false;
	return true;
}

struct err http_multipart_create(struct str content_type, struct str multi_line_names, size_t max_pairs,
	struct http_multipart **ret_m)
{
	struct str boundary = http_media_param(content_type, STR("boundary"));
	struct http_multipart *m;

	ENSURE(boundary_is_valid(boundary), MALFORMED, "http.multipart.boundary");
	m = calloc(1, sizeof *m);
	if (!m)
		abort();
	memcpy(m->boundary, "\r\n--", 4);
	memcpy(m->boundary + 4, boundary.p, boundary.n);
	m->boundary_n = boundary.n + 4;
	m->multi_line_names = multi_line_names;
	m->max_pairs = max_pairs;
	buf_init(&m->work, WORK_MAX);
	/* The first boundary has no line before it; lent one, it looks like all others. */
	buf_add(&m->work, STR("\r\n"));
	*ret_m = m;
	return NO_ERR;
}

void http_multipart_destroy(struct http_multipart *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->part_n; i++) {
		buf_done(&m->parts[i].head);
		buf_done(&m->parts[i].bytes);
	}
	free(m->parts);
	buf_done(&m->work);
	free(m);
}

static struct err part_add(struct http_multipart *m, struct part **ret_part)
{
	struct part *grown;

	ENSURE(m->part_n < m->max_pairs + HTTP_PARTS_MAX, MALFORMED, "http.multipart.many");
	grown = realloc(m->parts, (m->part_n + 1) * sizeof *grown);
	if (!grown)
		abort();
	m->parts = grown;
	m->parts[m->part_n] = (struct part){ .is_file = false };
	buf_init(&m->parts[m->part_n].head, PART_HEAD_MAX);
	buf_init(&m->parts[m->part_n].bytes, WORK_MAX);
	*ret_part = &m->parts[m->part_n++];
	return NO_ERR;
}

/* One parameter of a Content-Disposition: name="..." in which browsers write %22 %0D %0A for the
 * three bytes that cannot stand there, and never a backslash escape. */
static struct err disposition_param(struct str *rest, struct str *ret_name, struct str *ret_value)
{
	struct str s = str_trim(*rest);
	size_t at = str_index(s, '=');

	ENSURE(at > 0 && at + 2 < s.n && s.p[at + 1] == '"', MALFORMED, "http.multipart.part");
	struct str value = str_slice(s, at + 2, s.n);
	size_t end = str_index(value, '"');
	ENSURE(end < value.n, MALFORMED, "http.multipart.part");
	*ret_name = str_slice(s, 0, at);
	*ret_value = str_slice(value, 0, end);
	s = str_trim(str_slice(value, end + 1, value.n));
	if (s.n) {
		ENSURE(s.p[0] == ';', MALFORMED, "http.multipart.part");
		s = str_slice(s, 1, s.n);
		ENSURE(s.n, MALFORMED, "http.multipart.part");
	}
	*rest = s;
	return NO_ERR;
}

static struct err disposition_parse(struct part *p, struct str value)
{
	static const struct str kind = STR_INIT("form-data;");
	struct str rest = str_slice(value, kind.n, value.n), name, text;

	ENSURE(str_eq_nocase(str_slice(value, 0, kind.n), kind) && !p->name.p, MALFORMED, "http.multipart.part");
	while (rest.n) {
		TRY(disposition_param(&rest, &name, &text));
		if (str_eq(name, STR("name"))) {
			ENSURE(!p->name.p && text.n && text.n <= NAME_MAX_BYTES, MALFORMED, "http.multipart.part");
			p->name = text;
		} else if (str_eq(name, STR("filename"))) {
			ENSURE(!p->is_file, MALFORMED, "http.multipart.part");
			p->filename = text;
			p->is_file = true;
		} else {
			return err_of(MALFORMED, "http.multipart.part");    /* filename* too: RFC 7578 4.2 */
		}
	}
	ENSURE(p->name.p, MALFORMED, "http.multipart.part");
	return NO_ERR;
}

static struct err part_line(struct part *p, struct str line)
{
	size_t at = str_index(line, ':');
	struct str name = str_slice(line, 0, at), value = str_trim(str_slice(line, at + 1, line.n));

	ENSURE(name.n && at < line.n, MALFORMED, "http.multipart.part");
	for (size_t i = 0; i < name.n; i++)
		ENSURE(http_char_is(name.p[i], CHAR_TOKEN), MALFORMED, "http.multipart.part");
	for (size_t i = 0; i < value.n; i++)
		ENSURE(http_char_is(value.p[i], CHAR_VALUE), MALFORMED, "http.multipart.part");
	if (str_eq_nocase(name, STR("content-disposition")))
		return disposition_parse(p, value);
	if (str_eq_nocase(name, STR("content-type"))) {
		ENSURE(!p->content_type.p, MALFORMED, "http.multipart.part");
		p->content_type = value;
	}
	/* Any other encoding of the bytes is one that nobody downstream would undo. */
	ENSURE(!str_eq_nocase(name, STR("content-transfer-encoding")), MALFORMED, "http.multipart.part");
	return NO_ERR;
}

static struct err part_open(struct http_multipart *m, struct str head)
{
	struct part *p = NULL;
	struct str rest;

	TRY(part_add(m, &p));
	buf_add(&p->head, head);
	rest = buf_str(&p->head);
	while (rest.n) {
		const char *eol = memmem(rest.p, rest.n, "\r\n", 2);
		size_t n = eol ? (size_t)(eol - rest.p) : rest.n;

		TRY(part_line(p, str_slice(rest, 0, n)));
		rest = str_slice(rest, n + 2, rest.n);
	}
	ENSURE(p->name.p && str_is_utf8(p->name) && str_is_utf8(p->filename) && str_is_utf8(p->content_type),
		MALFORMED, "http.multipart.part");
	m->file_n += p->is_file;
	ENSURE(m->file_n <= HTTP_PARTS_MAX, MALFORMED, "http.multipart.many");
	return NO_ERR;
}

static struct err data_add(struct http_multipart *m, struct str bytes)
{
	if (bytes.n == 0)
		return NO_ERR;
	ENSURE(m->part_n > 0, MALFORMED, "http.multipart.shape");     /* something before the first boundary */
	buf_add(&m->parts[m->part_n - 1].bytes, bytes);
	ENSURE(!m->parts[m->part_n - 1].bytes.overflowed, MALFORMED, "http.multipart.part");
	return NO_ERR;
}

/* One step from the front of `left`; *ret_used 0 when more bytes are needed to decide. */
static struct err step(struct http_multipart *m, struct str left, size_t *ret_used)
{
	const char *hit;

	*ret_used = 0;
	switch (m->state) {
	case IN_DATA:
		hit = memmem(left.p, left.n, m->boundary, m->boundary_n);
		*ret_used = hit ? (size_t)(hit - left.p) : left.n >= m->boundary_n ? left.n - m->boundary_n + 1 : 0;
		TRY(data_add(m, str_slice(left, 0, *ret_used)));
		if (hit) {
			*ret_used += m->boundary_n;
			m->state = AFTER_BOUNDARY;
		}
		return NO_ERR;
	case AFTER_BOUNDARY:
		if (left.n < 2)
			return NO_ERR;
		*ret_used = 2;
		m->state = str_starts(left, STR("--")) ? AFTER_LAST : IN_HEAD;
		ENSURE(m->state == AFTER_LAST || str_starts(left, STR("\r\n")), MALFORMED, "http.multipart.shape");
		return NO_ERR;
	case IN_HEAD:
		hit = memmem(left.p, left.n, "\r\n\r\n", 4);
		ENSURE(hit ? hit - left.p <= PART_HEAD_MAX : left.n <= PART_HEAD_MAX + 4, MALFORMED, "http.multipart.part");
		if (!hit)
			return NO_ERR;
		TRY(part_open(m, str_slice(left, 0, (size_t)(hit - left.p))));
		*ret_used = (size_t)(hit - left.p) + 4;
		m->state = IN_DATA;
		return NO_ERR;
	default:
		ENSURE(str_starts(STR("\r\n"), left), MALFORMED, "http.multipart.shape");
		return NO_ERR;
	}
}

struct err http_multipart_feed(struct http_multipart *m, struct str bytes)
{
	size_t at = 0, used;

	buf_add(&m->work, bytes);
	ENSURE(!m->work.overflowed, MALFORMED, "http.multipart.shape");
	do {
		TRY(step(m, str_slice(buf_str(&m->work), at, m->work.n), &used));
		at += used;
	} while (used);
	if (at) {
		memmove(m->work.p, m->work.p + at, m->work.n - at);
		explicit_bzero(m->work.p + m->work.n - at, at);
		m->work.n -= at;
	}
	return NO_ERR;
}

static struct err field_end(struct http_multipart *m, struct part *p, struct http_pairs *form)
{
	struct str value = buf_str(&p->bytes);
	bool multi_line = str_has_word(m->multi_line_names, p->name);

	ENSURE(form->n < m->max_pairs, MALFORMED, "http.multipart.many");
	for (size_t i = 0; i < form->n; i++)
		ENSURE(!str_eq(form->v[i].name, p->name), MALFORMED, "http.pairs.repeated");
	ENSURE(str_is_utf8(value), MALFORMED, "http.utf8");
	for (size_t i = 0; i < value.n; i++) {
		unsigned char c = (unsigned char)value.p[i];
		bool line = c == '\t' || c == '\r' || c == '\n';

		ENSURE((c >= 0x20 && c != 0x7f) || (multi_line && line), MALFORMED, "http.control");
	}
	form->v[form->n++] = (struct http_pair){ p->name, value };
	return NO_ERR;
}

struct err http_multipart_end(struct http_multipart *m, struct arena *a, struct http_pairs *ret_form,
	struct http_part **ret_parts, size_t *ret_part_n)
{
	struct http_pairs form = { arena_try(a, m->part_n * sizeof *form.v + 1), 0 };
	struct http_part *files = arena_try(a, m->file_n * sizeof *files + 1);
	size_t n = 0;

	ENSURE(m->state == AFTER_LAST, MALFORMED, "http.multipart.cut");
	ENSURE(form.v && files, MALFORMED, "http.multipart.many");
	for (size_t i = 0; i < m->part_n; i++) {
		struct part *p = &m->parts[i];

		if (!p->is_file)
			TRY(field_end(m, p, &form));
		else if (p->filename.n || p->bytes.n)     /* else: no file was chosen */
			files[n++] = (struct http_part){ p->name, p->filename, p->content_type, buf_str(&p->bytes) };
	}
	*ret_form = form;
	*ret_parts = files;
	*ret_part_n = n;
	return NO_ERR;
}
