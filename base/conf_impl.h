/* conf_impl.h - what the files of conf share; nobody else includes it. */
#ifndef BASE_CONF_IMPL_H
#define BASE_CONF_IMPL_H
#include "base/conf.h"

enum { CONF_VALUES_MAX = 64 };

struct conf_value {
	struct str *v;
	size_t n;          /* 0: unset */
	int line;          /* 0: not in the file */
};

struct conf {
	const char *path;
	const struct conf_row *rows;
	size_t row_n;
	struct conf_value *values;      /* one for each row */
};
#endif
