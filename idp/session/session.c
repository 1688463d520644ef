/* session.c - the cookie, and the names that a session has. What is stored: session_store.c. */
#include "idp/session/session.h"
#include "base/b64.h"
#include "base/ct.h"

struct form_token { unsigned char session[ID_BYTES]; int64_t expires_s; };

static void form_token_io(struct frame_io *io, void *m)
{
	struct form_token *t = m;

	io_bytes(io, t->session, sizeof t->session);
	io_i64(io, &t->expires_s);
}

static void set_cookie(const struct idp *idp, const struct http_req *req, struct http_resp *r, enum session_kind kind, struct str value,
	int64_t ttl_s)
{
	/* An agent's opens files of citizens: no link from elsewhere may bring it along. */
	if (kind == SESSION_AGENT)
		http_set_strict_cookie(req, r, idp->set.https, COOKIE_AGENT, value, ttl_s);
	else
		http_set_cookie(req, r, idp->set.https, COOKIE_SESSION, value, ttl_s);
}

void session_set_cookie(const struct idp *idp, const struct http_req *req, struct http_resp *r, enum session_kind kind, struct str value)
{
	set_cookie(idp, req, r, kind, value, 0);
}

void session_clear_cookie(const struct idp *idp, const struct http_req *req, struct http_resp *r, enum session_kind kind)
{
	set_cookie(idp, req, r, kind, STR_NONE, -1);
}

/* Services must not be able to compare: the MAC's key is the session id, which none of them has. */
struct str session_sid(struct arena *a, const unsigned char session[ID_BYTES], struct str client_id)
{
	unsigned char mac[32];

	hmac_sha256((struct str){ (const char *)session, ID_BYTES }, client_id, mac);
	return b64url_encode(a, mac, 16);
}

struct str session_form_token(struct idp *idp, struct arena *a, const struct person *who, struct str purpose, int64_t now_s)
{
	struct form_token t = { .expires_s = now_s + idp->set.flow_ttl_s };
	struct str text = STR_NONE;

	memcpy(t.session, who->session, ID_BYTES);
	return failed(seal(a, idp->keys, purpose, form_token_io, &t, &text)) ? STR_NONE : text;
}

bool session_form_token_holds(struct idp *idp, struct arena *a, const struct person *who, struct str purpose, struct str token, int64_t now_s)
{
	struct form_token t = { 0 };

	return who->live && !failed(unseal(a, idp->keys, purpose, token, form_token_io, &t))
		&& ct_equal(t.session, who->session, ID_BYTES) && now_s < t.expires_s;
}
