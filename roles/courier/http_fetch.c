/* http_fetch.c - see http_fetch.h. */
#include "roles/courier/http_fetch.h"
#include <stdlib.h>
#include "base/b64.h"
#include "roles/courier/outward.h"

struct http_fetcher {
	struct arena *arena;
	const struct fetch_rules *rules;
	struct str *origins;         /* the rules' own, in normal form */
	struct str client, agents;   /* "Authorization: Basic ..."; empty: no such credential */
	struct outward out;
	struct buf body;             /* of the answer under way */
};

struct target {
	CURLU *url;
	struct str origin;           /* "https://host:443", lower case */
	bool https;
	enum outward_rule rule;
};

static void target_done(struct target *t)
{
	curl_url_cleanup(t->url);
}

static struct err part_get(struct arena *a, CURLU *url, CURLUPart part, struct str *ret_text)
{
	char *text = NULL;
	CURLUcode code = curl_url_get(url, part, &text, CURLU_DEFAULT_PORT);

	ENSURE(code == CURLUE_OK, DENIED, "fetch.address");
	*ret_text = arena_dup(a, str_from_c(text));
	curl_free(text);
	return NO_ERR;
}

static struct str lower(struct arena *a, struct str s)
{
	char *p = arena_c(a, s);

	for (size_t i = 0; i < s.n; i++)
		if (p[i] >= 'A' && p[i] <= 'Z')
			p[i] = (char)(p[i] - 'A' + 'a');
	return (struct str){ p, s.n };
}

/* By libcurl's own parser, and connected to by the very object that was judged: two parsers would
 * disagree one day. */
static struct err target_parse(struct arena *a, struct str url, struct target *ret_target)
{
	AUTO(target_done) struct target t = { .url = curl_url() };
	struct str scheme, host, port;
	char *fragment = NULL;

	ENSURE(t.url && url.n > 0 && !str_has_control(url), DENIED, "fetch.address");
	ENSURE(curl_url_set(t.url, CURLUPART_URL, arena_c(a, url), CURLU_DISALLOW_USER) == CURLUE_OK,
		DENIED, "fetch.address");
	CURLUcode code = curl_url_get(t.url, CURLUPART_FRAGMENT, &fragment, 0);
	curl_free(fragment);
	ENSURE(code == CURLUE_NO_FRAGMENT, DENIED, "fetch.address");
	TRY(part_get(a, t.url, CURLUPART_SCHEME, &scheme));
	TRY(part_get(a, t.url, CURLUPART_HOST, &host));
	TRY(part_get(a, t.url, CURLUPART_PORT, &port));
	t.https = str_eq_c(scheme, "https");
	ENSURE(t.https || str_eq_c(scheme, "http"), DENIED, "fetch.address");
	t.origin = arena_printf(a, STR_FMT "://" STR_FMT ":" STR_FMT, STR_ARG(scheme), STR_ARG(lower(a, host)), STR_ARG(port));
	*ret_target = t;
	t.url = NULL;
	return NO_ERR;
}

static struct err target_judge(const struct http_fetcher *f, struct target *t)
{
	for (size_t i = 0; i < f->rules->origin_n; i++) {
		if (str_eq(f->origins[i], t->origin)) {
			t->rule = t->https ? OUTWARD_LISTED : OUTWARD_LOOPBACK;
			return NO_ERR;
		}
	}
	ENSURE(f->rules->public_https && t->https, DENIED, "fetch.address");
	t->rule = OUTWARD_PUBLIC;
	return NO_ERR;
}

/* application/x-www-form-urlencoded, as RFC 6749 appendix B wants it. */
static void form_encode(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

		if (plain || (c && strchr("-._*", c)))
			buf_add_char(b, (char)c);
		else if (c == ' ')
			buf_add_char(b, '+');
		else
			buf_addf(b, "%%%02X", c);
	}
}

static struct str basic_make(struct arena *a, struct str id, struct str secret)
{
	AUTO(buf_done) struct buf b = { 0 };

	if (id.n == 0)
		return STR_NONE;
	buf_init(&b, 8192);
	form_encode(&b, id);
	buf_add_char(&b, ':');
	form_encode(&b, secret);
	return arena_printf(a, "Authorization: Basic " STR_FMT, STR_ARG(b64_encode(a, b.p, b.n)));
}

static size_t body_take(char *p, size_t size, size_t n, void *arg)
{
	struct buf *body = arg;

	buf_add(body, (struct str){ p, size * n });
	return body->overflowed ? 0 : size * n;
}

struct err http_fetcher_create(const struct fetch_rules *rules, struct http_fetcher **ret_fetcher)
{
	AUTO(http_fetcher_destroyp) struct http_fetcher *f = calloc(1, sizeof *f);

	if (!f)
		abort();
	f->rules = rules;
	f->arena = arena_create(256 * 1024);
	TRY(outward_init(&f->out, rules->ca));
	f->origins = arena_array(f->arena, struct str, rules->origin_n + 1);
	for (size_t i = 0; i < rules->origin_n; i++) {
		AUTO(target_done) struct target t = { 0 };

		ENSURE(!failed(target_parse(f->arena, rules->origins[i], &t)), BROKEN, "courier.origin");
		f->origins[i] = t.origin;
	}
	f->client = basic_make(f->arena, rules->client_id, rules->client_secret);
	f->agents = basic_make(f->arena, rules->agents_id, rules->agents_secret);
	curl_easy_setopt(f->out.curl, CURLOPT_PROTOCOLS_STR, "https,http");
	curl_easy_setopt(f->out.curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(f->out.curl, CURLOPT_HTTP09_ALLOWED, 0L);
	curl_easy_setopt(f->out.curl, CURLOPT_USERAGENT, "guichet");
	curl_easy_setopt(f->out.curl, CURLOPT_WRITEFUNCTION, body_take);
	curl_easy_setopt(f->out.curl, CURLOPT_WRITEDATA, &f->body);
	*ret_fetcher = TAKE(f);
	return NO_ERR;
}

void http_fetcher_destroy(struct http_fetcher *f)
{
	if (!f)
		return;
	outward_done(&f->out);
	arena_destroy(f->arena);
	free(f);
}

void http_fetcher_destroyp(struct http_fetcher **f)
{
	http_fetcher_destroy(*f);
}

static void headers_donep(struct curl_slist **list)
{
	for (struct curl_slist *l = *list; l; l = l->next)
		explicit_bzero(l->data, strlen(l->data));
	curl_slist_free_all(*list);
}

static void header_add(struct curl_slist **list, struct arena *a, struct str line)
{
	struct curl_slist *grown = curl_slist_append(*list, arena_c(a, line));

	if (!grown)
		abort();
	*list = grown;
}

static struct str credential_of(const struct http_fetcher *f, struct str word)
{
	return str_eq_c(word, "client") ? f->client : str_eq_c(word, "agents") ? f->agents : STR_NONE;
}

static struct err headers_make(const struct http_fetcher *f, struct arena *a, const struct fetch_http *r,
	enum outward_rule rule, struct curl_slist **list)
{
	ENSURE(!str_has_control(r->content_type) && !str_has_control(r->bearer), MALFORMED, "fetch.request");
	ENSURE(r->bearer.n == 0 || r->credential.n == 0, MALFORMED, "fetch.request");
	header_add(list, a, STR("Accept: application/json"));
	header_add(list, a, STR("Expect:"));
	if (r->body.n > 0 && r->content_type.n > 0)
		header_add(list, a, arena_printf(a, "Content-Type: " STR_FMT, STR_ARG(r->content_type)));
	if (r->bearer.n > 0)
		header_add(list, a, arena_printf(a, "Authorization: Bearer " STR_FMT, STR_ARG(r->bearer)));
	if (r->credential.n > 0) {
		struct str line = credential_of(f, r->credential);

		ENSURE(line.n > 0 && rule != OUTWARD_PUBLIC, DENIED, "fetch.credential");
		header_add(list, a, line);
	}
	return NO_ERR;
}

static struct err outcome(const struct http_fetcher *f, CURLcode code)
{
	switch (code) {
	case CURLE_OK:
		return NO_ERR;
	case CURLE_OPERATION_TIMEDOUT:
		return err_of(BUSY, "fetch.deadline");
	case CURLE_WRITE_ERROR:
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_UNSUPPORTED_PROTOCOL:     /* HTTP/0.9 */
	case CURLE_HTTP2:
	case CURLE_BAD_CONTENT_ENCODING:
	case CURLE_OUT_OF_MEMORY:            /* header lines beyond libcurl's own limit */
		return err_of(MALFORMED, "fetch.answer");
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CACERT_BADFILE:
		return err_of(BUSY, "fetch.tls");
	default:
		return outward_was_refused(&f->out) ? err_of(DENIED, "fetch.address") : err_of(BUSY, "fetch.gone");
	}
}

static void answer_fill(struct http_fetcher *f, struct arena *a, struct fetch_answer *answer)
{
	const char *type = NULL;
	long status = 0;

	curl_easy_getinfo(f->out.curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(f->out.curl, CURLINFO_CONTENT_TYPE, &type);
	answer->status = (uint32_t)status;
	answer->content_type = arena_dup(a, str_from_c(type));
	answer->body = arena_dup(a, buf_str(&f->body));
}

struct err http_fetch(struct http_fetcher *f, struct arena *a, const struct fetch_http *request,
	struct fetch_answer *ret_answer)
{
	AUTO(target_done) struct target t = { 0 };
	AUTO(headers_donep) struct curl_slist *headers = NULL;
	CURL *curl = f->out.curl;

	TRY(target_parse(a, request->url, &t));
	TRY(target_judge(f, &t));
	TRY(headers_make(f, a, request, t.rule, &headers));
	curl_easy_setopt(curl, CURLOPT_CURLU, t.url);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	if (request->body.n > 0) {
		curl_easy_setopt(curl, CURLOPT_POST, 1L);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body.p);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.n);
	} else {
		curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
	}
	buf_init(&f->body, FETCH_ANSWER_MAX);
	struct err e = outcome(f, outward_run(&f->out, t.rule, request->timeout_ms));
	if (!failed(e))
		answer_fill(f, a, ret_answer);
	buf_done(&f->body);      /* wiped: tokens pass here */
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, NULL);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, NULL);
	curl_easy_setopt(curl, CURLOPT_CURLU, NULL);
	return e;
}

struct err http_fetch_serve(void *fetcher, struct arena *a, const struct frame *request,
	frame_io_fn **ret_fn, void **ret_reply)
{
	struct fetch_answer *answer = arena_new(a, struct fetch_answer);
	struct fetch_http question;

	ENSURE(request->type == FETCH_HTTP, MALFORMED, "fetch.frame");
	TRY(frame_read(request, a, ipc_fetch_http_io, &question));
	TRY(http_fetch(fetcher, a, &question, answer));
	*ret_fn = ipc_fetch_answer_io;
	*ret_reply = answer;
	return NO_ERR;
}
