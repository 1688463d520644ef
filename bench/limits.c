/* limits.c - what the password hash alone allows on one core: Argon2id, one after another, for some seconds.
 * By the CPU's time and not the wall's, as openssl speed does: others on the machine must not count. */
#include <argon2.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double seconds_of(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? strtod(argv[1], NULL) : 2;
	double start = seconds_of(CLOCK_MONOTONIC), paid = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
	unsigned char out[32];
	int n = 0;

	while (seconds_of(CLOCK_MONOTONIC) - start < seconds) {
		if (argon2id_hash_raw(2, 19456, 1, "marronnier-boussole-14", 22, "0123456789abcdef", 16, out, sizeof out) != ARGON2_OK)
			return 1;
		n++;
	}
	printf("%.2f\n", n / (seconds_of(CLOCK_PROCESS_CPUTIME_ID) - paid));
	return 0;
}
