/* saml.h - the signer's SAML desk: identifiers, lint, canonical text, RSA-SHA256. See signer.h. */
#ifndef ROLES_SIGNER_SAML_H
#define ROLES_SIGNER_SAML_H
#include "roles/signer/signer.h"

struct saml_desk;
void saml_desk_destroy(struct saml_desk *d);

/* The SIGN_SAML_* requests. Errors as signer_serve(). */
MUST struct err saml_serve(struct signer *s, struct arena *a, const struct frame *request, frame_io_fn **ret_fn, void **ret_reply);
#endif
