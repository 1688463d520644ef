/* text_rules.c - see text_rules.h. */
#include "roles/directory/text_rules.h"
#include "wire/ipc/directory.h"
#include <utf8proc.h>

enum { KEY_CHARS = 36, WORDS_MAX = 200 };
static const char hex_lower[] = "0123456789abcdef";

struct err directory_login_check(struct str login)
{
	ENSURE(login.n > 0 && login.n <= DIRECTORY_LOGIN_MAX && str_is_utf8(login), DENIED, "directory.login");
	ENSURE(!str_has_control(login) && login.p[0] != ' ' && login.p[login.n - 1] != ' ', DENIED, "directory.login");
	ENSURE(login.p[0] != '#', DENIED, "directory.login");
	for (const char *c = "*()\\,+\"<>;="; *c; c++)
		ENSURE(!str_has(login, *c), DENIED, "directory.login");
	return NO_ERR;
}

/*= RFC 4513 5.1.2: Clients SHOULD disallow an empty password input to a Name/Password Authentication user interface */
struct err directory_password_check(struct str password)
{
	ENSURE(password.n > 0, DENIED, "directory.password.empty");
	ENSURE(password.n <= DIRECTORY_PASSWORD_MAX && !str_has(password, '\0') && str_is_utf8(password), DENIED,
		"directory.password.shape");
	return NO_ERR;
}

void filter_add_bytes(struct buf *b, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		buf_add_char(b, '\\');
		buf_add_char(b, hex_lower[p[i] >> 4]);
		buf_add_char(b, hex_lower[p[i] & 15]);
	}
}

void filter_add_value(struct buf *b, struct str value)
{
	for (size_t i = 0; i < value.n; i++) {
		uint8_t c = (uint8_t)value.p[i];

		/* Beyond ASCII too: what is no UTF-8 stays harmless. */
		if (c < 0x20 || c >= 0x7f || c == '*' || c == '(' || c == ')' || c == '\\')
			filter_add_bytes(b, &c, 1);
		else
			buf_add_char(b, (char)c);
	}
}

void dn_add_value(struct buf *b, struct str value)
{
	for (size_t i = 0; i < value.n; i++) {
		uint8_t c = (uint8_t)value.p[i];
		bool edge = (c == ' ' && (i == 0 || i + 1 == value.n)) || (c == '#' && i == 0);

		if (c < 0x20 || c == 0x7f) {
			filter_add_bytes(b, &c, 1);     /* the same "\xx" in both */
			continue;
		}
		if (edge || strchr("\"+,;<>\\=", c))
			buf_add_char(b, '\\');
		buf_add_char(b, (char)c);
	}
}

bool dn_is_within(struct str dn, struct str base)
{
	size_t at = dn.n - base.n;

	if (base.n == 0 || dn.n < base.n || !str_eq_nocase(str_slice(dn, at, dn.n), base))
		return false;
	/* "\," ends no component. Twice escaped, "\\,", does; so count. */
	size_t slashes = 0;
	if (at == 0)
		return true;
	if (dn.p[at - 1] != ',')
		return false;
	while (slashes + 1 < at && dn.p[at - 2 - slashes] == '\\')
		slashes++;
	return slashes % 2 == 0;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Letters beyond ASCII alone: what else is escaped means something as it is. */
static size_t unescape(struct str dn, uint8_t *to)
{
	size_t n = 0;

	for (size_t i = 0; i < dn.n; i++) {
		int high = i + 2 < dn.n && dn.p[i] == '\\' ? hex_value(dn.p[i + 1]) : -1;

		if (high >= 8 && hex_value(dn.p[i + 2]) >= 0) {
			to[n++] = (uint8_t)(high << 4 | hex_value(dn.p[i + 2]));
			i += 2;
			continue;
		}
		to[n++] = (uint8_t)dn.p[i];
		/* "\\\C3" is a backslash and a letter; "\\C3" is a backslash, C and 3. */
		if (dn.p[i] == '\\' && i + 1 < dn.n)
			to[n++] = (uint8_t)dn.p[++i];
	}
	return n;
}

struct err letters_small(struct arena *a, struct str text, struct str *ret_text)
{
	uint8_t *to = arena_alloc(a, text.n * 2 + 4);
	size_t at = 0, n = 0;

	while (at < text.n) {
		utf8proc_int32_t letter;
		utf8proc_ssize_t taken = utf8proc_iterate((const uint8_t *)text.p + at, (utf8proc_ssize_t)(text.n - at), &letter);

		ENSURE(taken > 0, MALFORMED, "directory.answer");
		at += (size_t)taken;
		/* A small letter may be a byte longer than the large one. */
		n += (size_t)utf8proc_encode_char(letter < 0x80 ? letter : utf8proc_tolower(letter), to + n);
	}
	ENSURE(n <= DIRECTORY_VALUE_MAX, MALFORMED, "directory.size");
	*ret_text = (struct str){ (const char *)to, n };
	return NO_ERR;
}

struct err dn_letters(struct arena *a, struct str dn, struct str *ret_dn)
{
	uint8_t *letters = arena_alloc(a, dn.n + 1);
	struct str text = { (const char *)letters, unescape(dn, letters) };

	return letters_small(a, text, ret_dn);
}

static bool is_dash_place(size_t i)
{
	return i == 8 || i == 13 || i == 18 || i == 23;
}

bool key_is_valid(struct str key)
{
	if (key.n != KEY_CHARS)
		return false;
	for (size_t i = 0; i < key.n; i++)
		if (is_dash_place(i) ? key.p[i] != '-' : hex_value(key.p[i]) < 0)
			return false;
	return true;
}

struct err uuid_read(struct arena *a, struct str text, struct str *ret_key)
{
	ENSURE(key_is_valid(text), MALFORMED, "directory.answer");
	char *p = arena_c(a, text);

	for (size_t i = 0; i < text.n; i++)
		if (p[i] >= 'A' && p[i] <= 'F')
			p[i] = (char)(p[i] - 'A' + 'a');
	*ret_key = (struct str){ p, text.n };
	return NO_ERR;
}

/* Where the i-th byte of the text lies in the sixteen. */
static const uint8_t guid_order[GUID_BYTES] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };

struct err guid_read(struct arena *a, struct str bytes, struct str *ret_key)
{
	size_t n = 0;

	ENSURE(bytes.n == GUID_BYTES, MALFORMED, "directory.answer");
	char *p = arena_alloc(a, KEY_CHARS + 1);
	for (size_t i = 0; i < GUID_BYTES; i++) {
		uint8_t c = (uint8_t)bytes.p[guid_order[i]];

		if (is_dash_place(n))
			p[n++] = '-';
		p[n++] = hex_lower[c >> 4];
		p[n++] = hex_lower[c & 15];
	}
	*ret_key = (struct str){ p, n };
	return NO_ERR;
}

struct err key_to_guid(struct str key, uint8_t ret_guid[GUID_BYTES])
{
	size_t at = 0;

	ENSURE(key_is_valid(key), DENIED, "directory.key");
	for (size_t i = 0; i < GUID_BYTES; i++) {
		at += is_dash_place(at);
		ret_guid[guid_order[i]] = (uint8_t)(hex_value(key.p[at]) << 4 | hex_value(key.p[at + 1]));
		at += 2;
	}
	return NO_ERR;
}

struct str words_for_people(struct arena *a, const char *text, const char *otherwise)
{
	struct str words = str_slice(str_from_c(text), 0, WORDS_MAX);

	if (words.n == 0 || !str_is_utf8(words) || str_has_control(words))
		words = str_from_c(otherwise);
	return arena_dup(a, words);
}
