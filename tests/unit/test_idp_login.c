/* test_idp_login.c - the sign-in page, the session and the notice, through the engine's routes.
 * Rows L01 to L35 of the attack catalogue, as far as passwords and sessions go. */
#include "tests/unit/idp_world.h"
#include "base/clock.h"
#include "idp/authn/password.h"
#include "idp/admin/ctl.h"
#include "idp/session/session.h"

static struct http_resp *login_page(struct world *w, struct browser *b)
{
	struct http_resp *r = world_get(w, b, arena_c(w->a, authz_url(w, "")));

	assert_int_equal(r->status, 200);
	return r;
}

static struct str cookie(const struct browser *b, const char *name)
{
	for (size_t i = 0; i < b->n; i++)
		if (str_eq_c(b->jar[i].name, name))
			return b->jar[i].value;
	return STR_NONE;
}

/* The page without what is new each time: the flow, what was typed, the request's number. */
static struct str masked(struct world *w, const struct http_resp *r, const char *typed)
{
	struct str flow = hidden(w, r, "flow"), body = r->body;
	struct buf b;
	struct str out;

	buf_init(&b, 1 << 20);
	for (size_t i = 0; i < body.n;) {
		struct str rest = str_slice(body, i, body.n);

		if (flow.n && str_starts(rest, flow))
			i += flow.n;
		else if (str_starts(rest, str_from_c(typed)))
			i += strlen(typed);
		else
			buf_add_char(&b, body.p[i++]);
	}
	out = arena_dup(w->a, buf_str(&b));
	buf_done(&b);
	return out;
}

static void every_refusal_is_the_same_page_for_the_same_work(void **state)
{
	struct world *w = *state;
	struct str first = STR_NONE;
	const char *const emails[] = { EMAIL, "nobody@exemple.fr", "off@exemple.fr", "no address", "off@exemple.fr" };
	const char *const passwords[] = { "wrong password", "wrong password", "wrong password", "wrong password", "the right one" };

	assert_int_equal(ctl(w, "account add --email off@exemple.fr --given-name Anne --family-name Absente", NULL, NULL), 0);
	assert_int_equal(ctl(w, "account disable off@exemple.fr --reason moved", NULL, NULL), 0);
	for (size_t i = 0; i < 5; i++) {
		struct browser b = { 0 };
		struct http_resp *page = login_page(w, &b);
		uint64_t hashes = w->hashes;
		struct http_resp *r = sign_in(w, &b, page, emails[i], passwords[i]);

		assert_int_equal(r->status, 422);
		assert_int_equal(w->hashes - hashes, 1);        /* L02 */
		assert_int_equal(r->header_n, 0);
		assert_true(body_has(r, emails[i]));
		struct str body = masked(w, r, emails[i]);
		if (!i)
			first = body;
		assert_true(str_eq(body, first));               /* L01 */
	}
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM session"), 0);
	assert_int_equal(count_audit(w, "login.refuse", "authn.refused"), 5);
}

static void an_account_that_is_disabled_is_out_at_once(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct http_resp *r = redeem(w, get_code(w, &b, ""));
	struct str bearer = fmt(w, "Bearer " STR_FMT, STR_ARG(json_text(w, r->body, "access_token")));
	struct str code = get_code(w, &b, "");

	assert_int_equal(ctl(w, "account disable " EMAIL " --reason essai", NULL, NULL), 0);
	assert_int_equal(world_get_as(w, "/oidc/userinfo", bearer)->status, 401);
	assert_int_equal(redeem(w, code)->status, 400);
	assert_true(body_has(world_get(w, &b, arena_c(w->a, authz_url(w, ""))), "mot-de-passe"));
	/* The services of its sessions are told. */
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM logout_queue"), 1);
	assert_int_equal(ctl(w, "account enable " EMAIL, NULL, NULL), 0);
	assert_int_equal(world_get_as(w, "/oidc/userinfo", bearer)->status, 401);
	assert_true(body_has(world_get(w, &b, arena_c(w->a, authz_url(w, ""))), "mot-de-passe"));
	r = sign_in(w, &b, login_page(w, &b), EMAIL, PASSWORD);
	assert_int_equal(r->status, 303);
}

/* One keyboard sends é as one letter, another as e and an accent. */
static void a_password_is_the_same_from_every_keyboard(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	const char *words[] = { "account", "add", "--email", "zoe@exemple.fr", "--given-name", "Zoe", "--family-name", "B", "--password-stdin" };
	struct str argv[9], out = STR_NONE, err = STR_NONE;

	for (size_t i = 0; i < 9; i++)
		argv[i] = str_from_c(words[i]);
	assert_int_equal(ctl_run(w->idp, w->a, argv, 9, false, STR("root"), STR("caf\xc3\xa9 cr\xc3\xa8me\n"), &out, &err), 0);
	assert_int_equal(sign_in(w, &b, login_page(w, &b), "zoe@exemple.fr", "cafe cre\xcc\x80me")->status, 422);
	assert_int_equal(sign_in(w, &b, login_page(w, &b), "zoe@exemple.fr", " cafe\xcc\x81 cre\xcc\x80me")->status, 422);
	assert_int_equal(sign_in(w, &b, login_page(w, &b), "zoe@exemple.fr", "cafe\xcc\x81 cre\xcc\x80me")->status, 303);
}

static void a_password_beyond_1024_bytes_is_not_hashed(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	char password[1026] = { 0 };
	uint64_t hashes = w->hashes;

	memset(password, 'a', 1025);
	assert_int_equal(sign_in(w, &b, login_page(w, &b), EMAIL, password)->status, 422);
	assert_int_equal(sign_in(w, &b, login_page(w, &b), EMAIL, "")->status, 422);
	assert_int_equal(sign_in(w, &b, login_page(w, &b), "", PASSWORD)->status, 422);
	assert_int_equal(w->hashes, hashes);
	password[1024] = '\0';
	assert_int_equal(sign_in(w, &b, login_page(w, &b), EMAIL, password)->status, 422);
	assert_int_equal(w->hashes, hashes + 1);
}

/* U+0958 has one spelling alone, and it is twice as long. */
static void a_password_that_no_keyboard_writes_is_not_hashed(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	const char *words[] = { "account", "add", "--email", "zoe@exemple.fr", "--given-name", "Zoe", "--family-name", "B", "--password-stdin" };
	struct str argv[9], out = STR_NONE, err = STR_NONE;
	char longer[342 * 3] = { 0 };
	uint64_t hashes;

	for (size_t i = 0; i < 9; i++)
		argv[i] = str_from_c(words[i]);
	for (size_t i = 0; i + 3 < sizeof longer; i += 3)
		memcpy(longer + i, "\xe0\xa5\x98", 3);
	hashes = w->hashes;
	assert_int_equal(ctl_run(w->idp, w->a, argv, 9, false, STR("root"), STR("caf\xe9 cr\xe8me\n"), &out, &err), 1);
	assert_int_equal(ctl_run(w->idp, w->a, argv, 9, false, STR("root"), fmt(w, "%s\n", longer), &out, &err), 1);
	assert_int_equal(sign_in(w, &b, login_page(w, &b), EMAIL, longer)->status, 422);
	assert_int_equal(w->hashes, hashes);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM account"), 1);
}

static void a_new_password_has_8_to_1024_bytes(void **state)
{
	struct world *w = *state;
	char text[PASSWORD_MAX + 1];
	struct str encoded = STR_NONE;

	memset(text, 'a', sizeof text);
	for (size_t n = 0; n <= sizeof text; n += n < PASSWORD_MIN ? 1 : sizeof text - PASSWORD_MIN) {
		struct err e = password_make(w->idp, w->a, clock_mono_ms() + 5000, (struct str){ text, n }, &encoded);

		assert_int_equal(failed(e), n != PASSWORD_MIN);
		assert_true(!failed(e) || strcmp(e.slug, "authn.password.length") == 0);
	}
}

static void each_sign_in_has_a_cookie_of_its_own_and_only_its_hash_is_kept(void **state)
{
	struct world *w = *state;
	struct browser b = { .jar = { { STR("__Host-guichet"), STR("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA") } }, .n = 1 };
	struct str planted = b.jar[0].value, first, second;
	struct http_resp *r = sign_in(w, &b, login_page(w, &b), EMAIL, PASSWORD);

	first = cookie(&b, "__Host-guichet");
	assert_int_equal(first.n, 43);
	assert_false(str_eq(first, planted));           /* L30: fixation */
	assert_true(str_has(header(r, "set-cookie"), ';'));
	for (size_t i = 0; i < r->header_n; i++)
		if (str_eq_c(r->headers[i].name, "set-cookie")) {
			struct http_resp one = { .body = r->headers[i].value };

			assert_true(body_has(&one, "__Host-") && body_has(&one, "Secure") && body_has(&one, "HttpOnly")
			            && body_has(&one, "SameSite=Lax") && body_has(&one, "Path=/") && !body_has(&one, "Domain"));   /* L35 */
		}
	struct str url = authz_url(w, "&prompt=login");
	r = sign_in(w, &b, world_get(w, &b, arena_c(w->a, url)), EMAIL, PASSWORD);
	second = cookie(&b, "__Host-guichet");
	assert_false(str_eq(first, second));
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM session"), 1);
	struct browser old = { .jar = { { STR("__Host-guichet"), first } }, .n = 1 };
	assert_true(body_has(world_get(w, &old, arena_c(w->a, authz_url(w, ""))), "mot-de-passe"));
}

static void several_tabs_and_the_back_button_behave(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct http_resp *one = login_page(w, &b), *two = login_page(w, &b), *r;

	r = sign_in(w, &b, two, EMAIL, PASSWORD);
	assert_int_equal(r->status, 303);
	r = sign_in(w, &b, one, EMAIL, PASSWORD);       /* the other tab, a little later */
	assert_int_equal(r->status, 303);
	r = world_get(w, &b, arena_c(w->a, header(r, "location")));
	assert_true(body_has(r, "Moreau"));
	/* back to the sign-in page: the session is there, the way goes on */
	assert_true(get_code(w, &b, "").n > 0);
	assert_int_equal(world_get(w, &b, "/connexion")->status, 303);
}

static void a_page_left_open_starts_the_same_request_again(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct http_resp *page = login_page(w, &b), *r;

	w->now_s += 1800;
	uint64_t hashes = w->hashes;
	r = sign_in(w, &b, page, EMAIL, PASSWORD);
	assert_int_equal(r->status, 200);
	assert_int_equal(w->hashes, hashes);
	assert_true(body_has(r, EMAIL) && body_has(r, "id=\"erreur\"") && !body_has(r, PASSWORD));
	r = sign_in(w, &b, r, EMAIL, PASSWORD);
	assert_int_equal(r->status, 303);
	r = world_get(w, &b, arena_c(w->a, header(r, "location")));
	assert_true(body_has(r, "Moreau"));
}

static void a_page_of_another_browser_signs_nobody_in(void **state)
{
	struct world *w = *state;
	struct browser attacker = { 0 }, victim = { 0 };
	struct http_resp *page = login_page(w, &attacker), *r;

	r = sign_in(w, &victim, page, EMAIL, PASSWORD);
	assert_int_equal(r->status, 200);
	assert_int_equal(cookie(&victim, "__Host-guichet").n, 0);
	r = sign_in(w, &victim, r, EMAIL, PASSWORD);    /* the page came again, for this browser */
	assert_int_equal(r->status, 303);
}

static void an_altered_flow_is_nothing(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct str flow = hidden(w, login_page(w, &b), "flow");
	const struct str flows[] = { STR_NONE, STR("x"), str_slice(flow, 0, flow.n - 1), fmt(w, STR_FMT "A", STR_ARG(flow)), get_code(w, &b, "") };

	for (size_t i = 0; i < sizeof flows / sizeof *flows; i++) {
		struct http_resp *r = world_post(w, &b, "/connexion", fmt(w, "flow=" STR_FMT "&identifiant=" EMAIL "&mot-de-passe=x", STR_ARG(flows[i])));

		if (r->status != 400)
			fail_msg("%zu: %d", i, r->status);
	}
}

static void guessing_is_slowed_before_any_hash_and_never_for_good(void **state)
{
	struct world *w = *state;
	struct browser owner = { 0 }, thief = { .source = STR("198.51.100.7") }, stranger = { .source = STR("203.0.113.9") };
	struct http_resp *r = sign_in(w, &owner, login_page(w, &owner), EMAIL, PASSWORD);

	assert_int_equal(r->status, 303);
	for (int i = 0; i < 5; i++)
		assert_int_equal(sign_in(w, &thief, login_page(w, &thief), EMAIL, "wrong password")->status, 422);
	uint64_t hashes = w->hashes;
	r = sign_in(w, &thief, login_page(w, &thief), EMAIL, PASSWORD);
	assert_int_equal(r->status, 429);
	assert_true(header(r, "retry-after").n > 0 && body_has(r, EMAIL));
	/* the same for a name that nobody has, and from another address */
	assert_int_equal(sign_in(w, &stranger, login_page(w, &stranger), EMAIL, PASSWORD)->status, 429);
	assert_int_equal(w->hashes, hashes);
	/* L08: the owner's own browser goes on */
	assert_int_equal(sign_in(w, &owner, world_get(w, &owner, arena_c(w->a, authz_url(w, "&prompt=login"))), EMAIL, PASSWORD)->status, 303);
	/* L06: more than a minute */
	w->now_s += 60;
	assert_int_equal(sign_in(w, &thief, login_page(w, &thief), EMAIL, PASSWORD)->status, 429);
	w->now_s += 5;
	assert_int_equal(sign_in(w, &stranger, login_page(w, &stranger), EMAIL, PASSWORD)->status, 303);
	assert_true(count_audit(w, "login.refuse", "throttle.identifier") >= 3);
}

static void a_session_ends_when_idle_and_at_its_limit(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };

	(void)get_code(w, &b, "");
	w->now_s += 1799;
	assert_true(location_param(w, world_get(w, &b, arena_c(w->a, authz_url(w, "&prompt=none"))), "code").n > 0);
	w->now_s += 1799;       /* the last visit counts */
	assert_true(location_param(w, world_get(w, &b, arena_c(w->a, authz_url(w, "&prompt=none"))), "code").n > 0);
	w->now_s += 1800;
	assert_true(body_has(world_get(w, &b, arena_c(w->a, authz_url(w, ""))), "mot-de-passe"));
	(void)get_code(w, &b, "");
	for (int i = 0; i < 20; i++) {
		w->now_s += 1500;
		(void)world_get(w, &b, "/mon-compte");
	}
	assert_true(body_has(world_get(w, &b, arena_c(w->a, authz_url(w, ""))), "mot-de-passe"));
}

static struct http_resp *to_notice(struct world *w, struct browser *b, const char *extra)
{
	struct http_resp *r = world_get(w, b, arena_c(w->a, authz_url(w, extra)));

	if (body_has(r, "mot-de-passe")) {
		r = sign_in(w, b, r, EMAIL, PASSWORD);
		assert_int_equal(r->status, 303);
		r = world_get(w, b, arena_c(w->a, header(r, "location")));
	}
	return r;
}

static struct http_resp *answer(struct world *w, struct browser *b, const struct http_resp *page, const char *what)
{
	struct str flow = hidden(w, page, "flow");

	return world_post(w, b, "/information", fmt(w, "flow=" STR_FMT "&reponse=%s", STR_ARG(flow), what));
}

static void the_notice_is_shown_once_and_again_when_the_list_grows(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct http_resp *r;
	struct str narrow;

	(void)sign_in(w, &b, world_get(w, &b, "/connexion"), EMAIL, PASSWORD);
	narrow = fmt(w, "/oidc/authorize?client_id=elections&redirect_uri=" REDIRECT "&response_type=code&scope=openid&code_challenge=" STR_FMT
		"&code_challenge_method=S256", STR_ARG(w->challenge));
	r = world_get(w, &b, arena_c(w->a, narrow));
	assert_true(body_has(r, "/information") && !body_has(r, "1954") && body_has(r, "lections"));
	r = answer(w, &b, r, "continuer");
	assert_true(location_param(w, r, "code").n > 0);
	assert_true(location_param(w, world_get(w, &b, arena_c(w->a, narrow)), "code").n > 0);
	/* O67: more than was shown */
	r = world_get(w, &b, arena_c(w->a, authz_url(w, "&prompt=none")));
	assert_string_equal(arena_c(w->a, location_param(w, r, "error")), "interaction_required");
	r = world_get(w, &b, arena_c(w->a, authz_url(w, "")));
	assert_true(body_has(r, "Moreau"));
	r = answer(w, &b, r, "continuer");
	assert_true(location_param(w, r, "code").n > 0);
	assert_true(location_param(w, world_get(w, &b, arena_c(w->a, authz_url(w, "&prompt=none"))), "code").n > 0);
	/* less than was shown is nothing new */
	assert_true(location_param(w, world_get(w, &b, arena_c(w->a, narrow)), "code").n > 0);
	/* O58: prompt=consent asks each time */
	r = world_get(w, &b, arena_c(w->a, authz_url(w, "&prompt=consent")));
	assert_true(body_has(r, "/information"));
	assert_true(location_param(w, answer(w, &b, r, "continuer"), "code").n > 0);
	assert_int_equal(count_audit(w, "notice.seen", ""), 2);
	assert_int_equal(count_audit(w, "consent.given", ""), 1);
}

static void a_notice_answered_by_anybody_else_gives_nothing(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 }, other = { 0 };
	struct http_resp *page = to_notice(w, &b, ""), *r;

	assert_true(body_has(page, "Moreau"));
	/* O65 */
	r = answer(w, &other, page, "continuer");
	assert_int_equal(r->status, 400);
	r = answer(w, &b, page, "autre");
	assert_int_equal(r->status, 400);
	r = world_post(w, &b, "/information", STR("flow=x&reponse=continuer"));
	assert_int_equal(r->status, 400);
	r = world_post(w, &b, "/information", STR("reponse=continuer"));
	assert_int_equal(r->status, 400);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM notice"), 0);
	/* declined: said to the service, and asked again next time */
	r = answer(w, &b, page, "refuser");
	assert_string_equal(arena_c(w->a, location_param(w, r, "error")), "access_denied");
	assert_string_equal(arena_c(w->a, location_param(w, r, "state")), "st-1");
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM notice"), 0);
	/* left open too long: the same request again */
	page = to_notice(w, &b, "");
	w->now_s += 1750;
	(void)world_get(w, &b, "/mon-compte");
	w->now_s += 60;
	r = answer(w, &b, page, "continuer");
	assert_int_equal(r->status, 303);
	r = world_get(w, &b, arena_c(w->a, header(r, "location")));
	assert_true(body_has(r, "Moreau"));
	r = answer(w, &b, r, "continuer");
	assert_true(location_param(w, r, "code").n > 0);
}

static void a_notice_of_a_partner_that_is_gone_gives_nothing(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct http_resp *page = to_notice(w, &b, "");

	assert_int_equal(ctl(w, "partner disable elections", NULL, NULL), 0);
	assert_int_equal(answer(w, &b, page, "continuer")->status, 400);
	assert_int_equal(count_audit(w, "notice.refuse", "notice.partner"), 1);
	assert_int_equal(ctl(w, "partner remove elections", NULL, NULL), 0);
	assert_int_equal(answer(w, &b, page, "continuer")->status, 400);
	assert_int_equal(count_audit(w, "notice.refuse", "notice.partner"), 2);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM notice"), 0);
}

static void consent_is_asked_where_the_partner_says_so(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct str url;
	struct http_resp *r;

	assert_int_equal(ctl(w, "partner add oidc --id shop --redirect-uri " REDIRECT " --attributes email --release consent", NULL, NULL), 0);
	(void)sign_in(w, &b, world_get(w, &b, "/connexion"), EMAIL, PASSWORD);
	url = fmt(w, "/oidc/authorize?client_id=shop&redirect_uri=" REDIRECT "&response_type=code&scope=openid%%20email&code_challenge=" STR_FMT
		"&code_challenge_method=S256", STR_ARG(w->challenge));
	r = world_get(w, &b, arena_c(w->a, fmt(w, STR_FMT "&prompt=none", STR_ARG(url))));
	assert_string_equal(arena_c(w->a, location_param(w, r, "error")), "consent_required");
	r = world_get(w, &b, arena_c(w->a, url));
	assert_true(body_has(r, EMAIL) && body_has(r, "Accepter"));
	assert_true(location_param(w, answer(w, &b, r, "continuer"), "code").n > 0);
	assert_true(location_param(w, world_get(w, &b, arena_c(w->a, url)), "code").n > 0);
}

static void pages_speak_the_language_that_is_asked(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };

	assert_true(body_has(world_get(w, &b, arena_c(w->a, authz_url(w, "&ui_locales=en-GB%20fr"))), "lang=\"en\""));
	assert_true(body_has(world_get(w, &b, arena_c(w->a, authz_url(w, "&ui_locales=fr"))), "lang=\"fr\""));
	assert_true(body_has(world_get(w, &b, arena_c(w->a, authz_url(w, "&ui_locales=de%20xx"))), "lang=\"fr\""));
	/* and stay with it: a refusal, and the page after it */
	struct http_resp *r = sign_in(w, &b, world_get(w, &b, arena_c(w->a, authz_url(w, "&ui_locales=en"))), EMAIL, "wrong password");
	assert_true(body_has(r, "lang=\"en\""));
	r = sign_in(w, &b, r, EMAIL, PASSWORD);
	assert_true(body_has(world_get(w, &b, arena_c(w->a, header(r, "location"))), "lang=\"en\""));
	assert_int_equal(cookie(&b, "__Host-lang").n, 0);
	(void)world_get(w, &b, "/?lang=en");
	assert_int_equal(cookie(&b, "__Host-lang").n, 2);
}

static void the_citizens_own_pages_are_there(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	static const char *const paths[] = { "/", "/vos-donnees", "/accessibilite", "/connexion", "/health" };
	struct http_resp *r;

	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		assert_int_equal(world_get(w, &b, paths[i])->status, 200);
	assert_int_equal(world_get(w, &b, "/nowhere")->status, 404);
	assert_string_equal(arena_c(w->a, header(world_get(w, &b, "/mon-compte"), "location")), "/connexion");
	r = sign_in(w, &b, world_get(w, &b, "/connexion"), EMAIL, PASSWORD);
	assert_string_equal(arena_c(w->a, header(r, "location")), "/mon-compte");
	(void)redeem(w, get_code(w, &b, ""));
	r = world_get(w, &b, "/mon-compte");
	assert_true(body_has(r, "Jeanne Moreau") && body_has(r, EMAIL) && body_has(r, "lections"));
}

/* Who refuses cookies would else be told for ever that the page was open for too long. */
static void a_browser_that_keeps_no_cookie_reads_that_it_does_not(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 }, bare = { 0 };
	struct http_resp *r = sign_in(w, &bare, login_page(w, &b), EMAIL, PASSWORD);

	assert_true(r->status == 200 && body_has(r, "Votre navigateur a oublié la page précédente") && body_has(r, EMAIL));
	assert_false(body_has(r, "depuis trop longtemps"));
	r = sign_in(w, &bare, r, EMAIL, PASSWORD);
	assert_int_equal(r->status, 303);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
		T(every_refusal_is_the_same_page_for_the_same_work),
		T(an_account_that_is_disabled_is_out_at_once),
		T(a_password_is_the_same_from_every_keyboard),
		T(a_password_beyond_1024_bytes_is_not_hashed),
		T(a_password_that_no_keyboard_writes_is_not_hashed),
		T(a_new_password_has_8_to_1024_bytes),
		T(each_sign_in_has_a_cookie_of_its_own_and_only_its_hash_is_kept),
		T(several_tabs_and_the_back_button_behave),
		T(a_page_left_open_starts_the_same_request_again),
		T(a_page_of_another_browser_signs_nobody_in),
		T(a_browser_that_keeps_no_cookie_reads_that_it_does_not),
		T(an_altered_flow_is_nothing),
		T(guessing_is_slowed_before_any_hash_and_never_for_good),
		T(a_session_ends_when_idle_and_at_its_limit),
		T(the_notice_is_shown_once_and_again_when_the_list_grows),
		T(a_notice_answered_by_anybody_else_gives_nothing),
		T(a_notice_of_a_partner_that_is_gone_gives_nothing),
		T(consent_is_asked_where_the_partner_says_so),
		T(pages_speak_the_language_that_is_asked),
		T(the_citizens_own_pages_are_there),
	};

	return world_run_both(tests, sizeof tests / sizeof *tests);
}
