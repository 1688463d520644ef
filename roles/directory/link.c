/* link.c - opening connections and choosing servers; see link.h. */
#include "roles/directory/link_impl.h"
#include "base/clock.h"
#include "roles/directory/text_rules.h"
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>

/* ---- memory: passwords pass through lber's buffers, which it frees as they are ---- */

static void wiped_free(void *p, void *ctx)
{
	(void)ctx;
	if (p)
		explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

static void *plain_malloc(ber_len_t n, void *ctx)
{
	(void)ctx;
	return malloc(n);
}

static void *plain_calloc(ber_len_t n, ber_len_t size, void *ctx)
{
	(void)ctx;
	return calloc(n, size);
}

static void *wiped_realloc(void *p, ber_len_t n, void *ctx)
{
	void *grown = malloc(n);

	if (!grown)
		return NULL;
	if (p) {
		size_t old = malloc_usable_size(p);

		memcpy(grown, p, old < n ? old : n);
		wiped_free(p, ctx);
	}
	return grown;
}

static struct err set_global(int option, const void *value)
{
	ENSURE(ldap_set_option(NULL, option, value) == LDAP_OPT_SUCCESS, BROKEN, "directory.library");
	return NO_ERR;
}

/* ---- an end to handshakes ---- */

/* With GnuTLS below, libldap has no limit for a handshake, and one that is given a network timeout asks again,
 * without a pause, for as long as nothing comes: a silent server would cost a whole core. So the timeout is taken
 * back once the server is reached, reading blocks, and an alarm shuts the socket: the handshake sees its end. */
static volatile sig_atomic_t watched = -1;

static void on_alarm(int number)
{
	int saved = errno;

	(void)number;
	if (watched >= 0)
		(void)shutdown(watched, SHUT_RDWR);
	errno = saved;
}

static void watch_start(int fd, const struct timeval *wait)
{
	struct itimerval once = { .it_value = *wait };

	watched = fd;
	(void)setitimer(ITIMER_REAL, &once, NULL);
}

static void watch_stop(void)
{
	struct itimerval none = { 0 };

	(void)setitimer(ITIMER_REAL, &none, NULL);
	watched = -1;
}

/* ---- preparing ---- */

struct err links_prepare(const char *ca)
{
	struct sigaction alarm = { .sa_handler = on_alarm };
	BerMemoryFunctions memory = { plain_malloc, plain_calloc, wiped_realloc, wiped_free };
	int demand = LDAP_OPT_X_TLS_DEMAND, tls12 = LDAP_OPT_X_TLS_PROTOCOL_TLS1_2, client = 0, version = LDAP_VERSION3;

	ENSURE(sigaction(SIGALRM, &alarm, NULL) == 0, BROKEN, "directory.library");
	ENSURE(ber_set_option(NULL, LBER_OPT_MEMORY_FNS, &memory) == LBER_OPT_SUCCESS, BROKEN, "directory.library");
	/* Neither ldap.conf nor the environment counts; a name server that is silent costs two seconds. */
	ENSURE(setenv("LDAPNOINIT", "1", 1) == 0 && setenv("RES_OPTIONS", "timeout:1 attempts:2", 1) == 0, BROKEN,
		"directory.library");
	TRY(set_global(LDAP_OPT_PROTOCOL_VERSION, &version));
	TRY(set_global(LDAP_OPT_REFERRALS, LDAP_OPT_OFF));
	TRY(set_global(LDAP_OPT_RESTART, LDAP_OPT_OFF));
	TRY(set_global(LDAP_OPT_X_TLS_REQUIRE_CERT, &demand));
	TRY(set_global(LDAP_OPT_X_TLS_PROTOCOL_MIN, &tls12));
	TRY(set_global(LDAP_OPT_X_TLS_CACERTFILE, ca ? ca : "/etc/ssl/certs/ca-certificates.crt"));
	/* Reads the certificates, now; every connection shares this context. */
	ENSURE(ldap_set_option(NULL, LDAP_OPT_X_TLS_NEWCTX, &client) == LDAP_OPT_SUCCESS, BROKEN, "directory.ca");
	return NO_ERR;
}

struct err dn_normalise(struct arena *a, const char *dn, struct str *ret_dn)
{
	char *normal = NULL;

	ENSURE(strlen(dn) <= DIRECTORY_VALUE_MAX, MALFORMED, "directory.size");
	ENSURE(ldap_dn_normalize(dn, LDAP_DN_FORMAT_LDAPV3, &normal, LDAP_DN_FORMAT_LDAPV3) == LDAP_SUCCESS && normal, MALFORMED,
		"directory.answer");
	struct err e = dn_letters(a, str_from_c(normal), ret_dn);
	ldap_memfree(normal);
	return e;
}

/* ---- one connection ---- */

static int on_reached(LDAP *ld, Sockbuf *sb, LDAPURLDesc *url, struct sockaddr *address, struct ldap_conncb *cb)
{
	static const struct timeval none = { -1, 0 };
	struct link *l = cb->lc_arg;
	ber_socket_t fd = -1;

	(void)url, (void)address;
	l->reached = true;
	if (ber_sockbuf_ctrl(sb, LBER_SB_OPT_GET_FD, &fd) != 1)
		return -1;
	watch_start(fd, &l->wait);
	if (ldap_set_option(ld, LDAP_OPT_NETWORK_TIMEOUT, &none) != LDAP_OPT_SUCCESS)
		return -1;
	return fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK) == 0 ? 0 : -1;
}

static void on_gone(LDAP *ld, Sockbuf *sb, struct ldap_conncb *cb)
{
	(void)ld, (void)sb, (void)cb;
}

struct timeval link_time_left(const struct directory_rules *r, int64_t deadline_ms)
{
	int64_t left = deadline_ms - clock_mono_ms();

	if (left > r->server_ms)
		left = r->server_ms;
	if (left < 1)
		left = 1;
	return (struct timeval){ left / 1000, left % 1000 * 1000 };
}

static struct err options_set(struct link *l, const struct directory_rules *r, int64_t deadline_ms)
{
	LDAP *ld = l->ld;
	int never = LDAP_DEREF_NEVER, limit = (int)((r->server_ms + 999) / 1000);

	l->wait = link_time_left(r, deadline_ms);
	ENSURE(ldap_set_option(ld, LDAP_OPT_NETWORK_TIMEOUT, &l->wait) == 0 && ldap_set_option(ld, LDAP_OPT_TIMEOUT, &l->wait) == 0
		&& ldap_set_option(ld, LDAP_OPT_DEREF, &never) == 0 && ldap_set_option(ld, LDAP_OPT_TIMELIMIT, &limit) == 0, BROKEN,
		"directory.library");
	return NO_ERR;
}

/* From here on reading never waits for the rest of a message: ldap_result() alone counts the time. */
static struct err bounds_set(LDAP *ld)
{
	ber_len_t max = ANSWER_BYTES_MAX;
	Sockbuf *sb = NULL;

	ENSURE(ldap_get_option(ld, LDAP_OPT_SOCKBUF, &sb) == 0 && sb, BROKEN, "directory.library");
	ENSURE(ber_sockbuf_ctrl(sb, LBER_SB_OPT_SET_MAX_INCOMING, &max) == 1 && ber_sockbuf_ctrl(sb, LBER_SB_OPT_SET_NONBLOCK, sb) >= 0,
		BROKEN, "directory.library");
	return NO_ERR;
}

static int start_tls(LDAP *ld, const struct directory_rules *r, int64_t deadline_ms)
{
	struct timeval wait = link_time_left(r, deadline_ms);
	LDAPMessage *res = NULL;
	int id = 0, code = ldap_start_tls(ld, NULL, NULL, &id);

	if (code != LDAP_SUCCESS)
		return code;
	if (ldap_result(ld, id, LDAP_MSG_ALL, &wait, &res) <= 0)
		return LDAP_TIMEOUT;
	if (ldap_parse_result(ld, res, &code, NULL, NULL, NULL, NULL, 1) != LDAP_SUCCESS)
		return LDAP_DECODING_ERROR;
	return code == LDAP_SUCCESS ? ldap_install_tls(ld) : code;
}

static void words_get(struct arena *a, LDAP *ld, int code, struct str *ret_words)
{
	char *text = NULL;

	(void)ldap_get_option(ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, &text);
	*ret_words = words_for_people(a, text, ldap_err2string(code));
	ldap_memfree(text);
}

static struct err open_failed(const struct link *l, const struct directory_rules *r, int64_t began_ms)
{
	if (clock_mono_ms() - began_ms >= r->server_ms * 9 / 10)
		return err_of(BUSY, "directory.late");
	return l->reached ? err_of(BUSY, "directory.tls") : err_of(BUSY, "directory.gone");
}

static struct err link_start(struct link *l, const struct directory_rules *r, int64_t deadline_ms, struct arena *a,
	struct str *ret_words)
{
	int64_t began_ms = clock_mono_ms();
	int code;

	ENSURE(began_ms < deadline_ms, BUSY, "directory.late");
	ENSURE(ldap_initialize(&l->ld, r->urls[l->server]) == LDAP_SUCCESS, BROKEN, "directory.library");
	TRY(options_set(l, r, deadline_ms));
	ENSURE(ldap_set_option(l->ld, LDAP_OPT_CONNECT_CB, &l->on_reached) == 0, BROKEN, "directory.library");
	code = ldap_connect(l->ld);
	if (code == LDAP_SUCCESS && r->starttls)
		code = start_tls(l->ld, r, deadline_ms);
	watch_stop();
	(void)ldap_set_option(l->ld, LDAP_OPT_NETWORK_TIMEOUT, &l->wait);
	if (code != LDAP_SUCCESS && ret_words)
		words_get(a, l->ld, code, ret_words);
	ENSURE(code == LDAP_SUCCESS, BUSY, open_failed(l, r, began_ms).slug);
	/* Whatever the address says, nothing goes out in the clear. */
	ENSURE(ldap_tls_inplace(l->ld), BUSY, "directory.tls");
	return bounds_set(l->ld);
}

struct err link_open(struct link *l, const struct directory_rules *r, size_t server, int64_t deadline_ms, struct arena *a,
	struct str *ret_words)
{
	*l = (struct link){ .server = server, .on_reached = { on_reached, on_gone, l } };
	struct err e = link_start(l, r, deadline_ms, a, ret_words);
	if (failed(e))
		link_close(l);
	return e;
}

void link_close(struct link *l)
{
	if (l->ld)
		ldap_unbind_ext(l->ld, NULL, NULL);
	l->ld = NULL;
}

/* ---- which server ---- */

struct err link_bind_ours(struct link *l, const struct directory_rules *r, int64_t deadline_ms, struct arena *a,
	struct str *ret_words)
{
	if (r->tickets)
		return link_bind_kerberos(l, r, deadline_ms, a, ret_words);
	l->until_ms = INT64_MAX;
	struct err e = link_bind(l, r, r->bind_dn, r->bind_password, deadline_ms);
	return failed(e) && e.kind == ERR_DENIED ? err_of(BROKEN, "directory.credential") : e;
}

static struct err open_bound(struct links *ls, size_t server, int64_t deadline_ms)
{
	const struct directory_rules *r = ls->rules;
	struct link *l = &ls->service;

	TRY(link_open(l, r, server, deadline_ms, NULL, NULL));
	struct err e = link_bind_ours(l, r, deadline_ms, NULL, NULL);
	if (failed(e))
		link_close(l);
	return e;
}

/* In order, but those that failed a moment ago last: a dead first server must not cost everybody
 * its time limit. */
static size_t servers_in_order(const struct links *ls, size_t order[SERVERS_MAX])
{
	int64_t now_ms = clock_mono_ms();
	size_t n = 0;

	for (int resting = 0; resting < 2; resting++)
		for (size_t i = 0; i < ls->rules->url_n; i++)
			if ((ls->rest_until_ms[i] > now_ms) == (resting == 1))
				order[n++] = i;
	return n;
}

struct err links_service(struct links *ls, int64_t deadline_ms)
{
	size_t order[SERVERS_MAX], n = servers_in_order(ls, order);
	struct err e = err_of(BUSY, "directory.gone");

	/* Back to an earlier server as soon as it has rested. A bind ends with its ticket. */
	if (ls->service.ld && n > 0 && ls->service.server <= order[0] && clock_mono_ms() < ls->service.until_ms)
		return NO_ERR;
	link_close(&ls->service);
	link_close(&ls->person);
	for (size_t i = 0; i < n; i++) {
		e = open_bound(ls, order[i], deadline_ms);
		if (!failed(e)) {
			ls->rest_until_ms[order[i]] = 0;
			return NO_ERR;
		}
		/* The next one has the same passwords; ours would be locked there as well. And if somebody stands
		 * between us and this one, that must be seen. */
		if (e.kind == ERR_BROKEN)
			return e;
		ls->rest_until_ms[order[i]] = clock_mono_ms() + SERVER_REST_MS;
	}
	return e;
}

/* By Kerberos, this connection too shows that it is the directory's before it hears somebody's password:
 * whoever lets our own pass untouched could stand in this one. */
static MUST struct err person_open(struct links *ls, int64_t deadline_ms)
{
	struct link *l = &ls->person;

	TRY(link_open(l, ls->rules, ls->service.server, deadline_ms, NULL, NULL));
	struct err e = ls->rules->tickets ? link_bind_ours(l, ls->rules, deadline_ms, NULL, NULL) : NO_ERR;
	if (failed(e))
		link_close(l);
	return e;
}

struct err links_try(struct links *ls, const char *dn, struct str password, int64_t deadline_ms)
{
	struct link *l = &ls->person;
	bool kept = l->ld != NULL;

	if (!kept)
		TRY(person_open(ls, deadline_ms));
	struct err e = link_bind(l, ls->rules, dn, password, deadline_ms);
	/* Servers close what is idle. Only then is the password tried again: once it may have been
	 * counted as a failure, it is not. */
	if (kept && failed(e) && strcmp(e.slug, "directory.gone") == 0) {
		link_close(l);
		TRY(person_open(ls, deadline_ms));
		e = link_bind(l, ls->rules, dn, password, deadline_ms);
	}
	if (failed(e) && e.kind != ERR_DENIED)
		link_close(l);
	return e;
}

bool links_failed(struct links *ls, struct err e)
{
	struct link *l = &ls->service;
	bool idle = l->used && strcmp(e.slug, "directory.gone") == 0;
	size_t server = l->server;

	link_close(l);
	link_close(&ls->person);
	if (e.kind != ERR_BUSY)
		return false;
	if (idle)
		return true;
	ls->rest_until_ms[server] = clock_mono_ms() + SERVER_REST_MS;
	return ls->rules->url_n > 1;
}

void links_done(struct links *ls)
{
	link_close(&ls->service);
	link_close(&ls->person);
}
