/* conf.h - the configuration of a daemon: one table of rows says everything about it.
 *
 * From the table come the parser (on libconfuse), the checks, the dump of the full effective
 * configuration, the manual, and who receives what. A complaint names file, line, key and cure.
 * Secrets are files, never values. Only a supervisor and guichetctl read configurations.
 */
#ifndef BASE_CONF_H
#define BASE_CONF_H
#include "base/arena.h"

enum conf_type {
	CONF_TEXT,       /* one line of UTF-8 */
	CONF_PATH,       /* a path; a relative one starts at the configuration file's folder */
	CONF_FILE,       /* a path of a file that is opened and passed on as a descriptor */
	CONF_INT,
	CONF_BOOL,
	CONF_ADDRESS,    /* host:port or [v6]:port, the host an IP literal, "localhost" or "*" */
	CONF_IP,         /* an IP literal */
	CONF_URL,        /* http:// or https://, no query, no fragment */
	CONF_COLOUR      /* #rrggbb */
};

struct conf_row {
	const char *name;
	enum conf_type type;
	bool list;               /* { "a", "b" }; min and max then bound the number of values */
	bool required;
	bool secret;             /* FILE: refused when anybody but its owner may read it */
	const char *dflt;        /* as written in a file; NULL: unset. A list has none */
	const char *same_as;     /* unset: the value of that earlier row */
	int64_t min, max;        /* INT: the value; texts: bytes (max 0: 1024); lists: values */
	uint32_t to;             /* who receives it: bits that mean something to the caller */
	const char *file;        /* FILE: the name under which its descriptor travels */
	const char *help;        /* one line */
};

struct conf;

/* Read and check a file. Complaints are whole lines, "FILE:LINE: ...".
 * Owner   *ret_conf lives in a; rows are borrowed
 * Errors  MALFORMED conf.read (cannot be read), conf.syntax, conf.value; *complaints says what */
MUST struct err conf_load(struct arena *a, const char *path, const struct conf_row *rows, size_t n,
	struct buf *complaints, struct conf **ret_conf);

/* One text of a file whose table is not known yet; nothing is checked but the syntax.
 * Errors  MALFORMED conf.read, conf.syntax, conf.value (the key is not there) */
MUST struct err conf_peek(struct arena *a, const char *path, const char *name, struct buf *complaints, struct str *ret_text);

/* Values by row name; asking for a row that the table does not have aborts. */
bool conf_is_set(const struct conf *c, const char *name);
struct str conf_text(const struct conf *c, const char *name);      /* empty when unset; first of a list */
int64_t conf_i64(const struct conf *c, const char *name);          /* 0 when unset */
bool conf_bool(const struct conf *c, const char *name);            /* false when unset */
size_t conf_count(const struct conf *c, const char *name);
struct str conf_nth(const struct conf *c, const char *name, size_t i);
const struct conf_row *conf_rows(const struct conf *c, size_t *ret_n);

/* "FILE:LINE: NAME: " and the text, as one line; for checks that a table cannot express. */
void conf_complain(const struct conf *c, const char *name, struct buf *complaints, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Open the file of a set FILE row, read-only.
 * Errors  MALFORMED conf.file: missing, unreadable, empty, not a file, open to others; with its cure */
MUST struct err conf_open_file(const struct conf *c, const struct conf_row *row, struct buf *complaints, int *ret_fd);

/* The full effective configuration as a file that gives the same dump again. */
void conf_dump(const struct conf *c, struct buf *out);
/* The table as Markdown. */
void conf_manual(const struct conf_row *rows, size_t n, struct buf *out);

/* Is the text a value of the row's type? NULL, or what it should have been. */
const char *conf_refusal(const struct conf_row *row, struct str value);
#endif
