/* SPDX-License-Identifier: Apache-2.0
 *
 * logout.c - where the browser goes when the citizen signs out here. */
#include "sp-lib/sp.h"
#include "wire/http/http.h"

static MUST struct err logout_url(struct sp *sp, struct arena *a, const struct sp_identity *id, const char *state,
	const char *ui_locales, int64_t now_s, const char **ret_url)
{
	struct http_pair v[8];
	struct sp_metadata m;
	size_t n = 0;

	if (sp->saml)
		return sp_saml_logout_url(sp, a, id, str_from_c(state), now_s, ret_url);
	TRY(sp_provider_metadata(sp, a, now_s, sp->provider_check_s, &m));
	ENSURE(m.end_session.n > 0, BROKEN, "sp.provider.metadata");
	if (id && id->id_token && id->id_token[0])
		v[n++] = (struct http_pair){ STR("id_token_hint"), str_from_c(id->id_token) };
	v[n++] = (struct http_pair){ STR("client_id"), sp->client_id };
	if (sp->post_logout_redirect_uri.n)
		v[n++] = (struct http_pair){ STR("post_logout_redirect_uri"), sp->post_logout_redirect_uri };
	if (state && state[0])
		v[n++] = (struct http_pair){ STR("state"), str_from_c(state) };
	if (ui_locales && ui_locales[0])
		v[n++] = (struct http_pair){ STR("ui_locales"), str_from_c(ui_locales) };
	*ret_url = arena_c(a, http_add_query(a, m.end_session, v, n));
	return NO_ERR;
}

struct sp_result sp_logout_url(struct sp *sp, struct sp_scope *s, const struct sp_identity *identity,
	const char *state, const char *ui_locales, int64_t now_s, const char **ret_url)
{
	return sp_result_of(logout_url(sp, sp_arena_of(s), identity, state, ui_locales, now_s, ret_url));
}
