/* directory.h - people, their passwords and their groups, as the town's directory knows them. */
#ifndef ROLES_DIRECTORY_H
#define ROLES_DIRECTORY_H
#include "roles/directory/link.h"

struct directory;

/* Connects to nothing yet. Owner: rules are borrowed until destroy. */
struct directory *directory_create(const struct directory_rules *rules);
void directory_destroy(struct directory *d);

/* As the frames of these names say; see wire/ipc/directory.h. Answers live in a. */
MUST struct err directory_bind(struct directory *d, struct arena *a, const struct directory_bind *question,
	struct directory_person *ret_person);
MUST struct err directory_find(struct directory *d, struct arena *a, const struct directory_find *question,
	struct directory_person *ret_person);
MUST struct err directory_check(struct directory *d, struct arena *a, const struct directory_check *question,
	struct directory_report *ret_report);

/* boot_serve_fn. MALFORMED directory.frame for other types. */
struct err directory_serve(void *directory, struct arena *a, const struct frame *request,
	frame_io_fn **ret_fn, void **ret_reply);
#endif
