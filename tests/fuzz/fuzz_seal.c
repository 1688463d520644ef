/* fuzz_seal.c - sealed values that come back from strangers: nothing but what we sealed opens, for its
 * own purpose only, and not with one character changed (base/seal.h). */
#include "base/seal.h"
#include "tests/fuzz/fuzz.h"
#include "wire/ipc/helper.h"

enum { TEXT_MAX = 4096 };

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void check_refused(struct arena *a, const struct seal_keys *k, struct str purpose, struct str text)
{
	struct str message = STR_NONE;

	assert(fuzz_is_error(unseal(a, k, purpose, text, ipc_text_io, &message), ERR_MALFORMED, "seal.text"));
}

static void check_changed(struct arena *a, const struct seal_keys *k, struct str text, size_t at)
{
	char *p = arena_c(a, text);
	const char *digit = strchr(digits, p[at]);

	assert(digit && *digit);
	p[at] = digits[(size_t)(digit - digits + 1) % 64];
	check_refused(a, k, STR("code"), (struct str){ p, text.n });
	check_refused(a, k, STR("code"), str_slice(text, 0, at));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct seal_keys *k;          /* as a daemon does: once */
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 18);
	struct str in = fuzz_str(data, size), text = STR_NONE, again = STR_NONE;

	if (!k && failed(seal_keys_create(STR("TEST-ONLY-0123456789-0123456789-0"), STR_NONE, STR("fuzz"), &k)))
		abort();
	if (size > TEXT_MAX)
		return 0;
	check_refused(a, k, STR("code"), in);
	assert(!failed(seal(a, k, STR("code"), ipc_text_io, &in, &text)));
	assert(!failed(unseal(a, k, STR("code"), text, ipc_text_io, &again)) && str_eq(again, in));
	fuzz_accepted++;
	check_refused(a, k, STR("flow"), text);
	check_changed(a, k, text, fuzz_cut(in) % text.n);
	return 0;
}
