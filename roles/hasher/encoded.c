/* encoded.c - see encoded.h. */
#include "roles/hasher/encoded.h"
#include "base/b64.h"
#include "roles/hasher/hasher.h"

/* "m=19456": the number, without a leading zero, from 1 to max. */
static struct err number(struct str field, const char *name, int64_t max, uint32_t *ret_value)
{
	struct str digits = str_slice(field, 2, field.n);
	int64_t v;

	ENSURE(str_eq_c(str_slice(field, 0, 2), name) && digits.n && digits.p[0] != '0', BROKEN, "hash.encoded");
	ENSURE(!failed(str_to_i64(digits, max, &v)), BROKEN, "hash.encoded");
	*ret_value = (uint32_t)v;
	return NO_ERR;
}

static struct err cost_parse(struct str cost, struct encoded *e)
{
	struct str m = STR_NONE, t = STR_NONE;

	ENSURE(str_split(&cost, ',', &m) && str_split(&cost, ',', &t), BROKEN, "hash.encoded");
	TRY(number(m, "m=", HASHER_MEMORY_MAX_KIB, &e->memory_kib));
	TRY(number(t, "t=", HASHER_PASSES_MAX, &e->passes));
	TRY(number(cost, "p=", ENCODED_LANES_MAX, &e->lanes));
	/* RFC 9106 3.1: m is at least 8p */
	ENSURE(e->memory_kib >= 8 * e->lanes, BROKEN, "hash.encoded");
	return NO_ERR;
}

static struct err bytes_parse(struct arena *a, struct str text, size_t min, struct str *ret_bytes)
{
	static const char *const padding[4] = { "", NULL, "==", "=" };
	const char *pad = padding[text.n % 4];
	struct str bytes;

	ENSURE(pad && !str_has(text, '=') && text.n <= 2 * ENCODED_BYTES_MAX, BROKEN, "hash.encoded");
	ENSURE(!failed(b64_decode(a, arena_printf(a, STR_FMT "%s", STR_ARG(text), pad), &bytes)), BROKEN, "hash.encoded");
	ENSURE(bytes.n >= min && bytes.n <= ENCODED_BYTES_MAX, BROKEN, "hash.encoded");
	*ret_bytes = bytes;
	return NO_ERR;
}

struct err encoded_parse(struct arena *a, struct str text, struct encoded *ret_encoded)
{
	static const struct str head = STR_INIT("$argon2id$v=19$");
	struct str rest = str_slice(text, head.n, text.n), cost = STR_NONE, salt = STR_NONE;
	struct encoded e = { .passes = 0 };

	ENSURE(str_starts(text, head), BROKEN, "hash.encoded");
	ENSURE(str_split(&rest, '$', &cost) && str_split(&rest, '$', &salt), BROKEN, "hash.encoded");
	TRY(cost_parse(cost, &e));
	TRY(bytes_parse(a, salt, ENCODED_SALT_MIN, &e.salt));
	TRY(bytes_parse(a, rest, ENCODED_HASH_MIN, &e.hash));
	*ret_encoded = e;
	return NO_ERR;
}

static struct str unpadded(struct arena *a, struct str bytes)
{
	struct str text = b64_encode(a, bytes.p, bytes.n);

	while (text.n && text.p[text.n - 1] == '=')
		text.n--;
	return text;
}

struct str encoded_format(struct arena *a, const struct encoded *e)
{
	return arena_printf(a, "$argon2id$v=19$m=%u,t=%u,p=%u$" STR_FMT "$" STR_FMT, e->memory_kib, e->passes, e->lanes,
		STR_ARG(unpadded(a, e->salt)), STR_ARG(unpadded(a, e->hash)));
}
