/* probe.c - linked before a role's own main() with --wrap=boot_confine: at the very place where the role
 * confines itself, children of it do the same and then try what it must not. The role goes on afterwards
 * as always, so that all the others are there to be attacked.
 */
#include "tests/containment/attempts.h"
#include "base/log.h"
#include "roles/boot/boot.h"
#include <unistd.h>

void __real_boot_confine(const struct boot *b, const struct boot_files *files, size_t n);
void __wrap_boot_confine(const struct boot *b, const struct boot_files *files, size_t n);

struct sandbox { const struct boot *b; const struct boot_files *files; size_t n; };

static void enter(void *arg)
{
	const struct sandbox *s = arg;

	__real_boot_confine(s->b, s->files, s->n);
}

void __wrap_boot_confine(const struct boot *b, const struct boot_files *files, size_t n)
{
	struct sandbox s = { b, files, n };

	attempt_sibling = getpid();
	attempt_supervisor = getppid();
	for (size_t i = 0; i < attempt_n; i++)
		log_line("probe", log_c("attempt", attempts[i].name), log_c("result", attempt_try(&attempts[i], enter, &s)));
	__real_boot_confine(b, files, n);
}
