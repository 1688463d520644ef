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

/* A sector, as a partner of agents has it. */
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

/* ---- as text ---- */

/* " service:one,two", when there is one. */
static void add_words(struct buf *b, struct str service, unsigned bits, const char *const *names, unsigned n)
{
	char before = ':';

	if (!bits)
		return;
	if (b->n)
		buf_add_char(b, ' ');
	buf_add(b, service);
	for (unsigned i = 0; i < n; i++) {
		if (!(bits & (1u << i)))
			continue;
		buf_add_char(b, before);
		buf_add_c(b, names[i]);
		before = ',';
	}
}

struct str rights_format(struct arena *a, const struct rights *r)
{
	AUTO(buf_done) struct buf b;

	buf_init(&b, RIGHTS_RULES_MAX * (SERVICE_MAX + 64));
	for (size_t i = 0; i < r->service_n; i++)
		add_words(&b, r->services[i].service, r->services[i].roles, role_names, AGENT_ROLE_COUNT);
	add_words(&b, STR("admin"), r->admin, admin_names, ADMIN_RIGHT_COUNT);
	return arena_dup(a, buf_str(&b));
}

static unsigned parse_words(struct str list, const char *const *names, unsigned n)
{
	unsigned bits = 0;
	struct str word;

	while (str_split(&list, ',', &word)) {
		unsigned i = index_of(names, n, word);

		bits |= i < n ? 1u << i : 0;
	}
	return bits;
}

void rights_parse(struct arena *a, struct str text, struct rights *ret)
{
	struct str rest = arena_dup(a, text), word;

	memset(ret, 0, sizeof *ret);
	while (str_split(&rest, ' ', &word)) {
		size_t colon = str_index(word, ':');
		struct str service = str_slice(word, 0, colon), which = str_slice(word, colon + 1, word.n);
		unsigned roles = parse_words(which, role_names, AGENT_ROLE_COUNT);

		if (str_eq_c(service, "admin")) {
			ret->admin |= parse_words(which, admin_names, ADMIN_RIGHT_COUNT);
		} else if (is_service(service) && roles && ret->service_n < RIGHTS_RULES_MAX) {
			ret->services[ret->service_n].service = service;
			ret->services[ret->service_n++].roles = roles;
		}
	}
}
