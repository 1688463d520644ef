/* write.h - the head of an answer. No value with CR, LF or NUL gets through (response splitting). */
#ifndef WIRE_HTTP_WRITE_H
#define WIRE_HTTP_WRITE_H
#include "wire/http/http.h"

enum { HTTP_DATE_BYTES = 29 };

/* "HTTP/1.1 200 OK" CRLF */
void http_write_status(struct buf *b, int status);
/* Literals only: what comes from elsewhere takes http_write_field(). */
void http_write_literal(struct buf *b, const char *name, const char *value);
void http_write_number(struct buf *b, const char *name, int64_t value);
/* BROKEN http.write.name, http.write.value: nothing is added then. */
MUST struct err http_write_field(struct buf *b, struct str name, struct str value);
/* "Tue, 24 Nov 2026 10:42:00 GMT" (RFC 9110 5.6.7), HTTP_DATE_BYTES without NUL. */
void http_write_date(char *p, int64_t now_s);
#endif
