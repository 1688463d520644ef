/* test_idp_stores.c - what the stores of idp/ refuse by themselves: of two that come at the same moment each was told
 * that it is the first, and of a partner, session or grant that is gone by then nothing is written.
 */
#include "tests/unit/idp_world.h"
#include "base/clock.h"
#include "idp/oidc/backchannel.h"
#include "idp/oidc/grant_store.h"
#include "idp/policy/partner.h"
#include "idp/saml/saml_idp.h"

static void refused(struct err e, enum err_kind kind, const char *slug)
{
	if (e.kind != kind || strcmp(e.slug, slug) != 0)
		fail_msg("%s, not %s", failed(e) ? e.slug : "accepted", slug);
}

static void a_partner_that_is_there_or_not_there_is_told_apart(void **state)
{
	struct world *w = *state;
	struct str uri = STR(REDIRECT);
	struct partner p = { .id = STR("elections"), .protocol = STR("oidc"), .name = { STR("A"), STR("A") }, .purpose = { STR(""), STR("") },
		.sector = STR("elections"), .attributes = STR(""), .grants = STR("authorization_code"), .acr_min = STR(""),
		.backchannel_uri = STR(""), .redirect_uris = &uri, .redirect_n = 1 };
	int64_t audits = count_rows(w, "SELECT COUNT(*) FROM audit"), uris = count_rows(w, "SELECT COUNT(*) FROM client_uri");

	refused(partner_add(w->idp, &p, STR("test"), NOON), ERR_CONFLICT, "partner.exists");
	p.id = STR("nobody");
	refused(partner_replace(w->idp, &p, &p, STR("test"), NOON), ERR_CONFLICT, "partner.moved");
	refused(partner_set_state(w->idp, p.id, false, STR("test"), NOON), ERR_ABSENT, "partner.unknown");
	refused(partner_remove(w->idp, p.id, STR("test"), NOON), ERR_ABSENT, "partner.unknown");
	/* One of another protocol is not the one that is replaced. */
	p.id = STR("elections");
	p.protocol = STR("saml");
	refused(partner_replace(w->idp, &p, &p, STR("test"), NOON), ERR_CONFLICT, "partner.moved");
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM audit"), audits);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM client_uri"), uris);
}

static void a_code_and_a_refresh_token_are_claimed_once(void **state)
{
	struct world *w = *state;
	struct oidc_code code = { .id = { 1 }, .client_id = STR("elections"), .expires_s = NOON + 60, .nonce = STR(""), .scope = STR("openid"),
		.acr = STR(""), .amr = STR("") };
	struct grant_new g = { .code = &code, .subject = STR("s"), .sid = STR(""), .now_s = NOON, .expires_s = NOON + 600 };
	struct err e = grant_redeem(w->idp, &g);

	assert_false(failed(e));
	refused(grant_redeem(w->idp, &g), ERR_CONFLICT, "oidc.code.replayed");
	e = grant_rotate(w->idp, code.id, 0, NOON + 700);
	assert_false(failed(e));
	refused(grant_rotate(w->idp, code.id, 0, NOON + 700), ERR_CONFLICT, "oidc.refresh.replayed");
	e = grant_revoke(w->idp, code.id, NOON);
	assert_false(failed(e));
	refused(grant_rotate(w->idp, code.id, 1, NOON + 700), ERR_CONFLICT, "oidc.refresh.replayed");
	assert_int_equal(count_rows(w, "SELECT refresh_n FROM grant_"), 1);
}

static void an_assertion_for_a_session_that_ended_is_not_issued(void **state)
{
	struct world *w = *state;
	struct person who = { .live = true, .session = { 7 }, .ends_s = NOON + 600 };
	struct saml_issue i = { .who = &who, .client_id = STR("https://etat-civil.ville.test"), .request_id = STR("_r1"), .subject = STR("s"),
		.session_index = STR("x"), .now_s = NOON, .keep_until_s = NOON + 600 };

	refused(saml_issue_claim(w->idp->store, &i), ERR_DENIED, "saml.session");
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM participant"), 0);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM saml_request"), 0);
}

static void only_a_partner_that_is_there_is_told_of_a_logout(void **state)
{
	struct world *w = *state;
	struct logout_word word = { .protocol = STR("oidc"), .client_id = STR("nobody"), .subject = STR("s"), .sid = STR("x") };

	refused(backchannel_tell(w->idp, w->a, &word, NOON, clock_mono_ms() + 5000), ERR_ABSENT, "oidc.backchannel.partner");
	word.client_id = STR("elections");
	/* nor is anybody when the time left would not do */
	refused(backchannel_tell(w->idp, w->a, &word, NOON, clock_mono_ms() + 50), ERR_BUSY, "oidc.backchannel.late");
	assert_int_equal(ctl(w, "partner disable elections", NULL, NULL), 0);
	refused(backchannel_tell(w->idp, w->a, &word, NOON, clock_mono_ms() + 5000), ERR_ABSENT, "oidc.backchannel.partner");
	assert_int_equal(w->fetch_n, 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
		T(a_partner_that_is_there_or_not_there_is_told_apart),
		T(a_code_and_a_refresh_token_are_claimed_once),
		T(an_assertion_for_a_session_that_ended_is_not_issued),
		T(only_a_partner_that_is_there_is_told_of_a_logout),
	};

	return world_run_both(tests, sizeof tests / sizeof *tests);
}
