/* agent.c - what the directory says of an agent, and what follows from it. */
#include "idp/account/agent_store.h"
#include "base/clock.h"

/* ---- questions about one agent ---- */

bool agent_has_rights(const struct agent *g)
{
	return g->rights.service_n > 0 || g->rights.admin;
}

bool agent_may_admin(const struct agent *g, enum admin_right right)
{
	return (g->rights.admin & (1u << right)) != 0;
}

unsigned agent_roles(const struct agent *g, struct str sector)
{
	return rights_roles(&g->rights, sector);
}

struct err agent_roles_now(struct idp *idp, struct arena *a, const struct account *account, struct str sector, int64_t now_s,
	unsigned *ret_roles)
{
	struct agent g;
	struct err e;

	*ret_roles = 0;
	if (!account->agent)
		return NO_ERR;
	e = agent_load(idp->store, a, account->id, &g);
	if (failed(e) && e.kind != ERR_ABSENT)
		return e;
	if (!failed(e) && !agent_is_stale(idp, &g, now_s))
		*ret_roles = agent_roles(&g, sector);
	return NO_ERR;
}

bool agent_is_stale(const struct idp *idp, const struct agent *g, int64_t now_s)
{
	return now_s - g->checked_s >= idp->set.directory_grace_s;
}

struct str agent_login_normalise(struct arena *a, struct str login)
{
	char *p = arena_c(a, str_trim(login));
	size_t n = str_trim(login).n;

	for (size_t i = 0; i < n; i++)
		if (p[i] >= 'A' && p[i] <= 'Z')
			p[i] = (char)(p[i] - 'A' + 'a');
	return (struct str){ p, n };
}

/* ---- asking the directory ---- */

struct err agent_ask(struct idp *idp, struct arena *a, int64_t deadline_ms, enum directory_frame type, frame_io_fn *put,
	const void *question, struct directory_person *ret)
{
	struct err e = engine_call(idp->engine, a, deadline_ms, ROLE_COURIER_LDAP, type, put, question, ipc_directory_person_io, ret);

	if (e.kind != ERR_BUSY && e.kind != ERR_BROKEN)
		atomic_store(&idp->directory_s, clock_wall_s());
	return e;
}

int64_t agent_directory_reached_s(struct idp *idp)
{
	int64_t reached_s = atomic_load(&idp->directory_s);

	if (!reached_s && failed(agent_store_checked_s(idp->store, &reached_s)))
		return 0;
	return reached_s;
}

static const char *state_slug(enum directory_state state)
{
	static const char *const slugs[DIRECTORY_STATE_COUNT] = {
		[DIRECTORY_DISABLED] = "directory.disabled", [DIRECTORY_EXPIRED] = "directory.expired",
		[DIRECTORY_MUST_CHANGE] = "directory.must_change",
	};

	return (unsigned)state < DIRECTORY_STATE_COUNT && slugs[state] ? slugs[state] : "agent.rights";
}

struct err agent_save(struct idp *idp, struct arena *a, const struct directory_person *p, struct str actor, int64_t now_s,
	struct agent *ret)
{
	bool active = p->state == DIRECTORY_ACTIVE, ended = false;
	struct rights rights = { 0 };
	struct agent_word w = { .idp = idp, .key = p->key, .login = agent_login_normalise(a, p->login), .name = p->name,
		.reason = state_slug(p->state), .actor = actor, .now_s = now_s };
	struct err e;

	/* Wrong passwords lock, and anybody can type those: a lock keeps out, and puts nobody out who is in. */
	if (p->state == DIRECTORY_LOCKED) {
		e = agent_store_by_key(idp->store, a, p->key, ret);
		if (failed(e))
			return e.kind == ERR_ABSENT ? err_of(DENIED, "agent.state") : e;
	}
	if (active || p->state == DIRECTORY_LOCKED)
		rights = rights_of(idp->set.rights, p->groups, p->group_n);
	w.rights = rights_format(a, &rights);
	if (!w.name.n)
		w.name = p->login;
	e = agent_store_word(&w, &ended);
	/* Two tabs of one new agent: the second finds what the first has made. */
	if (e.kind == ERR_CONFLICT)
		e = agent_store_word(&w, &ended);
	if (failed(e) && e.kind != ERR_ABSENT)
		return e;
	ENSURE(active, DENIED, "agent.state");
	ENSURE(w.rights.n, DENIED, "agent.rights");
	return agent_store_by_key(idp->store, a, p->key, ret);
}

struct err agent_fetch(struct idp *idp, struct arena *a, struct str login, struct str actor, int64_t now_s, int64_t deadline_ms,
	struct agent *ret)
{
	int64_t left_ms = deadline_ms - clock_mono_ms();
	struct directory_find question = { .login = login, .timeout_ms = left_ms > 0 ? left_ms : 0 };
	struct directory_person person = { 0 };

	TRY(agent_ask(idp, a, deadline_ms, DIRECTORY_FIND, ipc_directory_find_io, &question, &person));
	return agent_save(idp, a, &person, actor, now_s, ret);
}
