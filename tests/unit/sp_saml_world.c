/* sp_saml_world.c - see sp_saml_world.h. */
#include "tests/unit/sp_saml_world.h"
#include <openssl/pem.h>
#include <openssl/x509.h>

EVP_PKEY *idp_key, *other_key;
static EVP_PKEY *service_key;
static struct reader *reader;

typedef struct err serve_fn(void *self, struct arena *a, const struct frame *request, frame_io_fn **ret_fn, void **ret_reply);

static int64_t noon(void) { return NOON; }

/* ---- the roles ---- */

static MUST struct err asked(serve_fn *serve, void *self, struct arena *a, uint16_t type, frame_io_fn *put, const void *message,
	frame_io_fn *get, void *ret_reply)
{
	char *body = arena_alloc(a, FRAME_MAX), *back = arena_alloc(a, FRAME_MAX);
	struct frame f = { .type = type };
	frame_io_fn *fn = NULL;
	void *reply = NULL;
	size_t n = 0;

	TRY(frame_write_body(put, message, body, FRAME_MAX, &n));
	f.body = (struct str){ body, n };
	TRY(serve(self, a, &f, &fn, &reply));
	TRY(frame_write_body(fn, reply, back, FRAME_MAX, &n));
	return frame_read_body((struct str){ back, n }, a, get, ret_reply);
}

static struct sp_result check_saml(void *self, struct sp_scope *s, const struct sp_question *q)
{
	struct saml_world *w = self;

	(void)s;
	w->checks += q->type == CHECK_SAML;
	if (w->reader_down)
		return (struct sp_result){ SP_BUSY, "engine.helper.gone" };
	return sp_result_of(asked(reader_serve, reader, w->a, q->type, q->put, q->request, q->get, q->ret_reply));
}

static struct sp_result sign(void *self, struct sp_scope *s, const struct sp_question *q)
{
	struct saml_world *w = self;
	struct err e = asked(signer_serve, w->service, w->a, q->type, q->put, q->request, q->get, q->ret_reply);

	(void)s;
	if (!failed(e))
		snprintf(w->request_id, sizeof w->request_id, STR_FMT, STR_ARG(((const struct sign_saml_message *)q->ret_reply)->id));
	return sp_result_of(e);
}

static struct sp_result fetch(void *self, struct sp_scope *s, const struct sp_fetch_ask *ask, struct sp_fetch_answer *ret)
{
	struct saml_world *w = self;

	(void)s;
	assert_string_equal(ask->url, IDP);
	assert_null(ask->body);
	w->fetches++;
	if (w->down)
		return (struct sp_result){ SP_BUSY, "fetch.gone" };
	*ret = (struct sp_fetch_answer){ 200, w->metadata.p, w->metadata.n };
	return (struct sp_result){ SP_OK, NULL };
}

/* ---- keys ---- */

static struct str text_of(struct saml_world *w, BIO *bio)
{
	char *text;
	long n = BIO_get_mem_data(bio, &text);
	struct str out = arena_dup(w->a, (struct str){ text, (size_t)n });

	BIO_free(bio);
	return out;
}

struct str saml_key_pem(struct saml_world *w, EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());

	assert_int_equal(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
	return text_of(w, bio);
}

struct str saml_certificate_pem(struct saml_world *w, EVP_PKEY *key)
{
	struct str der = forge_certificate(w->a, key);
	const unsigned char *p = (const unsigned char *)der.p;
	X509 *x = d2i_X509(NULL, &p, (long)der.n);
	BIO *bio = BIO_new(BIO_s_mem());

	assert_int_equal(PEM_write_bio_X509(bio, x), 1);
	X509_free(x);
	return text_of(w, bio);
}

static void signer_gone(void *s) { signer_destroy(s); }

struct signer *saml_signer_at(struct saml_world *w, enum sign_saml_role role, const char *entity, EVP_PKEY *key, int64_t (*now_s)(void))
{
	struct signer *s = NULL;

	assert_false(failed(signer_create(STR(ISSUER), STR_NONE, now_s, &s)));
	assert_false(failed(signer_saml_add(s, role, str_from_c(entity), saml_key_pem(w, key), saml_certificate_pem(w, key))));
	arena_defer(w->a, signer_gone, s);
	return s;
}

struct signer *saml_signer(struct saml_world *w, enum sign_saml_role role, const char *entity, EVP_PKEY *key)
{
	return saml_signer_at(w, role, entity, key, noon);
}

struct sign_saml_message saml_written(struct saml_world *w, struct signer *s, uint16_t type, frame_io_fn *put, const void *message)
{
	struct sign_saml_message out = { 0 };
	struct err e = asked(signer_serve, s, w->a, type, put, message, ipc_sign_saml_message_io, &out);

	if (failed(e))
		fail_msg("signer: %s", e.slug);
	return out;
}

struct str saml_metadata_of(struct saml_world *w, struct signer *idp, int64_t valid_until_s)
{
	struct sign_saml_endpoint sso[] = { { SIGN_BINDING_POST, STR(ISSUER "/saml/sso-post") }, { SIGN_BINDING_REDIRECT, STR(ISSUER "/saml/sso") } };
	struct sign_saml_endpoint slo = { SIGN_BINDING_REDIRECT, STR(ISSUER "/saml/slo") };
	struct sign_saml_metadata m = {
		.role = SIGN_ROLE_IDP, .valid_until_s = valid_until_s, .main = sso, .main_n = 2, .logout = &slo, .logout_n = 1,
	};

	return saml_written(w, idp, SIGN_SAML_METADATA, ipc_sign_saml_metadata_io, &m).text;
}

/* ---- life ---- */

void saml_again(struct saml_world *w)
{
	struct sp_result r;

	sp_destroy(w->sp);
	w->sp = NULL;
	r = sp_create(&w->config, &w->hooks, &w->sp);
	if (r.kind != SP_OK)
		fail_msg("%s", r.slug);
}

static void make_once(void)
{
	if (reader)
		return;
	idp_key = forge_rsa(2048);
	other_key = forge_rsa(2048);
	service_key = forge_rsa(2048);
	assert_false(failed(reader_create(&reader)));
	assert_false(failed(reader_enable_saml(reader)));
}

int saml_setup(void **state)
{
	struct saml_world *w = calloc(1, sizeof *w);

	make_once();
	w->a = arena_create(FORGE_ARENA);
	w->idp = saml_signer(w, SIGN_ROLE_IDP, IDP, idp_key);
	w->service = saml_signer(w, SIGN_ROLE_SP, ENTITY, service_key);
	w->metadata = saml_metadata_of(w, w->idp, 0);
	w->config = (struct sp_config){
		.issuer = ISSUER, .redirect_uri = ACS, .seal_key = "TEST-ONLY-0123456789abcdef0123456789abcdef", .seal_key_n = 42,
		.provider_check_s = 2, .protocol = SP_SAML, .entity_id = ENTITY, .logout_url = SLO, .display_name = "État civil",
	};
	w->hooks = (struct sp_hooks){ .self = w, .fetch = fetch, .remember = fake_remember, .memory_self = &w->memory,
		.check_saml = check_saml, .sign = sign };
	w->s = sp_scope_create();
	saml_again(w);
	*state = w;
	return 0;
}

int saml_teardown(void **state)
{
	struct saml_world *w = *state;

	for (size_t i = 0; i < ENTRIES; i++)
		free(w->memory.entries[i].value);
	sp_destroy(w->sp);
	sp_scope_destroy(w->s);
	arena_destroy(w->a);
	free(w);
	return 0;
}

/* ---- signing in ---- */

static void answer_fill(struct saml_world *w)
{
	static struct str given_name = STR_INIT("Jeanne"), family_name = STR_INIT("L'Évêque & fils");
	static struct sign_saml_attribute attributes[] = {
		{ .name = STR_INIT("given_name"), .values = &given_name, .value_n = 1 },
		{ .name = STR_INIT("urn:oid:2.5.4.4"), .friendly_name = STR_INIT("sn"), .values = &family_name, .value_n = 1 },
	};

	w->answer = (struct sign_saml_response){
		.status = SIGN_STATUS_SUCCESS, .destination = STR(ACS), .in_response_to = str_from_c(w->request_id), .issued_at_s = NOON,
		.audience = STR(ENTITY), .subject = { .kind = SIGN_NAME_ID_PERSISTENT, .who.alias = STR(SUBJECT),
			.name_qualifier = STR(IDP), .sp_name_qualifier = STR(ENTITY) },
		.session_index = STR(SESSION), .authn_context = STR(PASSWORD_CONTEXT), .not_before_s = NOON - 30, .expires_at_s = NOON + 120,
		.authn_instant_s = NOON - 20, .session_ends_at_s = NOON + 7200, .attributes = attributes, .attribute_n = 2,
	};
}

void saml_start_with(struct saml_world *w, struct sp_login_options o)
{
	struct sp_result r = sp_login_start(w->sp, w->s, &o, NOON, &w->login);

	if (r.kind != SP_OK)
		fail_msg("%s", r.slug);
	query_value(w->login.url, "RelayState", w->state, sizeof w->state);
	answer_fill(w);
}

void saml_start(struct saml_world *w)
{
	saml_start_with(w, (struct sp_login_options){ .return_to = "/mes-demandes?page=2" });
}

const char *saml_form(struct saml_world *w, const char *field, struct str xml, const char *relay_state)
{
	struct http_pair v[] = { { str_from_c(field), forge_base64(w->a, xml) }, { STR("RelayState"), str_from_c(relay_state) } };

	return arena_c(w->a, str_slice(http_add_query(w->a, STR_NONE, v, relay_state ? 2 : 1), 1, SIZE_MAX));
}

struct str saml_answer_xml(struct saml_world *w)
{
	return saml_written(w, w->idp, SIGN_SAML_RESPONSE, ipc_sign_saml_response_io, &w->answer).text;
}

struct sp_result saml_finish_xml(struct saml_world *w, struct str xml, int64_t now_s, struct sp_identity *ret)
{
	return sp_login_finish(w->sp, w->s, saml_form(w, "SAMLResponse", xml, w->state), w->login.cookie.value, now_s, ret);
}

struct sp_result saml_finish(struct saml_world *w, struct sp_identity *ret)
{
	return saml_finish_xml(w, saml_answer_xml(w), NOON + 5, ret);
}

/* ---- forging ---- */

static struct str ours(struct saml_world *w, struct str xml)
{
	struct str was;

	/* The forge's names: this world's instead, wherever they stand. */
	const char *const pairs[][2] = { { FORGE_IDP, IDP }, { FORGE_SP, ENTITY }, { FORGE_ACS, ACS }, { "\"_q1\"", NULL } };
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		const char *to = pairs[i][1] ? pairs[i][1] : arena_printf(w->a, "\"%s\"", w->request_id).p;

		for (was = xml; memmem(xml.p, xml.n, pairs[i][0], strlen(pairs[i][0])); was = xml)
			xml = forge_with(w->a, was, pairs[i][0], to);
	}
	return xml;
}

struct str saml_forged_assertion(struct saml_world *w)
{
	return ours(w, forge_assertion(w->a));
}

struct str saml_forged_response(struct saml_world *w, struct str assertion)
{
	return ours(w, forge_response(w->a, assertion));
}
