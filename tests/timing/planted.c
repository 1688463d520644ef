/* planted.c - the leak that the timing test must see: an engine that is linked with --wrap=account_find and
 * takes a millisecond longer over whoever has no account. For a twin of guichet-idp-engine in tests alone. */
#include "idp/account/account.h"
#include <unistd.h>

enum { PLANTED_US = 1000 };

struct err __real_account_find(struct store *s, struct arena *a, struct str email, struct account *ret_account, struct str *ret_encoded);
struct err __wrap_account_find(struct store *s, struct arena *a, struct str email, struct account *ret_account, struct str *ret_encoded);

struct err __wrap_account_find(struct store *s, struct arena *a, struct str email, struct account *ret_account, struct str *ret_encoded)
{
	struct err e = __real_account_find(s, a, email, ret_account, ret_encoded);

	if (failed(e) && e.kind == ERR_ABSENT)
		usleep(PLANTED_US);
	return e;
}
