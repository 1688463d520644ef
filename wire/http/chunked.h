/* chunked.h - the chunked coding of a request's body, bit by bit as it comes.
 *
 * Sizes are hexadecimal digits and nothing else, lines end with CRLF, there are no extensions.
 * Trailers are checked for shape and dropped: they are never merged into the fields.
 */
#ifndef WIRE_HTTP_CHUNKED_H
#define WIRE_HTTP_CHUNKED_H
#include "base/str.h"

enum http_chunk_state {
	CHUNK_SIZE, CHUNK_SIZE_LF, CHUNK_DATA, CHUNK_DATA_CR, CHUNK_DATA_LF,
	CHUNK_TRAILER_START, CHUNK_TRAILER_NAME, CHUNK_TRAILER_VALUE, CHUNK_TRAILER_LF, CHUNK_LAST_LF,
	CHUNK_DONE
};

struct http_chunked {          /* all zero at first */
	enum http_chunk_state state;
	uint64_t left;         /* of the chunk that is coming */
	unsigned digits, trailer_bytes;
};

/* Decode what came; the body's bytes are added to out, which says no by overflowing. Stops after
 * the last chunk: c->state is CHUNK_DONE and *ret_used less than in.n when more bytes follow.
 * Source  RFC 9112 7.1
 * Errors  MALFORMED http.chunk.size, .line, .trailer */
MUST struct err http_chunked_feed(struct http_chunked *c, struct str in, struct buf *out, size_t *ret_used);
#endif
