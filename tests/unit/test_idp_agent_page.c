/* test_idp_agent_page.c - an agent's own page, and the confirmation before each change (rows L21 and L33 of the
 * attack catalogue). */
#include "tests/unit/idp_holder.h"
#include "base/ct.h"


static struct http_resp *confirm(struct holder *h, const char *retour)
{
	struct http_resp *page = world_get(h->w, &h->b, arena_c(h->w->a, fmt(h->w, "/connexion/agent/confirmer?retour=%s", retour)));
	struct str code;

	h->w->now_s += TOTP_STEP_S;
	code = shown(h, 0);
	return send_form(h, "/connexion/agent/confirmer", page, fmt(h->w, "facteur=code&code=" STR_FMT, STR_ARG(code)));
}

static void a_confirmation_leads_back_and_renews_the_cookie(void **state)
{
	struct holder h = holder_of(state, "alice");
	struct str before = STR_NONE, after = STR_NONE;
	struct http_resp *r;

	enrol(&h);
	for (size_t i = 0; i < h.b.n; i++)
		before = str_eq_c(h.b.jar[i].name, "__Host-agent") ? h.b.jar[i].value : before;
	r = confirm(&h, "%2Fagent%2Fajouter%3Fchoix%3Dcle");
	assert_int_equal(r->status, 303);
	assert_true(str_eq_c(header(r, "location"), "/agent/ajouter?choix=cle"));
	for (size_t i = 0; i < h.b.n; i++)
		after = str_eq_c(h.b.jar[i].name, "__Host-agent") ? h.b.jar[i].value : after;
	assert_true(before.n && after.n && !str_eq(before, after));
	assert_true(agent_is_in(h.w, &h.b));
	assert_true(str_eq_c(header(confirm(&h, "%2F%2Failleurs.test"), "location"), "/agent"));
	assert_true(str_eq_c(header(confirm(&h, "https%3A%2F%2Failleurs.test"), "location"), "/agent"));
}

static void changes_ask_for_a_factor_of_the_last_five_minutes(void **state)
{
	static const char *const pages[] = { "/agent/ajouter", "/agent/secours", "/agent/autres", "/agent/retirer?facteur=00" };
	struct holder h = holder_of(state, "alice");

	enrol(&h);
	h.w->now_s += 301;
	assert_int_equal(world_get(h.w, &h.b, "/agent")->status, 200);
	for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
		struct http_resp *r = world_get(h.w, &h.b, pages[i]);

		assert_int_equal(r->status, 303);
		assert_true(str_starts(header(r, "location"), STR("/connexion/agent/confirmer?retour=%2Fagent%2F")));
		assert_int_equal(world_post(h.w, &h.b, pages[i], STR("csrf=x"))->status, 403);
	}
	assert_int_equal(count_rows(h.w, "SELECT COUNT(*) FROM factor"), 1);
	assert_int_equal(confirm(&h, "%2Fagent")->status, 303);
	assert_int_equal(world_get(h.w, &h.b, "/agent/secours")->status, 200);
}

static void a_form_of_nobody_or_of_another_session_changes_nothing(void **state)
{
	struct holder h = holder_of(state, "alice"), other = holder_of(state, "bruno");
	struct str csrf;

	enrol(&h);
	enrol(&other);
	csrf = hidden(h.w, world_get(h.w, &other.b, "/agent/secours"), "csrf");
	assert_true(csrf.n > 0);
	assert_int_equal(world_post(h.w, &h.b, "/agent/secours", STR_NONE)->status, 403);
	assert_int_equal(world_post(h.w, &h.b, "/agent/secours", fmt(h.w, "csrf=" STR_FMT, STR_ARG(csrf)))->status, 403);
	assert_int_equal(world_post(h.w, &h.b, "/agent/autres", fmt(h.w, "csrf=" STR_FMT, STR_ARG(csrf)))->status, 403);
	assert_int_equal(count_audit(h.w, "factor.recovery.new", NULL), 2);
}

static void nobody_else_sees_an_agents_page(void **state)
{
	struct holder h = holder_of(state, "alice");
	struct http_resp *r;

	enrol(&h);
	forget(&h);
	r = world_get(h.w, &h.b, "/agent");
	assert_int_equal(r->status, 303);
	assert_true(str_starts(header(r, "location"), STR("/connexion/agent")));
	/* A citizen's session is none. */
	r = sign_in(h.w, &h.b, world_get(h.w, &h.b, "/connexion"), EMAIL, PASSWORD);
	assert_int_equal(r->status, 303);
	assert_int_equal(world_get(h.w, &h.b, "/agent")->status, 303);
	assert_int_equal(world_get(h.w, &h.b, "/connexion/agent/confirmer")->status, 303);
}

static void the_own_page_tells_rights_and_factors(void **state)
{
	struct holder h = holder_of(state, "bruno");
	struct http_resp *r;

	enrol(&h);
	r = world_get(h.w, &h.b, "/agent");
	assert_int_equal(r->status, 200);
	assert_true(body_has(r, "Bruno Petit") && body_has(r, "Élections") && body_has(r, "lire les demandes") && body_has(r, "Mon telephone"));
	assert_true(body_has(r, "10 codes") || body_has(r, "10\xc2\xa0""codes"));
	assert_false(body_has(r, "/agent/retirer"));               /* the last one stays */
}

static struct str factor_link(struct holder *h, size_t which)
{
	struct http_resp *r = world_get(h->w, &h->b, "/agent");
	const char *p = r->body.p;

	for (size_t i = 0; i <= which; i++) {
		p = memmem(p, r->body.n - (size_t)(p - r->body.p), "/agent/retirer?facteur=", 23);
		assert_non_null(p);
		p += 23;
	}
	return arena_dup(h->w->a, (struct str){ p, 32 });
}

static struct http_resp *remove_factor(struct holder *h, struct str id)
{
	char *url = arena_c(h->w->a, fmt(h->w, "/agent/retirer?facteur=" STR_FMT, STR_ARG(id)));
	struct http_resp *page = world_get(h->w, &h->b, url);
	struct str csrf = page->status == 200 && hidden(h->w, page, "csrf").n ? hidden(h->w, page, "csrf")
		: hidden(h->w, world_get(h->w, &h->b, "/agent/secours"), "csrf");

	return world_post(h->w, &h->b, url, fmt(h->w, "csrf=" STR_FMT, STR_ARG(csrf)));
}

static void factors_are_added_and_removed_but_for_the_last(void **state)
{
	struct holder h = holder_of(state, "alice"), other = holder_of(state, "bruno");
	struct str first, second;
	struct http_resp *r;

	enrol(&h);
	enrol(&other);
	h.key = soft_create(h.w->a, PASSKEY_ES256, "TEST-ONLY-second");
	r = make_key(&h, "/agent/ajouter", world_get(h.w, &h.b, "/agent/ajouter?choix=cle"), "Trousseau");
	assert_int_equal(r->status, 303);
	r = go(&h, r);
	assert_true(body_has(r, "C’est enregistré") && body_has(r, "Trousseau"));
	first = factor_link(&h, 0);
	second = factor_link(&h, 1);
	/* Somebody else's is none of hers. */
	assert_int_equal(remove_factor(&other, first)->status, 404);
	assert_int_equal(remove_factor(&h, first)->status, 303);
	r = remove_factor(&h, second);
	assert_int_equal(r->status, 422);
	assert_true(body_has(r, "seul moyen"));
	assert_int_equal(count_rows(h.w, "SELECT COUNT(*) FROM factor"), 2);
	assert_int_equal(count_audit(h.w, "factor.remove", NULL), 1);
	forget(&h);
	assert_int_equal(send_key(&h, to_factor(&h), &(struct change){ 0 })->status, 303);
	soft_done(&h.key);
}

static void a_name_is_sixty_letters_at_most(void **state)
{
	struct holder h = holder_of(state, "alice");
	struct http_resp *page;
	char name[62] = { 0 };

	enrol(&h);
	memset(name, 'n', 61);
	page = world_get(h.w, &h.b, "/agent/ajouter?choix=application");
	read_secret(&h, page);
	page = send_draft(&h, "/agent/ajouter", page, shown(&h, 0), name);
	assert_int_equal(page->status, 422);
	assert_true(body_has(page, "trop long") && body_has(page, name));
	/* The application has read the secret: it stays. */
	name[60] = '\0';
	assert_int_equal(send_draft(&h, "/agent/ajouter", page, shown(&h, 0), name)->status, 303);
}

/* Two factors of one secret would each take the same code. */
static void the_secret_of_a_page_is_registered_once(void **state)
{
	struct holder h = holder_of(state, "alice");
	struct http_resp *page, *r;

	enrol(&h);
	page = world_get(h.w, &h.b, "/agent/ajouter?choix=application");
	read_secret(&h, page);
	assert_int_equal(send_draft(&h, "/agent/ajouter", page, shown(&h, 0), "")->status, 303);
	r = send_draft(&h, "/agent/ajouter", page, shown(&h, 1), "");
	assert_int_equal(r->status, 422);
	assert_int_equal(count_rows(h.w, "SELECT COUNT(*) FROM factor"), 2);
	assert_int_equal(count_audit(h.w, "factor.refuse", "factor.used"), 1);
}

static void new_recovery_codes_end_the_old_ones(void **state)
{
	struct holder h = holder_of(state, "alice");
	struct str old, csrf;
	struct http_resp *r;

	enrol(&h);
	old = h.codes[3];
	csrf = hidden(h.w, world_get(h.w, &h.b, "/agent/secours"), "csrf");
	r = world_post(h.w, &h.b, "/agent/secours", fmt(h.w, "csrf=" STR_FMT, STR_ARG(csrf)));
	assert_int_equal(r->status, 200);
	read_codes(&h, r);
	forget(&h);
	assert_int_equal(send_recovery(&h, to_factor(&h), old)->status, 422);
	assert_int_equal(send_recovery(&h, to_factor(&h), h.codes[3])->status, 303);
}

static void an_agent_leaves_by_her_own_page(void **state)
{
	struct holder h = holder_of(state, "alice");
	struct str csrf;
	struct http_resp *r;

	enrol(&h);
	csrf = hidden(h.w, world_get(h.w, &h.b, "/agent"), "csrf");
	assert_int_equal(world_post(h.w, &h.b, "/agent/deconnexion", STR("csrf=x"))->status, 303);
	assert_true(agent_is_in(h.w, &h.b));
	assert_int_equal(count_audit(h.w, "logout.refuse", "logout.csrf"), 1);
	r = world_post(h.w, &h.b, "/agent/deconnexion", fmt(h.w, "csrf=" STR_FMT, STR_ARG(csrf)));
	assert_int_equal(r->status, 200);
	assert_true(body_has(r, "Vous êtes déconnecté"));
	assert_false(agent_is_in(h.w, &h.b));
	assert_int_equal(count_rows(h.w, "SELECT COUNT(*) FROM session"), 0);
}

/* On a shared computer it must not look like the way in. */
static void an_agent_whose_session_has_ended_is_told_that_she_is_out(void **state)
{
	struct holder h = holder_of(state, "alice");
	struct http_resp *r;
	struct str csrf;

	enrol(&h);
	csrf = hidden(h.w, world_get(h.w, &h.b, "/agent"), "csrf");
	h.w->now_s += h.w->idp->set.agent_session_idle_s;
	r = world_post(h.w, &h.b, "/agent/deconnexion", fmt(h.w, "csrf=" STR_FMT, STR_ARG(csrf)));
	assert_int_equal(r->status, 200);
	assert_true(body_has(r, "Vous êtes déconnecté"));
}

/* L33 */
static void the_other_sessions_are_ended_together(void **state)
{
	struct holder h = holder_of(state, "alice"), away;
	struct http_resp *r;
	struct str csrf;

	enrol(&h);
	away = h;
	forget(&away);
	assert_int_equal(send_code(&away, to_factor(&away), shown(&h, 0))->status, 303);
	csrf = hidden(h.w, world_get(h.w, &h.b, "/agent/autres"), "csrf");
	r = world_post(h.w, &h.b, "/agent/autres", fmt(h.w, "csrf=" STR_FMT, STR_ARG(csrf)));
	assert_int_equal(r->status, 303);
	assert_true(body_has(go(&h, r), "Les autres connexions sont fermées"));
	assert_true(agent_is_in(h.w, &h.b));
	assert_false(agent_is_in(h.w, &away.b));
}

struct crowd { unsigned char account[ID_BYTES]; int64_t now_s; };

static MUST struct err crowd_tx(struct store_tx *tx, void *arg)
{
	const struct crowd *c = arg;

	for (int i = 0; i < 600; i++) {
		unsigned char id[ID_BYTES], hash[32];

		random_bytes(id, sizeof id);
		random_bytes(hash, sizeof hash);
		TRY(store_exec(tx, "INSERT INTO session (id, cookie_hash, account, auth_time_s, amr, acr, created_s, last_seen_s, ends_s)"
			" VALUES ($1, $2, $3, $4, 'pwd otp', 'f2', $4, $4, $5)", NULL, bytes_(((struct str){ (const char *)id, sizeof id })),
			bytes_(((struct str){ (const char *)hash, sizeof hash })), bytes_(((struct str){ (const char *)c->account, ID_BYTES })),
			int_(c->now_s), int_(c->now_s + 3600)));
	}
	return NO_ERR;
}

static void fill_with_sessions(struct holder *h)
{
	struct crowd c = { .now_s = h->w->now_s };

	memcpy(c.account, agent_of(h->w, h->login).account, ID_BYTES);
	assert_false(failed(store_tx(h->w->idp->store, QUICK, crowd_tx, &c)));
}

/* Whoever stole a telephone may have signed in often before its owner noticed. */
static void of_many_sessions_none_is_forgotten(void **state)
{
	struct holder h = holder_of(state, "alice");
	struct str csrf;

	enrol(&h);
	fill_with_sessions(&h);
	csrf = hidden(h.w, world_get(h.w, &h.b, "/agent/autres"), "csrf");
	assert_int_equal(world_post(h.w, &h.b, "/agent/autres", fmt(h.w, "csrf=" STR_FMT, STR_ARG(csrf)))->status, 303);
	assert_true(agent_is_in(h.w, &h.b));
	assert_int_equal(count_rows(h.w, "SELECT COUNT(*) FROM session"), 1);
	assert_int_equal(count_audit(h.w, "logout.others", NULL), 1);
	fill_with_sessions(&h);
	assert_false(failed(factor_reset(h.w->idp, agent_of(h.w, "alice").account, STR("carla"), h.w->now_s)));
	assert_int_equal(count_rows(h.w, "SELECT COUNT(*) FROM session"), 0);
}

static void a_reset_leaves_nothing(void **state)
{
	struct holder h = holder_of(state, "alice");
	struct agent g;

	enrol(&h);
	g = agent_of(h.w, "alice");
	assert_false(failed(factor_reset(h.w->idp, g.account, STR("carla"), h.w->now_s)));
	assert_false(agent_is_in(h.w, &h.b));
	assert_int_equal(count_rows(h.w, "SELECT COUNT(*) FROM factor"), 0);
	assert_int_equal(count_rows(h.w, "SELECT COUNT(*) FROM recovery_code"), 0);
	assert_int_equal(count_audit(h.w, "factor.reset", NULL), 1);
	assert_true(body_has(to_factor(&h), "code-inscription"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, agents_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_confirmation_leads_back_and_renews_the_cookie),
		TEST(changes_ask_for_a_factor_of_the_last_five_minutes),
		TEST(a_form_of_nobody_or_of_another_session_changes_nothing),
		TEST(nobody_else_sees_an_agents_page),
		TEST(the_own_page_tells_rights_and_factors),
		TEST(factors_are_added_and_removed_but_for_the_last),
		TEST(a_name_is_sixty_letters_at_most),
		TEST(the_secret_of_a_page_is_registered_once),
		TEST(new_recovery_codes_end_the_old_ones),
		TEST(an_agent_leaves_by_her_own_page),
		TEST(an_agent_whose_session_has_ended_is_told_that_she_is_out),
		TEST(the_other_sessions_are_ended_together),
		TEST(of_many_sessions_none_is_forgotten),
		TEST(a_reset_leaves_nothing),
	};

	return world_run_both(tests, sizeof tests / sizeof *tests);
}
