/* mail_text.c - plain text in lines that every mail program shows as they are (RFC 5322 2.1.1: 78). */
#include "services/kit/mail.h"

enum { LINE_CHARS = 72 };

/* Characters, not bytes: every byte but the continuations of UTF-8. */
static size_t chars(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

void kit_mail_wrap(struct buf *out, struct str text)
{
	struct str word;
	size_t column = 0;

	while (str_split(&text, ' ', &word)) {
		size_t n = chars(word);

		if (word.n == 0)
			continue;
		if (column > 0 && column + 1 + n > LINE_CHARS) {
			buf_add_char(out, '\n');
			column = 0;
		} else if (column > 0) {
			buf_add_char(out, ' ');
			column++;
		}
		buf_add(out, word);
		column += n;
	}
	buf_add_char(out, '\n');
}
