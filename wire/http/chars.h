/* chars.h - which bytes may stand where in a head (RFC 9110 5.6.2, RFC 3986 3.3), as one table. */
#ifndef WIRE_HTTP_CHARS_H
#define WIRE_HTTP_CHARS_H
#include "base/str.h"

enum http_char {
	CHAR_TOKEN = 1,      /* names of methods and fields */
	CHAR_PATH  = 2,      /* pchar and '/', without '%' */
	CHAR_QUERY = 4,      /* what browsers leave as it is in a query, and '%' */
	CHAR_VALUE = 8,      /* values of fields: blanks, visible ASCII, bytes above; no control, no tab */
	CHAR_HEX   = 16,
	CHAR_HOST  = 32,     /* names and IPv4 addresses */
	CHAR_PLAIN = 64      /* unreserved: stands for itself in a query that we write */
};

extern const uint8_t http_chars[256];

static inline bool http_char_is(char c, enum http_char what)
{
	return (http_chars[(unsigned char)c] & what) != 0;
}

/* 0 to 15, or -1. */
static inline int http_hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))
		return (c | 0x20) - 'a' + 10;
	return -1;
}
#endif
