/* conf_check.c - what a value of each type may be, and which key files are acceptable. */
#include "base/conf_impl.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEXT_MAX = 1024 };

static bool is_ip(struct str s)
{
	char text[64];
	unsigned char address[16];

	if (s.n >= sizeof text)
		return false;
	snprintf(text, sizeof text, STR_FMT, STR_ARG(s));
	return inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1;
}

static bool is_address(struct str s)
{
	size_t at = s.n;
	struct str host;
	int64_t port;

	while (at > 0 && s.p[at - 1] != ':')
		at--;
	if (at < 2 || failed(str_to_i64(str_slice(s, at, s.n), 65535, &port)) || port == 0)
		return false;
	host = str_slice(s, 0, at - 1);
	if (host.p[0] == '[')
		return host.p[host.n - 1] == ']' && is_ip(str_slice(host, 1, host.n - 1));
	return str_eq_c(host, "localhost") || str_eq_c(host, "*") || (!str_has(host, ':') && is_ip(host));
}

static bool is_url(struct str s)
{
	struct str rest = s;

	if (str_starts(s, STR("https://")))
		rest = str_slice(s, 8, s.n);
	else if (str_starts(s, STR("http://")))
		rest = str_slice(s, 7, s.n);
	else
		return false;
	for (size_t i = 0; i < rest.n; i++)
		if ((unsigned char)rest.p[i] <= 0x20 || (unsigned char)rest.p[i] >= 0x7f || strchr("?#@\\\"<>", rest.p[i]))
			return false;
	return rest.n > 0 && s.n <= TEXT_MAX && rest.p[0] != '/' && rest.p[0] != ':';
}

static bool is_colour(struct str s)
{
	if (s.n != 7 || s.p[0] != '#')
		return false;
	for (size_t i = 1; i < 7; i++)
		if (!strchr("0123456789abcdefABCDEF", s.p[i]))
			return false;
	return true;
}

static const char *text_refusal(const struct conf_row *row, struct str value)
{
	static char words[64];
	int64_t max = row->list || !row->max ? TEXT_MAX : row->max, min = row->list ? 0 : row->min;

	if (!str_is_utf8(value) || str_has_control(value))
		return "one line of UTF-8 text";
	if (value.n == 0 && (row->required || row->type != CONF_TEXT))
		return "allowed to be empty";
	if ((int64_t)value.n > max || (int64_t)value.n < min) {
		snprintf(words, sizeof words, "%lld to %lld bytes long", (long long)min, (long long)max);
		return words;
	}
	return NULL;
}

static const char *number_refusal(const struct conf_row *row, struct str value)
{
	static char words[96];
	int64_t n;

	snprintf(words, sizeof words, "a whole number from %lld to %lld", (long long)row->min, (long long)row->max);
	return failed(str_to_i64(value, row->max, &n)) || n < row->min ? words : NULL;
}

const char *conf_refusal(const struct conf_row *row, struct str value)
{
	switch (row->type) {
	case CONF_INT:
		return number_refusal(row, value);
	case CONF_BOOL:
		return str_eq_c(value, "true") || str_eq_c(value, "false") ? NULL : "true or false";
	case CONF_ADDRESS:
		return is_address(value) ? NULL : "ADDRESS:PORT (\"127.0.0.1:8443\", \"[::]:443\", \"*:443\")";
	case CONF_IP:
		return is_ip(value) ? NULL : "an IP address";
	case CONF_URL:
		return is_url(value) ? NULL : "an address like https://compte.example.fr, without query";
	case CONF_COLOUR:
		return is_colour(value) ? NULL : "a colour like #1b4f72";
	case CONF_TEXT:
	case CONF_PATH:
	case CONF_FILE:
		break;
	}
	return text_refusal(row, value);
}

/* ---- files ---- */

static MUST struct err refuse_open(const struct conf *c, const struct conf_row *row, struct str path, struct buf *complaints)
{
	int why = errno;

	conf_complain(c, row->name, complaints, STR_FMT ": %s; %s", STR_ARG(path), strerror(why),
		why == ENOENT ? "create it, or correct the path" : why == EACCES ?
		"give it to the user who starts the daemon (chown, chmod 0400), with every folder above it" :
		"see the path");
	return err_of(MALFORMED, "conf.file");
}

static MUST struct err check_file(const struct conf *c, const struct conf_row *row, struct str path, struct buf *complaints,
	const struct stat *st)
{
	const char *why = NULL, *cure = "";

	if (!S_ISREG(st->st_mode))
		why = "is not a file";
	else if (st->st_size == 0)
		why = "is empty";
	else if (row->secret && (st->st_mode & 077)) {
		why = "holds a secret and others than its owner may read or write it";
		cure = "; cure: chmod 0400";
	} else if (row->secret && st->st_uid != 0 && st->st_uid != geteuid()) {
		why = "holds a secret and belongs to another user";
		cure = "; cure: chown root";
	}
	if (!why)
		return NO_ERR;
	conf_complain(c, row->name, complaints, STR_FMT " %s (mode %04o, user %u)%s", STR_ARG(path), why,
		(unsigned)st->st_mode & 07777, (unsigned)st->st_uid, cure);
	return err_of(MALFORMED, "conf.file");
}

struct err conf_open_file(const struct conf *c, const struct conf_row *row, struct buf *complaints, int *ret_fd)
{
	struct str path = conf_text(c, row->name);
	/* Values are kept with a NUL behind them. Non-blocking: a fifo must not stop the start. */
	int fd = open(path.p, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	struct err e;

	if (fd < 0)
		return refuse_open(c, row, path, complaints);
	e = fstat(fd, &st) == 0 ? check_file(c, row, path, complaints, &st) : err_of(MALFORMED, "conf.file");
	if (failed(e))
		close(fd);
	else
		*ret_fd = fd;
	return e;
}
