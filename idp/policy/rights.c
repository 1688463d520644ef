/* rights.c - see rights.h. */
#include "idp/policy/rights.h"

enum { SERVICE_MAX = 64 };

static const char *const role_names[AGENT_ROLE_COUNT] = {
	[AGENT_LECTURE] = "lecture", [AGENT_INSTRUCTEUR] = "instructeur", [AGENT_RESPONSABLE] = "responsable",
};
static const char *const admin_names[ADMIN_RIGHT_COUNT] = {
	[ADMIN_PARTENAIRES] = "partenaires", [ADMIN_COMPTES] = "comptes", [ADMIN_CLES] = "cles", [ADMIN_AUDIT] = "audit",
	[ADMIN_EXPLOITATION] = "exploitation",
};

const char *agent_role_name(enum agent_role role)
{
	return (unsigned)role < AGENT_ROLE_COUNT ? role_names[role] : "";
}

const char *admin_right_name(enum admin_right right)
{
	return (unsigned)right < ADMIN_RIGHT_COUNT ? admin_names[right] : "";
}

/* ---- reading a rule ---- */

static unsigned index_of(const char *const *names, unsigned n, struct str name)
{
	unsigned i = 0;

	while (i < n && !str_eq_c(name, names[i]))
		i++;
	return i;
}

/* A client_id, as the registry knows it. */
static bool is_service(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

		if (!plain && !(c && strchr("-._~", c)))
			return false;
	}
	return s.n > 0 && s.n <= SERVICE_MAX;
}

static size_t last_index(struct str s, char c)
{
	size_t i = s.n;

	while (i > 0 && s.p[i - 1] != c)
		i--;
	return i > 0 ? i - 1 : s.n;
}

struct err rights_add(struct rights_table *t, struct str line)
{
	size_t at = last_index(line, '=');      /* a DN has its own before */
	struct str what = str_trim(str_slice(line, at + 1, line.n));
	size_t colon = str_index(what, ':');
	struct rights_rule rule = { .group = str_trim(str_slice(line, 0, at)) };
	struct str which = str_slice(what, colon + 1, what.n);

	rule.service = str_slice(what, 0, colon);
	ENSURE(t->n < RIGHTS_RULES_MAX, MALFORMED, "rights.many");
	ENSURE(at < line.n && rule.group.n > 0 && colon < what.n && is_service(rule.service) && !str_has_control(line), MALFORMED,
		"rights.rule");
	if (str_eq_c(rule.service, "admin")) {
		rule.service = STR_NONE;
		rule.which = index_of(admin_names, ADMIN_RIGHT_COUNT, which);
		ENSURE(rule.which < ADMIN_RIGHT_COUNT, MALFORMED, "rights.admin");
	} else {
		rule.which = index_of(role_names, AGENT_ROLE_COUNT, which);
		ENSURE(rule.which < AGENT_ROLE_COUNT, MALFORMED, "rights.role");
	}
	t->v[t->n++] = rule;
	return NO_ERR;
}

/* ---- applying the rules ---- */

/* The next character that counts, or -1: blanks after a separator that is not escaped do not. */
static int next_char(struct str s, size_t *at, bool *escaped, bool *after_separator)
{
	while (*at < s.n) {
		char c = s.p[(*at)++];

		if (c == ' ' && *after_separator)
			continue;
		*after_separator = !*escaped && (c == ',' || c == '=' || c == '+');
		*escaped = !*escaped && c == '\\';
		return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : (unsigned char)c;
	}
	return -1;
}

bool rights_dn_equal(struct str a, struct str b)
{
	size_t at_a = 0, at_b = 0;
	bool escaped_a = false, escaped_b = false, after_a = true, after_b = true;
	int c;

	do {
		c = next_char(a, &at_a, &escaped_a, &after_a);
		if (c != next_char(b, &at_b, &escaped_b, &after_b))
			return false;
	} while (c >= 0);
	return true;
}

bool rights_rule_holds(const struct rights_rule *rule, const struct directory_group *groups, size_t n)
{
	bool by_dn = str_has(rule->group, '=');

	for (size_t i = 0; i < n; i++)
		if (by_dn ? rights_dn_equal(rule->group, groups[i].dn) : str_eq_nocase(rule->group, groups[i].name))
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
