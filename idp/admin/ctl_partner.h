/* ctl_partner.h - what the commands about partners of both protocols share. */
#ifndef IDP_ADMIN_CTL_PARTNER_H
#define IDP_ADMIN_CTL_PARTNER_H
#include "idp/admin/ctl.h"
#include "idp/policy/partner.h"

/* One of a few words; *ret is its place, 0 without the option. */
uint32_t ctl_choice(struct ctl *c, const char *option, const char *const *words, size_t n, int *ret);

uint32_t ctl_partner_add_saml(struct ctl *c);
void ctl_partner_saml_json(struct ctl *c, const struct partner *p);
void ctl_partner_saml_text(struct ctl *c, const struct partner *p);
#endif
