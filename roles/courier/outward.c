/* outward.c - see outward.h. */
#include "roles/courier/outward.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>
#include "roles/courier/address_rules.h"

enum { CA_MAX_BYTES = 1 << 20 };
static const char system_ca[] = "/etc/ssl/certs/ca-certificates.crt";

static bool may_connect(enum outward_rule rule, const struct sockaddr *address)
{
	switch (rule) {
	case OUTWARD_LISTED:   return true;
	case OUTWARD_LOOPBACK: return address_is_loopback(address);
	case OUTWARD_PUBLIC:   return address_is_public(address);
	}
	return false;
}

static curl_socket_t socket_open(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct outward *o = arg;

	if (purpose != CURLSOCKTYPE_IPCXN || !may_connect(o->rule, &address->addr)) {
		o->refused = true;
		return CURL_SOCKET_BAD;
	}
	o->opened = true;
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

struct err outward_init(struct outward *o, struct str ca)
{
	struct curl_blob blob = { .data = (void *)(uintptr_t)ca.p, .len = ca.n, .flags = CURL_BLOB_NOCOPY };

	*o = (struct outward){ 0 };
	/* Without its own signal handling libcurl leaves this one to us: a peer that closes early
	 * must not end the process. */
	signal(SIGPIPE, SIG_IGN);
	ENSURE(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK, BROKEN, "courier.curl");
	o->curl = curl_easy_init();
	ENSURE(o->curl, BROKEN, "courier.curl");
	curl_easy_setopt(o->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(o->curl, CURLOPT_PROXY, "");
	curl_easy_setopt(o->curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(o->curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(o->curl, CURLOPT_CAINFO, NULL);
	curl_easy_setopt(o->curl, CURLOPT_CAPATH, NULL);
	/* A name server that does not answer must not hold the deadline up: the thread that waits
	 * for it is left behind. */
	curl_easy_setopt(o->curl, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(o->curl, CURLOPT_OPENSOCKETFUNCTION, socket_open);
	curl_easy_setopt(o->curl, CURLOPT_OPENSOCKETDATA, o);
	ENSURE(curl_easy_setopt(o->curl, CURLOPT_CAINFO_BLOB, &blob) == CURLE_OK, BROKEN, "courier.curl");
	return NO_ERR;
}

void outward_done(struct outward *o)
{
	curl_easy_cleanup(o->curl);
	o->curl = NULL;
}

static void closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

struct err outward_system_ca(struct arena *a, struct str *ret_pem)
{
	AUTO(closep) int fd = open(system_ca, O_RDONLY | O_CLOEXEC);
	AUTO(buf_done) struct buf b = { 0 };
	char chunk[4096];

	ENSURE(fd >= 0, BROKEN, "courier.ca");
	buf_init(&b, CA_MAX_BYTES);
	for (;;) {
		ssize_t n = read(fd, chunk, sizeof chunk);

		if (n < 0 && errno == EINTR)
			continue;
		ENSURE(n >= 0, BROKEN, "courier.ca");
		if (n == 0)
			break;
		buf_add(&b, (struct str){ chunk, (size_t)n });
	}
	ENSURE(!b.overflowed && b.n > 0, BROKEN, "courier.ca");
	*ret_pem = arena_dup(a, buf_str(&b));
	return NO_ERR;
}

CURLcode outward_run(struct outward *o, enum outward_rule rule, int64_t timeout_ms)
{
	long ms = timeout_ms < OUTWARD_MAX_MS ? (long)timeout_ms : OUTWARD_MAX_MS;

	if (ms <= 0)
		return CURLE_OPERATION_TIMEDOUT;
	o->rule = rule;
	o->refused = o->opened = false;
	curl_easy_setopt(o->curl, CURLOPT_TIMEOUT_MS, ms);
	curl_easy_setopt(o->curl, CURLOPT_CONNECTTIMEOUT_MS, ms);
	return curl_easy_perform(o->curl);
}

bool outward_was_refused(const struct outward *o)
{
	return o->refused && !o->opened;
}

bool outward_host_is_loopback(struct str host)
{
	char text[INET6_ADDRSTRLEN + 1] = { 0 };
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };

	if (str_eq_nocase(host, STR("localhost")))
		return true;
	if (host.n > 10 && str_eq_nocase(str_slice(host, host.n - 10, host.n), STR(".localhost")))
		return true;
	if (host.n > 2 && host.p[0] == '[')
		host = str_slice(host, 1, host.n - 1);
	if (host.n > INET6_ADDRSTRLEN)
		return false;
	memcpy(text, host.p, host.n);
	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
		return address_is_loopback((const struct sockaddr *)&v4);
	return inet_pton(AF_INET6, text, &v6.sin6_addr) == 1 && address_is_loopback((const struct sockaddr *)&v6);
}
