/* words.c - lists of blank-separated words, as OAuth writes scopes. */
#include "wire/oidc/oidc.h"

bool oidc_words_within(struct str part, struct str whole)
{
	struct str word;

	while (str_split(&part, ' ', &word))
		if (word.n && !str_has_word(whole, word))
			return false;
	return true;
}

struct str oidc_words_both(struct arena *a, struct str asked, struct str allowed)
{
	char *p = arena_alloc(a, asked.n + 1);
	struct str out = { p, 0 }, word;

	while (str_split(&asked, ' ', &word)) {
		if (!word.n || !str_has_word(allowed, word) || str_has_word(out, word))
			continue;
		if (out.n)
			p[out.n++] = ' ';
		memcpy(p + out.n, word.p, word.n);
		out.n += word.n;
	}
	return out;
}
