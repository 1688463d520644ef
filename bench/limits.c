/* limits.c - what the password hash alone allows on one core: Argon2id, one after another, for some seconds. */
#include <argon2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? strtod(argv[1], NULL) : 2, start = now_s();
	unsigned char out[32];
	int n = 0;

	while (now_s() - start < seconds) {
		if (argon2id_hash_raw(2, 19456, 1, "marronnier-boussole-14", 22, "0123456789abcdef", 16, out, sizeof out) != ARGON2_OK)
			return 1;
		n++;
	}
	printf("%.2f\n", n / (now_s() - start));
	return 0;
}
