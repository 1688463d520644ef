/* fields.c - see fields.h. */
#include "wire/http/fields.h"
#include "wire/http/chars.h"

static bool cookie_parse(struct str part, struct http_pair *ret_pair)
{
	size_t at = str_index(part, '=');
	struct str name = str_slice(part, 0, at), value = str_slice(part, at + 1, part.n);

	if (name.n == 0 || at == part.n)
		return false;
	for (size_t i = 0; i < name.n; i++)
		if (!http_char_is(name.p[i], CHAR_TOKEN))
			return false;
	for (size_t i = 0; i < value.n; i++)
		if ((unsigned char)value.p[i] <= 0x20 || (unsigned char)value.p[i] >= 0x7f)
			return false;
	*ret_pair = (struct http_pair){ name, value };
	return true;
}

/* Take away every name that stands twice, keeping the order of the others. */
static size_t cookies_unique(struct http_pair *v, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		bool again = false;

		for (size_t k = 0; k < n && !again; k++)
			again = k != i && v[k].name.p && str_eq(v[i].name, v[k].name);
		if (again)
			for (size_t k = n; k-- > i + 1;)
				if (str_eq(v[i].name, v[k].name))
					v[k].name = STR_NONE;
		if (!again && v[i].name.p)
			v[kept++] = v[i];
	}
	return kept;
}

struct err http_parse_cookies(struct arena *a, struct str field, size_t max, struct http_pairs *ret_pairs)
{
	struct http_pairs pairs = { NULL, 0 };
	struct str rest = field, part;
	size_t count = 1;

	for (size_t i = 0; i < field.n; i++)
		count += field.p[i] == ';';
	ENSURE(count <= max, MALFORMED, "http.cookies.many");
	pairs.v = arena_try(a, count * sizeof *pairs.v);
	ENSURE(pairs.v, MALFORMED, "http.cookies.many");
	while (str_split(&rest, ';', &part))
		if (cookie_parse(str_trim(part), &pairs.v[pairs.n]))
			pairs.n++;
	pairs.n = cookies_unique(pairs.v, pairs.n);
	*ret_pairs = pairs;
	return NO_ERR;
}

static const struct str lang_codes[LANG_COUNT] = { [LANG_FR] = STR_INIT("fr"), [LANG_EN] = STR_INIT("en") };

struct str http_lang_code(enum http_lang lang)
{
	return lang_codes[lang];
}

bool http_lang_parse(struct str code, enum http_lang *ret_lang)
{
	for (int l = 0; l < LANG_COUNT; l++)
		if (str_eq(code, lang_codes[l])) {
			*ret_lang = (enum http_lang)l;
			return true;
		}
	return false;
}

/* ";q=0.8" in thousandths; what cannot be read is worth nothing. */
static int weight_parse(struct str params)
{
	struct str q = str_trim(params);
	int weight, scale = 100;

	if (q.n == 0)
		return 1000;
	if (q.n < 3 || (q.p[0] | 0x20) != 'q' || q.p[1] != '=' || q.p[2] < '0' || q.p[2] > '1')
		return 0;
	weight = (q.p[2] - '0') * 1000;
	for (size_t i = 4; i < q.n && q.p[3] == '.' && scale && q.p[i] >= '0' && q.p[i] <= '9'; i++, scale /= 10)
		weight += (q.p[i] - '0') * scale;
	return weight > 1000 ? 1000 : weight;
}

enum http_lang http_lang_accepted(struct str accept_language)
{
	struct str rest = accept_language, item;
	enum http_lang best = LANG_FR, lang;
	int best_weight = 0;

	for (int n = 0; n < 32 && str_split(&rest, ',', &item); n++) {
		size_t at = str_index(item, ';');
		struct str range = str_trim(str_slice(item, 0, at));
		struct str primary = str_slice(range, 0, str_index(range, '-'));
		char lower[2];
		int weight = weight_parse(str_slice(item, at + 1, item.n));

		if (primary.n != 2 || weight <= best_weight)
			continue;
		lower[0] = (char)(primary.p[0] | 0x20);
		lower[1] = (char)(primary.p[1] | 0x20);
		if (http_lang_parse((struct str){ lower, 2 }, &lang)) {
			best = lang;
			best_weight = weight;
		}
	}
	return best;
}

struct str http_media_type(struct str content_type)
{
	return str_trim(str_slice(content_type, 0, str_index(content_type, ';')));
}

struct str http_media_param(struct str content_type, struct str name)
{
	struct str rest = content_type, part, found = STR_NONE;

	(void)str_split(&rest, ';', &part);
	while (str_split(&rest, ';', &part)) {
		size_t at = str_index(part, '=');
		struct str value = str_trim(str_slice(part, at + 1, part.n));

		if (!str_eq_nocase(str_trim(str_slice(part, 0, at)), name))
			continue;
		if (found.p)
			return STR_NONE;
		if (value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"')
			value = str_slice(value, 1, value.n - 1);
		found = value;
	}
	return found;
}

struct str http_forwarded_last(struct str field)
{
	struct str rest = field, part, last = STR_NONE;

	while (str_split(&rest, ',', &part))
		last = str_trim(part);
	return last;
}

bool http_etag_matches(struct str if_none_match, struct str etag)
{
	struct str rest = if_none_match, part;

	if (str_eq(str_trim(if_none_match), STR("*")))
		return true;
	while (str_split(&rest, ',', &part)) {
		part = str_trim(part);
		if (str_starts(part, STR("W/")))
			part = str_slice(part, 2, part.n);
		if (str_eq(part, etag))
			return true;
	}
	return false;
}

struct str http_origin_of(struct str url)
{
	size_t from = str_starts(url, STR("https://")) ? 8 : str_starts(url, STR("http://")) ? 7 : 0;

	if (!from)
		return STR_NONE;
	size_t n = str_index(str_slice(url, from, url.n), '/');
	return n ? str_slice(url, 0, from + n) : STR_NONE;
}
