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

void headers_write_policy(struct buf *b, struct str content_type, struct str form_action)
{
	if (!str_starts(content_type, STR("text/html"))) {
		http_write_literal(b, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
		return;
	}
	buf_add(b, STR("Content-Security-Policy: default-src 'none'; style-src 'self'; img-src 'self' data:; "
		"script-src 'self'; connect-src 'self'; form-action 'self'"));
	if (origin_is_plain(form_action)) {
		buf_add_char(b, ' ');
		buf_add(b, form_action);
	}
	buf_add(b, STR("; base-uri 'none'; frame-ancestors 'none'\r\n"));
}
