/* main.c - start-up of guichet-hasher. */
#include "base/log.h"
#include "roles/boot/boot.h"
#include "roles/hasher/hasher.h"
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>

static struct hasher *hasher;

static void on_alarm(int signal)
{
	hasher_tick(hasher);
}

/* Set before the sandbox, which knows no timers: the kernel then rings for the rest of our life. */
static bool start_ticking(void)
{
	struct sigaction act = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
	struct itimerval every = { { HASHER_IDLE_S, 0 }, { HASHER_IDLE_S, 0 } };

	return sigaction(SIGALRM, &act, NULL) == 0 && setitimer(ITIMER_REAL, &every, NULL) == 0;
}

/* Refused by hasher_create() when it is out of range, so that no number wraps into the range. */
static uint32_t setting_u32(const struct boot *b, const char *name, int64_t dflt)
{
	int64_t v = boot_setting_i64(b, name, dflt);

	return v < 0 || v > UINT32_MAX ? 0 : (uint32_t)v;
}

int main(void)
{
	struct boot boot;

	boot_receive(&boot);
	struct err e = hasher_create(setting_u32(&boot, "hash_memory_kib", 19456), setting_u32(&boot, "hash_passes", 2), &hasher);
	if (!failed(e) && !start_ticking())
		e = err_of(BROKEN, "hash.timer");
	if (failed(e)) {
		log_line("hasher.start", log_c("slug", e.slug));
		exit(1);
	}
	boot_confine(&boot, NULL, 0);
	boot_ready(&boot);
	boot_serve(&boot, hasher_serve, hasher, HASHER_ARENA_BYTES, 0);
}
