/* answer.h - the bytes of answers: the engine's, documents, and refusals that are the front's own. */
#ifndef ROLES_FRONT_ANSWER_H
#define ROLES_FRONT_ANSWER_H
#include "roles/front/conn.h"
#include "roles/front/site.h"

/* Each of these ends the request; the caller then goes on with conn_advance(). head may be NULL
 * when none was read. Nothing of f->scratch may be needed afterwards. */

void answer_document(struct conn *c, const struct http_head *head, struct site_document *d);
void answer_preflight(struct conn *c);          /* OPTIONS of a document with CORS */
/* What the engine said. An answer with bytes that could split it becomes a 500. */
void answer_response(struct conn *c, const struct http_head *head, const struct http_resp *resp);
/* The styled page of that status when the engine has published one; counted for the log. With a 405,
 * `allowed` is what the path does take. */
void answer_refusal(struct conn *c, const struct http_head *head, int status, const char *slug, const struct site_entry *allowed);
#endif
