/* claims.c - see claims.h. */
#include "roles/reader/claims.h"
#include "wire/jose/json_read.h"
#include "wire/jose/jws_read.h"

struct list { struct arena *arena; struct check_claim *v; size_t n, bytes; };

static struct err claim_add(struct list *l, struct check_claim c)
{
	ENSURE(l->n < CHECK_CLAIMS_MAX, MALFORMED, "jose.payload");
	/* The answer must fit a frame: JSON text may grow when it is written again. */
	l->bytes += c.name.n + c.text.n;
	ENSURE(l->bytes <= CLAIMS_MAX_BYTES, MALFORMED, "jose.payload");
	c.text = arena_dup(l->arena, c.text);
	l->v[l->n++] = c;
	return NO_ERR;
}

static bool is_text_list(const json_t *v)
{
	size_t i = 0;
	const json_t *item = NULL;

	if (!json_is_array(v) || json_array_size(v) == 0)
		return false;
	json_array_foreach(v, i, item)
		if (!json_is_string(item))
			return false;
	return true;
}

static struct err text_list_add(struct list *l, struct str name, const json_t *v)
{
	size_t i = 0;
	const json_t *item = NULL;

	json_array_foreach(v, i, item)
		TRY(claim_add(l, (struct check_claim){ .name = name, .kind = CHECK_LIST, .text = jose_json_str(item) }));
	return NO_ERR;
}

static struct err object_add(struct list *l, struct str name, const json_t *v)
{
	static const size_t flags = JSON_COMPACT | JSON_ENCODE_ANY;
	size_t n = json_dumpb(v, NULL, 0, flags);

	ENSURE(n > 0 && n <= CLAIMS_MAX_BYTES, MALFORMED, "jose.payload");

	char *text = arena_try(l->arena, n);

	ENSURE(text, MALFORMED, "jose.payload");
	json_dumpb(v, text, n, flags);
	return claim_add(l, (struct check_claim){ .name = name, .kind = CHECK_OBJECT, .text = { text, n } });
}

static struct err member_add(struct list *l, struct str name, const json_t *v)
{
	struct check_claim c = { .name = name };

	if (is_text_list(v))
		return text_list_add(l, name, v);
	if (json_is_string(v)) {
		c.kind = CHECK_TEXT;
		c.text = jose_json_str(v);
	} else if (json_is_integer(v)) {
		c.kind = CHECK_NUMBER;
		c.number = json_integer_value(v);
	} else if (json_is_boolean(v)) {
		c.kind = CHECK_BOOL;
		c.number = json_is_true(v);
	} else {
		return object_add(l, name, v);
	}
	return claim_add(l, c);
}

struct err claims_read(struct arena *a, struct str payload, struct check_claims *ret_claims)
{
	AUTO(json_decrefp) json_t *object = NULL;
	struct list l = { .arena = a, .v = arena_array(a, struct check_claim, CHECK_CLAIMS_MAX) };
	const char *name = NULL;
	json_t *value = NULL;

	ENSURE(!failed(jose_json_read(payload, JOSE_JWS_MAX, CLAIMS_DEPTH, &object)), MALFORMED, "jose.payload");
	json_object_foreach(object, name, value) {
		struct str s = str_from_c(name);

		ENSURE(s.n <= CLAIM_NAME_MAX, MALFORMED, "jose.payload");
		TRY(member_add(&l, arena_dup(a, s), value));
	}
	ret_claims->v = l.v;
	ret_claims->n = l.n;
	return NO_ERR;
}
