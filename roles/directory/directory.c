/* directory.c - the questions that an ldap courier answers; see directory.h. */
#include "roles/directory/directory_impl.h"
#include <stdlib.h>
#include "base/clock.h"
#include "roles/directory/state_rules.h"
#include "roles/directory/text_rules.h"

enum { TIMEOUT_MAX_MS = 60000 };

struct directory *directory_create(const struct directory_rules *rules)
{
	struct directory *d = calloc(1, sizeof *d);

	if (!d)
		abort();
	d->rules = d->links.rules = rules;
	return d;
}

void directory_destroy(struct directory *d)
{
	if (!d)
		return;
	links_done(&d->links);
	free(d);
}

static int64_t deadline_of(int64_t timeout_ms)
{
	return clock_mono_ms() + (timeout_ms < 0 ? 0 : timeout_ms > TIMEOUT_MAX_MS ? TIMEOUT_MAX_MS : timeout_ms);
}

/* Nobody has this name. The same work as for a wrong password, so that the clock does not tell who
 * works here; and the directory's own log tells its keepers what was tried. */
static struct err try_nobody(struct directory *d, struct arena *a, const struct directory_bind *q, int64_t deadline_ms)
{
	AUTO(buf_done) struct buf dn = { 0 };

	buf_init(&dn, 8192);
	buf_add_c(&dn, "cn=nobody ");
	dn_add_value(&dn, q->login);
	buf_addf(&dn, ",%s", d->rules->people.v[0]);
	struct err e = links_try(&d->links, arena_c(a, buf_str(&dn)), q->password, deadline_ms);
	return failed(e) && e.kind != ERR_DENIED ? e : err_of(DENIED, "directory.unknown");
}

struct err directory_bind(struct directory *d, struct arena *a, const struct directory_bind *q, struct directory_person *ret_person)
{
	int64_t deadline_ms = deadline_of(q->timeout_ms);
	struct directory_person person = { 0 };

	TRY(directory_login_check(q->login));
	TRY(directory_password_check(q->password));
	struct err e = person_find(d, a, STR_NONE, q->login, deadline_ms, &person);
	if (failed(e) && strcmp(e.slug, "directory.unknown") == 0)
		e = try_nobody(d, a, q, deadline_ms);
	TRY(e);
	e = links_try(&d->links, arena_c(a, person.dn), q->password, deadline_ms);
	/* Not asked again elsewhere: a wrong password would count twice. */
	if (failed(e) && e.kind == ERR_BUSY)
		(void)links_failed(&d->links, e);
	TRY(e);
	TRY(state_refusal(person.state));
	TRY(person_groups(d, a, deadline_ms, &person));
	*ret_person = person;
	return NO_ERR;
}

struct err directory_find(struct directory *d, struct arena *a, const struct directory_find *q, struct directory_person *ret_person)
{
	int64_t deadline_ms = deadline_of(q->timeout_ms);
	struct directory_person person = { 0 };

	ENSURE((q->key.n > 0) != (q->login.n > 0), DENIED, "directory.key");
	TRY(person_find(d, a, q->key, q->login, deadline_ms, &person));
	TRY(person_groups(d, a, deadline_ms, &person));
	*ret_person = person;
	return NO_ERR;
}

static struct err serve_person(struct directory *d, struct arena *a, const struct frame *request, struct directory_person *person)
{
	struct directory_bind bind;
	struct directory_find find;

	if (request->type == DIRECTORY_BIND) {
		TRY(frame_read(request, a, ipc_directory_bind_io, &bind));
		return directory_bind(d, a, &bind, person);
	}
	TRY(frame_read(request, a, ipc_directory_find_io, &find));
	return directory_find(d, a, &find, person);
}

struct err directory_serve(void *directory, struct arena *a, const struct frame *request, frame_io_fn **ret_fn, void **ret_reply)
{
	struct directory_report *report = arena_new(a, struct directory_report);
	struct directory_check check;

	if (request->type == DIRECTORY_CHECK) {
		TRY(frame_read(request, a, ipc_directory_check_io, &check));
		TRY(directory_check(directory, a, &check, report));
		*ret_fn = ipc_directory_report_io;
		*ret_reply = report;
		return NO_ERR;
	}
	ENSURE(request->type == DIRECTORY_BIND || request->type == DIRECTORY_FIND, MALFORMED, "directory.frame");
	TRY(serve_person(directory, a, request, &report->person));
	*ret_fn = ipc_directory_person_io;
	*ret_reply = &report->person;
	return NO_ERR;
}
