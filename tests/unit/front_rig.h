/* front_rig.h - a real front process on a loopback port, with the test as its supervisor and engine. */
#ifndef TESTS_UNIT_FRONT_RIG_H
#define TESTS_UNIT_FRONT_RIG_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/clock.h"
#include "wire/ipc/boot.h"
#include "wire/ipc/web.h"

#define HOST "Host: compte.example\r\n"

struct rig {
	pid_t pid;
	int boot, engine, port, metrics_port, admin_port;
	struct arena *arena;
	char buffer[FRAME_MAX];
};

static inline void must(struct err e)
{
	if (failed(e))
		fail_msg("%s", e.slug);
}

static inline int rig_listen(int *ret_port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), few = 4096;

	/* Those that are accepted have little room too: fronts must not rely on it. */
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &few, sizeof few), 0);
	assert_true(fd >= 0 && bind(fd, (struct sockaddr *)&at, n) == 0 && listen(fd, 64) == 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
	*ret_port = ntohs(at.sin_port);
	return fd;
}

/* settings: name, value, ..., NULL */
static inline struct rig *rig_start(const char *const *settings, int chain_fd)
{
	static struct boot_setting set[32];
	struct rig *r = calloc(1, sizeof *r);
	int pair[2];
	struct boot_file files[] = {
		{ STR_INIT("listen.public"), -1 }, { STR_INIT("listen.metrics"), -1 }, { STR_INIT("listen.admin"), -1 }, { STR_INIT("tls.certificate"), chain_fd },
	};
	struct boot_start start = { .daemon = STR("guichet-test"), .role = ROLE_FRONT, .settings = set,
		.files = files, .file_n = chain_fd >= 0 ? 4 : 3 };
	struct frame f;

	assert_non_null(r);
	r->arena = arena_create(1 << 22);
	files[0].fd = rig_listen(&r->port);
	files[1].fd = rig_listen(&r->metrics_port);
	files[2].fd = rig_listen(&r->admin_port);
	for (; settings && *settings; settings += 2)
		set[start.setting_n++] = (struct boot_setting){ str_from_c(settings[0]), str_from_c(settings[1]) };
	must(frame_pair(pair));
	r->pid = fork();
	if (r->pid == 0) {
		if (dup2(pair[1], BOOT_FD) == BOOT_FD)
			execl(GUICHET_FRONT, "guichet-test: front", (char *)NULL);
		_exit(127);
	}
	close(pair[1]);
	r->boot = pair[0];
	r->engine = -1;
	must(frame_send(r->boot, BOOT_START, 0, ipc_boot_start_io, &start, INT64_MAX));
	must(frame_recv(r->boot, r->buffer, clock_mono_ms() + 5000, &f));
	assert_int_equal(f.type, BOOT_READY);
	close(files[0].fd);
	close(files[1].fd);
	close(files[2].fd);
	return r;
}

static inline int rig_status(struct rig *r)
{
	int status = -1;

	for (int i = 0; i < 800; i++, usleep(10000))
		if (waitpid(r->pid, &status, WNOHANG) == r->pid)
			return status;
	kill(r->pid, SIGKILL);
	waitpid(r->pid, &status, 0);
	return status;
}

static inline void rig_stop(struct rig *r)
{
	close(r->boot);
	if (r->engine >= 0)
		close(r->engine);
	assert_int_equal(rig_status(r), 0);
	arena_destroy(r->arena);
	free(r);
}

/* ---- the engine ---- */

static inline int rig_peer(struct rig *r, enum boot_role role)
{
	int pair[2];

	must(frame_pair(pair));
	struct boot_peer p = { role, 0, pair[1] };
	must(frame_send(r->boot, BOOT_PEER, 0, ipc_boot_peer_io, &p, INT64_MAX));
	close(pair[1]);
	return pair[0];
}

static inline void rig_publish(int engine)
{
	static struct web_route routes[] = {
		{ HTTP_PUBLIC, HTTP_GET, STR_INIT("/page"), HTTP_NO_BODY, 0, STR_INIT(""), false },
		{ HTTP_PUBLIC, HTTP_GET, STR_INIT("/health"), HTTP_NO_BODY, 0, STR_INIT(""), false },
		{ HTTP_PUBLIC, HTTP_POST, STR_INIT("/form"), HTTP_FORM, 1000, STR_INIT("texte"), false },
		{ HTTP_PUBLIC, HTTP_POST, STR_INIT("/files"), HTTP_MULTIPART, 1 << 20, STR_INIT(""), false },
		{ HTTP_PUBLIC, HTTP_POST, STR_INIT("/raw"), HTTP_RAW, 100000, STR_INIT(""), true },
		{ HTTP_PUBLIC, HTTP_POST, STR_INIT("/nothing"), HTTP_NO_BODY, 0, STR_INIT(""), false },
		{ HTTP_ADMIN, HTTP_GET, STR_INIT("/partenaires"), HTTP_NO_BODY, 0, STR_INIT(""), false },
		{ HTTP_ADMIN, HTTP_POST, STR_INIT("/partenaires"), HTTP_FORM, 1000, STR_INIT(""), false },
		{ HTTP_METRICS, HTTP_GET, STR_INIT("/metrics"), HTTP_NO_BODY, 0, STR_INIT(""), false },
	};
	static struct web_document documents[] = {
		{ HTTP_PUBLIC, STR_INIT("/.well-known/openid-configuration"), STR_INIT("application/json"), STR_INIT("{\"issuer\":\"x\"}"),
		  300, 200, LANG_FR, true },
		{ HTTP_PUBLIC, STR_INIT(""), STR_INIT("text/html; charset=utf-8"), STR_INIT("<p>introuvable @@REQUEST_ID@@</p>"), 0, 404, LANG_FR, false },
		{ HTTP_PUBLIC, STR_INIT(""), STR_INIT("text/html; charset=utf-8"), STR_INIT("<p>not found @@REQUEST_ID@@</p>"), 0, 404, LANG_EN, false },
		{ HTTP_ADMIN, STR_INIT(""), STR_INIT("text/html; charset=utf-8"), STR_INIT("<p>rien ici @@REQUEST_ID@@</p>"), 0, 404, LANG_FR, false },
	};
	struct web_publish p = { routes, sizeof routes / sizeof *routes };

	must(frame_send(engine, WEB_PUBLISH, 0, ipc_web_publish_io, &p, INT64_MAX));
	for (size_t i = 0; i < sizeof documents / sizeof *documents; i++)
		must(frame_send(engine, WEB_DOCUMENT, 0, ipc_web_document_io, &documents[i], INT64_MAX));
	must(frame_send(engine, WEB_READY, 0, NULL, NULL, INT64_MAX));
}

static inline void rig_engine(struct rig *r)
{
	r->engine = rig_peer(r, ROLE_ENGINE);
	rig_publish(r->engine);
}

/* The next request that the engine gets; false when none comes within ms. */
static inline bool rig_request(struct rig *r, int ms, struct http_req *ret_req, uint32_t *ret_seq)
{
	struct frame f;

	if (failed(frame_recv(r->engine, r->buffer, clock_mono_ms() + ms, &f)))
		return false;
	assert_int_equal(f.type, WEB_REQUEST);
	*ret_req = (struct http_req){ .now_s = 0 };
	must(frame_read(&f, r->arena, ipc_web_request_io, ret_req));
	*ret_seq = f.seq;
	return true;
}

static inline void rig_respond(struct rig *r, uint32_t seq, const struct http_resp *resp)
{
	must(frame_send(r->engine, WEB_RESPONSE, seq, ipc_web_response_io, resp, INT64_MAX));
}

/* ---- the client ---- */

static inline int rig_connect(int port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof at) == 0);
	return fd;
}

static inline void rig_send(int fd, const char *p, size_t n)
{
	assert_int_equal(send(fd, p, n, MSG_NOSIGNAL), n);
}

/* What comes until the answer is whole, the other side closes, or ms have passed; *ret_closed then.
 * NUL-terminated; in static memory. */
static inline const char *rig_read(int fd, int ms, bool *ret_closed)
{
	static char text[1 << 17];
	int64_t deadline = clock_mono_ms() + ms;
	size_t n = 0;

	*ret_closed = false;
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int64_t left = deadline - clock_mono_ms();

		text[n] = '\0';
		const char *end = strstr(text, "\r\n\r\n"), *length = strstr(text, "Content-Length: ");
		if (end && length && n >= (size_t)(end + 4 - text) + strtoul(length + 16, NULL, 10))
			break;
		if (left <= 0 || poll(&p, 1, (int)left) <= 0)
			break;
		ssize_t got = recv(fd, text + n, sizeof text - 1 - n, 0);
		if (got <= 0) {
			*ret_closed = true;
			break;
		}
		n += (size_t)got;
	}
	return text;
}

static inline bool rig_is_closed(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char c;

	return poll(&p, 1, 3000) == 1 && recv(fd, &c, 1, 0) <= 0;
}

static inline int status_of(const char *text)
{
	return strncmp(text, "HTTP/1.1 ", 9) == 0 ? (int)strtoul(text + 9, NULL, 10) : -1;
}

/* One request on a connection of its own, answered by the front alone. */
static inline const char *rig_ask(struct rig *r, const char *bytes, size_t n, bool *ret_closed)
{
	int fd = rig_connect(r->port);

	rig_send(fd, bytes, n);
	const char *text = rig_read(fd, 3000, ret_closed);
	if (!*ret_closed && strstr(text, "Connection: close"))
		*ret_closed = rig_is_closed(fd);
	close(fd);
	return text;
}
#endif
