/* calls_table.c - what roles/boot/calls.c allows, one line a call: role, call, and why it stands there if
 * that is not everyday work: "abort" (only on the way down), "argument" (some arguments of it: confine.c). */
#include "roles/boot/boot_impl.h"
#include <stdio.h>

static void print_ruled(const char *role, const struct calls *c, bool front)
{
	printf("%s mmap argument\n%s tgkill abort\n", role, role);
	if (c->files != FILES_NONE)
		printf("%s openat argument\n", role);
	if (c->threads)
		printf("%s mprotect argument\n%s clone argument\n%s sched_setaffinity argument\n", role, role, role);
	if (c->sockets)
		printf("%s socket argument\n", role);
	if (c->sockets || front)
		printf("%s ioctl argument\n", role);
}

static void print_calls(const char *role, const struct calls *c, bool front)
{
	for (size_t l = 0; c->lists[l]; l++)
		for (size_t i = 0; c->lists[l][i]; i++)
			printf("%s %s %s\n", role, c->lists[l][i], c->lists[l] == calls_dying ? "abort" : "work");
	print_ruled(role, c, front);
}

int main(void)
{
	for (enum boot_role r = 0; r < ROLE_COUNT; r++)
		print_calls(boot_role_name(r), calls_of(r, STR("sqlite:x")), r == ROLE_FRONT);
	print_calls("engine-postgresql", calls_of(ROLE_ENGINE, STR("postgresql://x")), false);
	return 0;
}
