/* state_rules.c - see state_rules.h. */
#include "roles/directory/state_rules.h"

enum {
	UF_DISABLED = 0x2, UF_LOCKOUT = 0x10, UF_NEVER_EXPIRES = 0x10000, UF_SMARTCARD = 0x40000, UF_PASSWORD_EXPIRED = 0x800000
};
#define SECONDS_1601_TO_1970 11644473600LL
#define TICKS_A_SECOND       10000000LL

/* Active Directory writes flags as a signed 32-bit number. */
static struct err number_read(struct str text, int64_t dflt, int64_t *ret_n)
{
	bool negative = text.n > 0 && text.p[0] == '-';
	int64_t n = dflt;

	/* 2^63-1, "never", is the one number with more digits than str_to_i64() reads. */
	if (str_eq_c(text, "9223372036854775807"))
		n = INT64_MAX;
	else if (text.n > 0)
		ENSURE(!failed(str_to_i64(str_slice(text, negative, text.n), INT64_MAX, &n)), MALFORMED, "directory.answer");
	*ret_n = negative ? -n : n;
	return NO_ERR;
}

static bool has_expired(int64_t ticks, int64_t now_s)
{
	return ticks > 0 && ticks != INT64_MAX && ticks / TICKS_A_SECOND - SECONDS_1601_TO_1970 <= now_s;
}

struct err ad_state(const struct ad_account *account, int64_t now_s, enum directory_state *ret_state)
{
	int64_t control, computed, expires, set;

	ENSURE(account->control.n > 0, MALFORMED, "directory.answer");
	TRY(number_read(account->control, 0, &control));
	TRY(number_read(account->computed, 0, &computed));
	TRY(number_read(account->expires, 0, &expires));
	TRY(number_read(account->password_set, 1, &set));
	bool password_ends = !(control & (UF_NEVER_EXPIRES | UF_SMARTCARD));

	if (control & UF_DISABLED)
		*ret_state = DIRECTORY_DISABLED;
	else if (has_expired(expires, now_s))
		*ret_state = DIRECTORY_EXPIRED;
	else if (computed & UF_LOCKOUT)
		*ret_state = DIRECTORY_LOCKED;
	else if (password_ends && (set == 0 || (computed & UF_PASSWORD_EXPIRED)))
		*ret_state = DIRECTORY_MUST_CHANGE;
	else
		*ret_state = DIRECTORY_ACTIVE;
	return NO_ERR;
}

/* "80090308: LdapErr: DSID-0C090447, comment: AcceptSecurityContext error, data 52e, v3839" */
struct err ad_bind_refusal(struct str message)
{
	static const struct { const char *code; struct err e; } codes[] = {
		{ "525", { ERR_DENIED, "directory.password" } },      /* no such user: the same to the outside */
		{ "52e", { ERR_DENIED, "directory.password" } },
		{ "530", { ERR_DENIED, "directory.hours" } },
		{ "531", { ERR_DENIED, "directory.hours" } },         /* not from this workstation */
		{ "532", { ERR_DENIED, "directory.must_change" } },   /* the password has expired */
		{ "533", { ERR_DENIED, "directory.disabled" } },
		{ "701", { ERR_DENIED, "directory.expired" } },
		{ "773", { ERR_DENIED, "directory.must_change" } },
		{ "775", { ERR_DENIED, "directory.locked" } },
	};
	struct str rest = message, part, code = STR_NONE;

	while (str_split(&rest, ',', &part)) {
		part = str_trim(part);
		if (str_starts(part, STR("data ")))
			code = str_trim(str_slice(part, 5, part.n));
	}
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		if (str_eq_nocase(code, str_from_c(codes[i].code)))
			return codes[i].e;
	return err_of(DENIED, "directory.password");
}

/* "80090346: LdapErr: DSID-0C0906B0, comment: AcceptSecurityContext error, data 80090346, v4563" */
struct err kerberos_refusal(struct str message)
{
	if (str_starts(message, STR("80090324")))       /* SEC_E_TIME_SKEW */
		return err_of(BROKEN, "directory.clock");
	if (str_starts(message, STR("8009")) && !str_starts(message, STR("80090346")))       /* SEC_E_BAD_BINDINGS */
		return err_of(BROKEN, "directory.credential");
	/* OpenLDAP has the same words whatever it was. */
	return err_of(BROKEN, "directory.binding");
}

enum directory_state policy_state(struct str locked_time, struct str reset)
{
	/* This one value means "for ever". Any other passes by itself, at a moment that only the
	 * directory knows: its next bind says whether it has. */
	if (str_starts(locked_time, STR("000001010000")))
		return DIRECTORY_DISABLED;
	return str_eq_nocase(reset, STR("TRUE")) ? DIRECTORY_MUST_CHANGE : DIRECTORY_ACTIVE;
}

struct err state_refusal(enum directory_state state)
{
	switch (state) {
	case DIRECTORY_ACTIVE:      return NO_ERR;
	case DIRECTORY_EXPIRED:     return err_of(DENIED, "directory.expired");
	case DIRECTORY_MUST_CHANGE: return err_of(DENIED, "directory.must_change");
	case DIRECTORY_LOCKED:      return err_of(DENIED, "directory.locked");
	default:                    return err_of(DENIED, "directory.disabled");
	}
}
