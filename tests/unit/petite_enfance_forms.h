/* petite_enfance_forms.h - préinscriptions as a browser sends them, for the tests of petite enfance that
 * go through its routes (elections_world.h). */
#ifndef TESTS_UNIT_PETITE_ENFANCE_FORMS_H
#define TESTS_UNIT_PETITE_ENFANCE_FORMS_H
#include "services/petite-enfance/petite_enfance.h"
#include "tests/unit/elections_world.h"

enum { BODY = 16384 };
#define PAGE "/preinscription"
#define ONE  "PE-2027-000001"
#define DEMANDES "SELECT COUNT(*) FROM kit_demande"
#define ANSWERED "SELECT COUNT(*) FROM preinscription"
#define MEMORIES "SELECT COUNT(*) FROM kit_memory"

/* value NULL: left out. */
struct field { const char *name, *value; };

/* The usual answers, those of other instead where they have the same name, and its further ones. */
void add_answers(struct buf *out, const struct field *other, size_t n);
/* The body that this browser's form sends, once it has asked for the page. BODY bytes. */
void filled(struct browser *b, const struct field *other, size_t n, char *ret_body);
void file_with(struct browser *b, const struct field *other, size_t n);
#define FILE_WITH(b, ...) file_with((b), (const struct field[]){ __VA_ARGS__ }, sizeof((const struct field[]){ __VA_ARGS__ }) / sizeof(struct field))
/* Led to the receipt of this number. */
void assert_filed(const struct browser *b, const char *number);

/* main(): on SQLite, then on PostgreSQL where there is one. */
#define RUN_ON_BOTH_STORES(tests) \
	int failures; \
	world_service = &pe_service; \
	failures = cmocka_run_group_tests_name("petite enfance on sqlite", tests, NULL, NULL); \
	on_postgresql = test_pg_up(); \
	if (on_postgresql) \
		failures += cmocka_run_group_tests_name("petite enfance on postgresql", tests, NULL, NULL); \
	test_pg_down(); \
	return failures
#endif
