/* logout_store.h - the durable queue of words of logout; only logout.c includes it. */
#ifndef IDP_SESSION_LOGOUT_STORE_H
#define IDP_SESSION_LOGOUT_STORE_H
#include "idp/session/logout.h"

struct logout_list {
	struct arena *arena;
	struct logout_word v[LOGOUT_LINES_MAX];
	bool told[LOGOUT_LINES_MAX];   /* this one has an address to be told at */
	size_t n;
};

MUST struct err logout_end(struct idp *idp, const struct http_req *req, const struct person *who, const struct logout_with *with,
	struct logout_list *ret_list);
MUST struct err logout_word_claim(struct store *s, struct logout_word *w, int64_t now_s, bool *ret_claimed);
MUST struct err logout_word_done(struct store *s, const struct logout_word *w);
MUST struct err logout_words_due(struct store *s, struct arena *a, int64_t now_s, size_t max, struct logout_word **ret_v, size_t *ret_n);
#endif
