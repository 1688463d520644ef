/* SPDX-License-Identifier: Apache-2.0
 *
 * saml.c - who speaks SAML with us: the provider's metadata and the keys in it, messages that these keys prove, and
 * our own metadata. XML is read and written in other processes; typed fields are all that comes here. */
#include "sp-lib/sp.h"
#include "wire/saml/saml_metadata.h"

enum { URL_MAX = 1024, CERTIFICATE_MAX = 4096, CERTIFICATES_MAX = 8 };

static MUST struct err ask_reader(const struct sp *sp, struct arena *a, uint16_t type, frame_io_fn *put, const void *request,
	frame_io_fn *get, void *ret_reply)
{
	struct sp_question q = { type, put, request, get, ret_reply };

	return sp_err_of(sp->hooks.check_saml(sp->hooks.self, sp_scope_of(a), &q));
}

struct err sp_saml_sign(const struct sp *sp, struct arena *a, uint16_t type, frame_io_fn *put, const void *request, struct sign_saml_message *ret_message)
{
	struct sp_question q = { type, put, request, ipc_sign_saml_message_io, ret_message };

	return sp_err_of(sp->hooks.sign(sp->hooks.self, sp_scope_of(a), &q));
}

/* ---- the provider's metadata ---- */

/* https, unless the issuer itself is plain http (one machine). */
static bool is_address(const struct sp *sp, struct str url)
{
	bool http_is_fine = str_starts(sp->issuer, STR("http://"));

	return (str_starts(url, STR("https://")) || (http_is_fine && str_starts(url, STR("http://"))))
		&& url.n <= URL_MAX && !str_has_control(url) && !str_has(url, ' ') && !str_has(url, '#');
}

static const struct saml_endpoint *endpoint(const struct sp *sp, const struct saml_metadata *m, enum saml_endpoint_kind kind)
{
	for (size_t i = 0; i < m->endpoint_n; i++) {
		const struct saml_endpoint *e = &m->endpoints[i];

		if (e->role == SAML_ROLE_IDP && e->kind == kind && str_eq_c(e->binding, SAML_BINDING_REDIRECT)
		    && is_address(sp, e->location) && (e->response_location.n == 0 || is_address(sp, e->response_location)))
			return e;
	}
	return NULL;
}

static void keys_keep(struct arena *kept, const struct saml_metadata *m, struct saml_strs *ret_certificates)
{
	*ret_certificates = (struct saml_strs){ arena_array(kept, struct str, CERTIFICATES_MAX), 0 };
	for (size_t i = 0; i < m->key_n && ret_certificates->n < CERTIFICATES_MAX; i++)
		if (m->keys[i].role == SAML_ROLE_IDP && m->keys[i].signing && m->keys[i].certificate.n <= CERTIFICATE_MAX)
			ret_certificates->v[ret_certificates->n++] = arena_dup(kept, m->keys[i].certificate);
}

struct err sp_saml_metadata_read(const struct sp *sp, struct arena *a, struct arena *kept, struct str xml, int64_t now_s, struct sp_metadata *ret_metadata)
{
	struct check_metadata q = { xml };
	struct check_metadata_result r = { 0 };
	const struct saml_endpoint *sso, *slo;

	TRY(ask_reader(sp, a, CHECK_METADATA, ipc_check_metadata_io, &q, ipc_check_metadata_result_io, &r));
	ENSURE(r.ok && r.metadata.is_idp && str_eq(r.metadata.entity_id, sp->idp_entity_id), BROKEN, "sp.provider.metadata");
	ENSURE(!failed(saml_metadata_check_time(&r.metadata, now_s)), BUSY, "sp.provider.expired");
	sso = endpoint(sp, &r.metadata, SAML_SSO);
	slo = endpoint(sp, &r.metadata, SAML_SLO);
	keys_keep(kept, &r.metadata, &ret_metadata->certificates);
	ENSURE(sso && ret_metadata->certificates.n > 0, BROKEN, "sp.provider.metadata");
	ret_metadata->sso = arena_dup(kept, sso->location);
	ret_metadata->slo = slo ? arena_dup(kept, slo->location) : STR_NONE;
	ret_metadata->slo_response = slo && slo->response_location.n ? arena_dup(kept, slo->response_location) : ret_metadata->slo;
	ret_metadata->valid_until_s = r.metadata.valid_until_s;
	return NO_ERR;
}

/* ---- its messages ---- */

static bool is_about_keys(struct err e)
{
	return failed(e) && (str_eq_c(STR("saml.signature"), e.slug) || str_eq_c(STR("saml.key"), e.slug));
}

struct err sp_saml_prove(struct sp *sp, struct arena *a, int64_t now_s, struct check_saml *q, struct check_saml_result *ret_result, struct sp_metadata *ret_metadata)
{
	struct err e;

	TRY(sp_provider_metadata(sp, a, now_s, INT64_MAX, ret_metadata));
	q->certificates = ret_metadata->certificates;
	e = ask_reader(sp, a, CHECK_SAML, ipc_check_saml_io, q, ipc_check_saml_result_io, ret_result);
	if (!is_about_keys(e))
		return e;
	/* The provider may have begun to sign with a new key. */
	TRY(sp_provider_later(sp, a, now_s, ret_metadata->edition, ret_metadata));
	q->certificates = ret_metadata->certificates;
	return ask_reader(sp, a, CHECK_SAML, ipc_check_saml_io, q, ipc_check_saml_result_io, ret_result);
}

struct err sp_slug_of(struct err e, const struct sp_slug *slugs, size_t n)
{
	for (size_t i = 0; failed(e) && i < n; i++)
		if (str_eq(str_from_c(e.slug), str_from_c(slugs[i].from)))
			return err_of(DENIED, slugs[i].to);
	return e;
}

const char *sp_saml_url(struct arena *a, struct str address, struct str query)
{
	return arena_printf(a, STR_FMT "%c" STR_FMT, STR_ARG(address), str_has(address, '?') ? '&' : '?', STR_ARG(query)).p;
}

/* ---- who we are ---- */

/* "https://etat-civil.ville.example/retour" -> "https://etat-civil.ville.example" */
static struct str origin_of(struct str url)
{
	size_t scheme = str_starts(url, STR("https://")) ? 8 : 7;

	return str_slice(url, 0, scheme + str_index(str_slice(url, scheme, url.n), '/'));
}

static MUST struct err metadata(struct sp *sp, struct arena *a, const char **ret_xml)
{
	struct sign_saml_endpoint acs = { SIGN_BINDING_POST, sp->redirect_uri };
	struct sign_saml_endpoint logout[] = { { SIGN_BINDING_REDIRECT, sp->logout_url }, { SIGN_BINDING_POST, sp->logout_url } };
	enum sign_saml_name_id name = SIGN_NAME_ID_PERSISTENT;
	/* Served by us over TLS, and fetched by an operator: no signature, and no end, which would have to be renewed. */
	struct sign_saml_metadata m = {
		.role = SIGN_ROLE_SP, .main = &acs, .main_n = 1, .logout = logout, .logout_n = sp->logout_url.n ? 2 : 0,
		.name_ids = &name, .name_id_n = 1, .organization = sp->display_name, .organization_url = origin_of(sp->redirect_uri),
		.language = STR("fr"),
	};
	struct sign_saml_message out = { 0 };

	ENSURE(sp->saml, BROKEN, "sp.protocol");
	TRY(sp_saml_sign(sp, a, SIGN_SAML_METADATA, ipc_sign_saml_metadata_io, &m, &out));
	*ret_xml = arena_c(a, out.text);
	return NO_ERR;
}

struct sp_result sp_metadata(struct sp *sp, struct sp_scope *s, int64_t now_s, const char **ret_xml)
{
	(void)now_s;
	return sp_result_of(metadata(sp, sp_arena_of(s), ret_xml));
}
