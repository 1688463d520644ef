/* issue_store.c - what is remembered of requests: those that an assertion answered, with the participant, and
 * those that ended sessions. */
#include "idp/saml/saml_idp.h"
#include "base/ct.h"

enum { KEY_BYTES = 32 };
#define ID(p) bytes_(((struct str){ (const char *)(p), ID_BYTES }))
#define KEY(p) bytes_(((struct str){ (const char *)(p), KEY_BYTES }))

static MUST struct err request_claim_tx(struct store_tx *tx, const struct saml_issue *i)
{
	const unsigned char *session = i->who->session;
	unsigned char key[KEY_BYTES];
	struct store_row row;
	int64_t added = 0;

	/* IDs are unique within a partner only. */
	hmac_sha256(i->client_id, i->request_id, key);
	TRY(store_exec(tx, "INSERT INTO saml_request (id, session_id, expires_s) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", &added,
		KEY(key), ID(session), int_(i->keep_until_s)));
	if (!added) {
		/* A page that is loaded again, or a form sent twice, is the same session: it gets its answer again. */
		TRY(store_one(tx, "SELECT session_id FROM saml_request WHERE id = $1", &row, KEY(key)));
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

/* ---- requests that end sessions ---- */

/* Beside the others, under a name that no ID is. */
static void order_key(const struct saml_order *o, unsigned char ret_key[KEY_BYTES])
{
	unsigned char name[KEY_BYTES];

	hmac_sha256(STR("logout"), o->request_id, name);
	hmac_sha256(o->client_id, (struct str){ (const char *)name, sizeof name }, ret_key);
}

struct sought { const struct saml_order *order; bool found; };

static MUST struct err is_done_tx(struct store_tx *tx, void *arg)
{
	struct sought *s = arg;
	unsigned char key[KEY_BYTES];
	struct store_row row;

	order_key(s->order, key);
	TRY(store_one(tx, "SELECT 1 FROM saml_request WHERE id = $1", &row, KEY(key)));
	s->found = row.found;
	return NO_ERR;
}

struct err saml_order_is_done(struct store *s, const struct saml_order *o, bool *ret_done)
{
	struct sought sought = { .order = o };

	TRY(store_read_one(s, is_done_tx, &sought));
	*ret_done = sought.found;
	return NO_ERR;
}

struct err saml_order_done_tx(struct store_tx *tx, void *order)
{
	static const unsigned char nobody[ID_BYTES];
	const struct saml_order *o = order;
	unsigned char key[KEY_BYTES];
	int64_t added = 0;

	order_key(o, key);
	TRY(store_exec(tx, "INSERT INTO saml_request (id, session_id, expires_s) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", &added,
		KEY(key), ID(nobody), int_(o->keep_until_s)));
	ENSURE(added == 1, CONFLICT, "saml.slo.replayed");
	return NO_ERR;
}
