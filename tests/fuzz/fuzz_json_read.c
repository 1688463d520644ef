/* fuzz_json_read.c - a stranger's JSON: one object, bounded in bytes and depth, no name twice (RFC 8259);
 * and our own writing of strings, which it reads back. */
#include "base/json.h"
#include "tests/fuzz/fuzz.h"
#include "wire/jose/json_read.h"

enum { BYTES_MAX = 4096, DEPTH_MAX = 5 };

static unsigned depth_of(json_t *v)
{
	unsigned deepest = 0;
	const char *name = NULL;
	json_t *child = NULL;
	size_t i = 0;

	if (json_is_object(v)) {
		json_object_foreach(v, name, child)
			deepest = depth_of(child) > deepest ? depth_of(child) : deepest;
	} else if (json_is_array(v)) {
		json_array_foreach(v, i, child)
			deepest = depth_of(child) > deepest ? depth_of(child) : deepest;
	} else {
		struct str text = jose_json_str(v);

		assert(str_is_utf8(text) && !str_has(text, '\0'));
		return 0;
	}
	return deepest + 1;
}

/* Written out and read again, the object is the same; jansson may spell it longer. */
static void check_again(json_t *object)
{
	char *text = json_dumps(object, JSON_COMPACT);
	json_t *again = NULL;

	assert(text && !failed(jose_json_read(str_from_c(text), 16 * BYTES_MAX, DEPTH_MAX, &again)));
	assert(json_equal(object, again));
	json_decref(again);
	free(text);
}

/* Tokens are written without a JSON library: any text must stay the text that it is. */
static void try_write(struct str text)
{
	AUTO(buf_done) struct buf written = { 0 };
	json_t *object = NULL;

	if (!str_is_utf8(text) || str_has(text, '\0'))
		return;
	buf_init(&written, 64 * BYTES_MAX);
	buf_add_char(&written, '{');
	json_field_str(&written, "text", text);
	buf_add_char(&written, '}');
	assert(!failed(jose_json_read(buf_str(&written), written.n, 1, &object)));
	assert(str_eq(jose_json_str(json_object_get(object, "text")), text));
	json_decref(object);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *object;

	try_write(fuzz_str(data, size));
	fuzz_stain(&object, sizeof object);
	struct err e = jose_json_read(fuzz_str(data, size), BYTES_MAX, DEPTH_MAX, &object);
	if (failed(e)) {
		assert(fuzz_is_error(e, ERR_MALFORMED, "jose.json") && fuzz_is_stained(&object, sizeof object));
		return 0;
	}
	fuzz_accepted++;
	assert(size <= BYTES_MAX && json_is_object(object) && depth_of(object) <= DEPTH_MAX);
	check_again(object);
	json_decref(object);
	return 0;
}
