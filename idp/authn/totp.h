/* totp.h - codes of authenticator applications. Pure: time and secret are arguments.
 *
 * Source  RFC 6238 with SHA-1, six digits and thirty seconds: what every application reads
 */
#ifndef IDP_AUTHN_TOTP_H
#define IDP_AUTHN_TOTP_H
#include "base/arena.h"

enum { TOTP_SECRET = 20, TOTP_STEP_S = 30, TOTP_DIGITS = 6 };

/* The time step whose code was typed: this one, the one before or the one after; never one that was accepted
 * before (last_step), nor an older one. Blanks in what was typed do not count.
 * Errors  DENIED totp.code, totp.replay */
MUST struct err totp_check(const unsigned char secret[TOTP_SECRET], struct str typed, int64_t last_step, int64_t now_s, int64_t *ret_step);
/* "JBSW Y3DP ...": base32 in groups of four. Lives in a. */
struct str totp_words(struct arena *a, const unsigned char secret[TOTP_SECRET]);
/* otpauth://totp/TOWN:LOGIN?secret=...; lives in a. */
struct str totp_uri(struct arena *a, const unsigned char secret[TOTP_SECRET], struct str town, struct str login);
#endif
