/* rotate_rules.c - see rotate_rules.h. */
#include "roles/supervisor/rotate_rules.h"

size_t rotate_other(const struct key_entry *v, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (v[i].state == SIGN_KEY_PREVIOUS)
			return i;
	return n > 1 ? 1 : n;
}

struct rotate_verdict rotate_decide(const struct rotate_facts *f)
{
	struct rotate_verdict d = { ROTATE_PUBLISH, rotate_other(f->v, f->n), 0 };

	if (d.other == f->n)
		return d;
	d.step = f->v[d.other].state == SIGN_KEY_PREVIOUS ? ROTATE_RETIRE : ROTATE_ACTIVATE;
	if (d.step == ROTATE_ACTIVATE && f->lacks_certificate) {
		d.step = ROTATE_CERTIFY;
		return d;
	}
	d.again_s = f->v[d.other].since_s + ROTATE_WAIT_S;
	if (f->now_s < d.again_s && !f->at_once)
		d.step = ROTATE_TOO_EARLY;
	return d;
}

void rotate_apply(const struct rotate_facts *f, const struct rotate_verdict *d, struct str fresh, struct key_entry *ret_v, size_t *ret_n)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++)
		if (d->step != ROTATE_RETIRE || i != d->other)
			ret_v[n++] = f->v[i];
	if (d->step == ROTATE_PUBLISH)
		ret_v[n++] = (struct key_entry){ SIGN_KEY_NEXT, f->now_s, fresh };
	if (d->step == ROTATE_CERTIFY)
		ret_v[d->other].since_s = f->now_s;
	if (d->step == ROTATE_ACTIVATE) {
		struct key_entry was = ret_v[0];

		ret_v[0] = (struct key_entry){ SIGN_KEY_CURRENT, f->now_s, ret_v[d->other].pem };
		ret_v[d->other] = (struct key_entry){ SIGN_KEY_PREVIOUS, f->now_s, was.pem };
	}
	*ret_n = n;
}
