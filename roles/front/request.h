/* request.h - what a request asks for, and who answers it. */
#ifndef ROLES_FRONT_REQUEST_H
#define ROLES_FRONT_REQUEST_H
#include "roles/front/conn.h"

/* A head has come whole, at raw: answer at once, or wait for the body, or submit. */
void request_begin(struct conn *c, const struct http_head *head, const char *raw);
/* The request is whole: to the engine, or held until one can take it, or refused. */
void request_submit(struct conn *c);
#endif
