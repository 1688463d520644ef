/* printed_code.c - see printed_code.h. */
#include "base/printed_code.h"

enum { CODE_CHARS = 12, GROUP = 4, BITS = 5 };

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* In groups of four, for eyes and telephones. */
static struct str grouped(struct arena *a, const char chars[CODE_CHARS])
{
	return arena_printf(a, "%.*s-%.*s-%.*s", GROUP, chars, GROUP, chars + GROUP, GROUP, chars + 2 * GROUP);
}

struct str printed_code_format(struct arena *a, const unsigned char bytes[PRINTED_CODE_BYTES])
{
	char chars[CODE_CHARS];
	uint64_t bits = 0;

	for (size_t i = 0; i < PRINTED_CODE_BYTES; i++)
		bits = bits << 8 | bytes[i];
	for (size_t i = 0; i < CODE_CHARS; i++, bits >>= BITS)
		chars[i] = alphabet[bits & 31];
	return grouped(a, chars);
}

static char letter_of(char c)
{
	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	return c == 'O' ? '0' : c == 'I' || c == 'L' ? '1' : c;
}

struct str printed_code_read(struct arena *a, struct str typed)
{
	char chars[CODE_CHARS];
	size_t n = 0;

	for (size_t i = 0; i < typed.n; i++) {
		char c = letter_of(typed.p[i]);

		/* Whatever kind of blank or hyphen came along when it was copied. */
		if (c == '-' || c == ' ' || c == '.' || (unsigned char)c >= 0x80)
			continue;
		if (n == CODE_CHARS || !c || !strchr(alphabet, c))
			return STR_NONE;
		chars[n++] = c;
	}
	return n == CODE_CHARS ? grouped(a, chars) : STR_NONE;
}
