/* ctl_key.c - guichetctl key list, and what key rotate asks when it has changed a file: do you hold it now? */
#include "idp/admin/ctl.h"
#include "idp/audit/audit.h"
#include "base/clock.h"
#include "base/json.h"

static const char *const states[SIGN_KEY_STATE_COUNT] = { "current", "next", "previous" };

static void add_state(struct ctl *c, enum sign_key_state state, int64_t since_s)
{
	struct str since = since_s ? time_format_utc(c->a, since_s) : STR_NONE;

	if (!c->json) {
		buf_addf(&c->out, "\t%s%s" STR_FMT, states[state], since.n ? " since " : "", STR_ARG(since));
		return;
	}
	json_field_c(&c->out, "state", states[state]);
	if (since.n)
		json_field_str(&c->out, "since", since);
}

static void add_key(struct ctl *c, const struct sign_key *k)
{
	const char *alg = k->alg == SIGN_RS256 ? "RS256" : "ES256";

	if (!c->json) {
		buf_addf(&c->out, STR_FMT "\t%s", STR_ARG(k->kid), alg);
		add_state(c, k->state, k->since_s);
		buf_add_char(&c->out, '\n');
		return;
	}
	buf_add_char(&c->out, '{');
	json_field_str(&c->out, "kid", k->kid);
	json_field_c(&c->out, "alg", alg);
	json_field_c(&c->out, "use", "tokens");
	add_state(c, k->state, k->since_s);
	buf_add_char(&c->out, '}');
}

static void add_certificate(struct ctl *c, const struct sign_certificate *k)
{
	struct str ends = k->ends_s ? time_format_utc(c->a, k->ends_s) : STR_NONE;

	if (!c->json) {
		buf_addf(&c->out, STR_FMT "\tsaml", STR_ARG(k->kid));
		add_state(c, k->state, k->since_s);
		buf_addf(&c->out, "\tcertificate until " STR_FMT "\tSHA-256 " STR_FMT "\n", STR_ARG(ends), STR_ARG(k->sha256));
		return;
	}
	buf_add_char(&c->out, '{');
	json_field_str(&c->out, "kid", k->kid);
	json_field_c(&c->out, "alg", "RS256");
	json_field_c(&c->out, "use", "saml");
	add_state(c, k->state, k->since_s);
	json_field_str(&c->out, "certificate_ends", ends);
	json_field_str(&c->out, "certificate_sha256", k->sha256);
	buf_add_char(&c->out, '}');
}

static uint32_t key_list(struct ctl *c)
{
	const struct sign_keys *k = &idp_keys(c->idp)->keys;

	if (!k->n)
		return ctl_fail(c, CTL_FAILED, "the signer has not answered yet; look at its line in the log");
	if (c->json)
		buf_add_char(&c->out, '[');
	for (size_t i = 0; i < k->n; i++) {
		if (c->json && i)
			buf_add_char(&c->out, ',');
		add_key(c, &k->v[i]);
	}
	for (size_t i = 0; i < k->certificate_n; i++) {
		if (c->json)
			buf_add_char(&c->out, ',');
		add_certificate(c, &k->certificates[i]);
	}
	if (c->json)
		buf_add_c(&c->out, "]\n");
	return CTL_DONE;
}

/* In every place where it is published; "gone": in none. */
static bool stands_so(const struct sign_keys *k, struct str kid, struct str state)
{
	bool any = false, all = true;

	for (size_t i = 0; i < k->n; i++)
		if (str_eq(k->v[i].kid, kid)) {
			any = true;
			all &= str_eq_c(state, states[k->v[i].state]);
		}
	for (size_t i = 0; i < k->certificate_n; i++)
		if (str_eq(k->certificates[i].kid, kid)) {
			any = true;
			all &= str_eq_c(state, states[k->certificates[i].state]);
		}
	return str_eq_c(state, "gone") ? !any : any && all;
}

static MUST struct err confirm_tx(struct store_tx *tx, void *arg)
{
	const struct ctl *c = arg;

	return audit_add_tx(tx, c->idp->audit, &(struct audit_entry){ .event = "key.rotate", .client_id = c->words[0],
		.actor_text = c->actor, .now_s = c->now_s });
}

static uint32_t key_confirm(struct ctl *c)
{
	const struct sign_keys *k = &idp_keys(c->idp)->keys;
	struct err e;

	if (c->word_n != 2)
		return ctl_fail(c, CTL_USAGE, "key confirm wants a kid, and current, next, previous or gone");
	if (!k->n || !stands_so(k, c->words[0], c->words[1]))
		return ctl_fail(c, CTL_FAILED, "not so (yet); see: guichetctl key list");
	e = store_tx(c->idp->store, DURABLE, confirm_tx, c);
	return failed(e) ? ctl_fail_err(c, e) : CTL_DONE;
}

/* Here for the help: key files are root's, and an engine that could write them could sign what it likes. */
static uint32_t key_rotate(struct ctl *c)
{
	return ctl_fail(c, CTL_FAILED, "key rotate is carried out by guichetctl itself; this one is older than the daemon");
}

const struct ctl_command ctl_key[] = {
	{ "key list", "[--json]", "", "", "", key_list },
	{ "key rotate", "[--alg ES256|RS256|saml] [--now] [--json]", "", "alg", "now", key_rotate },
	{ "key confirm", NULL, "", "", "", key_confirm },
	{ 0 }
};
