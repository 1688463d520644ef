/* key_file.c - see key_file.h. */
#include "roles/signer/key_file.h"
#include "base/clock.h"

#define BEGIN STR("-----BEGIN ")
#define END   STR("-----END ")

static const char *const names[SIGN_KEY_STATE_COUNT] = { "current", "next", "previous" };

const char *key_state_name(enum sign_key_state state)
{
	return names[state];
}

/* From..to is the next line, its end included. */
static bool next_line(struct str s, size_t *from, size_t *to)
{
	*from = *to;
	*to += str_index(str_slice(s, *from, s.n), '\n') + 1;
	*to = *to < s.n ? *to : s.n;
	return *from < s.n;
}

bool key_file_block(struct str *rest, struct str *ret_before, struct str *ret_pem)
{
	size_t from = 0, to = 0, begun = rest->n;

	while (next_line(*rest, &from, &to)) {
		struct str line = str_slice(*rest, from, to);

		if (begun == rest->n && str_starts(line, BEGIN))
			begun = from;
		if (begun == rest->n || !str_starts(line, END))
			continue;
		*ret_before = str_slice(*rest, 0, begun);
		*ret_pem = str_slice(*rest, begun, to);
		*rest = str_slice(*rest, to, rest->n);
		return true;
	}
	return false;
}

/* "# STATE since SECONDS (...)" */
static void read_label_line(struct str line, struct key_entry *e)
{
	struct str state = STR_NONE, since = STR_NONE, seconds = STR_NONE, hash = STR_NONE;
	int64_t at;

	if (!str_split(&line, ' ', &hash) || !str_eq_c(hash, "#") || !str_split(&line, ' ', &state) || !str_split(&line, ' ', &since)
	    || !str_eq_c(since, "since") || !str_split(&line, ' ', &seconds) || failed(str_to_i64(seconds, INT64_MAX, &at)))
		return;
	for (int i = 0; i < SIGN_KEY_STATE_COUNT; i++)
		if (str_eq_c(state, names[i])) {
			e->state = (enum sign_key_state)i;
			e->since_s = at;
		}
}

static void read_label(struct str before, struct key_entry *e)
{
	struct str line;

	while (str_split(&before, '\n', &line))
		read_label_line(line, e);
}

struct err key_file_parse(struct str text, struct key_entry v[KEY_FILE_MAX], size_t *ret_n)
{
	struct str before, pem;
	size_t n = 0;

	while (key_file_block(&text, &before, &pem)) {
		ENSURE(n < KEY_FILE_MAX, BROKEN, "signer.key.many");
		v[n] = (struct key_entry){ .state = n ? SIGN_KEY_NEXT : SIGN_KEY_CURRENT, .pem = pem };
		read_label(before, &v[n]);
		if (!n)
			v[n].state = SIGN_KEY_CURRENT;
		else if (v[n].state == SIGN_KEY_CURRENT)
			v[n].state = SIGN_KEY_NEXT;
		n++;
	}
	ENSURE(n, BROKEN, "signer.key.pem");
	*ret_n = n;
	return NO_ERR;
}

void key_file_write(struct buf *out, struct arena *a, const struct key_entry *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct str at = time_format_utc(a, v[i].since_s);

		if (v[i].since_s)
			buf_addf(out, "# %s since %lld (" STR_FMT ")\n", names[v[i].state], (long long)v[i].since_s, STR_ARG(at));
		buf_add(out, v[i].pem);
		if (!str_ends(v[i].pem, STR("\n")))
			buf_add_char(out, '\n');
	}
}
