/* issue_store.c - what is remembered of an assertion: the request that it answered, and the participant. */
#include "idp/saml/saml_idp.h"
#include "base/ct.h"

#define ID(p) bytes_(((struct str){ (const char *)(p), ID_BYTES }))

/* IDs are unique within a partner only. */
static void request_key(const struct saml_issue *i, unsigned char ret[32])
{
	hmac_sha256(i->client_id, i->request_id, ret);
}

static MUST struct err request_claim_tx(struct store_tx *tx, const struct saml_issue *i)
{
	const unsigned char *session = i->who->session;
	unsigned char key[32];
	struct str id = { (const char *)key, sizeof key };
	struct store_row row;
	int64_t added = 0;

	request_key(i, key);
	TRY(store_exec(tx, "INSERT INTO saml_request (id, session_id, expires_s) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", &added,
		bytes_(id), ID(session), int_(i->keep_until_s)));
	if (!added) {
		/* A page that is loaded again, or a form sent twice, is the same session: it gets its answer again. */
		TRY(store_one(tx, "SELECT session_id FROM saml_request WHERE id = $1", &row, bytes_(id)));
		ENSURE(row.found && ct_str_equal(row_str(&row, 0), (struct str){ (const char *)session, ID_BYTES }), DENIED, "saml.replay");
	}
	return NO_ERR;
}

static MUST struct err claim_tx(struct store_tx *tx, void *arg)
{
	const struct saml_issue *i = arg;
	const unsigned char *session = i->who->session;
	struct store_row row;

	TRY(store_one(tx, "SELECT ends_s FROM session WHERE id = $1", &row, ID(session)));
	ENSURE(row.found && row_int(&row, 0) > i->now_s, DENIED, "saml.session");
	if (i->request_id.n)
		TRY(request_claim_tx(tx, i));
	return session_join_tx(tx, session, i->client_id, i->subject, i->session_index, i->now_s, i->who->ends_s);
}

struct err saml_issue_claim(struct store *s, const struct saml_issue *i)
{
	struct saml_issue copy = *i;

	return store_tx(s, QUICK, claim_tx, &copy);
}
