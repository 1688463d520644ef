/* replay.c - main() of a fuzz target without a fuzzer: runs each file of a corpus folder, and a
 * thousand mutations of each that are the same every time. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
extern size_t fuzz_accepted;

enum { SEED_MAX = 1 << 16, CUTS = 64, MUTANTS = 1000 };

static uint32_t state;

/* xorshift32 (Marsaglia, 2003) */
static uint32_t draw(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % below;
}

/* In memory of just its size, so that a sanitizer sees the first byte too many. */
static void run(const uint8_t *bytes, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);

	if (!copy)
		abort();
	memcpy(copy, bytes, n);
	(void)LLVMFuzzerTestOneInput(copy, n);
	free(copy);
}

static size_t mutate(uint8_t *p, size_t n)
{
	static const uint8_t telling[] = "\0\r\n\t &;=%\"'<>{}[].:/\\\x7f\x80\xff";
	size_t at = draw((uint32_t)n), to = draw((uint32_t)n), some = 1 + draw(8);

	switch (draw(5)) {
	case 0:
		p[at] ^= (uint8_t)(1u << draw(8));
		return n;
	case 1:
		p[at] = telling[draw(sizeof telling - 1)];
		return n;
	case 2:                                      /* a piece is taken out */
		some = some < n - at ? some : n - at;
		memmove(p + at, p + at + some, n - at - some);
		return n - some;
	case 3:                                      /* a byte is put in */
		memmove(p + at + 1, p + at, n - at);
		p[at] = telling[draw(sizeof telling - 1)];
		return n + 1;
	default:                                     /* a piece is copied elsewhere */
		some = some < n - at ? some : n - at;
		some = some < n - to ? some : n - to;
		memmove(p + to, p + at, some);
		return n;
	}
}

static void run_mutants(const uint8_t *seed, size_t n)
{
	static uint8_t mutant[SEED_MAX + 8];

	state = 2463534242u;
	for (size_t i = 0; i < CUTS && n; i++)
		run(seed, n * i / CUTS);
	for (int i = 0; i < MUTANTS && n; i++) {
		size_t m = n;

		memcpy(mutant, seed, n);
		for (uint32_t k = 1 + draw(3); k && m && m <= SEED_MAX; k--)
			m = mutate(mutant, m);
		run(mutant, m);
	}
}

static size_t read_seed(const char *folder, const char *name, uint8_t *bytes)
{
	char path[1024];
	FILE *file;
	size_t n;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	file = fopen(path, "re");
	if (!file) {
		perror(path);
		exit(1);
	}
	n = fread(bytes, 1, SEED_MAX, file);
	fclose(file);
	return n;
}

static int is_seed(const struct dirent *entry)
{
	const char *ending = strrchr(entry->d_name, '.');

	return entry->d_name[0] != '.' && !(ending && strcmp(ending, ".dict") == 0);
}

int main(int argc, char **argv)
{
	static uint8_t seed[SEED_MAX];
	struct dirent **names = NULL;
	int n = argc == 2 ? scandir(argv[1], &names, is_seed, alphasort) : -1;

	if (n <= 0) {
		fprintf(stderr, "usage: %s FOLDER-OF-SEEDS\n", argv[0]);
		return 1;
	}
	for (int i = 0; i < n; i++) {
		size_t size = read_seed(argv[1], names[i]->d_name, seed);

		fprintf(stderr, "%s\n", names[i]->d_name);        /* the last one is the one that failed */
		run(seed, size);
		free(names[i]);
	}
	free(names);
	if (fuzz_accepted == 0) {
		fprintf(stderr, "%s: no seed is accepted\n", argv[1]);
		return 1;
	}
	n = scandir(argv[1], &names, is_seed, alphasort);
	for (int i = 0; i < n; i++) {
		size_t size = read_seed(argv[1], names[i]->d_name, seed);

		run_mutants(seed, size);
		free(names[i]);
	}
	free(names);
	printf("Ran %d tests in %s\n", n, argv[1]);
	return 0;
}
