/* recovery.h - printed codes for the day when the telephone is lost. Pure. */
#ifndef IDP_AUTHN_RECOVERY_H
#define IDP_AUTHN_RECOVERY_H
#include "idp/account/factor.h"

enum { RECOVERY_BYTES = 16 };

/* 80 of these 128 bits, "K7QX-M2RD-9F4T-0B8C"; lives in a. */
struct str recovery_format(struct arena *a, const unsigned char bytes[RECOVERY_BYTES]);
/* What was typed in that spelling; empty when it is no such code. Lives in a. */
struct str recovery_read(struct arena *a, struct str typed);
/* Of one person alone: the same code of two people has two hashes. */
void recovery_hash(const unsigned char account[ID_BYTES], struct str code, unsigned char ret_hash[FACTOR_HASH]);
/* RECOVERY_N new codes, to be shown once, and what is stored of them. */
void recovery_make(struct arena *a, const unsigned char account[ID_BYTES], struct str ret_codes[RECOVERY_N],
	unsigned char ret_hashes[RECOVERY_N][FACTOR_HASH]);
#endif
