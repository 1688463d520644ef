/* backchannel.h - one logout token to one service. */
#ifndef IDP_OIDC_BACKCHANNEL_H
#define IDP_OIDC_BACKCHANNEL_H
#include "idp/session/logout.h"

/* Errors  ABSENT oidc.backchannel.partner (nobody to tell any more); BUSY oidc.backchannel.*, fetch.*; DENIED fetch.address */
MUST struct err backchannel_tell(struct idp *idp, struct arena *a, const struct logout_word *w, int64_t now_s, int64_t deadline_ms);
#endif
