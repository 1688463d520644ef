/* kdc.h - one question to a Kerberos server and its answer, over TCP, within a time limit.
 *
 * libkrb5 would ask by itself, and wait half a minute for a server that hangs.
 */
#ifndef ROLES_DIRECTORY_KDC_H
#define ROLES_DIRECTORY_KDC_H
#include "base/arena.h"

enum { KDC_ANSWER_MAX = 128 * 1024 };

struct kdc { const char *host, *port; };

/* "host", "host:port", "v6", "[v6]" or "[v6]:port"; the port is 88 where none is named. Lives in a.
 * Errors  MALFORMED directory.kdc.address */
MUST struct err kdc_parse(struct arena *a, struct str text, struct kdc *ret_kdc);
/* Source  RFC 4120 7.2.2
 * Owner   *answer is init'ed by the caller, and replaced
 * Errors  BUSY directory.kdc: nobody there, nothing within the time, more than answer may hold */
MUST struct err kdc_ask(const struct kdc *kdc, struct str question, int64_t deadline_ms, struct buf *answer);
#endif
