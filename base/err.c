/* err.c - the names of the error kinds, for logs. */
#include "base/err.h"

const char *err_kind_name(enum err_kind kind)
{
	static const char *const names[ERR_KIND_COUNT] = {
		[ERR_NONE] = "none", [ERR_MALFORMED] = "malformed", [ERR_DENIED] = "denied",
		[ERR_ABSENT] = "absent", [ERR_CONFLICT] = "conflict",
		[ERR_THROTTLED] = "throttled", [ERR_BUSY] = "busy", [ERR_BROKEN] = "broken",
	};

	return (unsigned)kind < ERR_KIND_COUNT ? names[kind] : "unknown";
}
