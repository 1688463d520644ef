/* idp_holder.c - see idp_holder.h. */
#include "tests/unit/idp_holder.h"
#include "base/b64.h"
#include <liboath/oath.h>

struct holder holder_of(void **state, const char *login)
{
	return (struct holder){ .w = *state, .login = login };
}

/* What the application shows `steps` steps from now. */
struct str shown(struct holder *h, int64_t steps)
{
	char code[TOTP_DIGITS + 1];

	assert_int_equal(oath_hotp_generate(h->secret, sizeof h->secret, (uint64_t)(h->w->now_s / TOTP_STEP_S + steps), TOTP_DIGITS, false,
		OATH_HOTP_DYNAMIC_TRUNCATION, code), OATH_OK);
	return arena_dup(h->w->a, str_from_c(code));
}

/* The text behind id="..."> on a page. */
struct str inside(struct world *w, const struct http_resp *r, const char *id)
{
	struct str key = fmt(w, "id=\"%s\">", id);
	const char *p = memmem(r->body.p, r->body.n, key.p, key.n), *end;

	if (!p)
		return STR_NONE;
	p += key.n;
	end = memchr(p, '<', r->body.n - (size_t)(p - r->body.p));
	return arena_dup(w->a, (struct str){ p, (size_t)(end - p) });
}

struct str attribute(struct world *w, const struct http_resp *r, const char *name)
{
	struct str key = fmt(w, "%s=\"", name);
	const char *p = memmem(r->body.p, r->body.n, key.p, key.n), *end;

	if (!p)
		return STR_NONE;
	p += key.n;
	end = memchr(p, '"', r->body.n - (size_t)(p - r->body.p));
	return arena_dup(w->a, (struct str){ p, (size_t)(end - p) });
}

void read_secret(struct holder *h, const struct http_resp *r)
{
	struct str words = inside(h->w, r, "secret-lisible");
	char *out = NULL;
	size_t n = 0;

	assert_int_equal(oath_base32_decode(arena_c(h->w->a, words), words.n, &out, &n), OATH_OK);
	assert_int_equal(n, sizeof h->secret);
	memcpy(h->secret, out, n);
	free(out);
}

void read_codes(struct holder *h, const struct http_resp *r)
{
	const char *p = r->body.p, *end = p + r->body.n;

	for (size_t i = 0; i < RECOVERY_N; i++) {
		p = memmem(p, (size_t)(end - p), "<li><code>", 10);
		assert_non_null(p);
		p += 10;
		h->codes[i] = arena_dup(h->w->a, (struct str){ p, 19 });
	}
}

struct http_resp *go(struct holder *h, const struct http_resp *r)
{
	assert_int_equal(r->status, 303);
	return world_get(h->w, &h->b, arena_c(h->w->a, header(r, "location")));
}

/* Through the password, to the page of the second factor (or of the enrolment). */
struct http_resp *to_factor(struct holder *h)
{
	struct http_resp *r = type_password(h->w, &h->b, world_get(h->w, &h->b, "/connexion/agent"), h->login, AGENT_PASSWORD);

	r = go(h, r);
	return r->status == 303 ? go(h, r) : r;
}

struct http_resp *send_form(struct holder *h, const char *path, const struct http_resp *page, struct str fields)
{
	struct str etape = hidden(h->w, page, "etape"), suite = hidden(h->w, page, "suite"), csrf = hidden(h->w, page, "csrf"),
		retour = escaped(h->w, hidden(h->w, page, "retour"));

	return world_post(h->w, &h->b, path, fmt(h->w, "etape=" STR_FMT "&suite=" STR_FMT "&csrf=" STR_FMT "&retour=" STR_FMT "&" STR_FMT,
		STR_ARG(etape), STR_ARG(suite), STR_ARG(csrf), STR_ARG(retour), STR_ARG(fields)));
}

struct http_resp *send_code(struct holder *h, const struct http_resp *page, struct str code)
{
	return send_form(h, "/connexion/agent/facteur", page, fmt(h->w, "facteur=code&code=" STR_FMT, STR_ARG(code)));
}

struct http_resp *send_recovery(struct holder *h, const struct http_resp *page, struct str code)
{
	return send_form(h, "/connexion/agent/facteur", page, fmt(h->w, "facteur=secours&secours=" STR_FMT, STR_ARG(code)));
}

struct str printed_code(struct holder *h)
{
	struct agent g = agent_of(h->w, h->login);
	struct str code;

	assert_false(failed(agent_enrol_code(h->w->idp, h->w->a, &g, STR("carla"), h->w->now_s, &code)));
	return code;
}

/* The printed code, to the page where one chooses. */
struct http_resp *to_choice(struct holder *h)
{
	struct http_resp *r = to_factor(h);
	struct str code = printed_code(h);

	assert_int_equal(r->status, 200);
	return go(h, send_form(h, "/connexion/agent/inscription", r, fmt(h->w, "code-inscription=" STR_FMT, STR_ARG(code))));
}

/* A link of a page, by its id. */
struct http_resp *click(struct holder *h, const struct http_resp *r, const char *id)
{
	struct str key = fmt(h->w, "id=\"%s\" href=\"", id);
	const char *p = memmem(r->body.p, r->body.n, key.p, key.n);
	struct buf b;
	struct str url;

	assert_non_null(p);
	p += key.n;
	buf_init(&b, 16384);
	for (; *p != '"'; p++) {
		buf_add_char(&b, *p);
		if (strncmp(p, "&amp;", 5) == 0)
			p += 4;
	}
	url = arena_dup(h->w->a, buf_str(&b));
	buf_done(&b);
	return world_get(h->w, &h->b, arena_c(h->w->a, url));
}

struct http_resp *send_draft(struct holder *h, const char *path, const struct http_resp *page, struct str code, const char *name)
{
	struct str draft = hidden(h->w, page, "secret");

	return send_form(h, path, page, fmt(h->w, "quoi=application&secret=" STR_FMT "&code=" STR_FMT "&nom=%s", STR_ARG(draft), STR_ARG(code), name));
}

struct http_resp *enrolled_page(struct holder *h)
{
	struct http_resp *r = click(h, to_choice(h), "choisir-application");

	read_secret(h, r);
	r = send_draft(h, "/connexion/agent/inscription", r, shown(h, 0), "Mon%20telephone");
	assert_int_equal(r->status, 200);
	read_codes(h, r);
	return r;
}

struct http_resp *finish(struct holder *h, const struct http_resp *r)
{
	struct str done = hidden(h->w, r, "fini");

	return send_form(h, "/connexion/agent/inscription", r, fmt(h->w, "fini=" STR_FMT, STR_ARG(done)));
}

/* Enrolled, signed in, and a step later: the code of the enrolment is spent. */
void enrol(struct holder *h)
{
	assert_int_equal(finish(h, enrolled_page(h))->status, 303);
	assert_true(agent_is_in(h->w, &h->b));
	h->w->now_s += TOTP_STEP_S;
}

void forget(struct holder *h)
{
	h->b = (struct browser){ 0 };
}


static struct str b64(struct holder *h, struct str bytes) { return b64url_encode(h->w->a, bytes.p, bytes.n); }

struct http_resp *make_key(struct holder *h, const char *path, const struct http_resp *page, const char *name)
{
	struct arena *a = h->w->a;
	struct str defi = hidden(h->w, page, "defi"), client = soft_client(a, "webauthn.create", attribute(h->w, page, "data-defi"), ORIGIN),
		data = soft_data(a, RP, SOFT_UP | SOFT_UV | SOFT_AT, h->key.count, soft_attested(a, h->key.id, soft_cose(a, &h->key))),
		client64 = b64(h, client), attestation64 = b64(h, soft_attestation(a, "none", STR("\xa0"), data));

	return send_form(h, path, page, fmt(h->w, "quoi=cle&nom=%s&defi=" STR_FMT "&client-data=" STR_FMT "&attestation=" STR_FMT, name,
		STR_ARG(defi), STR_ARG(client64), STR_ARG(attestation64)));
}


struct str key_fields(struct holder *h, const struct http_resp *page, const struct change *c)
{
	struct arena *a = h->w->a;
	struct str client = soft_client(a, c->type ? c->type : "webauthn.get", c->challenge.n ? c->challenge : attribute(h->w, page, "data-defi"),
			c->origin ? c->origin : ORIGIN),
		data = soft_data(a, c->rp ? c->rp : RP, c->flags ? c->flags : SOFT_UP | SOFT_UV, h->key.count, STR_NONE),
		defi = c->defi.n ? c->defi : hidden(h->w, page, "defi"), id = b64(h, c->id.n ? c->id : h->key.id), client64 = b64(h, client),
		data64 = b64(h, data), signature64 = b64(h, soft_sign(a, &h->key, data, client));

	return fmt(h->w, "facteur=cle&defi=" STR_FMT "&cle=" STR_FMT "&client-data=" STR_FMT "&auth-data=" STR_FMT "&signature=" STR_FMT
		"&proprietaire=" STR_FMT, STR_ARG(defi), STR_ARG(id), STR_ARG(client64), STR_ARG(data64), STR_ARG(signature64), STR_ARG(c->user));
}

struct http_resp *send_key(struct holder *h, const struct http_resp *page, const struct change *c)
{
	return send_form(h, "/connexion/agent/facteur", page, key_fields(h, page, c));
}

void enrol_key(struct holder *h, enum passkey_alg alg, const char *id)
{
	struct http_resp *r;

	h->key = soft_create(h->w->a, alg, id);
	r = make_key(h, "/connexion/agent/inscription", click(h, to_choice(h), "choisir-cle"), "Trousseau");
	assert_int_equal(r->status, 200);
	read_codes(h, r);
	assert_int_equal(finish(h, r)->status, 303);
	assert_true(agent_is_in(h->w, &h->b));
}
