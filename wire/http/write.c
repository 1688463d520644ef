/* write.c - see write.h. */
#include "wire/http/write.h"
#include "base/clock.h"
#include "wire/http/chars.h"
#include <stdio.h>

void http_write_status(struct buf *b, int status)
{
	buf_add(b, STR("HTTP/1.1 "));
	buf_add_i64(b, status);
	buf_add_char(b, ' ');
	buf_add_c(b, http_status_text(status));
	buf_add(b, STR("\r\n"));
}

void http_write_literal(struct buf *b, const char *name, const char *value)
{
	buf_add_c(b, name);
	buf_add(b, STR(": "));
	buf_add_c(b, value);
	buf_add(b, STR("\r\n"));
}

void http_write_number(struct buf *b, const char *name, int64_t value)
{
	buf_add_c(b, name);
	buf_add(b, STR(": "));
	buf_add_i64(b, value);
	buf_add(b, STR("\r\n"));
}

struct err http_write_field(struct buf *b, struct str name, struct str value)
{
	ENSURE(name.n, BROKEN, "http.write.name");
	for (size_t i = 0; i < name.n; i++)
		ENSURE(http_char_is(name.p[i], CHAR_TOKEN), BROKEN, "http.write.name");
	for (size_t i = 0; i < value.n; i++)
		ENSURE(http_char_is(value.p[i], CHAR_VALUE), BROKEN, "http.write.value");
	buf_add(b, name);
	buf_add(b, STR(": "));
	buf_add(b, value);
	buf_add(b, STR("\r\n"));
	return NO_ERR;
}

void http_write_date(char *p, int64_t now_s)
{
	static const char days[] = "ThuFriSatSunMonTueWed", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	int64_t day = now_s / 86400, rest = now_s % 86400;
	char text[64];
	int year, month, of_month;

	date_from_days(day, &year, &month, &of_month);
	snprintf(text, sizeof text, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT", days + day % 7 * 3, of_month,
		months + (month - 1) * 3, year, (int)(rest / 3600), (int)(rest / 60 % 60), (int)(rest % 60));
	memcpy(p, text, HTTP_DATE_BYTES);
}
