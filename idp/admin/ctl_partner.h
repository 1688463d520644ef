/* ctl_partner.h - what the commands about partners of both protocols share. */
#ifndef IDP_ADMIN_CTL_PARTNER_H
#define IDP_ADMIN_CTL_PARTNER_H
#include "idp/admin/ctl.h"
#include "idp/policy/partner.h"

/* One of a few words; *ret is its place, 0 without the option. */
uint32_t ctl_choice(struct ctl *c, const char *option, const char *const *words, size_t n, int *ret);

/* What it is called, what for, its sector: of a p that has its id. name: without --name. */
uint32_t ctl_partner_read_names(struct ctl *c, struct partner *p, struct str name);
/* For whom it is: the last of what is read. Agents' partners want both factors, and show no notice. */
uint32_t ctl_partner_people(struct ctl *c, struct partner *p);

/* A registration out of the options (of saml: and c->input); its texts live in c->a. */
uint32_t ctl_partner_read_oidc(struct ctl *c, struct partner *p);
uint32_t ctl_partner_read_saml(struct ctl *c, struct partner *p);
/* The client's secret, made when there is none to keep or a new one is asked for; else empty. A registration
 * that is replaced keeps its own. */
struct str ctl_partner_settle_secret(struct ctl *c, struct partner *p, const struct partner *old);

/* All of a registration as named lists of texts; both protocols in the same order. */
enum { CTL_PARTNER_FIELDS_MAX = 24 };
struct partner_field { const char *name; struct str meaning[LANG_COUNT]; struct str *v; size_t n; };
struct partner_fields { struct partner_field v[CTL_PARTNER_FIELDS_MAX]; size_t n; };
void ctl_partner_fields(const struct idp *idp, struct arena *a, const struct partner *p, struct partner_fields *ret);
bool ctl_partner_field_is_same(const struct partner_field *a, const struct partner_field *b);

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
