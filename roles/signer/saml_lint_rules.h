/* saml_lint_rules.h - what this house will never say in SAML, whoever asks. The issuer and the
 * algorithm are not asked about: no request can name another.
 *
 * Errors  DENIED sign.lint.saml.clock (issued now), .lifetime, .session (<= 24 h from now, begun in the past, eight days ago at most),
 *         .recipient (an address: https, or http to this machine), .audience (an entityID), .subject,
 *         .context, .attribute, .in_response_to, .status, .endpoint, .text (valid in XML 1.0, one line), .size
 */
#ifndef ROLES_SIGNER_SAML_LINT_RULES_H
#define ROLES_SIGNER_SAML_LINT_RULES_H
#include "wire/ipc/sign.h"

/* name_id is what will stand in the message; not looked at when the response is an error. */
MUST struct err lint_saml_response(const struct sign_saml_response *r, struct str name_id, int64_t now_s);
MUST struct err lint_saml_logout_request(const struct sign_saml_logout_request *r, struct str name_id, int64_t now_s);
MUST struct err lint_saml_logout_response(const struct sign_saml_logout_response *r, int64_t now_s);
MUST struct err lint_saml_authn_request(const struct sign_saml_authn_request *r, int64_t now_s);
MUST struct err lint_saml_metadata(const struct sign_saml_metadata *d, int64_t now_s);

/* SAML Core 8.3.6: at most 1024 characters; a name, though it often looks like an address. */
bool saml_is_entity(struct str s);
#endif
