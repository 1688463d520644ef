/* cbor_check.c - see cbor_check.h. */
#include "roles/reader/cbor_check.h"

enum major { UINT, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE };
enum { FALSE_ = 20, TRUE_ = 21, NULL_ = 22 };

struct head { enum major major; uint64_t n; };

static struct err take_head(struct str *rest, struct head *ret_head)
{
	unsigned char first;
	unsigned more;
	uint64_t n;

	ENSURE(rest->n > 0, MALFORMED, "passkey.cbor");
	first = (unsigned char)rest->p[0];
	n = first & 31;
	/* 28 to 30 mean nothing; 31 is a length that comes later. */
	ENSURE(n < 28, MALFORMED, "passkey.cbor");
	more = n < 24 ? 0 : 1u << (n - 24);
	ENSURE(rest->n > more, MALFORMED, "passkey.cbor");
	if (more) {
		n = 0;
		for (unsigned i = 1; i <= more; i++)
			n = n << 8 | (unsigned char)rest->p[i];
		/* Each number has one spelling: the shortest. */
		ENSURE(n >= (more == 1 ? 24u : 1ull << (8 * more / 2)), MALFORMED, "passkey.cbor");
	}
	*ret_head = (struct head){ (enum major)(first >> 5), n };
	*rest = str_slice(*rest, 1 + more, rest->n);
	return NO_ERR;
}

static struct err skip(struct str *rest, unsigned depth);

static struct err skip_map(struct str *rest, uint64_t n, unsigned depth)
{
	struct str keys[CBOR_ITEMS];

	for (size_t i = 0; i < n; i++) {
		struct str from = *rest;

		TRY(skip(rest, depth));
		keys[i] = str_slice(from, 0, from.n - rest->n);
		/* Equal values are equal bytes, since each has one spelling. */
		for (size_t k = 0; k < i; k++)
			ENSURE(!str_eq(keys[k], keys[i]), MALFORMED, "passkey.cbor");
		TRY(skip(rest, depth));
	}
	return NO_ERR;
}

/* Past one item that may hold others down to depth. */
static struct err skip(struct str *rest, unsigned depth)
{
	struct head h;

	TRY(take_head(rest, &h));
	switch (h.major) {
	case UINT: case NEGATIVE:
		return NO_ERR;
	case BYTES: case TEXT:
		ENSURE(h.n <= rest->n, MALFORMED, "passkey.cbor");
		ENSURE(h.major == BYTES || str_is_utf8(str_slice(*rest, 0, h.n)), MALFORMED, "passkey.cbor");
		*rest = str_slice(*rest, h.n, rest->n);
		return NO_ERR;
	case ARRAY: case MAP:
		ENSURE(depth > 0 && h.n <= CBOR_ITEMS, MALFORMED, "passkey.cbor");
		if (h.major == MAP)
			return skip_map(rest, h.n, depth - 1);
		for (uint64_t i = 0; i < h.n; i++)
			TRY(skip(rest, depth - 1));
		return NO_ERR;
	case TAG: case SIMPLE:
		break;
	}
	ENSURE(h.major == SIMPLE && h.n >= FALSE_ && h.n <= NULL_, MALFORMED, "passkey.cbor");
	return NO_ERR;
}

struct err cbor_check(struct str text, struct str *ret_item, struct str *ret_rest)
{
	struct str rest = text;

	TRY(skip(&rest, CBOR_DEPTH));
	*ret_item = str_slice(text, 0, text.n - rest.n);
	*ret_rest = rest;
	return NO_ERR;
}

bool cbor_is_map(struct str item)
{
	return item.n && (unsigned char)item.p[0] >> 5 == MAP;
}

/* Walks a checked map; is() knows the key by its head and what follows it. */
static struct str find(struct str map, bool (*is)(struct head h, struct str rest, const void *key), const void *key)
{
	struct head h, k;

	if (!cbor_is_map(map) || failed(take_head(&map, &h)))
		return STR_NONE;
	for (uint64_t i = 0; i < h.n; i++) {
		struct str at = map, from;
		bool same;

		if (failed(take_head(&at, &k)))
			return STR_NONE;
		same = is(k, at, key);
		if (failed(skip(&map, CBOR_DEPTH)))
			return STR_NONE;
		from = map;
		if (failed(skip(&map, CBOR_DEPTH)))
			return STR_NONE;
		if (same)
			return str_slice(from, 0, from.n - map.n);
	}
	return STR_NONE;
}

static bool is_text(struct head h, struct str rest, const void *key)
{
	return h.major == TEXT && str_eq(str_slice(rest, 0, h.n), *(const struct str *)key);
}

static bool is_int(struct head h, struct str rest, const void *key)
{
	int64_t want = *(const int64_t *)key;

	return want >= 0 ? h.major == UINT && h.n == (uint64_t)want : h.major == NEGATIVE && h.n == (uint64_t)(-1 - want);
}

struct str cbor_find_text(struct str map, struct str key)
{
	return find(map, is_text, &key);
}

struct str cbor_find_int(struct str map, int64_t key)
{
	return find(map, is_int, &key);
}

struct err cbor_bytes(struct str item, struct str *ret_bytes)
{
	struct head h;

	TRY(take_head(&item, &h));
	ENSURE(h.major == BYTES && h.n == item.n, MALFORMED, "passkey.cbor");
	*ret_bytes = item;
	return NO_ERR;
}

struct err cbor_int(struct str item, int64_t *ret_value)
{
	struct head h;

	TRY(take_head(&item, &h));
	ENSURE((h.major == UINT || h.major == NEGATIVE) && h.n <= INT64_MAX && item.n == 0, MALFORMED, "passkey.cbor");
	*ret_value = h.major == UINT ? (int64_t)h.n : -1 - (int64_t)h.n;
	return NO_ERR;
}
