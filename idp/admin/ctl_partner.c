/* ctl_partner.c - guichetctl partner ...: the services that may ask us. What is refused here cannot
 * go wrong later. */
#include "idp/admin/ctl_partner.h"
#include "idp/admin/refusals.h"
#include "idp/admin/trial.h"
#include "idp/policy/release.h"
#include "wire/oidc/oidc.h"
#include "base/b64.h"
#include "base/clock.h"
#include "base/ct.h"
#include "base/json.h"

enum { URIS_MAX = 32, SECRET_BYTES = 32, NAME_MAX_BYTES = 100, PURPOSE_MAX_BYTES = 400, SECTOR_MAX_BYTES = 128 };

static const struct { const char *slug, *cure; } uri_cures[] = {
	{ "oidc.uri.scheme", "it must begin with https://, or with http:// on this machine (127.0.0.1, [::1], localhost, *.localhost)" },
	{ "oidc.uri.fragment", "a # part is not allowed" },
	{ "oidc.uri.wildcard", "wildcards are not allowed: register each address" },
	{ "oidc.uri.userinfo", "a user name before @ is not allowed" },
	{ "oidc.uri.host", "the host must be in lower case, without a final dot, and the port a number" },
	{ "oidc.uri.bytes", "blanks, quotes, backslashes and non-ASCII characters are not allowed" },
};

static uint32_t check_uri(struct ctl *c, const char *option, struct str uri)
{
	struct err e = oidc_uri_check(uri);

	for (size_t i = 0; failed(e) && i < sizeof uri_cures / sizeof *uri_cures; i++)
		if (str_eq_c(str_from_c(uri_cures[i].slug), e.slug))
			return ctl_fault(c, CTL_FAILED, option, uri_cures[i].slug, "--%s " STR_FMT ": %s", option, STR_ARG(uri), uri_cures[i].cure);
	return CTL_DONE;
}

static uint32_t read_uris(struct ctl *c, const char *option, struct str **ret_v, size_t *ret_n)
{
	*ret_v = arena_array(c->a, struct str, URIS_MAX);
	*ret_n = 0;
	for (size_t i = 0; i < c->option_n; i++) {
		if (!str_eq_c(c->options[i].name, option))
			continue;
		if (*ret_n == URIS_MAX)
			return ctl_fault(c, CTL_FAILED, option, "partner.uri.many", "--%s: at most %d", option, URIS_MAX);
		if (check_uri(c, option, c->options[i].value))
			return CTL_FAILED;
		(*ret_v)[(*ret_n)++] = c->options[i].value;
	}
	return CTL_DONE;
}

static bool id_is_fine(struct str id)
{
	for (size_t i = 0; i < id.n; i++)
		if (!((id.p[i] >= 'a' && id.p[i] <= 'z') || (id.p[i] >= 'A' && id.p[i] <= 'Z') || (id.p[i] >= '0' && id.p[i] <= '9')
		      || (i && strchr("-._~", id.p[i]))))
			return false;
	return id.n >= 1 && id.n <= 64;
}

/* Other names that people use for an attribute or for several. */
static struct str expand(struct str word)
{
	static const struct { const char *said, *meant; } table[] = {
		{ "profile", "family_name given_name birthdate" }, { "birth_date", "birthdate" }, { "email_verified", "email" },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (str_eq_c(word, table[i].said))
			return str_from_c(table[i].meant);
	return word;
}

/* The words of a list option, each one of `allowed`; the result blank-separated. */
static uint32_t read_words(struct ctl *c, const char *option, struct str allowed, struct str dflt, struct str *ret)
{
	struct str v[16], rest, word;
	size_t n = ctl_list(c, option, v, 16);
	struct buf b;

	buf_init(&b, 1024);
	for (size_t i = 0; i < n; i++) {
		rest = expand(v[i]);
		while (str_split(&rest, ' ', &word)) {
			if (!word.n)
				continue;
			if (!str_has_word(allowed, word)) {
				buf_done(&b);
				return ctl_fault(c, CTL_FAILED, option, "partner.word", "--%s: " STR_FMT " is none of: " STR_FMT, option, STR_ARG(word), STR_ARG(allowed));
			}
			if (str_has_word(buf_str(&b), word))
				continue;
			if (b.n)
				buf_add_char(&b, ' ');
			buf_add(&b, word);
		}
	}
	*ret = b.n ? arena_dup(c->a, buf_str(&b)) : dflt;
	buf_done(&b);
	return CTL_DONE;
}

uint32_t ctl_choice(struct ctl *c, const char *option, const char *const *words, size_t n, int *ret)
{
	struct str said = ctl_option(c, option);

	*ret = 0;
	if (!ctl_has(c, option))
		return CTL_DONE;
	for (size_t i = 0; i < n; i++)
		if (str_eq_c(said, words[i])) {
			*ret = (int)i;
			return CTL_DONE;
		}
	return ctl_fault(c, CTL_FAILED, option, "partner.choice", "--%s: " STR_FMT " is not known; see: guichetctl help", option, STR_ARG(said));
}

static uint32_t read_ways(struct ctl *c, struct partner *p)
{
	static const char *const auths[] = { "basic", "post", "none", "client_secret_basic", "client_secret_post" }, *const algs[] = { "ES256", "RS256" },
		*const releases[] = { "inform", "consent", "none" };
	int auth, alg, release;

	if (ctl_choice(c, "auth", auths, 5, &auth) || ctl_choice(c, "alg", algs, 2, &alg) || ctl_choice(c, "release", releases, 3, &release))
		return CTL_FAILED;
	p->auth = (enum partner_auth)(auth % 3);
	p->alg = (enum sign_alg)alg;
	p->release = (enum release_mode)release;
	if (read_words(c, "grant", STR("authorization_code refresh_token client_credentials"), STR("authorization_code"), &p->grants)
	    || read_words(c, "attributes", policy_attribute_names(), STR_NONE, &p->attributes))
		return CTL_FAILED;
	if (!str_has_word(idp_keys(c->idp)->algs, str_from_c(algs[alg])))
		return ctl_fault(c, CTL_FAILED, "alg", "partner.alg", "--alg %s: the signer holds no such key; see: guichetctl key list", algs[alg]);
	return CTL_DONE;
}

static uint32_t read_addresses(struct ctl *c, struct partner *p)
{
	bool code = partner_has_grant(p, "authorization_code");

	if (read_uris(c, "redirect-uri", &p->redirect_uris, &p->redirect_n)
	    || read_uris(c, "post-logout-uri", &p->post_logout_uris, &p->post_logout_n))
		return CTL_FAILED;
	p->backchannel_uri = ctl_option(c, "backchannel-logout-uri");
	if (p->backchannel_uri.n && check_uri(c, "backchannel-logout-uri", p->backchannel_uri))
		return CTL_FAILED;
	if (code && !p->redirect_n)
		return ctl_fault(c, CTL_USAGE, "redirect-uri", "partner.redirect", "partner add oidc wants at least one --redirect-uri (or only --grant client_credentials)");
	if (p->auth == PARTNER_PUBLIC && partner_has_grant(p, "client_credentials"))
		return ctl_fault(c, CTL_FAILED, "auth", "partner.public", "--grant client_credentials needs a secret: use --auth basic or --auth post");
	return CTL_DONE;
}

uint32_t ctl_partner_read_names(struct ctl *c, struct partner *p, struct str name)
{
	p->name[LANG_FR] = ctl_has(c, "name") ? ctl_option(c, "name") : name;
	p->name[LANG_EN] = ctl_has(c, "name-en") ? ctl_option(c, "name-en") : p->name[LANG_FR];
	p->purpose[LANG_FR] = ctl_option(c, "purpose");
	p->purpose[LANG_EN] = ctl_has(c, "purpose-en") ? ctl_option(c, "purpose-en") : p->purpose[LANG_FR];
	p->sector = ctl_has(c, "sector") ? ctl_option(c, "sector") : p->id;
	for (int i = 0; i < LANG_COUNT; i++) {
		if (!p->name[i].n || (p->name[i].n > NAME_MAX_BYTES && !str_eq(p->name[i], p->id)) || str_has_control(p->name[i]))
			return ctl_fault(c, CTL_FAILED, i ? "name-en" : "name", "partner.name", "--name is one line of at most %d bytes", NAME_MAX_BYTES);
		if (p->purpose[i].n > PURPOSE_MAX_BYTES || str_has_control(p->purpose[i]))
			return ctl_fault(c, CTL_FAILED, i ? "purpose-en" : "purpose", "partner.purpose", "--purpose is one line of at most %d bytes", PURPOSE_MAX_BYTES);
	}
	if (!p->sector.n || !oidc_is_printable(p->sector, SECTOR_MAX_BYTES))
		return ctl_fault(c, CTL_FAILED, "sector", "partner.sector", "--sector is printable ASCII of at most %d bytes; give one when the entityID is longer",
			SECTOR_MAX_BYTES);
	return CTL_DONE;
}

static uint32_t read_id(struct ctl *c, struct partner *p)
{
	p->id = ctl_option(c, "id");
	return id_is_fine(p->id) ? CTL_DONE
		: ctl_fault(c, CTL_USAGE, "id", "partner.id", "partner add oidc wants --id: letters, digits and -._~, at most 64");
}

static void add_words(struct buf *b, const char *name, struct str words)
{
	json_add_key(b, name);
	json_add_words(b, words);
}

static void add_strs(struct buf *b, const char *name, const struct str *v, size_t n)
{
	json_add_key(b, name);
	buf_add_char(b, '[');
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_add_char(b, ',');
		json_add_str(b, v[i]);
	}
	buf_add_char(b, ']');
}

static void add_json(struct ctl *c, const struct partner *p, struct str secret)
{
	struct buf *b = &c->out;

	if (p->saml) {
		ctl_partner_saml_json(c, p);
		return;
	}
	buf_add_char(b, '{');
	json_field_str(b, "client_id", p->id);
	if (secret.n)
		json_field_str(b, "client_secret", secret);
	json_field_c(b, "protocol", "oidc");
	json_field_c(b, "state", p->enabled ? "active" : "disabled");
	json_field_str(b, "name", p->name[LANG_FR]);
	json_field_str(b, "name_en", p->name[LANG_EN]);
	if (p->purpose[LANG_FR].n)
		json_field_str(b, "purpose", p->purpose[LANG_FR]);
	json_field_c(b, "auth", partner_auth_name(p->auth));
	json_field_c(b, "alg", p->alg == SIGN_RS256 ? "RS256" : "ES256");
	add_words(b, "grants", p->grants);
	json_field_str(b, "sector", p->sector);
	json_field_c(b, "people", partner_people_name(p));
	add_words(b, "attributes", p->attributes);
	json_field_c(b, "release", release_mode_name(p->release));
	add_strs(b, "redirect_uris", p->redirect_uris, p->redirect_n);
	add_strs(b, "post_logout_redirect_uris", p->post_logout_uris, p->post_logout_n);
	if (p->backchannel_uri.n)
		json_field_str(b, "backchannel_logout_uri", p->backchannel_uri);
	buf_add_char(b, '}');
}

uint32_t ctl_partner_people(struct ctl *c, struct partner *p)
{
	static const char *const people[] = { "usagers", "agents" };
	int which;

	if (ctl_choice(c, "people", people, 2, &which))
		return CTL_FAILED;
	p->agents = which == 1;
	if (!p->agents)
		return CTL_DONE;
	p->acr_min = STR("f2");
	p->release = RELEASE_NONE;
	if (p->attributes.n && !str_eq_c(p->attributes, "name"))
		return ctl_fault(c, CTL_FAILED, "attributes", "partner.agents.attributes", "--attributes: of agents, only name is known");
	if (p->saml && p->saml->name_id == NAME_EMAIL)
		return ctl_fault(c, CTL_FAILED, "name-id", "partner.agents.name", "--name-id email: no address of agents is kept");
	return CTL_DONE;
}

uint32_t ctl_partner_read_oidc(struct ctl *c, struct partner *p)
{
	uint32_t code;

	*p = (struct partner){ .protocol = STR("oidc"), .enabled = true, .acr_min = STR("f1") };
	code = read_id(c, p);
	if (!code)
		code = ctl_partner_read_names(c, p, p->id);
	if (!code)
		code = read_ways(c, p);
	if (!code)
		code = read_addresses(c, p);
	return code ? code : ctl_partner_people(c, p);
}

static struct str make_secret(struct ctl *c, struct partner *p)
{
	unsigned char r[SECRET_BYTES];
	struct str secret;

	if (p->auth == PARTNER_PUBLIC)
		return STR_NONE;
	random_bytes(r, sizeof r);
	secret = arena_concat(c->a, (struct str[]){ STR("ville_cs_"), b64url_encode(c->a, r, sizeof r) }, 2);
	explicit_bzero(r, sizeof r);
	sha256(secret, p->secret_hash);
	p->has_secret = true;
	return secret;
}

struct str ctl_partner_settle_secret(struct ctl *c, struct partner *p, const struct partner *old)
{
	if (!old || !old->has_secret || p->auth == PARTNER_PUBLIC || ctl_has(c, "new-secret"))
		return make_secret(c, p);
	p->has_secret = true;
	memcpy(p->secret_hash, old->secret_hash, sizeof p->secret_hash);
	return STR_NONE;
}

static uint32_t add_oidc(struct ctl *c)
{
	struct partner p;
	const struct partner *old;
	struct str secret;
	uint32_t code = ctl_partner_read_oidc(c, &p);
	bool stored;

	if (code)
		return code;
	old = partner_find(c->idp->registry, c->a, p.id);
	secret = ctl_partner_settle_secret(c, &p, old);
	code = ctl_partner_put(c, &p, old, &stored);
	if (!stored)
		return code;
	p.enabled = !old || old->enabled;
	if (c->json) {
		add_json(c, &p, secret);
		buf_add_char(&c->out, '\n');
		return CTL_DONE;
	}
	buf_addf(&c->out, "client_id: " STR_FMT "\n", STR_ARG(p.id));
	if (secret.n)
		buf_addf(&c->out, "client_secret: " STR_FMT "\n(shown once; only its hash is kept)\n", STR_ARG(secret));
	return CTL_DONE;
}

static uint32_t find(struct ctl *c, const struct partner **ret)
{
	if (c->word_n != 1)
		return ctl_fail(c, CTL_USAGE, "which partner? give its id");
	*ret = partner_find(c->idp->registry, c->a, c->words[0]);
	return *ret ? CTL_DONE : ctl_fail(c, CTL_FAILED, "no partner " STR_FMT "; see: guichetctl partner list", STR_ARG(c->words[0]));
}

static uint32_t list(struct ctl *c)
{
	size_t n = 0;
	const struct partner *v = partner_list(c->idp->registry, c->a, &n);

	if (c->json)
		buf_add_char(&c->out, '[');
	for (size_t i = 0; i < n; i++) {
		if (c->json) {
			if (i)
				buf_add_char(&c->out, ',');
			add_json(c, &v[i], STR_NONE);
		} else {
			buf_addf(&c->out, STR_FMT "\t%s\t" STR_FMT "\n", STR_ARG(v[i].id), v[i].enabled ? "active" : "disabled", STR_ARG(v[i].name[LANG_FR]));
		}
	}
	if (c->json)
		buf_add_c(&c->out, "]\n");
	return CTL_DONE;
}

static uint32_t show(struct ctl *c)
{
	const struct partner *p = NULL;
	uint32_t code = find(c, &p);

	if (code)
		return code;
	if (c->json) {
		add_json(c, p, STR_NONE);
		buf_add_char(&c->out, '\n');
		return CTL_DONE;
	}
	if (p->saml) {
		ctl_partner_saml_text(c, p);
		return CTL_DONE;
	}
	buf_addf(&c->out, "client_id: " STR_FMT "\nname: " STR_FMT "\nstate: %s\nauth: %s\nalg: %s\ngrants: " STR_FMT "\nsector: " STR_FMT
		"\npeople: %s\nattributes: " STR_FMT "\nrelease: %s\n", STR_ARG(p->id), STR_ARG(p->name[LANG_FR]), p->enabled ? "active" : "disabled",
		partner_auth_name(p->auth), p->alg == SIGN_RS256 ? "RS256" : "ES256", STR_ARG(p->grants), STR_ARG(p->sector), partner_people_name(p),
		STR_ARG(p->attributes), release_mode_name(p->release));
	for (size_t i = 0; i < p->redirect_n; i++)
		buf_addf(&c->out, "redirect uri: " STR_FMT "\n", STR_ARG(p->redirect_uris[i]));
	for (size_t i = 0; i < p->post_logout_n; i++)
		buf_addf(&c->out, "post-logout uri: " STR_FMT "\n", STR_ARG(p->post_logout_uris[i]));
	if (p->backchannel_uri.n)
		buf_addf(&c->out, "back-channel logout uri: " STR_FMT "\n", STR_ARG(p->backchannel_uri));
	return CTL_DONE;
}

static uint32_t say_done(struct ctl *c, struct str id, const char *state, struct err e)
{
	if (failed(e))
		return ctl_fail_err(c, e);
	if (c->json) {
		buf_add_char(&c->out, '{');
		json_field_str(&c->out, "client_id", id);
		json_field_c(&c->out, "state", state);
		buf_add_c(&c->out, "}\n");
	} else {
		buf_addf(&c->out, "partner " STR_FMT " is %s\n", STR_ARG(id), state);
	}
	return CTL_DONE;
}

static uint32_t remove_partner(struct ctl *c)
{
	const struct partner *p = NULL;
	uint32_t code = find(c, &p);

	return code ? code : say_done(c, p->id, "removed", partner_remove(c->idp, p->id, c->actor, c->now_s));
}

static uint32_t disable(struct ctl *c)
{
	const struct partner *p = NULL;
	uint32_t code = find(c, &p);

	return code ? code : say_done(c, p->id, "disabled", partner_set_state(c->idp, p->id, false, c->actor, c->now_s));
}

static uint32_t enable(struct ctl *c)
{
	const struct partner *p = NULL;
	uint32_t code = find(c, &p);

	return code ? code : say_done(c, p->id, "active", partner_set_state(c->idp, p->id, true, c->actor, c->now_s));
}

/* An address at which anybody can run a sign-in there to its end, without the partner. */
static uint32_t try_partner(struct ctl *c)
{
	const struct partner *p = NULL;
	uint32_t code = find(c, &p);
	struct str url;
	struct err e;

	if (code)
		return code;
	e = trial_link(c->idp, c->a, p, c->actor, c->now_s, &url);
	if (failed(e))
		return ctl_fail_err(c, e);
	if (c->json) {
		buf_add_char(&c->out, '{');
		json_field_str(&c->out, "client_id", p->id);
		json_field_str(&c->out, "url", url);
		buf_add_c(&c->out, "}\n");
	} else {
		buf_addf(&c->out, STR_FMT "\n(good for ten minutes; nothing is sent to the partner)\n", STR_ARG(url));
	}
	return CTL_DONE;
}

/* What was refused, why, and what cures it: as on the partner's page. */
static uint32_t refusals(struct ctl *c)
{
	struct refusal v[REFUSALS_SHOWN];
	const struct partner *p = NULL;
	uint32_t code = find(c, &p);
	size_t n = 0;
	struct err e;

	if (code)
		return code;
	e = refusals_load(c->idp->store, c->a, p->id, v, &n);
	if (failed(e))
		return ctl_fail_err(c, e);
	if (c->json)
		buf_add_char(&c->out, '[');
	for (size_t i = 0; i < n; i++) {
		struct refusal_words fr = refusal_words(v[i].slug, LANG_FR);

		if (!c->json) {
			buf_addf(&c->out, STR_FMT "  " STR_FMT " (" STR_FMT ", %lld)\n    " STR_FMT "\n", STR_ARG(time_format_utc(c->a, v[i].at_s)),
				STR_ARG(fr.sentence), STR_ARG(v[i].slug), (long long)v[i].n, STR_ARG(fr.cure));
			continue;
		}
		buf_add_c(&c->out, i ? ",{" : "{");
		json_field_i64(&c->out, "at", v[i].at_s);
		json_field_str(&c->out, "reason", v[i].slug);
		json_field_str(&c->out, "sentence", fr.sentence);
		json_field_str(&c->out, "cure", fr.cure);
		json_field_str(&c->out, "request", v[i].request);
		json_field_i64(&c->out, "count", v[i].n);
		buf_add_char(&c->out, '}');
	}
	if (c->json)
		buf_add_c(&c->out, "]\n");
	else if (!n)
		buf_add_c(&c->out, "nothing of it was refused within a year\n");
	return CTL_DONE;
}

const struct ctl_command ctl_partner[] = {
	{ "partner add oidc", "--id ID --redirect-uri URI... [--post-logout-uri URI...] [--backchannel-logout-uri URI] [--name NAME]"
	  " [--name-en NAME] [--purpose SENTENCE] [--purpose-en SENTENCE] [--auth basic|post|none] [--alg ES256|RS256] [--grant NAME...] [--sector NAME] [--people usagers|agents] [--attributes LIST]"
	  " [--release inform|consent|none] [--replace] [--new-secret] [--json]", "redirect-uri post-logout-uri grant attributes",
	  "id backchannel-logout-uri name name-en purpose purpose-en auth alg sector people release", "replace new-secret", add_oidc },
	{ "partner add saml", "--metadata FILE [--name NAME] [--name-en NAME] [--purpose SENTENCE] [--purpose-en SENTENCE] [--sign-response]"
	  " [--name-id persistent|transient|email] [--sector NAME] [--people usagers|agents] [--attributes LIST] [--release inform|consent|none]"
	  " [--idp-initiated] [--replace] [--json]", "attributes", "metadata name name-en purpose purpose-en name-id sector people release",
	  "sign-response idp-initiated replace", ctl_partner_add_saml },
	{ "partner list", "[--json]", "", "", "", list },
	{ "partner show", "ID [--json]", "", "", "", show },
	{ "partner disable", "ID [--json]", "", "", "", disable },
	{ "partner enable", "ID [--json]", "", "", "", enable },
	{ "partner try", "ID [--json]", "", "", "", try_partner },
	{ "partner refusals", "ID [--json]", "", "", "", refusals },
	{ "partner remove", "ID [--json]", "", "", "", remove_partner },
	{ 0 }
};
