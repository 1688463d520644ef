/* throttle_rules.c - the figures of the throttle: from a state and now to a decision. */
#include "idp/authn/throttle.h"

enum {
	DAY_S = 86400,
	FREE_TRIES = 5,                /* wrong ones, before the first wait */
	FIRST_WAIT_S = 64,             /* CNIL: more than a minute */
	LONGEST_WAIT_S = 7200,         /* 5 + 7 doublings + 10 of these: under 25 in a day */
	AT_ONCE_MAX = 12,              /* failed or under way, before the first wait */
	SOURCE_FREE = 60, SOURCE_EVERY_S = 6, SOURCE_IN_FLIGHT = 64,
	STREAK_FREE = 2, STREAK_ENDS_S = 300, CROWDED_WAIT_S = 60
};

static uint32_t source_failures(const struct throttle_state *s, int64_t now_s)
{
	int64_t healed = (now_s - s->last_failure_s) / SOURCE_EVERY_S;

	return healed < 0 ? 0 : healed >= s->failures ? 0 : s->failures - (uint32_t)healed;
}

static int64_t identifier_wait(const struct throttle_state *s, int64_t now_s)
{
	int64_t wait = FIRST_WAIT_S, left;

	/* Those under way count too, or a burst would get more tries than the waits make up for. */
	if (s->failures < FREE_TRIES)
		return s->failures + s->in_flight < AT_ONCE_MAX ? 0 : 2;
	if (s->last_failure_s > now_s)
		return 0;              /* the clock was set back: a wait that began then would last until then */
	if (now_s - s->last_failure_s >= DAY_S)
		return 0;
	for (uint32_t i = FREE_TRIES; i < s->failures && wait < LONGEST_WAIT_S; i++)
		wait *= 2;
	if (wait > LONGEST_WAIT_S)
		wait = LONGEST_WAIT_S;
	left = s->last_failure_s + wait - now_s;
	if (left > 0)
		return left;
	return s->in_flight ? 2 : 0;
}

int64_t throttle_wait_s(const struct throttle_state *s, enum throttle_door door, bool crowded, int64_t now_s)
{
	if (door == DOOR_IDENTIFIER)
		return identifier_wait(s, now_s);
	if (s->in_flight >= SOURCE_IN_FLIGHT)
		return 2;
	if (source_failures(s, now_s) >= SOURCE_FREE)
		return SOURCE_EVERY_S;
	/* A few hundred sources that try in turn, each seldom enough to heal, would else fill every place. */
	if (crowded && s->streak >= STREAK_FREE && now_s >= s->last_failure_s && now_s - s->last_failure_s < CROWDED_WAIT_S)
		return s->last_failure_s + CROWDED_WAIT_S - now_s;
	return 0;
}

bool throttle_failed_lately(const struct throttle_state *s, int64_t now_s)
{
	return s->streak > 0 && now_s >= s->last_failure_s && now_s - s->last_failure_s < STREAK_ENDS_S;
}

struct throttle_state throttle_after(struct throttle_state s, enum throttle_door door, bool success, int64_t now_s)
{
	if (door == DOOR_SOURCE) {
		/* A success does not wash an address clean: it may be one of the attacker's own accounts. */
		if (success)
			return s;
		s.failures = source_failures(&s, now_s) + 1;
		s.streak = now_s - s.last_failure_s < STREAK_ENDS_S ? s.streak + 1 : 1;
		s.last_failure_s = now_s;
		return s;
	}
	if (success) {
		s.failures = 0;
		return s;
	}
	if (now_s - s.last_failure_s >= DAY_S)
		s.failures = 0;
	s.failures++;
	s.last_failure_s = now_s;
	return s;
}
