/* kit_world.h - a small service of the tests' own, in the world of elections_world.h: one form without an
 * account (/signalement), one with (/compte), a receipt, a follow-up. Its table is answer (number, text). */
#ifndef TESTS_UNIT_KIT_WORLD_H
#define TESTS_UNIT_KIT_WORLD_H
#include "services/kit/agents.h"
#include "tests/unit/elections_world.h"

enum { HOUR = 3600, DAY = 86400, KEPT_FOR = 60 * DAY };

#define DEMANDES "SELECT COUNT(*) FROM kit_demande"
#define EVERYTHING "SELECT (SELECT COUNT(*) FROM kit_demande) + (SELECT COUNT(*) FROM answer) + (SELECT COUNT(*) FROM kit_memory)" \
	" + (SELECT COUNT(*) FROM kit_sequence) + (SELECT COUNT(*) FROM kit_audit) + (SELECT COUNT(*) FROM kit_read_log)" \
	" + (SELECT COUNT(*) FROM kit_mail)"

/* First in main(): the worlds that follow are of this service. */
void kit_world_begin(void);
/* What it files: text is the answer; "refuse" is refused; one with an @ is written to. */
struct kit_filing filing_of(const char *text);
kit_load_fn answer_load;      /* arg: struct str */
#endif
