/* json_read.c - see json_read.h. */
#include "wire/jose/json_read.h"

/* Before the parser and not inside it: its recursion is what the limit protects. Text that is no
 * JSON may be counted wrongly here; the parser refuses it anyway. */
static bool nested_deeper_than(struct str s, unsigned max)
{
	unsigned depth = 0;
	bool quoted = false;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (quoted) {
			if (c == '\\')
				i++;
			else if (c == '"')
				quoted = false;
		} else if (c == '"') {
			quoted = true;
		} else if (c == '{' || c == '[') {
			if (++depth > max)
				return true;
		} else if ((c == '}' || c == ']') && depth > 0) {
			depth--;
		}
	}
	return false;
}

struct err jose_json_read(struct str text, size_t max_bytes, unsigned max_depth, json_t **ret_object)
{
	ENSURE(text.n > 0 && text.n <= max_bytes, MALFORMED, "jose.json");
	ENSURE(!nested_deeper_than(text, max_depth), MALFORMED, "jose.json");

	AUTO(json_decrefp) json_t *v = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, NULL);

	ENSURE(json_is_object(v), MALFORMED, "jose.json");
	*ret_object = TAKE(v);
	return NO_ERR;
}

struct str jose_json_str(const json_t *v)
{
	return json_is_string(v) ? (struct str){ json_string_value(v), json_string_length(v) } : STR_NONE;
}
