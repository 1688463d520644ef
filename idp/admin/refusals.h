/* refusals.h - why a partner's request was refused, and what cures it, in words: for its page and for
 * guichetctl alike. */
#ifndef IDP_ADMIN_REFUSALS_H
#define IDP_ADMIN_REFUSALS_H
#include "idp/idp.h"

enum { REFUSALS_SHOWN = 20 };

struct refusal { int64_t at_s; struct str slug, request; int64_t n; };
/* The newest of one partner, newest first; live in a. */
MUST struct err refusals_load(struct store *s, struct arena *a, struct str client_id, struct refusal v[REFUSALS_SHOWN], size_t *ret_n);

struct refusal_words { struct str sentence, cure; };
/* Never empty: a slug that has no words of its own gets those of its family. */
struct refusal_words refusal_words(struct str slug, enum http_lang lang);
#endif
