/* head.c - see head.h. One pass finds the end of the head, a second reads it. */
#include "wire/http/head.h"
#include "wire/http/chars.h"

struct reader { char *p, *end; struct http_head *h; };

static const struct str field_names[HTTP_FIELD_COUNT] = {
	[FIELD_HOST] = STR_INIT("host"),
	[FIELD_CONTENT_LENGTH] = STR_INIT("content-length"),
	[FIELD_TRANSFER_ENCODING] = STR_INIT("transfer-encoding"),
	[FIELD_CONNECTION] = STR_INIT("connection"),
	[FIELD_UPGRADE] = STR_INIT("upgrade"),
	[FIELD_EXPECT] = STR_INIT("expect"),
	[FIELD_COOKIE] = STR_INIT("cookie"),
	[FIELD_FORWARDED_FOR] = STR_INIT("x-forwarded-for"),
	[FIELD_AUTHORIZATION] = STR_INIT("authorization"),
	[FIELD_ORIGIN] = STR_INIT("origin"),
	[FIELD_SEC_FETCH_SITE] = STR_INIT("sec-fetch-site"),
	[FIELD_SEC_FETCH_MODE] = STR_INIT("sec-fetch-mode"),
	[FIELD_CONTENT_TYPE] = STR_INIT("content-type"),
	[FIELD_ACCEPT] = STR_INIT("accept"),
	[FIELD_ACCEPT_LANGUAGE] = STR_INIT("accept-language"),
	[FIELD_IF_NONE_MATCH] = STR_INIT("if-none-match"),
	[FIELD_REFERER] = STR_INIT("referer"),
	[FIELD_USER_AGENT] = STR_INIT("user-agent"),
};

static const struct str method_names[HTTP_METHOD_COUNT] = {
	[HTTP_GET] = STR_INIT("GET"), [HTTP_HEAD] = STR_INIT("HEAD"),
	[HTTP_POST] = STR_INIT("POST"), [HTTP_OPTIONS] = STR_INIT("OPTIONS"),
};

struct str http_field_name(enum http_field f)
{
	return field_names[f];
}

bool http_header_wanted(struct str lower_name)
{
	for (int f = HTTP_FIELD_WANTED; f < HTTP_FIELD_COUNT; f++)
		if (str_eq(lower_name, field_names[f]))
			return true;
	return false;
}

static bool refuse(struct http_head *h, int status, const char *slug)
{
	h->status = status;
	h->slug = slug;
	return false;
}

static void str_move(struct str *s, const char *from, const char *to)
{
	if (s->p)
		s->p = to + (s->p - from);
}

void http_head_move(struct http_head *h, const char *from, const char *to)
{
	str_move(&h->path, from, to);
	str_move(&h->raw_query, from, to);
	str_move(&h->host, from, to);
	for (int f = 0; f < HTTP_FIELD_COUNT; f++)
		str_move(&h->fields[f], from, to);
}

/* ---- the request line ---- */

static bool method_read(struct reader *r)
{
	char *start = r->p;

	while (r->p < r->end && http_char_is(*r->p, CHAR_TOKEN))
		r->p++;
	if (r->p == start || *r->p != ' ')
		return refuse(r->h, 400, "http.head.method");
	struct str name = { start, (size_t)(r->p - start) };
	r->p++;
	for (int m = 0; m < HTTP_METHOD_COUNT; m++)
		if (str_eq(name, method_names[m])) {
			r->h->method = (enum http_method)m;
			return true;
		}
	/* Methods are case-sensitive: "get" is another one, and not ours. */
	return refuse(r->h, 501, "http.head.method");
}

/* Routes match exactly and nothing is normalised, so a path that asks for it cannot be meant
 * well: dot segments, an empty first segment (a browser reads //x as a host). */
static bool path_is_plain(struct str path)
{
	if (path.n > 1 && path.p[1] == '/')
		return false;
	for (size_t i = 0; i + 1 < path.n; i++) {
		if (path.p[i] != '/' || path.p[i + 1] != '.')
			continue;
		struct str rest = str_slice(path, i + 2, path.n);
		if (rest.n && rest.p[0] == '.')
			rest = str_slice(rest, 1, rest.n);
		if (rest.n == 0 || rest.p[0] == '/')
			return false;
	}
	return true;
}

static bool query_read(struct reader *r)
{
	char *start = ++r->p;

	while (r->p < r->end && http_char_is(*r->p, CHAR_QUERY)) {
		if (*r->p == '%') {
			if (r->end - r->p < 3 || !http_char_is(r->p[1], CHAR_HEX) || !http_char_is(r->p[2], CHAR_HEX)
			    || (r->p[1] == '0' && r->p[2] == '0'))
				return refuse(r->h, 400, "http.head.escape");
			r->p += 2;
		}
		r->p++;
	}
	r->h->raw_query = (struct str){ start, (size_t)(r->p - start) };
	return true;
}

static bool target_read(struct reader *r)
{
	char *start = r->p;

	/* Origin-form only: "http://..." and "*" are for proxies and for servers as a whole. */
	if (r->p == r->end || *r->p != '/')
		return refuse(r->h, 400, "http.head.target");
	while (r->p < r->end && http_char_is(*r->p, CHAR_PATH))
		r->p++;
	r->h->path = (struct str){ start, (size_t)(r->p - start) };
	if (r->p < r->end && *r->p == '?' && !query_read(r))
		return false;
	if (r->p == r->end || *r->p != ' ' || !path_is_plain(r->h->path))
		return refuse(r->h, 400, "http.head.target");
	if (r->p - start > HTTP_TARGET_MAX)
		return refuse(r->h, 414, "http.head.target.size");
	r->p++;
	return true;
}

static bool version_read(struct reader *r)
{
	struct str v = { r->p, (size_t)(r->end - r->p) };

	if (v.n < 10 || !str_eq(str_slice(v, 0, 5), STR("HTTP/")) || v.p[5] < '0' || v.p[5] > '9'
	    || v.p[6] != '.' || v.p[7] < '0' || v.p[7] > '9' || v.p[8] != '\r' || v.p[9] != '\n')
		return refuse(r->h, 400, "http.head.version");
	if (v.p[5] != '1' || v.p[7] > '1')
		return refuse(r->h, 505, "http.head.version");
	r->h->http_1_0 = v.p[7] == '0';
	r->p += 10;
	return true;
}

/* The version comes last but is asked first: of another version we know no method. */
static bool line_read(struct reader *r)
{
	struct reader last = *r;
	char *eol = memchr(r->p, '\n', (size_t)(r->end - r->p));

	if (!eol || eol - r->p < 10)
		return refuse(r->h, 400, "http.head.line");
	last.p = eol - 9;
	return version_read(&last) && method_read(r) && target_read(r) && version_read(r);
}

/* ---- fields ---- */

static int field_find(struct str name)
{
	for (int f = 0; f < HTTP_FIELD_COUNT; f++)
		if (field_names[f].n == name.n && memcmp(field_names[f].p, name.p, name.n) == 0)
			return f;
	return -1;
}

static void connection_read(struct http_head *h, struct str value)
{
	struct str word;

	while (str_split(&value, ',', &word))
		if (str_eq_nocase(str_trim(word), STR("close")))
			h->keep_alive = false;
}

static bool field_keep(struct http_head *h, int f, struct str value)
{
	struct str *slot = &h->fields[f];

	if (f >= HTTP_FIELD_WANTED && !str_is_utf8(value))
		return refuse(h, 400, "http.head.utf8");
	switch (f) {
	case FIELD_CONNECTION:
		connection_read(h, value);
		break;
	case FIELD_FORWARDED_FOR:
		break;                       /* a proxy appends: the last one is its own */
	case FIELD_ACCEPT: case FIELD_ACCEPT_LANGUAGE:
		if (slot->p)
			return true;         /* lists, and only hints: the first will do */
		break;
	default:
		if (slot->p)
			return refuse(h, 400, "http.head.repeated");
	}
	*slot = value;
	return true;
}

/* name ":" blanks value blanks CRLF; no blank before the colon, no folding, no tab. */
static bool field_read(struct reader *r)
{
	char *p = r->p, *start = p;

	for (; p < r->end && http_char_is(*p, CHAR_TOKEN); p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p | 0x20);
	struct str name = { start, (size_t)(p - start) };
	if (name.n == 0 || p == r->end || *p != ':')
		return refuse(r->h, 400, "http.head.name");
	p++;
	while (p < r->end && *p == ' ')
		p++;
	start = p;
	while (p < r->end && http_char_is(*p, CHAR_VALUE))
		p++;
	struct str value = { start, (size_t)(p - start) };
	if (r->end - p < 2 || p[0] != '\r' || p[1] != '\n')
		return refuse(r->h, 400, "http.head.value");
	r->p = p + 2;
	while (value.n && value.p[value.n - 1] == ' ')
		value.n--;
	int f = field_find(name);
	return f < 0 || field_keep(r->h, f, value);
}

static bool port_is_valid(struct str port)
{
	int64_t n;

	return !failed(str_to_i64(port, 65535, &n)) && port.n <= 5 && n > 0;
}

static bool host_read(struct http_head *h)
{
	struct str v = h->fields[FIELD_HOST], host = v;
	size_t n = 0;

	if (v.n && v.p[0] == '[') {
		n = str_index(v, ']') + 1;
		for (size_t i = 1; i + 1 < n; i++)
			if (!http_char_is(v.p[i], CHAR_HEX) && v.p[i] != ':' && v.p[i] != '.')
				return refuse(h, 400, "http.head.host");
		if (n > v.n || n < 4)
			return refuse(h, 400, "http.head.host");
	} else {
		while (n < v.n && http_char_is(v.p[n], CHAR_HOST))
			n++;
	}
	host.n = n;
	if (n == 0 || n > 253 || (n < v.n && v.p[n] != ':')
	    || (n < v.n && !port_is_valid(str_slice(v, n + 1, v.n))))
		return refuse(h, 400, "http.head.host");
	h->host = host;
	return true;
}

/* RFC 9112 6.1 and 6.3: one way only to say where the body ends. */
static bool framing_read(struct http_head *h)
{
	struct str length = h->fields[FIELD_CONTENT_LENGTH], te = h->fields[FIELD_TRANSFER_ENCODING];

	h->has_length = length.p != NULL;
	h->chunked = te.p != NULL;
	if (h->has_length && h->chunked)
		return refuse(h, 400, "http.head.framing");
	if (h->chunked && (h->http_1_0 || !str_eq(te, STR("chunked"))))
		return refuse(h, 400, "http.head.transfer_encoding");
	if (h->has_length && failed(str_to_i64(length, INT64_MAX, &h->length)))
		return refuse(h, 400, "http.head.content_length");
	/* A body where none has a meaning is a hiding place for a second request. */
	if (h->method != HTTP_POST && (h->chunked || h->length > 0))
		return refuse(h, 400, "http.head.body");
	return true;
}

static bool expect_read(struct http_head *h)
{
	struct str e = h->fields[FIELD_EXPECT];

	if (!e.p)
		return true;
	if (!str_eq_nocase(e, STR("100-continue")))
		return refuse(h, 417, "http.head.expect");
	h->expects_continue = !h->http_1_0;
	return true;
}

static bool head_parse(char *p, size_t size, struct http_head *h)
{
	struct reader r = { p, p + size, h };
	size_t n = 0;

	h->keep_alive = true;
	if (!line_read(&r))
		return false;
	while (r.end - r.p > 2) {
		if (++n > HTTP_FIELDS_MAX)
			return refuse(h, 431, "http.head.fields");
		if (!field_read(&r))
			return false;
	}
	/* An upgrade is not taken up; whoever asked for it may now speak something else. */
	if (h->http_1_0 || h->fields[FIELD_UPGRADE].p)
		h->keep_alive = false;
	h->size = size;
	return host_read(h) && framing_read(h) && expect_read(h);
}

/* ---- finding the end ---- */

/* Where the head ends, 0 when it has not come yet. A line feed alone is refused at once: the
 * end that other readers would see must not pass as "not yet". */
static bool end_find(struct http_head_scan *scan, const char *p, size_t n, struct http_head *h, size_t *ret_end)
{
	*ret_end = 0;
	while (scan->at < n) {
		const char *eol = memchr(p + scan->at, '\n', n - scan->at);

		if (!eol)
			break;
		size_t at = (size_t)(eol - p);
		if (at == 0 || p[at - 1] != '\r')
			return refuse(h, 400, "http.head.bare_lf");
		if (at == 1 || (at >= 3 && p[at - 2] == '\n')) {
			*ret_end = at + 1;
			return true;
		}
		scan->at = at + 1;
	}
	return true;
}

/* A request line is judged when it is whole, without waiting for the fields that may never come. */
static bool line_check(struct http_head_scan *scan, char *p, size_t n, struct http_head *h)
{
	struct reader r = { p, p + n, h };

	if (scan->line_checked)
		return true;
	if (n && !http_char_is(*p, CHAR_TOKEN))
		return refuse(h, 400, "http.head.method");
	if (scan->at == 0)
		return n <= HTTP_TARGET_MAX + 64 || refuse(h, 414, "http.head.target.size");
	scan->line_checked = true;
	return line_read(&r);
}

enum http_progress http_head_read(struct http_head_scan *scan, char *p, size_t n, struct http_head *h)
{
	size_t end, seen = n > HTTP_HEAD_MAX ? HTTP_HEAD_MAX : n;

	*h = (struct http_head){ .status = 0 };
	if (!end_find(scan, p, seen, h, &end))
		return HTTP_REFUSED;
	if (end)
		return head_parse(p, end, h) ? HTTP_DONE : HTTP_REFUSED;
	if (!line_check(scan, p, seen, h))
		return HTTP_REFUSED;
	if (n >= HTTP_HEAD_MAX) {
		refuse(h, 431, "http.head.size");
		return HTTP_REFUSED;
	}
	return HTTP_MORE;
}
