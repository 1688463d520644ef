/* test_saml_conditions.c - dates, audiences and addressees (SAML Core 2.0 2.5.1; security catalogue
 * S30 to S42). Time is an argument. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "wire/saml/saml_bytes.h"
#include "wire/saml/saml_conditions.h"

#define NOON 1800000000
#define ME   STR("https://etat-civil.example/saml")
#define THEM STR("https://elections.example/saml")
#define ACS  STR("https://etat-civil.example/saml/acs")

static void expect(const char *name, struct err e, const char *slug)
{
	if (failed(e) != (slug != NULL) || (failed(e) && strcmp(e.slug, slug) != 0))
		fail_msg("%s: got %s", name, failed(e) ? e.slug : "accepted");
}

static const struct {
	const char *name; struct str audience; int64_t from_s, until_s;
	const char *slug;          /* NULL: accepted */
} cases[] = {
	{ "valid now",                 STR_INIT("https://etat-civil.example/saml"), NOON - 60, NOON + 60, NULL },
	{ "no start is set",           STR_INIT("https://etat-civil.example/saml"), 0, NOON + 60, NULL },
	{ "early within the skew",     STR_INIT("https://etat-civil.example/saml"), NOON + 30, NOON + 60, NULL },
	{ "on its last second",        STR_INIT("https://etat-civil.example/saml"), NOON - 60, NOON - 29, NULL },
	{ "early beyond the skew",     STR_INIT("https://etat-civil.example/saml"), NOON + 31, NOON + 60, "saml.conditions.early" },
	{ "at NotOnOrAfter plus skew", STR_INIT("https://etat-civil.example/saml"), NOON - 60, NOON - 30, "saml.conditions.expired" },
	{ "no end is set",             STR_INIT("https://etat-civil.example/saml"), NOON - 60, 0, "saml.conditions.expired" },
	{ "for another service",       STR_INIT("https://elections.example/saml"), NOON - 60, NOON + 60, "saml.conditions.audience" },
	{ "with a slash more",         STR_INIT("https://etat-civil.example/saml/"), NOON - 60, NOON + 60, "saml.conditions.audience" },
	{ "in another case",           STR_INIT("https://Etat-civil.example/saml"), NOON - 60, NOON + 60, "saml.conditions.audience" },
	{ "for the empty name",        STR_INIT(""), NOON - 60, NOON + 60, "saml.conditions.audience" },
};

static void conditions_hold_or_say_why(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct str audience = cases[i].audience;
		struct saml_strs restriction = { &audience, 1 };
		struct saml_conditions c = { cases[i].from_s, cases[i].until_s, &restriction, 1, false };

		expect(cases[i].name, saml_conditions_check(&c, ME, NOON, 30), cases[i].slug);
	}
}

static void every_restriction_must_name_us_and_one_audience_of_each_is_enough(void **state)
{
	struct str ours_and_theirs[] = { THEM, ME }, theirs[] = { THEM };
	struct saml_strs both = { ours_and_theirs, 2 }, only_theirs = { theirs, 1 }, none = { NULL, 0 };
	struct saml_strs one[] = { both }, two[] = { both, only_theirs }, empty[] = { none };
	struct saml_conditions c = { NOON - 60, NOON + 60, one, 1, false };

	(void)state;
	expect("one of two audiences", saml_conditions_check(&c, ME, NOON, 30), NULL);
	c.restrictions = two, c.restriction_n = 2;
	expect("a second restriction without us", saml_conditions_check(&c, ME, NOON, 30), "saml.conditions.audience");
	c.restrictions = empty, c.restriction_n = 1;
	expect("a restriction to nobody", saml_conditions_check(&c, ME, NOON, 30), "saml.conditions.audience");
	c.restriction_n = 0;
	expect("no restriction", saml_conditions_check(&c, ME, NOON, 30), "saml.conditions.audience");
}

static void a_confirmation_is_for_our_address_our_request_and_not_over(void **state)
{
	const struct saml_confirmation good = { STR(SAML_METHOD_BEARER), ACS, STR("_q1"), 0, NOON + 60 };
	struct saml_confirmation v[2] = { good };

	(void)state;
	expect("control", saml_confirmation_check(v, 1, ACS, STR("_q1"), NOON, 60), NULL);
	expect("none", saml_confirmation_check(v, 0, ACS, STR("_q1"), NOON, 60), "saml.confirmation.method");
	expect("another request", saml_confirmation_check(v, 1, ACS, STR("_q2"), NOON, 60), "saml.confirmation.request");
	expect("unsolicited wanted", saml_confirmation_check(v, 1, ACS, STR_NONE, NOON, 60), "saml.confirmation.request");
	expect("another address", saml_confirmation_check(v, 1, ME, STR("_q1"), NOON, 60), "saml.confirmation.recipient");
	expect("61 s late", saml_confirmation_check(v, 1, ACS, STR("_q1"), NOON + 120, 60), "saml.confirmation.expired");
	v[0].recipient = STR_NONE;
	expect("no address", saml_confirmation_check(v, 1, ACS, STR("_q1"), NOON, 60), "saml.confirmation.recipient");
	v[0] = good, v[0].not_on_or_after_s = 0;
	expect("no end", saml_confirmation_check(v, 1, ACS, STR("_q1"), NOON, 60), "saml.confirmation.expired");
	v[0] = good, v[0].not_before_s = NOON - 10;
	expect("NotBefore on a bearer", saml_confirmation_check(v, 1, ACS, STR("_q1"), NOON, 60), "saml.confirmation.early");
	v[0] = good, v[0].method = STR("urn:oasis:names:tc:SAML:2.0:cm:sender-vouches");
	expect("not a bearer", saml_confirmation_check(v, 1, ACS, STR("_q1"), NOON, 60), "saml.confirmation.method");
	v[1] = good;
	expect("the second of two holds", saml_confirmation_check(v, 2, ACS, STR("_q1"), NOON, 60), NULL);
}

static void a_message_is_fresh_or_refused(void **state)
{
	(void)state;
	expect("now", saml_instant_check(NOON, NOON, 60, 300), NULL);
	expect("from the future", saml_instant_check(NOON + 61, NOON, 60, 300), "saml.message.early");
	expect("old", saml_instant_check(NOON - 360, NOON, 60, 300), "saml.message.expired");
}

static void a_time_is_utc_in_the_z_form_or_refused(void **state)
{
	static const char *const bad[] = {
		"1970-01-01T00:00:00Z",      /* 0 stands for an absent end */
		"", "2027-01-15", "2027-01-15T08:00:00", "2027-01-15T08:00:00+00:00", "2027-01-15T08:00:00z", "2027-01-15 08:00:00Z",
		"2027-02-30T08:00:00Z", "2027-01-15T24:00:00Z", "2027-01-15T08:60:00Z", "2027-01-15T08:00:60Z", "10000-01-15T08:00:00Z",
		"1969-12-31T23:59:59Z", "2027-01-15T08:00:00.Z", "2027-01-15T08:00:00.1234567890Z", "2027-01-15T08:00:00Z ",
		"2027-1-15T08:00:00Z", "2027-01-15T08:00Z", "2027-01-15Z", "2027-01-15T08:00-00Z", "2027-01-15T08:00:0Z", "-2027-01-15T08:00:00Z",
	};
	int64_t t_s = 0;

	(void)state;
	expect("plain", saml_time_parse(STR("2027-01-15T08:00:00Z"), &t_s), NULL);
	assert_int_equal(t_s, 1800000000);
	expect("fraction", saml_time_parse(STR("2027-01-15T08:00:00.999999999Z"), &t_s), NULL);
	assert_int_equal(t_s, 1800000000);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		expect(bad[i], saml_time_parse(str_from_c(bad[i]), &t_s), "saml.time");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conditions_hold_or_say_why),
		cmocka_unit_test(every_restriction_must_name_us_and_one_audience_of_each_is_enough),
		cmocka_unit_test(a_confirmation_is_for_our_address_our_request_and_not_over),
		cmocka_unit_test(a_message_is_fresh_or_refused),
		cmocka_unit_test(a_time_is_utc_in_the_z_form_or_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
