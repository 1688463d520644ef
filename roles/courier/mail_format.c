/* mail_format.c - see mail_format.h. */
#include "roles/courier/mail_format.h"
#include "base/b64.h"
#include "base/clock.h"

enum { LINE_MAX_CHARS = 76, WORD_BYTES = 39, LINE_8BIT_MAX = 998 };

bool mail_address_is_valid(struct str address)
{
	size_t at = str_index(address, '@'), ats = 0;

	if (address.n > MAIL_ADDRESS_MAX || at == 0 || at > 64 || at + 1 >= address.n)
		return false;
	for (size_t i = 0; i < address.n; i++) {
		char c = address.p[i];

		ats += c == '@';
		if (c <= ' ' || c > '~' || strchr("()<>[],;:\\\"", c))
			return false;
	}
	return ats == 1 && address.p[0] != '-' && address.p[at + 1] != '.';
}

static bool is_plain(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] > '~' || (s.p[i] == '=' && i + 1 < s.n && s.p[i + 1] == '?'))
			return false;
	return s.n <= LINE_MAX_CHARS - 16;
}

/* How much of s goes into one encoded word: whole characters only. */
static size_t word_bytes(struct str s)
{
	size_t n = s.n < WORD_BYTES ? s.n : WORD_BYTES;

	while (n > 0 && n < s.n && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n--;
	return n;
}

/*= RFC 2047 2: An 'encoded-word' may not be more than 75 characters long */
static void add_encoded_words(struct buf *b, struct str s)
{
	AUTO(arena_destroyp) struct arena *scratch = arena_create(4096);

	while (s.n > 0) {
		size_t n = word_bytes(s);

		buf_add_c(b, "=?UTF-8?B?");
		buf_add(b, b64_encode(scratch, s.p, n));
		buf_add_c(b, "?=");
		s = str_slice(s, n, s.n);
		if (s.n > 0)
			buf_add_c(b, "\r\n ");
	}
}

static void add_phrase(struct buf *b, struct str s)
{
	if (!is_plain(s)) {
		add_encoded_words(b, s);
		return;
	}
	buf_add_char(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			buf_add_char(b, '\\');
		buf_add_char(b, s.p[i]);
	}
	buf_add_char(b, '"');
}

static void add_date(struct buf *b, int64_t t_s)
{
	static const char days[7][4] = { "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed" };   /* from 1970-01-01 */
	static const char months[12][4] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
	};
	int64_t day = t_s / 86400, in_day = t_s % 86400;
	int year, month, of_month;

	date_from_days(day, &year, &month, &of_month);
	buf_addf(b, "Date: %s, %d %s %04d %02d:%02d:%02d +0000\r\n", days[day % 7], of_month, months[month - 1], year,
		(int)(in_day / 3600), (int)(in_day / 60 % 60), (int)(in_day % 60));
}

static void add_headers(struct buf *b, const struct mail *m)
{
	add_date(b, m->date_s);
	buf_add_c(b, "From: ");
	if (m->from_name.n > 0) {
		add_phrase(b, m->from_name);
		buf_add_c(b, "\r\n ");
	}
	buf_addf(b, "<" STR_FMT ">\r\nTo: <" STR_FMT ">\r\nSubject: ", STR_ARG(m->from), STR_ARG(m->to));
	if (is_plain(m->subject))
		buf_add(b, m->subject);
	else
		add_encoded_words(b, m->subject);
	buf_addf(b, "\r\nMessage-ID: <" STR_FMT STR_FMT ">\r\n", STR_ARG(m->id),
		STR_ARG(str_slice(m->from, str_index(m->from, '@'), m->from.n)));
	/* So that an absence notice does not answer a machine. */
	buf_add_c(b, "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
		"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: ");
	buf_add_c(b, m->eight_bit ? "8bit\r\n\r\n" : "quoted-printable\r\n\r\n");
}

static void add_line_quoted(struct buf *b, struct str line)
{
	size_t column = 0;

	for (size_t i = 0; i < line.n; i++) {
		unsigned char c = (unsigned char)line.p[i];
		bool last = i + 1 == line.n;
		bool plain = (c > ' ' && c <= '~' && c != '=') || ((c == ' ' || c == '\t') && !last);
		size_t need = plain ? 1 : 3;

		if (column + need > LINE_MAX_CHARS - 1) {
			buf_add_c(b, "=\r\n");
			column = 0;
		}
		if (plain)
			buf_add_char(b, (char)c);
		else
			buf_addf(b, "=%02X", c);
		column += need;
	}
}

static struct err add_body(struct buf *b, struct str text, bool eight_bit)
{
	struct str line;

	while (str_split(&text, '\n', &line)) {
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		for (size_t i = 0; i < line.n; i++) {
			unsigned char c = (unsigned char)line.p[i];

			ENSURE((c >= ' ' || c == '\t') && c != 0x7f, MALFORMED, "mail.text");
		}
		ENSURE(!eight_bit || line.n <= LINE_8BIT_MAX, MALFORMED, "mail.text");
		if (eight_bit)
			buf_add(b, line);
		else
			add_line_quoted(b, line);
		buf_add_c(b, "\r\n");
	}
	return NO_ERR;
}

static bool is_header_text(struct str s)
{
	return s.n <= MAIL_SUBJECT_MAX && str_is_utf8(s) && !str_has_control(s);
}

struct err mail_format(struct buf *b, const struct mail *m)
{
	ENSURE(mail_address_is_valid(m->to) && mail_address_is_valid(m->from), MALFORMED, "mail.address");
	ENSURE(is_header_text(m->subject) && is_header_text(m->from_name), MALFORMED, "mail.header");
	ENSURE(m->text.n <= MAIL_TEXT_MAX && str_is_utf8(m->text), MALFORMED, "mail.text");
	add_headers(b, m);
	TRY(add_body(b, m->text, m->eight_bit));
	return buf_err(b);
}
