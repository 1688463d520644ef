/* saml_answer.h - the reader's part of SAML: strict shape, signature, then fields of what was signed. */
#ifndef ROLES_READER_SAML_ANSWER_H
#define ROLES_READER_SAML_ANSWER_H
#include "wire/ipc/check.h"

struct reader_saml;

/* Warms the libraries up by verifying two examples, so that no file is opened afterwards.
 * BROKEN reader.selftest */
MUST struct err reader_saml_create(struct reader_saml **ret_saml);
void reader_saml_destroy(struct reader_saml *s);
void reader_saml_destroyp(struct reader_saml **s);

/* Read one message, and prove it as far as the question wants. Whether the fields are the right ones
 * (issuer, destination, audience, times, request) is the caller's verdict.
 * Owner   *ret_result lives in `a` and in the question
 * Errors  MALFORMED saml.*; DENIED saml.signature.missing, saml.signature, saml.algorithm, saml.key,
 *         saml.check.encrypted */
MUST struct err reader_check_saml(struct reader_saml *s, struct arena *a, const struct check_saml *question,
	struct check_saml_result *ret_result);

/* Read a partner's file into rows, and say what is wrong with it. Keys that could never verify
 * anything are wrong too. */
void reader_check_metadata(struct reader_saml *s, struct arena *a, const struct check_metadata *question,
	struct check_metadata_result *ret_result);
#endif
