/* rotate_files.h - the files that a change of keys touches: read, replaced whole, never half-written. */
#ifndef ROLES_SUPERVISOR_ROTATE_FILES_H
#define ROLES_SUPERVISOR_ROTATE_FILES_H
#include "base/conf.h"
#include "base/secret.h"

struct rotate_file {
	const struct conf_row *row;
	char *path;                    /* symbolic links followed; lives in the arena */
	struct secret text;
	uint32_t uid, gid, mode;       /* kept */
};

/* The file behind a set FILE row. Errors  MALFORMED conf.file, with a complaint; BROKEN secret.* */
MUST struct err rotate_file_read(struct arena *a, const struct conf *c, const struct conf_row *row, struct buf *complaints, struct rotate_file *ret);
void rotate_file_done(struct rotate_file *f);
/* One change at a time in the folder of that path; the lock goes with the process.
 * Errors  BUSY rotate.locked, BROKEN rotate.folder */
MUST struct err rotate_lock(struct arena *a, const char *path);
/* On disk, whole, under the same name, owner and mode. Errors  BROKEN rotate.write; errno says why */
MUST struct err rotate_file_write(struct arena *a, const struct rotate_file *f, struct str text);
#endif
