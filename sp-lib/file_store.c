/* SPDX-License-Identifier: Apache-2.0
 *
 * file_store.c - a small store for `remember`: one file an entry, named by kind and key.
 *
 * An entry appears whole (written aside, then linked or renamed) and its time of expiry is the
 * file's own time of change, so that pushing it on cannot bring a removed entry back. */
#include "sp-lib/sp.h"
#include "base/b64.h"
#include "base/ct.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define ASIDE ".new-"
enum { ENTRY_MAX = 60 * 1024, PURGE_EVERY = 256, LEFT_BEHIND_S = 3600 };

struct sp_file_store {
	int dir;
	atomic_uint writes;
};

struct entry { struct str tags[2], value; };

static void entry_io(struct frame_io *io, void *m)
{
	struct entry *e = m;

	io_str(io, &e->tags[0]);
	io_str(io, &e->tags[1]);
	io_str(io, &e->value);
}

static void closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/* Full, read-only or failing: it may come back. */
#define ENSURE_IO(cond) ENSURE(cond, BUSY, "sp.files.io")

static MUST struct err name_of(struct arena *a, const struct sp_memory *m, const char **ret_name)
{
	struct str kind = str_from_c(m->kind), key = str_from_c(m->key);

	ENSURE(kind.n > 0 && kind.n <= 32 && key.n > 0 && key.n <= 64, BROKEN, "sp.files.name");
	ENSURE(!str_has(kind, '/') && !str_has(kind, '.') && !str_has(key, '/') && !str_has(key, '.'), BROKEN, "sp.files.name");
	*ret_name = arena_printf(a, "%s-%s", m->kind, m->key).p;
	return NO_ERR;
}

static MUST struct err write_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t done = write(fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		ENSURE_IO(done > 0);
		p += done;
		n -= (size_t)done;
	}
	return NO_ERR;
}

static MUST struct err write_aside(const struct sp_file_store *f, struct arena *a, const struct sp_memory *m, const char *aside)
{
	struct entry e = { { str_from_c(m->tags[0]), str_from_c(m->tags[1]) }, { m->value, m->value_n } };
	struct timespec times[2] = { { .tv_sec = m->now_s }, { .tv_sec = m->expires_at_s } };
	size_t n = 0, size = 3 * sizeof(uint32_t) + e.tags[0].n + e.tags[1].n + e.value.n;
	char *p = size <= ENTRY_MAX ? arena_try(a, size) : NULL;

	ENSURE(p, BROKEN, "sp.files.size");
	TRY(frame_write_body(entry_io, &e, p, size, &n));
	AUTO(closep) int fd = openat(f->dir, aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ENSURE_IO(fd >= 0);
	TRY(write_all(fd, p, n));
	ENSURE_IO(futimens(fd, times) == 0);
	return NO_ERR;
}

static void purge(struct sp_file_store *f, int64_t now_s);

static MUST struct err put(struct sp_file_store *f, struct arena *a, const struct sp_memory *m, const char *name, bool only_once)
{
	const char *aside = arena_printf(a, ASIDE STR_FMT, STR_ARG(sp_random_text(a, 12))).p;
	struct err e = write_aside(f, a, m, aside);

	if (!failed(e) && only_once)
		e = linkat(f->dir, aside, f->dir, name, 0) == 0 ? NO_ERR
			: errno == EEXIST ? err_of(CONFLICT, "sp.files.claimed") : err_of(BUSY, "sp.files.io");
	else if (!failed(e) && renameat(f->dir, aside, f->dir, name) != 0)
		e = err_of(BUSY, "sp.files.io");
	if (failed(e) || only_once)
		(void)unlinkat(f->dir, aside, 0);
	if (atomic_fetch_add(&f->writes, 1) % PURGE_EVERY == 0)
		purge(f, m->now_s);
	return e;
}

static MUST struct err read_entry(const struct sp_file_store *f, struct arena *a, const char *name, struct entry *ret_entry, int64_t *ret_expires_at_s)
{
	AUTO(closep) int fd = openat(f->dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;
	size_t n = 0;
	char *p;

	ENSURE(fd >= 0 || errno != ENOENT, ABSENT, "sp.files.absent");
	ENSURE_IO(fd >= 0 && fstat(fd, &st) == 0);
	p = st.st_size <= ENTRY_MAX ? arena_try(a, (size_t)st.st_size + 1) : NULL;
	ENSURE(p, BROKEN, "sp.files.size");
	for (ssize_t got = 1; got > 0 && n < (size_t)st.st_size; n += (size_t)got) {
		got = read(fd, p + n, (size_t)st.st_size - n);
		ENSURE_IO(got >= 0);
	}
	/* What a power cut has left of one: as if it had never been. */
	ENSURE(!failed(frame_read_body((struct str){ p, n }, a, entry_io, ret_entry)), ABSENT, "sp.files.absent");
	*ret_expires_at_s = st.st_mtim.tv_sec;
	return NO_ERR;
}

static MUST struct err get(const struct sp_file_store *f, struct arena *a, struct sp_memory *m, const char *name)
{
	struct entry e = { 0 };

	TRY(read_entry(f, a, name, &e, &m->expires_at_s));
	m->value = e.value.p;
	m->value_n = e.value.n;
	return NO_ERR;
}

static MUST struct err touch(const struct sp_file_store *f, const struct sp_memory *m, const char *name)
{
	struct timespec times[2] = { { .tv_sec = m->now_s }, { .tv_sec = m->expires_at_s } };
	AUTO(closep) int fd = openat(f->dir, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);

	ENSURE(fd >= 0 || errno != ENOENT, ABSENT, "sp.files.absent");
	ENSURE_IO(fd >= 0 && futimens(fd, times) == 0);
	return NO_ERR;
}

static void closedirp(DIR **d)
{
	if (*d)
		closedir(*d);
}

static DIR *list(const struct sp_file_store *f)
{
	int fd = openat(f->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? NULL : fdopendir(fd);
}

static bool is_of(struct str s, const char *alphabet)
{
	for (size_t i = 0; i < s.n; i++)
		if (!strchr(alphabet, s.p[i]))
			return false;
	return s.n > 0;
}

#define SMALL "abcdefghijklmnopqrstuvwxyz"
#define B64URL SMALL "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

/* "session-" and 43 characters of a hash. */
static bool is_entry(struct str name)
{
	size_t kind_n = name.n > SP_HASH_TEXT ? name.n - SP_HASH_TEXT - 1 : 0;

	return kind_n && name.p[kind_n] == '-' && is_of(str_slice(name, 0, kind_n), SMALL) && is_of(str_slice(name, kind_n + 1, name.n), B64URL);
}

/* Since when nobody needs it; INT64_MAX: it is not ours, and none of our business. */
static int64_t over_at_s(struct str name, const struct stat *st)
{
	if (is_entry(name))
		return st->st_mtim.tv_sec;
	/* Being written, or left behind when somebody died at it. */
	return str_starts(name, STR(ASIDE)) ? st->st_mtim.tv_sec + LEFT_BEHIND_S : INT64_MAX;
}

static void purge(struct sp_file_store *f, int64_t now_s)
{
	AUTO(closedirp) DIR *d = list(f);
	const struct dirent *entry;
	struct stat st;

	while (d && (entry = readdir(d)))
		if (fstatat(f->dir, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode)
		    && over_at_s(str_from_c(entry->d_name), &st) < now_s)
			(void)unlinkat(f->dir, entry->d_name, 0);
}

static MUST struct err forget(const struct sp_file_store *f, const struct sp_memory *m)
{
	AUTO(closedirp) DIR *d = list(f);
	AUTO(arena_destroyp) struct arena *a = arena_create(ENTRY_MAX * 4);
	struct str tag = str_from_c(m->tags[0]), kind = str_from_c(m->kind);
	const struct dirent *entry;

	ENSURE_IO(d);
	while ((entry = readdir(d))) {
		struct str name = str_from_c(entry->d_name);
		struct entry e = { 0 };
		int64_t unused;

		if (!str_starts(name, kind) || name.n <= kind.n || name.p[kind.n] != '-')
			continue;
		arena_reset(a);
		struct err err = read_entry(f, a, entry->d_name, &e, &unused);
		if (err.kind == ERR_ABSENT)
			continue;
		TRY(err);
		if (str_eq(e.tags[0], tag) || str_eq(e.tags[1], tag))
			ENSURE_IO(unlinkat(f->dir, entry->d_name, 0) == 0 || errno == ENOENT);
	}
	return NO_ERR;
}

static MUST struct err remember(struct sp_file_store *f, struct arena *a, struct sp_memory *m)
{
	const char *name = NULL;

	if (m->op == SP_FORGET)
		return forget(f, m);
	TRY(name_of(a, m, &name));
	switch (m->op) {
	case SP_PUT:    return put(f, a, m, name, false);
	case SP_CLAIM:  return put(f, a, m, name, true);
	case SP_GET:    return get(f, a, m, name);
	case SP_TOUCH:  return touch(f, m, name);
	case SP_REMOVE:
		ENSURE_IO(unlinkat(f->dir, name, 0) == 0 || errno == ENOENT);
		return NO_ERR;
	default:        return err_of(BROKEN, "sp.files.op");
	}
}

static struct sp_result remember_hook(void *self, struct sp_scope *s, struct sp_memory *m)
{
	return sp_result_of(remember(self, sp_arena_of(s), m));
}

struct sp_result sp_file_store_open(const char *directory, struct sp_hooks *hooks, struct sp_file_store **ret_store)
{
	struct sp_file_store *f = calloc(1, sizeof *f);
	struct stat st;

	if (!f)
		abort();
	(void)mkdir(directory, 0700);
	f->dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* Sessions lie here: nobody else may look. */
	if (f->dir < 0 || fstat(f->dir, &st) != 0 || (st.st_mode & 077)) {
		sp_file_store_close(f);
		return sp_result_of(err_of(BROKEN, "sp.files.directory"));
	}
	hooks->remember = remember_hook;
	hooks->memory_self = f;
	*ret_store = f;
	return sp_result_of(NO_ERR);
}

void sp_file_store_close(struct sp_file_store *f)
{
	if (!f)
		return;
	closep(&f->dir);
	free(f);
}
