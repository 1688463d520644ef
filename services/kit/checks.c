/* checks.c - see checks.h. Lenient in spelling, strict in what is kept. */
#include "services/kit/checks.h"
#include "base/clock.h"
#include "base/page.h"

enum { POSTAL_DIGITS = 5, PHONE_MIN = 6, PHONE_MAX = 15, EMAIL_MAX = 254, LOCAL_MAX = 64, OLDEST_YEAR = 1850 };

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* U+00A0 and U+202F, which French telephones' keyboards put around things. */
static size_t no_break_at(struct str s, size_t at)
{
	struct str tail = str_slice(s, at, s.n);

	return str_starts(tail, STR("\xc2\xa0")) ? 2 : str_starts(tail, STR("\xe2\x80\xaf")) ? 3 : 0;
}

struct str kit_trim(struct str s)
{
	for (;;) {
		struct str before = s = str_trim(s);

		s = str_slice(s, no_break_at(s, 0), s.n);
		if (s.n >= 3 && no_break_at(s, s.n - 3) == 3)
			s.n -= 3;
		else if (s.n >= 2 && no_break_at(s, s.n - 2) == 2)
			s.n -= 2;
		if (s.n == before.n)
			return s;
	}
}

struct str kit_typed(const struct http_pairs *form, const char *name)
{
	return kit_trim(http_get(form, name));
}

static struct str trim_lines(struct str s)
{
	for (;;) {
		size_t before = s.n;

		s = kit_trim(s);
		while (s.n && s.p[0] == '\n')
			s = str_slice(s, 1, s.n);
		while (s.n && s.p[s.n - 1] == '\n')
			s.n--;
		if (s.n == before)
			return s;
	}
}

/* Browsers end lines in CR LF, and count each end as one character. */
struct str kit_lines(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '\r')
			p[n++] = s.p[i];
	return trim_lines((struct str){ p, n });
}

static size_t characters(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

const char *kit_check_text(struct str value, bool required, size_t max_chars)
{
	if (value.n == 0)
		return required ? "missing" : NULL;
	return characters(value) > max_chars ? "long" : NULL;
}

/* The digits of value, with what `between` allows taken out; empty when there is anything else. */
static struct str digits_only(struct arena *a, struct str value, const char *between)
{
	char *p = arena_alloc(a, value.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < value.n; ) {
		size_t blank = no_break_at(value, i);

		if (blank) {
			i += blank;
			continue;
		}
		if (is_digit(value.p[i]))
			p[n++] = value.p[i];
		else if (!value.p[i] || !strchr(between, value.p[i]))
			return STR_NONE;
		i++;
	}
	return (struct str){ p, n };
}

const char *kit_check_postal_code(struct arena *a, struct str value, struct str *ret_code)
{
	struct str digits = digits_only(a, value, " ");

	if (value.n == 0)
		return "missing";
	if (digits.n != POSTAL_DIGITS)
		return "invalid";
	*ret_code = digits;
	return NULL;
}

const char *kit_check_phone(struct arena *a, struct str value, struct str *ret_phone)
{
	bool abroad = value.n && value.p[0] == '+';
	struct str digits = digits_only(a, str_slice(value, abroad, value.n), " .-/()");

	if (value.n == 0)
		return NULL;
	if (digits.n < PHONE_MIN || digits.n > PHONE_MAX)
		return "invalid";
	*ret_phone = arena_concat(a, (struct str[]){ abroad ? STR("+") : STR(""), digits }, 2);
	return NULL;
}

/* What the mail courier takes (roles/courier/mail_format.h): anything else would be promised a message and never get it. */
static bool is_plain_address(struct str value)
{
	for (size_t i = 0; i < value.n; i++)
		if (value.p[i] <= ' ' || value.p[i] > '~' || strchr("()<>[],;:\\\"", value.p[i]))
			return false;
	return value.p[0] != '-';
}

const char *kit_check_email(struct str value)
{
	size_t at = str_index(value, '@');
	struct str local = str_slice(value, 0, at), domain = str_slice(value, at + 1, value.n), label;
	size_t labels = 0;

	if (value.n == 0)
		return NULL;
	if (value.n > EMAIL_MAX || local.n == 0 || local.n > LOCAL_MAX || domain.n == 0 || str_has(domain, '@') || str_ends(domain, STR("."))
	    || !is_plain_address(value))
		return "invalid";
	for (struct str rest = domain; str_split(&rest, '.', &label); labels++)
		if (label.n == 0 || label.n > 63)
			return "invalid";
	return labels < 2 ? "invalid" : NULL;
}

const char *kit_check_day(struct str day, struct str month, struct str year, int64_t *ret_days)
{
	int64_t d = 0, m = 0, y = 0;

	if (day.n == 0 || month.n == 0 || year.n == 0)
		return "missing";
	if (failed(str_to_i64(day, 31, &d)) || failed(str_to_i64(month, 12, &m)) || failed(str_to_i64(year, 9999, &y))
	    || y < OLDEST_YEAR || !date_is_valid((int)y, (int)m, (int)d))
		return "invalid";
	*ret_days = date_to_days((int)y, (int)m, (int)d);
	return NULL;
}

const char *kit_check_past_date(struct arena *a, struct str day, struct str month, struct str year, int64_t now_s, struct str *ret_date)
{
	struct page_local today = page_paris(now_s);
	int64_t days = 0;
	const char *wrong = kit_check_day(day, month, year, &days);
	int y = 0, m = 0, d = 0;

	if (wrong)
		return wrong;
	if (days > date_to_days(today.year, today.month, today.day))
		return "future";
	date_from_days(days, &y, &m, &d);
	*ret_date = arena_printf(a, "%04d-%02d-%02d", y, m, d);
	return NULL;
}
