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

struct order { unsigned char key[KEY_BYTES]; int64_t keep_until_s, changed; };

/* Beside the others, under a name that no ID is. */
static struct order order_of(const struct saml_order *o)
{
	struct order r = { .keep_until_s = o->keep_until_s };
	unsigned char name[KEY_BYTES];

	hmac_sha256(STR("logout"), o->request_id, name);
	hmac_sha256(o->client_id, (struct str){ (const char *)name, sizeof name }, r.key);
	return r;
}

static MUST struct err order_claim_tx(struct store_tx *tx, void *arg)
{
	static const unsigned char nobody[ID_BYTES];
	struct order *o = arg;

	return store_exec(tx, "INSERT INTO saml_request (id, session_id, expires_s) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", &o->changed,
		KEY(o->key), ID(nobody), int_(o->keep_until_s));
}

struct err saml_order_claim(struct store *s, const struct saml_order *o, bool *ret_first)
{
	struct order order = order_of(o);

	TRY(store_tx(s, QUICK, order_claim_tx, &order));
	*ret_first = order.changed > 0;
	return NO_ERR;
}

static MUST struct err order_unclaim_tx(struct store_tx *tx, void *arg)
{
	struct order *o = arg;

	return store_exec(tx, "DELETE FROM saml_request WHERE id = $1", NULL, KEY(o->key));
}

void saml_order_unclaim(struct store *s, const struct saml_order *o)
{
	struct order order = order_of(o);
	struct err ignored = store_tx(s, QUICK, order_unclaim_tx, &order);   /* the error that brought us here is the one to tell */

	(void)ignored;
}
