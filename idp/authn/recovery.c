/* recovery.c - see recovery.h. A printed code of base/printed_code.h has 60 bits; these are one group longer. */
#include "idp/authn/recovery.h"
#include "base/ct.h"
#include "base/printed_code.h"
#include "base/seal.h"

enum { CHARS = 16, GROUP = 4, PRINTED = 14 /* "K7QX-M2RD-9F4T" */ };

static struct str joined(struct arena *a, struct str head, struct str tail)
{
	return arena_concat(a, (struct str[]){ head, str_slice(tail, PRINTED - GROUP - 1, PRINTED) }, 2);
}

struct str recovery_format(struct arena *a, const unsigned char bytes[RECOVERY_BYTES])
{
	return joined(a, printed_code_format(a, bytes), printed_code_format(a, bytes + PRINTED_CODE_BYTES));
}

struct str recovery_read(struct arena *a, struct str typed)
{
	char chars[CHARS];
	struct str head, tail;
	size_t n = 0;

	for (size_t i = 0; i < typed.n; i++) {
		if (typed.p[i] == '-' || typed.p[i] == ' ' || typed.p[i] == '.' || (unsigned char)typed.p[i] >= 0x80)
			continue;
		if (n == CHARS)
			return STR_NONE;
		chars[n++] = typed.p[i];
	}
	if (n != CHARS)
		return STR_NONE;
	/* Two overlapping printed codes: that one knows which letters are which. */
	head = printed_code_read(a, (struct str){ chars, CHARS - GROUP });
	tail = printed_code_read(a, (struct str){ chars + GROUP, CHARS - GROUP });
	return head.n && tail.n ? joined(a, head, tail) : STR_NONE;
}

void recovery_hash(const unsigned char account[ID_BYTES], struct str code, unsigned char ret_hash[FACTOR_HASH])
{
	hmac_sha256((struct str){ (const char *)account, ID_BYTES }, code, ret_hash);
}

void recovery_make(struct arena *a, const unsigned char account[ID_BYTES], struct str ret_codes[RECOVERY_N],
	unsigned char ret_hashes[RECOVERY_N][FACTOR_HASH])
{
	unsigned char bytes[RECOVERY_BYTES];

	for (size_t i = 0; i < RECOVERY_N; i++) {
		random_bytes(bytes, sizeof bytes);
		ret_codes[i] = recovery_format(a, bytes);
		recovery_hash(account, ret_codes[i], ret_hashes[i]);
	}
	explicit_bzero(bytes, sizeof bytes);
}
