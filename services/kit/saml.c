/* saml.c - /saml/metadata and /saml/slo: who we are, and what the identity provider says of signing out. */
#include "services/kit/kit_impl.h"

const char *kit_form_text(const struct http_req *req, const char *const *names)
{
	struct http_pair v[4];
	size_t n = 0;

	for (; *names; names++)
		if (http_has(&req->form, *names))
			v[n++] = (struct http_pair){ str_from_c(*names), http_get(&req->form, *names) };
	return n ? http_add_query(req->arena, STR_NONE, v, n).p + 1 : "";     /* without its '?' */
}

struct http_resp *kit_saml_metadata_get(void *kit, const struct http_req *req)
{
	struct kit *k = kit;
	const char *xml = NULL;
	struct err e = sp_err_of(sp_metadata(k->sp, sp_scope_of(req->arena), req->now_s, &xml));

	if (failed(e))
		return kit_error(k, req, e);
	return http_answer(req, 200, STR("application/samlmetadata+xml"), str_from_c(xml));
}

static struct http_resp *refused(struct kit *k, const struct http_req *req, struct err e)
{
	kit_audit_refusal(k, "slo", e);
	return kit_error(k, req, e);
}

/* An answer to what we asked goes on to a page of its own: a reload must not bring it twice. */
static struct http_resp *receive(struct kit *k, const struct http_req *req, const char *raw)
{
	struct sp_logout_reply reply = { 0 };
	struct err e = sp_err_of(sp_logout_receive(k->sp, sp_scope_of(req->arena), req->method == HTTP_POST, raw, req->now_s, &reply));

	if (failed(e))
		return refused(k, req, e);
	if (reply.url)
		return http_see_other(req, str_from_c(reply.url));
	return http_see_other(req, reply.partial ? STR("/deconnexion/retour?partiel=1") : STR("/deconnexion/retour"));
}

struct http_resp *kit_saml_slo_get(void *kit, const struct http_req *req)
{
	return receive(kit, req, arena_c(req->arena, req->raw_query));
}

struct http_resp *kit_saml_slo_post(void *kit, const struct http_req *req)
{
	struct kit *k = kit;

	/* Parameters in both places are two messages. */
	if (req->raw_query.n)
		return refused(k, req, err_of(MALFORMED, "sp.logout.form"));
	return receive(k, req, kit_form_text(req, (const char *const[]){ "SAMLRequest", "SAMLResponse", "RelayState", NULL }));
}
