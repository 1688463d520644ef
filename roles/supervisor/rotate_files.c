/* rotate_files.c - see rotate_files.h. */
#include "roles/supervisor/rotate_files.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX_BYTES = 64 * 1024 };

static void fd_closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

struct err rotate_file_read(struct arena *a, const struct conf *c, const struct conf_row *row, struct buf *complaints, struct rotate_file *ret)
{
	AUTO(fd_closep) int fd = -1;
	char *real;
	struct stat st;

	TRY(conf_open_file(c, row, complaints, &fd));
	*ret = (struct rotate_file){ .row = row };
	real = realpath(conf_text(c, row->name).p, NULL);
	ENSURE(real && fstat(fd, &st) == 0, MALFORMED, "conf.file");
	ret->path = arena_c(a, str_from_c(real));
	free(real);
	ret->uid = st.st_uid;
	ret->gid = st.st_gid;
	ret->mode = st.st_mode & 0777;
	return secret_read_fd(fd, FILE_MAX_BYTES, &ret->text);
}

void rotate_file_done(struct rotate_file *f)
{
	secret_done(&f->text);
}

static char *folder_of(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');

	return arena_c(a, (struct str){ path, slash == path ? 1 : (size_t)(slash - path) });
}

struct err rotate_lock(struct arena *a, const char *path)
{
	int fd = open(folder_of(a, path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	ENSURE(fd >= 0, BROKEN, "rotate.folder");
	ENSURE(flock(fd, LOCK_EX | LOCK_NB) == 0, BUSY, "rotate.locked");
	return NO_ERR;         /* open on purpose: the lock is the descriptor's */
}

static bool write_all(int fd, struct str text)
{
	while (text.n) {
		ssize_t n = write(fd, text.p, text.n);

		if (n <= 0)
			return false;
		text = str_slice(text, (size_t)n, text.n);
	}
	return fsync(fd) == 0;
}

static bool sync_folder(struct arena *a, const char *path)
{
	AUTO(fd_closep) int fd = open(folder_of(a, path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd >= 0 && fsync(fd) == 0;
}

/* Under the unit nobody may give a file away, not even to who has it already. */
static bool keep_owner(int fd, const struct rotate_file *f)
{
	struct stat st;

	return fstat(fd, &st) == 0 && ((st.st_uid == f->uid && st.st_gid == f->gid) || fchown(fd, f->uid, f->gid) == 0);
}

struct err rotate_file_write(struct arena *a, const struct rotate_file *f, struct str text)
{
	const char *fresh = arena_c(a, arena_printf(a, "%s.new", f->path));
	AUTO(fd_closep) int fd = -1;

	(void)unlink(fresh);           /* of a run that was cut short */
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0400);
	ENSURE(fd >= 0, BROKEN, "rotate.write");
	ENSURE(keep_owner(fd, f) && fchmod(fd, f->mode) == 0 && write_all(fd, text) && rename(fresh, f->path) == 0
		&& sync_folder(a, f->path), BROKEN, "rotate.write");
	return NO_ERR;
}
