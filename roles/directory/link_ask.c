/* link_ask.c - one bind or one search on an open connection; see link.h. */
#include "roles/directory/link_impl.h"
#include "roles/directory/state_rules.h"
#include "base/clock.h"
#include <errno.h>

void link_message_freep(LDAPMessage **m)
{
	if (*m)
		ldap_msgfree(*m);
	*m = NULL;
}

/* The next message of an answer. Anything else than one means that the connection cannot be used
 * again: what comes late would answer the next question. */
struct err link_next(struct link *l, const struct directory_rules *r, int id, int all, int64_t deadline_ms, LDAPMessage **ret)
{
	struct timeval wait = link_time_left(r, deadline_ms);
	int type;

	errno = 0;
	type = ldap_result(l->ld, id, all, &wait, ret);
	if (type > 0) {
		l->used = true;
		return NO_ERR;
	}
	ENSURE(type != 0, BUSY, "directory.late");
	/* lber's word for a message above LBER_SB_OPT_SET_MAX_INCOMING. */
	ENSURE(errno != ERANGE, MALFORMED, "directory.size");
	return err_of(BUSY, "directory.gone");
}

/* ---- binding ---- */

static struct err policy_refusal(LDAP *ld, LDAPControl **controls, int code)
{
	LDAPControl *c = ldap_control_find(LDAP_CONTROL_PASSWORDPOLICYRESPONSE, controls, NULL);
	LDAPPasswordPolicyError error = PP_noError;
	ber_int_t expire, grace;

	if (c && ldap_parse_passwordpolicy_control(ld, c, &expire, &grace, &error) == LDAP_SUCCESS) {
		if (error == PP_accountLocked)
			return err_of(DENIED, "directory.locked");
		if (error == PP_passwordExpired || error == PP_changeAfterReset)
			return err_of(DENIED, "directory.must_change");
	}
	return code == LDAP_SUCCESS ? NO_ERR : err_of(DENIED, "directory.password");
}

static struct err bind_outcome(LDAP *ld, const struct directory_rules *r, int code, LDAPControl **controls, const char *words)
{
	switch (code) {
	case LDAP_SUCCESS:
		return r->kind == KIND_AD ? NO_ERR : policy_refusal(ld, controls, code);
	case LDAP_INVALID_CREDENTIALS:
		return r->kind == KIND_AD ? ad_bind_refusal(str_from_c(words)) : policy_refusal(ld, controls, code);
	/* Not of a password, but of this person: an entry that has none, or one that may not bind. */
	case LDAP_NO_SUCH_OBJECT:
	case LDAP_INAPPROPRIATE_AUTH:
	case LDAP_INVALID_DN_SYNTAX:
	case LDAP_UNWILLING_TO_PERFORM:
		return err_of(DENIED, "directory.password");
	case LDAP_CONSTRAINT_VIOLATION:     /* of servers that count failures themselves */
		return err_of(DENIED, "directory.locked");
	case LDAP_REFERRAL:
		return err_of(DENIED, "directory.referral");
	case LDAP_BUSY:
	case LDAP_UNAVAILABLE:
		return err_of(BUSY, "directory.gone");
	default:
		return err_of(MALFORMED, "directory.answer");
	}
}

static struct err bind_read(LDAP *ld, const struct directory_rules *r, LDAPMessage *m)
{
	LDAPControl **controls = NULL;
	char *words = NULL;
	int code = LDAP_OTHER;

	ENSURE(ldap_parse_result(ld, m, &code, NULL, &words, NULL, &controls, 0) == LDAP_SUCCESS, MALFORMED, "directory.answer");
	struct err e = bind_outcome(ld, r, code, controls, words);
	ldap_controls_free(controls);
	ldap_memfree(words);
	return e;
}

struct err link_bind(struct link *l, const struct directory_rules *r, const char *dn, struct str password, int64_t deadline_ms)
{
	AUTO(link_message_freep) LDAPMessage *m = NULL;
	struct berval secret = { password.n, (char *)(uintptr_t)password.p };
	LDAPControl policy = { .ldctl_oid = (char *)(uintptr_t)LDAP_CONTROL_PASSWORDPOLICYREQUEST };
	LDAPControl *controls[] = { &policy, NULL };
	int id = 0;

	/* Here too: RFC 4513 5.1.2 makes an empty password, or DN, an anonymous bind, which succeeds. */
	ENSURE(password.n > 0 && *dn, DENIED, "directory.password.empty");
	ENSURE(ldap_sasl_bind(l->ld, dn, LDAP_SASL_SIMPLE, &secret, r->kind == KIND_AD ? NULL : controls, NULL, &id) == LDAP_SUCCESS, BUSY,
		"directory.gone");
	TRY(link_next(l, r, id, LDAP_MSG_ALL, deadline_ms, &m));
	ENSURE(ldap_msgtype(m) == LDAP_RES_BIND, MALFORMED, "directory.answer");
	return bind_read(l->ld, r, m);
}

/* ---- searching ---- */

struct reading {
	struct link *link;
	const struct link_search *search;
	link_entry_fn *fn;
	void *self;
	size_t references;
	int entries;
	struct berval cookie;       /* of the next page; empty: there is none */
};

static struct err result_outcome(int code)
{
	switch (code) {
	case LDAP_SUCCESS:             return NO_ERR;
	case LDAP_NO_SUCH_OBJECT:      return err_of(BROKEN, "directory.base");
	case LDAP_INSUFFICIENT_ACCESS: return err_of(BROKEN, "directory.access");
	case LDAP_OPERATIONS_ERROR:    return err_of(BROKEN, "directory.access");    /* AD: not bound */
	case LDAP_REFERRAL:            return err_of(DENIED, "directory.referral");
	case LDAP_SIZELIMIT_EXCEEDED:
	case LDAP_ADMINLIMIT_EXCEEDED: return err_of(MALFORMED, "directory.size");
	case LDAP_TIMELIMIT_EXCEEDED:  return err_of(BUSY, "directory.late");
	case LDAP_BUSY:
	case LDAP_UNAVAILABLE:         return err_of(BUSY, "directory.gone");
	default:                       return err_of(MALFORMED, "directory.answer");
	}
}

static struct err result_read(struct reading *r, LDAPMessage *m)
{
	LDAPControl **controls = NULL, *page;
	ber_int_t total;
	int code = LDAP_OTHER;
	LDAP *ld = r->link->ld;

	ENSURE(ldap_parse_result(ld, m, &code, NULL, NULL, NULL, &controls, 0) == LDAP_SUCCESS, MALFORMED, "directory.answer");
	ber_memfree(r->cookie.bv_val);
	r->cookie = (struct berval){ 0 };
	page = ldap_control_find(LDAP_CONTROL_PAGEDRESULTS, controls, NULL);
	if (page && r->search->paged && ldap_parse_pageresponse_control(ld, page, &total, &r->cookie) != LDAP_SUCCESS)
		code = LDAP_DECODING_ERROR;
	ldap_controls_free(controls);
	return result_outcome(code);
}

static struct err one_message(struct reading *r, LDAPMessage *m, bool *ret_over)
{
	switch (ldap_msgtype(m)) {
	case LDAP_RES_SEARCH_ENTRY:
		ENSURE(++r->entries <= r->search->entries_max, MALFORMED, "directory.size");
		return r->fn(r->self, r->link->ld, m);
	case LDAP_RES_SEARCH_REFERENCE:
		ENSURE(++r->references <= DIRECTORY_GROUPS_MAX, MALFORMED, "directory.size");
		return NO_ERR;
	case LDAP_RES_SEARCH_RESULT:
		*ret_over = true;
		return result_read(r, m);
	default:
		return err_of(MALFORMED, "directory.answer");
	}
}

static struct err page_ask(struct reading *r, int64_t deadline_ms, const struct directory_rules *rules, int *ret_id)
{
	const struct link_search *s = r->search;
	struct timeval limit = link_time_left(rules, deadline_ms);
	LDAPControl *page = NULL;
	int code;

	limit.tv_sec += 1;      /* its clock is in whole seconds; ours cuts first */
	if (s->paged)
		ENSURE(ldap_create_page_control(r->link->ld, PAGE_ENTRIES, &r->cookie, 0, &page) == LDAP_SUCCESS, BROKEN, "directory.library");
	code = ldap_search_ext(r->link->ld, s->base, s->scope, s->filter, (char **)(uintptr_t)s->attributes, 0,
		page ? (LDAPControl *[]){ page, NULL } : NULL, NULL, &limit, s->paged ? 0 : s->entries_max, ret_id);
	if (page)
		ldap_control_free(page);
	ENSURE(code != LDAP_FILTER_ERROR && code != LDAP_PARAM_ERROR, BROKEN, "directory.filter");
	ENSURE(code == LDAP_SUCCESS, BUSY, "directory.gone");
	return NO_ERR;
}

static struct err pages_read(struct reading *r, const struct directory_rules *rules, int64_t deadline_ms)
{
	int id = 0;

	do {
		bool over = false;

		TRY(page_ask(r, deadline_ms, rules, &id));
		while (!over) {
			AUTO(link_message_freep) LDAPMessage *m = NULL;

			ENSURE(clock_mono_ms() < deadline_ms, BUSY, "directory.late");
			TRY(link_next(r->link, rules, id, LDAP_MSG_ONE, deadline_ms, &m));
			TRY(one_message(r, m, &over));
		}
	} while (r->cookie.bv_len > 0);
	return NO_ERR;
}

struct err link_search(struct link *l, const struct directory_rules *rules, const struct link_search *s, int64_t deadline_ms,
	link_entry_fn *fn, void *self)
{
	struct reading r = { .link = l, .search = s, .fn = fn, .self = self };
	/* A server that sends one small message after another is late too. */
	int64_t own_ms = clock_mono_ms() + rules->server_ms;
	struct err e = pages_read(&r, rules, own_ms < deadline_ms ? own_ms : deadline_ms);

	ber_memfree(r.cookie.bv_val);
	return e;
}

/* ---- an entry ---- */

static struct str value_at(struct berval *const *values, size_t i)
{
	return (struct str){ values[i]->bv_val, values[i]->bv_len };
}

struct err entry_value_like(struct arena *a, LDAP *ld, LDAPMessage *entry, const char *attribute, struct str wanted,
	struct str *ret_value)
{
	struct berval **values = ldap_get_values_len(ld, entry, attribute);
	size_t n = values ? (size_t)ldap_count_values_len(values) : 0, chosen = 0;

	for (size_t i = 0; i < n; i++)
		if (str_eq_nocase(value_at(values, i), wanted))
			chosen = i;
	struct str value = n > 0 ? value_at(values, chosen) : STR_NONE;
	bool fits = value.n <= DIRECTORY_VALUE_MAX;
	*ret_value = fits ? arena_dup(a, value) : STR_NONE;
	ldap_value_free_len(values);
	ENSURE(fits, MALFORMED, "directory.size");
	return NO_ERR;
}

struct err entry_value(struct arena *a, LDAP *ld, LDAPMessage *entry, const char *attribute, struct str *ret_value)
{
	return entry_value_like(a, ld, entry, attribute, STR_NONE, ret_value);
}

struct err entry_each(LDAP *ld, LDAPMessage *entry, const char *attribute, link_value_fn *fn, void *self)
{
	struct berval **values = ldap_get_values_len(ld, entry, attribute);
	char text[DIRECTORY_VALUE_MAX + 1];
	struct err e = NO_ERR;

	for (size_t i = 0; values && values[i] && !failed(e); i++) {
		struct str value = value_at(values, i);

		if (value.n > DIRECTORY_VALUE_MAX)
			e = err_of(MALFORMED, "directory.size");
		else if (str_has(value, '\0'))
			e = err_of(MALFORMED, "directory.answer");
		else {
			memcpy(text, value.p, value.n);
			text[value.n] = '\0';
			e = fn(self, text);
		}
	}
	ldap_value_free_len(values);
	return e;
}

struct err entry_dn(struct arena *a, LDAP *ld, LDAPMessage *entry, struct str *ret_dn)
{
	char *dn = ldap_get_dn(ld, entry);

	ENSURE(dn, MALFORMED, "directory.answer");
	struct err e = dn_normalise(a, dn, ret_dn);
	ldap_memfree(dn);
	TRY(e);
	ENSURE(str_is_utf8(*ret_dn) && !str_has_control(*ret_dn), MALFORMED, "directory.answer");
	return NO_ERR;
}
