/* ctl_account.c - guichetctl account ...: what the counter of the town hall does. */
#include "idp/admin/ctl.h"
#include "idp/account/account_desk.h"
#include "idp/authn/password.h"
#include "base/b64.h"
#include "base/clock.h"
#include "base/ct.h"
#include "base/json.h"

/* Four groups without look-alike letters: 20 of 31 signs, 99 bits; read out over a counter without doubt. */
static struct str generate_password(struct arena *a)
{
	static const char signs[] = "abcdefghjkmnpqrstuvwxyz23456789";
	unsigned char r[256];
	char *p = arena_alloc(a, 24);
	size_t n = 0;

	random_bytes(r, sizeof r);
	for (size_t i = 0; i < sizeof r && n < 23; i++) {
		if (n % 6 == 5)
			p[n++] = '-';
		if (r[i] < 248)        /* 8 * 31: every sign as likely */
			p[n++] = signs[r[i] % 31];
	}
	explicit_bzero(r, sizeof r);
	return (struct str){ p, n };
}

static bool birth_date_is_fine(struct str s)
{
	int64_t y, m, d;

	return !s.n || (s.n == 10 && s.p[4] == '-' && s.p[7] == '-' && !failed(str_to_i64(str_slice(s, 0, 4), 9999, &y))
		&& !failed(str_to_i64(str_slice(s, 5, 7), 12, &m)) && !failed(str_to_i64(str_slice(s, 8, 10), 31, &d))
		&& y >= 1850 && date_is_valid((int)y, (int)m, (int)d));
}

static struct str input_password(const struct ctl *c)
{
	struct str s = c->input;

	if (s.n && s.p[s.n - 1] == '\n')
		s.n--;
	if (s.n && s.p[s.n - 1] == '\r')
		s.n--;
	return s;
}

/* The password of --password-stdin, or one that is made here; *ret_made is shown once. */
static uint32_t encode_password(struct ctl *c, struct str *ret_encoded, struct str *ret_made)
{
	bool given = ctl_has(c, "password-stdin");
	struct str password = given ? input_password(c) : generate_password(c->a);
	struct err e;

	if (password.n < PASSWORD_MIN || password.n > PASSWORD_MAX)
		return ctl_fail(c, CTL_FAILED, "the password must have 8 to 1024 bytes; leave --password-stdin out to have one made");
	e = password_make(c->idp, c->a, c->deadline_ms, password, ret_encoded);
	*ret_made = given ? STR_NONE : password;
	return failed(e) ? ctl_fail_err(c, e) : CTL_DONE;
}

static uint32_t say_added(struct ctl *c, const struct account_new *n, const unsigned char id[ID_BYTES], struct str generated)
{
	struct str hex = hex_encode(c->a, id, ID_BYTES);

	if (!c->json) {
		buf_addf(&c->out, "account " STR_FMT " added for " STR_FMT "\n", STR_ARG(hex), STR_ARG(n->email));
		if (generated.n)
			buf_addf(&c->out, "password: " STR_FMT "\n", STR_ARG(generated));
		return CTL_DONE;
	}
	buf_add_char(&c->out, '{');
	json_field_str(&c->out, "id", hex);
	json_field_str(&c->out, "email", n->email);
	if (generated.n)
		json_field_str(&c->out, "password", generated);
	buf_add_c(&c->out, "}\n");
	return CTL_DONE;
}

static uint32_t add(struct ctl *c)
{
	struct account_new n = { .given_name = ctl_option(c, "given-name"), .family_name = ctl_option(c, "family-name"),
		.birth_date = ctl_option(c, "birth-date") };
	unsigned char id[ID_BYTES];
	struct str made;
	uint32_t code;
	struct err e;

	if (!ctl_has(c, "email") || !n.given_name.n || !n.family_name.n)
		return ctl_fail(c, CTL_USAGE, "account add wants --email, --given-name and --family-name");
	if (failed(account_email_normalise(c->a, ctl_option(c, "email"), &n.email)))
		return ctl_fail(c, CTL_FAILED, "this is not an e-mail address: " STR_FMT, STR_ARG(ctl_option(c, "email")));
	if (!birth_date_is_fine(n.birth_date))
		return ctl_fail(c, CTL_FAILED, "--birth-date is written YYYY-MM-DD");
	code = encode_password(c, &n.encoded, &made);
	if (code)
		return code;
	e = account_add(c->idp, &n, c->actor, c->now_s, id);
	if (e.kind == ERR_CONFLICT)
		return ctl_fail(c, CTL_FAILED, "an account with " STR_FMT " exists already; see: guichetctl account show " STR_FMT,
			STR_ARG(n.email), STR_ARG(n.email));
	if (failed(e))
		return ctl_fail_err(c, e);
	return say_added(c, &n, id, made);
}

/* By address or by id; each look is in the audit. */
static uint32_t find(struct ctl *c, struct account *ret)
{
	struct str key = c->word_n == 1 ? c->words[0] : STR_NONE;
	struct err e;

	if (!key.n)
		return ctl_fail(c, CTL_USAGE, "which account? give its e-mail address or its id");
	e = account_look(c->idp, c->a, key, c->actor, c->now_s, ret);
	if (e.kind == ERR_ABSENT || e.kind == ERR_MALFORMED)
		return ctl_fail(c, CTL_FAILED, "no account " STR_FMT, STR_ARG(key));
	return failed(e) ? ctl_fail_err(c, e) : CTL_DONE;
}

static uint32_t show(struct ctl *c)
{
	struct account a;
	uint32_t code = find(c, &a);
	struct str hex, created, since;

	if (code)
		return code;
	hex = hex_encode(c->a, a.id, ID_BYTES);
	created = time_format_utc(c->a, a.created_s);
	since = a.active ? STR_NONE : time_format_utc(c->a, a.changed_s);
	if (!c->json) {
		buf_addf(&c->out, "id: " STR_FMT "\nstate: %s\nemail: " STR_FMT "\ngiven name: " STR_FMT "\nfamily name: " STR_FMT
			"\nbirth date: " STR_FMT "\nidentity: " STR_FMT "\ncreated: " STR_FMT "\n", STR_ARG(hex), a.active ? "active" : "disabled",
			STR_ARG(a.email), STR_ARG(a.given_name), STR_ARG(a.family_name), STR_ARG(a.birth_date), STR_ARG(a.identity_level), STR_ARG(created));
		if (since.n)
			buf_addf(&c->out, "disabled since: " STR_FMT "\n", STR_ARG(since));
		if (a.reason.n)
			buf_addf(&c->out, "reason: " STR_FMT "\n", STR_ARG(a.reason));
		return CTL_DONE;
	}
	buf_add_char(&c->out, '{');
	json_field_str(&c->out, "id", hex);
	json_field_c(&c->out, "state", a.active ? "active" : "disabled");
	json_field_str(&c->out, "reason", a.reason);
	json_field_str(&c->out, "email", a.email);
	json_field_str(&c->out, "given_name", a.given_name);
	json_field_str(&c->out, "family_name", a.family_name);
	json_field_str(&c->out, "birth_date", a.birth_date);
	json_field_str(&c->out, "identity_level", a.identity_level);
	json_field_str(&c->out, "created", created);
	if (since.n)
		json_field_str(&c->out, "disabled_since", since);
	buf_add_c(&c->out, "}\n");
	return CTL_DONE;
}

/* At the counter, with a document in hand: whoever held the old password is out everywhere. */
static uint32_t new_password(struct ctl *c)
{
	struct account a;
	struct str encoded, made;
	uint32_t code = find(c, &a);
	struct err e;

	if (!code)
		code = encode_password(c, &encoded, &made);
	if (code)
		return code;
	e = account_set_password(c->idp, a.id, encoded, c->actor, c->now_s);
	if (failed(e))
		return ctl_fail_err(c, e);
	if (c->json) {
		buf_add_char(&c->out, '{');
		json_field_str(&c->out, "id", hex_encode(c->a, a.id, ID_BYTES));
		if (made.n)
			json_field_str(&c->out, "password", made);
		buf_add_c(&c->out, "}\n");
	} else {
		buf_addf(&c->out, "account " STR_FMT " has a new password\n", STR_ARG(hex_encode(c->a, a.id, ID_BYTES)));
		if (made.n)
			buf_addf(&c->out, "password: " STR_FMT "\n", STR_ARG(made));
	}
	return CTL_DONE;
}

static uint32_t say_done(struct ctl *c, const struct account *a, const char *state)
{
	struct str hex = hex_encode(c->a, a->id, ID_BYTES);

	if (c->json) {
		buf_add_char(&c->out, '{');
		json_field_str(&c->out, "id", hex);
		json_field_c(&c->out, "state", state);
		buf_add_c(&c->out, "}\n");
	} else {
		buf_addf(&c->out, "account " STR_FMT " is %s\n", STR_ARG(hex), state);
	}
	return CTL_DONE;
}

enum act { DISABLE, ENABLE, REMOVE };

static uint32_t change(struct ctl *c, enum act act)
{
	static const char *const states[] = { "disabled", "active", "removed" };
	struct str reason = ctl_option(c, "reason");
	struct account a;
	uint32_t code;
	struct err e;

	if (act == DISABLE && !reason.n)
		return ctl_fail(c, CTL_USAGE, "account disable wants --reason, which the citizen reads");
	code = find(c, &a);
	if (code)
		return code;
	e = act == DISABLE ? account_close(c->idp, a.id, reason, c->actor, c->now_s)
		: act == ENABLE ? account_reopen(c->idp, a.id, c->actor, c->now_s) : account_remove(c->idp, a.id, c->actor, c->now_s);
	if (e.kind == ERR_MALFORMED)
		return ctl_fail(c, CTL_FAILED, "--reason is one line of at most %d bytes; the citizen reads it", ACCOUNT_REASON_MAX);
	return failed(e) ? ctl_fail_err(c, e) : say_done(c, &a, states[act]);
}

static uint32_t disable(struct ctl *c) { return change(c, DISABLE); }
static uint32_t enable(struct ctl *c) { return change(c, ENABLE); }
static uint32_t remove_account(struct ctl *c) { return change(c, REMOVE); }

const struct ctl_command ctl_account[] = {
	{ "account add", "--email E --given-name G --family-name F [--birth-date YYYY-MM-DD] [--password-stdin] [--json]", "",
	  "email given-name family-name birth-date", "password-stdin", add },
	{ "account show", "EMAIL|ID [--json]", "", "", "", show },
	{ "account password", "EMAIL|ID [--password-stdin] [--json]", "", "", "password-stdin", new_password },
	{ "account disable", "EMAIL|ID --reason TEXT [--json]", "", "reason", "", disable },
	{ "account enable", "EMAIL|ID [--json]", "", "", "", enable },
	{ "account remove", "EMAIL|ID [--json]", "", "", "", remove_account },
	{ 0 }
};
