/* rights_apply.c - which rules hold for which groups; see rights.h. The supervisor, which reads rules
 * to refuse a wrong one, links the other file alone.
 */
#include "idp/policy/rights.h"
#include <utf8proc.h>

enum { UNICODE_END = 0x110000 };

unsigned rights_roles(const struct rights *r, struct str service)
{
	unsigned roles = 0;

	for (size_t i = 0; i < r->service_n; i++)
		if (str_eq(r->services[i].service, service))
			roles |= r->services[i].roles;
	return roles;
}

bool rights_hold_all(const struct rights *a, const struct rights *b)
{
	for (size_t i = 0; i < b->service_n; i++)
		if (b->services[i].roles & ~rights_roles(a, b->services[i].service))
			return false;
	return !(b->admin & ~a->admin);
}

/* The next letter, small, or -1. What is no UTF-8 is only ever equal to itself. */
static int next_letter(struct str s, size_t *at)
{
	utf8proc_int32_t letter;

	if (*at >= s.n)
		return -1;
	utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)s.p + *at, (utf8proc_ssize_t)(s.n - *at), &letter);
	if (n <= 0)
		return UNICODE_END + (unsigned char)s.p[(*at)++];
	*at += (size_t)n;
	return utf8proc_tolower(letter);
}

/* The next one that counts in a DN, or -1: blanks after a separator that is not escaped do not. */
static int next_of_dn(struct str s, size_t *at, bool *escaped, bool *after_separator)
{
	int c = next_letter(s, at);

	while (c == ' ' && *after_separator)
		c = next_letter(s, at);
	*after_separator = !*escaped && (c == ',' || c == '=' || c == '+');
	*escaped = !*escaped && c == '\\';
	return c;
}

bool rights_dn_equal(struct str a, struct str b)
{
	size_t at_a = 0, at_b = 0;
	bool escaped_a = false, escaped_b = false, after_a = true, after_b = true;
	int c;

	do {
		c = next_of_dn(a, &at_a, &escaped_a, &after_a);
		if (c != next_of_dn(b, &at_b, &escaped_b, &after_b))
			return false;
	} while (c >= 0);
	return true;
}

static bool name_equal(struct str a, struct str b)
{
	size_t at_a = 0, at_b = 0;
	int c;

	do {
		c = next_letter(a, &at_a);
		if (c != next_letter(b, &at_b))
			return false;
	} while (c >= 0);
	return true;
}

bool rights_rule_holds(const struct rights_rule *rule, const struct directory_group *groups, size_t n)
{
	bool by_dn = str_has(rule->group, '=');

	for (size_t i = 0; i < n; i++)
		if (by_dn ? rights_dn_equal(rule->group, groups[i].dn) : name_equal(rule->group, groups[i].name))
			return true;
	return false;
}

static void give(struct rights *r, const struct rights_rule *rule)
{
	size_t i = 0;

	if (rule->service.n == 0) {
		r->admin |= 1u << rule->which;
		return;
	}
	while (i < r->service_n && !str_eq(r->services[i].service, rule->service))
		i++;
	if (i == r->service_n)
		r->services[r->service_n++].service = rule->service;
	r->services[i].roles |= 1u << rule->which;
}

struct rights rights_of(const struct rights_table *t, const struct directory_group *groups, size_t n)
{
	struct rights r = { 0 };

	for (size_t i = 0; i < t->n; i++)
		if (rights_rule_holds(&t->v[i], groups, n))
			give(&r, &t->v[i]);
	return r;
}
