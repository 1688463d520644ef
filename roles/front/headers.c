/* headers.c - see headers.h. */
#include "roles/front/headers.h"
#include "wire/http/write.h"

void headers_write_common(struct buf *b, bool https)
{
	http_write_literal(b, "X-Content-Type-Options", "nosniff");
	/* Not "no-referrer": browsers would then send "Origin: null" with our own forms. */
	http_write_literal(b, "Referrer-Policy", "same-origin");
	http_write_literal(b, "Cross-Origin-Opener-Policy", "same-origin");
	http_write_literal(b, "Permissions-Policy", "camera=(), geolocation=(), microphone=()");
	if (https)
		http_write_literal(b, "Strict-Transport-Security", "max-age=31536000");
}

/* It stands inside a policy: nothing that could end the directive or the origin. */
static bool origin_is_plain(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
		      || memchr("-._:/[]+", c, 8)))
			return false;
	}
	return s.n > 0;
}

/* Origins, blank-separated; one that is not plain is left out. */
static void add_origins(struct buf *b, struct str origins)
{
	struct str origin;

	while (str_split(&origins, ' ', &origin))
		if (origin_is_plain(origin)) {
			buf_add_char(b, ' ');
			buf_add(b, origin);
		}
}

void headers_write_policy(struct buf *b, struct str content_type, const struct http_resp *resp)
{
	if (!str_starts(content_type, STR("text/html"))) {
		http_write_literal(b, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
		return;
	}
	buf_add(b, STR("Content-Security-Policy: default-src 'none'; style-src 'self'; img-src 'self' data:; "
		"script-src 'self'; connect-src 'self'; form-action 'self'"));
	if (resp)
		add_origins(b, resp->form_action);
	if (resp && resp->frame_src.n) {
		buf_add_c(b, "; frame-src 'self'");
		add_origins(b, resp->frame_src);
	}
	buf_add_c(b, "; base-uri 'none'; frame-ancestors ");
	buf_add_c(b, resp && resp->framed ? "'self'\r\n" : "'none'\r\n");
}
