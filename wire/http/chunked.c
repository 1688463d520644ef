/* chunked.c - see chunked.h. */
#include "wire/http/chunked.h"
#include "wire/http/chars.h"

enum { SIZE_DIGITS_MAX = 8, TRAILER_MAX_BYTES = 1024 };

static struct err size_byte(struct http_chunked *c, char byte)
{
	int digit = http_hex(byte);

	if (byte == '\r' && c->digits > 0) {
		c->state = CHUNK_SIZE_LF;
		return NO_ERR;
	}
	ENSURE(digit >= 0 && c->digits < SIZE_DIGITS_MAX, MALFORMED, "http.chunk.size");
	c->left = c->left << 4 | (unsigned)digit;
	c->digits++;
	return NO_ERR;
}

static struct err line_byte(struct http_chunked *c, char byte, char expected, enum http_chunk_state next)
{
	ENSURE(byte == expected, MALFORMED, "http.chunk.line");
	c->state = next;
	if (next == CHUNK_SIZE) {
		c->left = 0;
		c->digits = 0;
	}
	return NO_ERR;
}

static struct err trailer_byte(struct http_chunked *c, char byte)
{
	ENSURE(++c->trailer_bytes <= TRAILER_MAX_BYTES, MALFORMED, "http.chunk.trailer");
	if (c->state == CHUNK_TRAILER_VALUE) {
		if (byte == '\r')
			c->state = CHUNK_TRAILER_LF;
		else
			ENSURE(http_char_is(byte, CHAR_VALUE), MALFORMED, "http.chunk.trailer");
		return NO_ERR;
	}
	if (c->state == CHUNK_TRAILER_START && byte == '\r') {
		c->state = CHUNK_LAST_LF;
	} else if (c->state == CHUNK_TRAILER_NAME && byte == ':') {
		c->state = CHUNK_TRAILER_VALUE;
	} else {
		ENSURE(http_char_is(byte, CHAR_TOKEN), MALFORMED, "http.chunk.trailer");
		c->state = CHUNK_TRAILER_NAME;
	}
	return NO_ERR;
}

static struct err byte_feed(struct http_chunked *c, char byte)
{
	switch (c->state) {
	case CHUNK_SIZE:        return size_byte(c, byte);
	case CHUNK_SIZE_LF:     return line_byte(c, byte, '\n', c->left ? CHUNK_DATA : CHUNK_TRAILER_START);
	case CHUNK_DATA_CR:     return line_byte(c, byte, '\r', CHUNK_DATA_LF);
	case CHUNK_DATA_LF:     return line_byte(c, byte, '\n', CHUNK_SIZE);
	case CHUNK_TRAILER_LF:  return line_byte(c, byte, '\n', CHUNK_TRAILER_START);
	case CHUNK_LAST_LF:     return line_byte(c, byte, '\n', CHUNK_DONE);
	default:                return trailer_byte(c, byte);
	}
}

struct err http_chunked_feed(struct http_chunked *c, struct str in, struct buf *out, size_t *ret_used)
{
	size_t i = 0;

	while (i < in.n && c->state != CHUNK_DONE) {
		if (c->state != CHUNK_DATA) {
			TRY(byte_feed(c, in.p[i++]));
			continue;
		}
		size_t n = in.n - i < c->left ? in.n - i : (size_t)c->left;
		buf_add(out, str_slice(in, i, i + n));
		i += n;
		c->left -= n;
		if (c->left == 0)
			c->state = CHUNK_DATA_CR;
	}
	*ret_used = i;
	return NO_ERR;
}
