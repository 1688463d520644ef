/* registry.c - the snapshot of all partners, and who still reads an old one. */
#include "idp/policy/partner_store.h"
#include "base/ct.h"
#include "wire/oidc/oidc.h"
#include <pthread.h>
#include <stdlib.h>

struct snapshot {
	struct arena *arena;
	unsigned readers;              /* under the registry's lock; the registry itself counts as one */
	struct registry *registry;
	struct partner *v; size_t n;   /* sorted by id */
	int64_t version;
};

struct registry {
	pthread_mutex_t lock;
	struct snapshot *now;
};

struct registry *registry_create(void)
{
	struct registry *r = calloc(1, sizeof *r);

	if (!r)
		abort();
	pthread_mutex_init(&r->lock, NULL);
	return r;
}

static void release(void *obj)
{
	struct snapshot *s = obj;
	struct registry *r = s->registry;
	bool last;

	pthread_mutex_lock(&r->lock);
	last = --s->readers == 0;
	pthread_mutex_unlock(&r->lock);
	if (!last)
		return;
	arena_destroy(s->arena);
	free(s);
}

void registry_destroy(struct registry *r)
{
	if (!r)
		return;
	if (r->now)
		release(r->now);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

static struct snapshot *hold(struct registry *r, struct arena *holder)
{
	struct snapshot *s;

	pthread_mutex_lock(&r->lock);
	s = r->now;
	if (s)
		s->readers++;
	pthread_mutex_unlock(&r->lock);
	if (s)
		arena_defer(holder, release, s);
	return s;
}

static int by_id(const void *a, const void *b)
{
	return str_cmp(((const struct partner *)a)->id, ((const struct partner *)b)->id);
}

struct err registry_load(struct registry *r, struct idp *idp)
{
	struct snapshot *s = calloc(1, sizeof *s), *old;
	struct err err;

	if (!s)
		abort();
	s->arena = arena_create(64 << 20);
	s->registry = r;
	s->readers = 1;
	err = partner_store_all(idp, s->arena, &s->v, &s->n, &s->version);
	if (failed(err)) {
		arena_destroy(s->arena);
		free(s);
		return err;
	}
	if (s->n)
		qsort(s->v, s->n, sizeof *s->v, by_id);
	pthread_mutex_lock(&r->lock);
	/* Two may load at once; the one that read later rows stays, whoever comes last. */
	old = r->now && r->now->version > s->version ? s : r->now;
	if (old != s)
		r->now = s;
	pthread_mutex_unlock(&r->lock);
	if (old)
		release(old);
	return NO_ERR;
}

struct err registry_poll(struct registry *r, struct idp *idp)
{
	int64_t version = 0, ours;

	TRY(partner_store_version(idp->store, &version));
	pthread_mutex_lock(&r->lock);
	ours = r->now ? r->now->version : -1;
	pthread_mutex_unlock(&r->lock);
	return version == ours ? NO_ERR : registry_load(r, idp);
}

const struct partner *partner_find(struct registry *r, struct arena *holder, struct str id)
{
	struct snapshot *s = hold(r, holder);
	struct partner key = { .id = id };

	return s && s->n && id.n ? bsearch(&key, s->v, s->n, sizeof *s->v, by_id) : NULL;
}

const struct partner *partner_list(struct registry *r, struct arena *holder, size_t *ret_n)
{
	struct snapshot *s = hold(r, holder);

	*ret_n = s ? s->n : 0;
	return s ? s->v : NULL;
}

int64_t partner_since_s(const struct partner *p)
{
	return p->disabled_s >= p->created_s ? p->disabled_s + 1 : p->created_s;
}

bool partner_has_grant(const struct partner *p, const char *grant)
{
	return str_has_word(p->grants, str_from_c(grant));
}

bool partner_has_redirect(const struct partner *p, struct str uri)
{
	for (size_t i = 0; i < p->redirect_n; i++)
		if (oidc_uri_matches(p->redirect_uris[i], uri, p->auth == PARTNER_PUBLIC))
			return true;
	return false;
}

bool partner_has_post_logout(const struct partner *p, struct str uri)
{
	for (size_t i = 0; i < p->post_logout_n; i++)
		if (str_eq(p->post_logout_uris[i], uri))
			return true;
	return false;
}

const char *partner_people_name(const struct partner *p)
{
	return p->agents ? "agents" : "usagers";
}

const char *partner_auth_name(enum partner_auth a)
{
	static const char *const names[] = { "basic", "post", "none" };

	return names[a];
}

const char *saml_name_policy_name(enum saml_name_policy n)
{
	static const char *const names[] = { "persistent", "transient", "email" };

	return names[n];
}

bool partner_saml_is_valid(const struct partner *p, int64_t now_s)
{
	return p->saml && (!p->saml->valid_until_s || now_s < p->saml->valid_until_s);
}

const char *release_mode_name(enum release_mode m)
{
	static const char *const names[] = { "inform", "consent", "none" };

	return names[m];
}
