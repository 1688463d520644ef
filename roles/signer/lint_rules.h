/* lint_rules.h - what this house will never sign, whoever asks: the last check before the key. */
#ifndef ROLES_SIGNER_LINT_RULES_H
#define ROLES_SIGNER_LINT_RULES_H
#include "wire/ipc/sign.h"

/* subject is what will stand in the token. DENIED sign.lint.* of signer.h */
MUST struct err lint_id_token(const struct sign_id_token *t, struct str subject, int64_t now_s);
MUST struct err lint_logout_token(const struct sign_logout_token *t, struct str subject, int64_t now_s);
/* May a pseudonym be derived from this? DENIED sign.lint.subject */
MUST struct err lint_subject(const struct sign_subject *s);
#endif
