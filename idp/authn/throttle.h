/* throttle.h - how many wrong passwords, how fast. Before any hash is computed; nothing sleeps.
 *
 * Two doors: one for each identifier (apart for devices that have signed in with it before, so that
 * a stranger's attempts never shut its owner out), one for each source (IPv6 by /64). Delays grow
 * and pass by themselves: nobody is locked out for good. While the house is crowded, a source that
 * has failed a few times waits a minute, so that whoever floods the hashers makes room for the others. Memory is
 * bounded: the table keeps the busiest, and forgetting is the citizen's gain.
 * Source  CNIL 2022-100, case 2: over a minute after 5 failures, at most 25 in 24 hours
 */
#ifndef IDP_AUTHN_THROTTLE_H
#define IDP_AUTHN_THROTTLE_H
#include "base/str.h"

struct throttle_state {
	int64_t last_failure_s;
	uint32_t failures;             /* since the last success, or the last day of peace */
	uint32_t streak;               /* of a source: failures with no five minutes of peace in between */
	uint32_t in_flight;            /* admitted, outcome not known yet */
	int64_t touched_s;
};
enum throttle_door { DOOR_IDENTIFIER, DOOR_SOURCE };

/* 0: come in; else how many seconds to wait. crowded: the hashers have more to do than they should. Pure. */
int64_t throttle_wait_s(const struct throttle_state *s, enum throttle_door door, bool crowded, int64_t now_s);
/* Did anybody from that source fail within five minutes? Pure. */
bool throttle_failed_lately(const struct throttle_state *s, int64_t now_s);
/* The state after one more outcome. Pure. */
struct throttle_state throttle_after(struct throttle_state s, enum throttle_door door, bool success, int64_t now_s);

struct throttle;
/* at_once: how many attempts may wait for a hasher. */
struct throttle *throttle_create(size_t entries, uint32_t at_once);
void throttle_destroy(struct throttle *t);

struct throttle_keys {
	struct str identifier, source; /* any bytes */
	bool device_known;             /* this device has signed in with that identifier: let in when strangers wait */
};
/* THROTTLED throttle.identifier, throttle.source, throttle.house (more attempts at once than the hashers
 * answer in a second), with *ret_wait_s; else the outcome must be told. */
MUST struct err throttle_admit(struct throttle *t, const struct throttle_keys *k, int64_t now_s, int64_t *ret_wait_s);
/* unknown: neither a failure nor a success (the hasher was busy). */
enum throttle_outcome { THROTTLE_FAILURE, THROTTLE_SUCCESS, THROTTLE_UNKNOWN };
void throttle_tell(struct throttle *t, const struct throttle_keys *k, enum throttle_outcome o, int64_t now_s);
#endif
