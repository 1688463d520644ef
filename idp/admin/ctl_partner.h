/* ctl_partner.h - what the commands about partners of both protocols share. */
#ifndef IDP_ADMIN_CTL_PARTNER_H
#define IDP_ADMIN_CTL_PARTNER_H
#include "idp/admin/ctl.h"
#include "idp/policy/partner.h"

/* One of a few words; *ret is its place, 0 without the option. */
uint32_t ctl_choice(struct ctl *c, const char *option, const char *const *words, size_t n, int *ret);

/* Store a registration that has been read. When there is an old one: without --replace the difference goes
 * to the output and nothing is changed. *ret_stored: it stands in the store now. */
uint32_t ctl_partner_put(struct ctl *c, struct partner *p, const struct partner *old, bool *ret_stored);
/* Writes the fields in which they differ, in the form asked for; how many. */
size_t ctl_partner_diff(struct ctl *c, const struct partner *now, const struct partner *then);
/* SHA-256 in hex, as vendors tell it. */
struct str ctl_fingerprint(struct arena *a, struct str der);

uint32_t ctl_partner_add_saml(struct ctl *c);
void ctl_partner_saml_json(struct ctl *c, const struct partner *p);
void ctl_partner_saml_text(struct ctl *c, const struct partner *p);
#endif
