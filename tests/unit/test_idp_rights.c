/* test_idp_rights.c - groups give the rights that the table says, and no others. (security catalogue 1.7) */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "idp/policy/rights.h"

static const char *const table[] = {
	"etat-civil = etat-civil:instructeur",
	"Chefs = etat-civil:responsable",
	"cn=elections,ou=groupes,dc=ville = elections:lecture",
	"cn=elections, ou=groupes, dc=ville = elections:instructeur",
	"informatique = admin:partenaires",
	"informatique=admin:cles",
	"audit = admin:audit",
};

static void fill(struct rights_table *t)
{
	*t = (struct rights_table){ 0 };
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		assert_false(failed(rights_add(t, str_from_c(table[i]))));
}

static struct directory_group group(const char *dn, const char *name)
{
	return (struct directory_group){ str_from_c(dn), str_from_c(name) };
}

static void a_rule_that_is_not_written_as_one_is_refused(void **state)
{
	static const struct { const char *line, *slug; } cases[] = {
		{ "", "rights.rule" }, { "g", "rights.rule" }, { "g =", "rights.rule" }, { "g = etat-civil", "rights.rule" }, { "= s:lecture", "rights.rule" },
		{ " = s:lecture", "rights.rule" }, { "g = :lecture", "rights.rule" }, { "g = a b:lecture", "rights.rule" }, { "g = é:lecture", "rights.rule" },
		{ "g = s:lecture\n", "rights.rule" }, { "g\t= s:lecture", "rights.rule" },
		{ "g = s:", "rights.role" }, { "g = s:Lecture", "rights.role" }, { "g = s:chef", "rights.role" }, { "g = s:lecture:x", "rights.role" },
		{ "g = s:audit", "rights.role" }, { "g = admin:", "rights.admin" }, { "g = admin:lecture", "rights.admin" }, { "g = admin:*", "rights.admin" },
		{ "g = admin:clés", "rights.admin" }, { "g = s: lecture", "rights.role" },
		{ "g = s:lecture", NULL }, { "g=s:lecture", NULL }, { "  g  =  s:responsable  ", NULL }, { "cn=g,dc=v = s:instructeur", NULL },
		{ "g = admin:exploitation", NULL }, { "g = Admin:lecture", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct rights_table t = { 0 };
		struct err e = rights_add(&t, str_from_c(cases[i].line));

		if (failed(e) != (cases[i].slug != NULL) || (failed(e) && strcmp(e.slug, cases[i].slug) != 0))
			fail_msg("%s: %s", cases[i].line, failed(e) ? e.slug : "accepted");
		assert_int_equal(t.n, failed(e) ? 0 : 1);
	}
}

static void more_rules_than_the_table_holds_are_refused(void **state)
{
	struct rights_table t = { 0 };

	(void)state;
	for (size_t i = 0; i < RIGHTS_RULES_MAX; i++)
		assert_false(failed(rights_add(&t, STR("g = s:lecture"))));
	struct err e = rights_add(&t, STR("g = s:lecture"));
	assert_true(failed(e) && strcmp(e.slug, "rights.many") == 0);
}

static void who_is_in_no_named_group_has_no_right(void **state)
{
	static const struct { const char *dn, *name; } strangers[] = {
		{ "cn=autre,ou=groupes,dc=ville", "autre" }, { "cn=etat-civil2,dc=ville", "etat-civil2" }, { "cn=x,dc=ville", "etat" }, { "cn=x,dc=ville", "" },
		{ "cn=x,dc=ville", "etat-civil " }, { "cn=x,dc=ville", "*" },
		/* The name of a rule by DN counts for nothing, nor does the DN of a group with the rule's name. */
		{ "cn=elections,ou=ailleurs,dc=ville", "elections" }, { "cn=elections,ou=groupes,dc=ville,dc=autre", "elections" },
		{ "cn=elections\\,ou=groupes,dc=ville", "x" }, { "cn=elections,ou=groupes,dc=vill", "x" }, { "", "x" },
	};
	struct rights_table t;

	(void)state;
	fill(&t);
	struct rights none = rights_of(&t, NULL, 0);
	assert_int_equal(none.service_n, 0);
	assert_int_equal(none.admin, 0);
	for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++) {
		struct directory_group g = group(strangers[i].dn, strangers[i].name);
		struct rights r = rights_of(&t, &g, 1);

		if (r.service_n || r.admin)
			fail_msg("%s (%s) has a right", strangers[i].name, strangers[i].dn);
	}
}

static void each_group_gives_its_own_and_several_add_up(void **state)
{
	struct directory_group groups[] = {
		group("cn=etat-civil,dc=ville", "ETAT-CIVIL"), group("cn=chefs,dc=ville", "chefs"), group("CN=Elections,OU=groupes,DC=ville", "x"),
		group("cn=informatique,dc=ville", "informatique"),
	};
	struct rights_table t;

	(void)state;
	fill(&t);
	struct rights r = rights_of(&t, groups, 1);
	assert_int_equal(r.service_n, 1);
	assert_true(str_eq_c(r.services[0].service, "etat-civil"));
	assert_int_equal(r.services[0].roles, 1u << AGENT_INSTRUCTEUR);
	assert_int_equal(r.admin, 0);
	r = rights_of(&t, groups, 4);
	assert_int_equal(r.service_n, 2);
	assert_int_equal(r.services[0].roles, 1u << AGENT_INSTRUCTEUR | 1u << AGENT_RESPONSABLE);
	assert_int_equal(r.services[1].roles, 1u << AGENT_LECTURE | 1u << AGENT_INSTRUCTEUR);
	assert_int_equal(r.admin, 1u << ADMIN_PARTENAIRES | 1u << ADMIN_CLES);
}

static void an_accent_counts_and_its_case_does_not(void **state)
{
	struct directory_group groups[] = { group("cn=x", "élections"), group("cn=x", "ÉLECTIONS"), group("cn=x", "elections"), group("cn=x", "élection") };
	struct rights_table t = { 0 };

	(void)state;
	assert_false(failed(rights_add(&t, STR("Élections = elections:lecture"))));
	for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
		assert_int_equal(rights_rule_holds(&t.v[0], &groups[i], 1), i < 2);
}

static void two_spellings_of_a_dn_are_one_and_two_dns_are_two(void **state)
{
	(void)state;
	assert_true(rights_dn_equal(STR("cn=a,dc=b"), STR("CN=A, DC=b")));
	assert_true(rights_dn_equal(STR("cn= a,dc=b"), STR("cn=a,dc=b")));
	assert_true(rights_dn_equal(STR("cn=a\\, b"), STR("cn=a\\, b")));
	assert_false(rights_dn_equal(STR("cn=a\\, b"), STR("cn=a\\,b")));
	assert_false(rights_dn_equal(STR("cn=a b"), STR("cn=ab")));
	assert_false(rights_dn_equal(STR("cn=a"), STR("cn=a,dc=b")));
	assert_false(rights_dn_equal(STR("cn=a\0"), STR("cn=a")));
	assert_true(rights_dn_equal(STR("cn=Élections,dc=b"), STR("cn=élections,dc=b")));
	assert_true(rights_dn_equal(STR("cn=\xff"), STR("cn=\xff")));
	assert_false(rights_dn_equal(STR("cn=Élections"), STR("cn=Elections")));
	assert_false(rights_dn_equal(STR("cn=\xff"), STR("cn=\xfe")));
	assert_false(rights_dn_equal(STR("cn=\xc3"), STR("cn=Ã")));
	assert_false(rights_dn_equal(STR("cn=a,"), STR("cn=a")));
	assert_false(rights_dn_equal(STR(""), STR("cn=a")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rule_that_is_not_written_as_one_is_refused),
		cmocka_unit_test(more_rules_than_the_table_holds_are_refused),
		cmocka_unit_test(who_is_in_no_named_group_has_no_right),
		cmocka_unit_test(each_group_gives_its_own_and_several_add_up),
		cmocka_unit_test(an_accent_counts_and_its_case_does_not),
		cmocka_unit_test(two_spellings_of_a_dn_are_one_and_two_dns_are_two),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
