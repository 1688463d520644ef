/* test_directory_rules.c - what reaches the directory, what its answers mean, and walks that end.
 * (security catalogue L37, L38)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include "roles/directory/directory_impl.h"
#include "roles/directory/kdc.h"
#include "roles/directory/state_rules.h"
#include "roles/directory/text_rules.h"
#include "roles/directory/walk.h"

#define NOON 1800000000
#define ARENA() AUTO(arena_destroyp) struct arena *a = arena_create(8 << 20)

static void expect(const char *name, struct err e, const char *slug)
{
	if (failed(e) != (slug != NULL) || (failed(e) && strcmp(e.slug, slug) != 0))
		fail_msg("%s: got %s", name, failed(e) ? e.slug : "accepted");
}

static void a_login_holds_nothing_that_a_filter_or_a_dn_would_read(void **state)
{
	static const char *const good[] = { "marie", "marie.petit", "marie@ville.example", "m-p_1", "Élise", "marie petit", "o'neill" };
	static const char *const bad[] = {
		"", "*", "mar*", "(", ")", "\\", "\\2a", ",", "+", "\"", "<", ">", ";", "=", "uid=marie", ")(uid=*", "#marie", " marie", "marie ",
		"mar\nie", "mar\tie", "mar\x7fie", "\xff", "mar\xc3", "VILLE\\marie",
	};
	static char wide[DIRECTORY_LOGIN_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		expect(good[i], directory_login_check(str_from_c(good[i])), NULL);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		expect(bad[i], directory_login_check(str_from_c(bad[i])), "directory.login");
	expect("NUL", directory_login_check(STR("marie\0")), "directory.login");
	expect("NUL first", directory_login_check(STR("\0marie")), "directory.login");
	memset(wide, 'x', sizeof wide);
	expect("as long as may be", directory_login_check((struct str){ wide, sizeof wide - 1 }), NULL);
	expect("one longer", directory_login_check((struct str){ wide, sizeof wide }), "directory.login");
}

static void an_empty_password_never_leaves(void **state)
{
	static char wide[DIRECTORY_PASSWORD_MAX + 1];

	(void)state;
	memset(wide, 'x', sizeof wide);
	expect("a word", directory_password_check(STR("*()\\, all of it")), NULL);
	expect("empty", directory_password_check(STR("")), "directory.password.empty");
	expect("none", directory_password_check(STR_NONE), "directory.password.empty");
	expect("NUL first", directory_password_check(STR("\0word")), "directory.password.shape");
	expect("NUL last", directory_password_check(STR("word\0")), "directory.password.shape");
	expect("no UTF-8", directory_password_check(STR("\xc3(")), "directory.password.shape");
	expect("too long", directory_password_check((struct str){ wide, sizeof wide }), "directory.password.shape");
}

static void every_metacharacter_of_a_filter_is_escaped(void **state)
{
	static const struct { struct str value; const char *written; } cases[] = {
		{ STR_INIT("marie"), "marie" }, { STR_INIT("*"), "\\2a" }, { STR_INIT("("), "\\28" }, { STR_INIT(")"), "\\29" }, { STR_INIT("\\"), "\\5c" },
		{ STR_INIT("\0"), "\\00" }, { STR_INIT("\x7f"), "\\7f" }, { STR_INIT("\n"), "\\0a" }, { STR_INIT("é"), "\\c3\\a9" }, { STR_INIT("\xff"), "\\ff" },
		{ STR_INIT("*)(uid=*"), "\\2a\\29\\28uid=\\2a" }, { STR_INIT("cn=a\\,b,dc=c"), "cn=a\\5c,b,dc=c" }, { STR_INIT(""), "" },
	};
	struct buf b;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		buf_init(&b, 256);
		filter_add_value(&b, cases[i].value);
		if (!str_eq_c(buf_str(&b), cases[i].written))
			fail_msg("%s: %.*s", cases[i].written, STR_ARG(buf_str(&b)));
		buf_done(&b);
	}
}

static void every_metacharacter_of_a_dn_is_escaped(void **state)
{
	static const struct { struct str value; const char *written; } cases[] = {
		{ STR_INIT("marie"), "marie" }, { STR_INIT(","), "\\," }, { STR_INIT("+"), "\\+" }, { STR_INIT("\""), "\\\"" }, { STR_INIT("\\"), "\\\\" },
		{ STR_INIT("<"), "\\<" }, { STR_INIT(">"), "\\>" }, { STR_INIT(";"), "\\;" }, { STR_INIT("="), "\\=" }, { STR_INIT("\0"), "\\00" },
		{ STR_INIT("\n"), "\\0a" }, { STR_INIT("#a#"), "\\#a#" }, { STR_INIT(" a b "), "\\ a b\\ " }, { STR_INIT(" "), "\\ " }, { STR_INIT("é"), "é" },
		{ STR_INIT("x,dc=autre"), "x\\,dc\\=autre" },
	};
	struct buf b;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		buf_init(&b, 256);
		dn_add_value(&b, cases[i].value);
		if (!str_eq_c(buf_str(&b), cases[i].written))
			fail_msg("%s: %.*s", cases[i].written, STR_ARG(buf_str(&b)));
		buf_done(&b);
	}
}

static void an_entry_is_below_a_base_only_by_whole_components(void **state)
{
	struct str base = STR("ou=agents,dc=ville");

	(void)state;
	assert_true(dn_is_within(STR("uid=a,ou=agents,dc=ville"), base));
	assert_true(dn_is_within(STR("uid=a,OU=Agents,DC=ville"), base));
	assert_true(dn_is_within(base, base));
	assert_true(dn_is_within(STR("cn=a\\\\,ou=agents,dc=ville"), base));
	assert_false(dn_is_within(STR("cn=a\\,ou=agents,dc=ville"), base));
	assert_false(dn_is_within(STR("cn=a\\\\\\,ou=agents,dc=ville"), base));
	assert_false(dn_is_within(STR("xou=agents,dc=ville"), base));
	assert_false(dn_is_within(STR("uid=a,ou=agents,dc=ville,dc=autre"), base));
	assert_false(dn_is_within(STR("dc=ville"), base));
	assert_false(dn_is_within(STR(""), base));
	assert_false(dn_is_within(STR("uid=a,ou=agents,dc=ville"), STR_NONE));
}

static void letters_of_a_dn_are_themselves_and_what_means_something_stays_escaped(void **state)
{
	static const struct { const char *from, *to, *slug; } cases[] = {
		{ "cn=\\C3\\89lections,DC=x", "cn=élections,DC=x", NULL }, { "cn=\\c3\\a9t\\C3\\A9", "cn=été", NULL }, { "cn=Été", "cn=été", NULL }, { "", "", NULL },
		{ "cn=a\\2Cb\\20\\5C", "cn=a\\2Cb\\20\\5C", NULL }, { "cn=a\\,b", "cn=a\\,b", NULL },
		/* A backslash, and then what only looks like a letter; and a backslash, then a letter. */
		{ "cn=a\\\\C3\\\\89", "cn=a\\\\C3\\\\89", NULL }, { "cn=a\\\\\\C3\\89", "cn=a\\\\é", NULL }, { "cn=a\\", "cn=a\\", NULL }, { "cn=a\\C", "cn=a\\C", NULL },
		{ "cn=\\C8\\BA", "cn=ⱥ", NULL }, { "cn=\\FF", NULL, "directory.answer" }, { "cn=\\C3", NULL, "directory.answer" },
		{ "cn=\\C3,dc=\\89", NULL, "directory.answer" }, { "cn=\\ED\\A0\\80", NULL, "directory.answer" },
	};
	static char wide[DIRECTORY_VALUE_MAX + 1];
	struct str got;
	ARENA();

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		expect(cases[i].from, dn_letters(a, str_from_c(cases[i].from), &got), cases[i].slug);
		if (!cases[i].slug && !str_eq_c(got, cases[i].to))
			fail_msg("%s: got " STR_FMT, cases[i].from, STR_ARG(got));
	}
	memset(wide, 'x', sizeof wide);
	expect("as long as may be", dn_letters(a, (struct str){ wide, sizeof wide - 1 }, &got), NULL);
	expect("one longer", dn_letters(a, (struct str){ wide, sizeof wide }, &got), "directory.size");
}

static void a_guid_is_written_as_windows_does_and_comes_back(void **state)
{
	static const char *const bad[] = {
		"", "x", "03020100-0504-0706-0809-0a0b0c0d0e0", "03020100-0504-0706-0809-0a0b0c0d0e0g", "03020100-0504-0706-08090-a0b0c0d0e0f",
		"0302010000504-0706-0809-0a0b0c0d0e0f", "{3020100-0504-0706-0809-0a0b0c0d0e0f", "03020100-0504-0706-0809-0a0b0c0d0e0ff",
	};
	uint8_t bytes[GUID_BYTES], again[GUID_BYTES];
	struct str key;
	ARENA();

	(void)state;
	for (uint8_t i = 0; i < GUID_BYTES; i++)
		bytes[i] = i;
	assert_false(failed(guid_read(a, (struct str){ (const char *)bytes, GUID_BYTES }, &key)));
	assert_true(str_eq_c(key, "03020100-0504-0706-0809-0a0b0c0d0e0f"));
	assert_false(failed(key_to_guid(key, again)));
	assert_memory_equal(bytes, again, GUID_BYTES);
	assert_false(failed(uuid_read(a, STR("ABCDEF00-0504-0706-0809-0A0B0C0D0E0F"), &key)));
	assert_true(str_eq_c(key, "abcdef00-0504-0706-0809-0a0b0c0d0e0f"));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		expect(bad[i], key_to_guid(str_from_c(bad[i]), again), "directory.key");
		expect(bad[i], uuid_read(a, str_from_c(bad[i]), &key), "directory.answer");
	}
	expect("15 bytes", guid_read(a, (struct str){ (const char *)bytes, 15 }, &key), "directory.answer");
	expect("none", guid_read(a, STR_NONE, &key), "directory.answer");
}

static void an_account_is_active_only_when_nothing_says_otherwise(void **state)
{
	static const struct { const char *name, *control, *computed, *expires, *set; enum directory_state state; } cases[] = {
		{ "usual",                 "512", "0", "9223372036854775807", "133000000000000000", DIRECTORY_ACTIVE },
		{ "never expires, as 0",   "512", "", "0", "133000000000000000", DIRECTORY_ACTIVE },
		{ "expires later",         "512", "0", "200000000000000000", "1", DIRECTORY_ACTIVE },
		{ "password never ends",   "66048", "8388608", "0", "0", DIRECTORY_ACTIVE },
		{ "smart card",            "262656", "8388608", "0", "0", DIRECTORY_ACTIVE },
		{ "disabled",              "514", "0", "0", "1", DIRECTORY_DISABLED },
		{ "disabled and locked",   "514", "16", "0", "0", DIRECTORY_DISABLED },
		{ "expired",               "512", "0", "130000000000000000", "1", DIRECTORY_EXPIRED },
		{ "expired long ago",      "512", "0", "1", "1", DIRECTORY_EXPIRED },
		{ "locked",                "512", "16", "0", "1", DIRECTORY_LOCKED },
		{ "must change",           "512", "0", "0", "0", DIRECTORY_MUST_CHANGE },
		{ "password has expired",  "512", "8388608", "0", "1", DIRECTORY_MUST_CHANGE },
		{ "negative flags",        "512", "-2139095024", "0", "1", DIRECTORY_LOCKED },
	};
	static const char *const bad[] = { "x", "5 12", "0x200", "512 ", "99999999999999999999", "-", "--512" };
	enum directory_state got;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct ad_account account = { str_from_c(cases[i].control), str_from_c(cases[i].computed), str_from_c(cases[i].expires), str_from_c(cases[i].set) };

		expect(cases[i].name, ad_state(&account, NOON, &got), NULL);
		if (got != cases[i].state)
			fail_msg("%s: %s", cases[i].name, directory_state_name(got));
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		expect(bad[i], ad_state(&(struct ad_account){ .control = str_from_c(bad[i]) }, NOON, &got), "directory.answer");
		expect(bad[i], ad_state(&(struct ad_account){ STR("512"), str_from_c(bad[i]), STR_NONE, STR_NONE }, NOON, &got), "directory.answer");
		expect(bad[i], ad_state(&(struct ad_account){ STR("512"), STR_NONE, str_from_c(bad[i]), STR_NONE }, NOON, &got), "directory.answer");
	}
	expect("no control", ad_state(&(struct ad_account){ 0 }, NOON, &got), "directory.answer");
}

static void a_refused_bind_says_why_by_its_code(void **state)
{
	static const struct { const char *message, *slug; } cases[] = {
		{ "80090308: LdapErr: DSID-0C090447, comment: AcceptSecurityContext error, data 52e, v3839", "directory.password" },
		{ "80090308: LdapErr: DSID-0C090447, comment: AcceptSecurityContext error, data 525, v3839", "directory.password" },
		{ "comment, data 530, v1", "directory.hours" }, { "comment, data 531, v1", "directory.hours" },
		{ "comment, data 532, v1", "directory.must_change" }, { "comment, data 773, v1", "directory.must_change" },
		{ "comment, data 533, v1", "directory.disabled" }, { "comment, data 701, v1", "directory.expired" },
		{ "comment, data 775, v1", "directory.locked" }, { "comment, data 775", "directory.locked" },
		/* What is not a code means no more than "no". */
		{ "", "directory.password" }, { "data", "directory.password" }, { "data ", "directory.password" }, { "data 7755", "directory.password" },
		{ "metadata 775", "directory.password" }, { "775", "directory.password" }, { "data 0", "directory.password" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		expect(cases[i].message, ad_bind_refusal(str_from_c(cases[i].message)), cases[i].slug);
	assert_int_equal(policy_state(STR("000001010000Z"), STR_NONE), DIRECTORY_DISABLED);
	assert_int_equal(policy_state(STR("20260101000000Z"), STR_NONE), DIRECTORY_ACTIVE);
	assert_int_equal(policy_state(STR_NONE, STR("TRUE")), DIRECTORY_MUST_CHANGE);
	assert_int_equal(policy_state(STR_NONE, STR("FALSE")), DIRECTORY_ACTIVE);
	expect("active", state_refusal(DIRECTORY_ACTIVE), NULL);
	expect("disabled", state_refusal(DIRECTORY_DISABLED), "directory.disabled");
	expect("expired", state_refusal(DIRECTORY_EXPIRED), "directory.expired");
	expect("must change", state_refusal(DIRECTORY_MUST_CHANGE), "directory.must_change");
	expect("locked", state_refusal(DIRECTORY_LOCKED), "directory.locked");
	expect("unheard of", state_refusal(DIRECTORY_STATE_COUNT), "directory.disabled");
}

/* ---- walking: a directory of edges ---- */

struct edge { const char *member, *group; };
struct town { const struct edge *edges; size_t n; unsigned questions; size_t fail_at, widest; };

static struct err town_ask(void *self, const struct str *members, size_t n, struct walk_groups *groups)
{
	struct town *t = self;

	ENSURE(++t->questions != t->fail_at, BUSY, "directory.gone");
	t->widest = n > t->widest ? n : t->widest;
	for (size_t m = 0; m < n; m++)
		for (size_t i = 0; i < t->n; i++)
			if (str_eq_c(members[m], t->edges[i].member))
				TRY(walk_add(groups, str_from_c(t->edges[i].group), STR("name")));
	return NO_ERR;
}

static struct err walk(struct arena *a, struct town *t, struct walk_groups **ret_groups)
{
	*ret_groups = arena_new(a, struct walk_groups);
	(*ret_groups)->a = a;
	return walk_groups(STR("p"), town_ask, t, *ret_groups);
}

static void a_refused_ticket_says_why_as_far_as_the_directory_does(void **state)
{
	static const struct { const char *message, *slug; } cases[] = {
		{ "80090346: LdapErr: DSID-0C0906B0, comment: AcceptSecurityContext error, data 80090346, v4563", "directory.binding" },
		{ "80090324: LdapErr: DSID-0C0906B0, comment: AcceptSecurityContext error, data 80090324, v4563", "directory.clock" },
		{ "80090308: LdapErr: DSID-0C0906B0, comment: AcceptSecurityContext error, data 533, v4563", "directory.credential" },
		{ "SASL(-13): authentication failure: GSSAPI Failure: gss_accept_sec_context", "directory.binding" },
		{ "", "directory.binding" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		expect(cases[i].message, kerberos_refusal(str_from_c(cases[i].message)), cases[i].slug);
}

static void a_kerberos_server_is_named_with_or_without_its_port(void **state)
{
	static const struct { const char *text, *host, *port; } good[] = {
		{ "dc1.ville.example", "dc1.ville.example", "88" }, { "dc1:8088", "dc1", "8088" }, { "192.0.2.1:88", "192.0.2.1", "88" },
		{ "[2001:db8::1]", "2001:db8::1", "88" }, { "[2001:db8::1]:8088", "2001:db8::1", "8088" }, { "2001:db8::1", "2001:db8::1", "88" },
	};
	static const char *const bad[] = { "", ":88", "[]", "[]:88", "dc1:", "dc1:0", "dc1:65536", "dc1:x", "dc1:-1", "[::1", "[::1]x", "tcp/dc1", "dc 1", "ldaps://dc1" };
	ARENA();

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct kdc kdc;

		expect(good[i].text, kdc_parse(a, str_from_c(good[i].text), &kdc), NULL);
		assert_string_equal(kdc.host, good[i].host);
		assert_string_equal(kdc.port, good[i].port);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct kdc kdc;

		expect(bad[i], kdc_parse(a, str_from_c(bad[i]), &kdc), "directory.kdc.address");
	}
}

static void what_would_move_a_cursor_is_not_shown(void **state)
{
	ARENA();
	char wide[1000];

	(void)state;
	memset(wide, 'x', sizeof wide);
	wide[sizeof wide - 1] = '\0';
	assert_true(str_eq_c(words_for_people(a, "it is closed", "?"), "it is closed"));
	assert_true(str_eq_c(words_for_people(a, NULL, "?"), "?"));
	assert_true(str_eq_c(words_for_people(a, "", "?"), "?"));
	assert_true(str_eq_c(words_for_people(a, "\x1b[2J", "?"), "?"));
	assert_true(str_eq_c(words_for_people(a, "\xff", "?"), "?"));
	assert_int_equal(words_for_people(a, wide, "?").n, 200);
}

static void a_cycle_ends_and_every_group_is_there_once(void **state)
{
	static const struct edge edges[] = { { "p", "a" }, { "a", "b" }, { "b", "c" }, { "c", "a" }, { "c", "C" }, { "a", "a" }, { "p", "c" }, { "x", "y" } };
	struct town t = { .edges = edges, .n = sizeof edges / sizeof *edges };
	struct walk_groups *g;
	ARENA();

	(void)state;
	assert_false(failed(walk(a, &t, &g)));
	assert_int_equal(g->n, 3);
	assert_true(t.questions <= 4);
}

static void who_is_in_no_group_costs_one_question(void **state)
{
	struct town t = { 0 };
	struct walk_groups *g;
	ARENA();

	(void)state;
	assert_false(failed(walk(a, &t, &g)));
	assert_int_equal(g->n, 0);
	assert_int_equal(t.questions, 1);
}

static char names[DIRECTORY_GROUPS_MAX + 2][8];

static size_t names_fill(struct edge *edges, bool chain)
{
	for (size_t i = 0; i < DIRECTORY_GROUPS_MAX + 2; i++) {
		snprintf(names[i], sizeof names[i], "g%zu", i);
		edges[i] = (struct edge){ chain && i > 0 ? names[i - 1] : "p", names[i] };
	}
	return DIRECTORY_GROUPS_MAX + 2;
}

static void a_chain_deeper_than_the_limit_gives_nothing_beyond(void **state)
{
	static struct edge edges[DIRECTORY_GROUPS_MAX + 2];
	struct town t = { .edges = edges, .n = names_fill(edges, true) };
	struct walk_groups *g;
	ARENA();

	(void)state;
	assert_false(failed(walk(a, &t, &g)));
	assert_int_equal(g->n, WALK_LEVELS);
	assert_int_equal(t.questions, WALK_LEVELS);
}

static void many_groups_are_asked_of_together_and_too_many_are_refused(void **state)
{
	static struct edge edges[DIRECTORY_GROUPS_MAX + 2];
	struct town t = { .edges = edges, .n = names_fill(edges, false) };
	struct walk_groups *g;
	ARENA();

	(void)state;
	expect("more than we keep", walk(a, &t, &g), "directory.size");
	t = (struct town){ .edges = edges, .n = 200 };
	assert_false(failed(walk(a, &t, &g)));
	assert_int_equal(g->n, 200);
	assert_int_equal(t.questions, 1 + (200 + WALK_MEMBERS - 1) / WALK_MEMBERS);
	assert_int_equal(t.widest, WALK_MEMBERS);
}

static void names_that_fill_a_frame_are_refused(void **state)
{
	static char wide[DIRECTORY_VALUE_MAX];
	struct walk_groups *g;
	struct err e = NO_ERR;
	size_t n = 0;
	ARENA();

	(void)state;
	g = arena_new(a, struct walk_groups);
	g->a = a;
	memset(wide, 'x', sizeof wide);
	while (!failed(e) && n < DIRECTORY_GROUPS_MAX) {
		snprintf(wide, 8, "%06zu", n++);
		e = walk_add(g, (struct str){ wide, sizeof wide }, STR("n"));
	}
	expect("wide names", e, "directory.size");
	assert_true(g->bytes <= DIRECTORY_GROUPS_BYTES);
}

static void a_question_that_fails_ends_the_walk(void **state)
{
	static const struct edge edges[] = { { "p", "a" }, { "a", "b" } };
	struct walk_groups *g;
	ARENA();

	(void)state;
	for (size_t at = 1; at <= 2; at++) {
		struct town t = { .edges = edges, .n = 2, .fail_at = at };

		expect("fails", walk(a, &t, &g), "directory.gone");
		assert_int_equal(t.questions, at);
	}
}

static void a_group_is_named_by_the_cn_that_its_dn_begins_with(void **state)
{
	static const struct { const char *dn, *cn, *slug; } cases[] = {
		{ "cn=a,ou=g", "a", NULL }, { "CN=A b,ou=g", "A b", NULL }, { "ou=x+cn=a,ou=g", "a", NULL }, { "cn=a\\2Cb\\,c,cn=d", "a,b,c", NULL },
		{ "cn=\\C3\\A9t\\C3\\A9", "été", NULL }, { "ou=a,cn=b", "", NULL }, { "cna=b", "", NULL }, { "", "", NULL },
		{ "cn=a\\0Ab", NULL, "directory.answer" }, { "cn=\\FF", NULL, "directory.answer" }, { "a", NULL, "directory.answer" },
		{ "cn=\\00", NULL, "directory.answer" },
	};
	struct str cn;
	ARENA();

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		expect(cases[i].dn, dn_cn(a, str_from_c(cases[i].dn), &cn), cases[i].slug);
		if (!cases[i].slug && !str_eq_c(cn, cases[i].cn))
			fail_msg("%s: got " STR_FMT, cases[i].dn, STR_ARG(cn));
	}
}

static void groups_that_somebody_lacks_are_counted_and_one_is_named(void **state)
{
	struct directory_group three[] = { { STR("cn=a"), STR("a") }, { STR("cn=b"), STR("b") }, { STR("cn=c"), STR("c") } };
	struct directory_group two[] = { { STR("CN=C"), STR("C") }, { STR("cn=a"), STR("other") } };
	struct directory_person all = { .groups = three, .group_n = 3 }, some = { .groups = two, .group_n = 2 }, none = { .groups = NULL };
	struct str dn = STR_NONE;

	(void)state;
	assert_int_equal(walk_lacking(&some, &all, false, &dn), 0);
	assert_int_equal(dn.n, 0);
	assert_int_equal(walk_lacking(&all, &some, false, &dn), 1);
	assert_true(str_eq_c(dn, "cn=b"));
	assert_int_equal(walk_lacking(&all, &some, true, &dn), 2);
	assert_true(str_eq_c(dn, "cn=a"));
	assert_int_equal(walk_lacking(&all, &none, false, &dn), 3);
	assert_int_equal(walk_lacking(&none, &all, true, &dn), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_login_holds_nothing_that_a_filter_or_a_dn_would_read),
		cmocka_unit_test(an_empty_password_never_leaves),
		cmocka_unit_test(every_metacharacter_of_a_filter_is_escaped),
		cmocka_unit_test(every_metacharacter_of_a_dn_is_escaped),
		cmocka_unit_test(an_entry_is_below_a_base_only_by_whole_components),
		cmocka_unit_test(letters_of_a_dn_are_themselves_and_what_means_something_stays_escaped),
		cmocka_unit_test(a_guid_is_written_as_windows_does_and_comes_back),
		cmocka_unit_test(an_account_is_active_only_when_nothing_says_otherwise),
		cmocka_unit_test(a_refused_bind_says_why_by_its_code),
		cmocka_unit_test(a_refused_ticket_says_why_as_far_as_the_directory_does),
		cmocka_unit_test(a_kerberos_server_is_named_with_or_without_its_port),
		cmocka_unit_test(what_would_move_a_cursor_is_not_shown),
		cmocka_unit_test(a_cycle_ends_and_every_group_is_there_once),
		cmocka_unit_test(who_is_in_no_group_costs_one_question),
		cmocka_unit_test(a_chain_deeper_than_the_limit_gives_nothing_beyond),
		cmocka_unit_test(many_groups_are_asked_of_together_and_too_many_are_refused),
		cmocka_unit_test(names_that_fill_a_frame_are_refused),
		cmocka_unit_test(a_question_that_fails_ends_the_walk),
		cmocka_unit_test(a_group_is_named_by_the_cn_that_its_dn_begins_with),
		cmocka_unit_test(groups_that_somebody_lacks_are_counted_and_one_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
