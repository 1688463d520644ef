/* channel.c - see channel.h. Blocking, one thread a channel: what is measured is the server. */
#include "bench/channel.h"
#include "bench/journey.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

SSL_CTX *channel_tls(const char *ca_file)
{
	SSL_CTX *t = SSL_CTX_new(TLS_client_method());

	if (!t || SSL_CTX_load_verify_locations(t, ca_file, NULL) != 1)
		die("the certificates cannot be read");
	SSL_CTX_set_verify(t, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_session_cache_mode(t, SSL_SESS_CACHE_OFF);
	return t;
}

/* Every address that begins with 127 is this machine. */
static void bind_source(int fd, const struct where *w)
{
	static atomic_uint next;
	unsigned i = atomic_fetch_add(&next, 1) % (unsigned)w->sources;
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001u + ((unsigned)w->net << 16) + (i / 250 << 8) + i % 250) };

	int one = 1;

	/* A port is chosen when the other end is known: each address has all of them for each server. */
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
	if (bind(fd, (struct sockaddr *)&a, sizeof a) != 0)
		die("the source address cannot be taken");
}

static bool handshake(struct channel *c)
{
	c->ssl = SSL_new(c->where->tls);
	if (!c->ssl || SSL_set_fd(c->ssl, c->fd) != 1 || SSL_set_tlsext_host_name(c->ssl, c->where->name) != 1
	    || SSL_set1_host(c->ssl, c->where->name) != 1)
		die("memory");
	return SSL_connect(c->ssl) == 1;
}

bool channel_open(struct channel *c)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)c->where->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int one = 1;

	channel_close(c);
	c->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (c->where->sources)
		bind_source(c->fd, c->where);
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){ 20, 0 }, sizeof(struct timeval));
	if (connect(c->fd, (struct sockaddr *)&a, sizeof a) != 0)
		return false;
	return !c->where->tls || handshake(c);
}

void channel_close(struct channel *c)
{
	SSL_free(c->ssl);
	c->ssl = NULL;
	ERR_clear_error();
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

bool channel_send(struct channel *c, const char *bytes, size_t n)
{
	for (size_t done = 0; done < n; ) {
		ssize_t w = c->ssl ? SSL_write(c->ssl, bytes + done, (int)(n - done)) : send(c->fd, bytes + done, n - done, MSG_NOSIGNAL);

		if (w <= 0)
			return false;
		done += (size_t)w;
	}
	return true;
}

static ssize_t receive_some(struct channel *c, size_t have)
{
	size_t room = ANSWER_BYTES - 1 - have;
	ssize_t r;

	if (!room)
		die("an answer is too large");
	r = c->ssl ? SSL_read(c->ssl, c->answer + have, (int)room) : recv(c->fd, c->answer + have, room, 0);
	if (r > 0)
		c->answer[have + (size_t)r] = 0;
	return r;
}

/* The value of a header, or NULL. */
static const char *header(const char *answer, const char *end, const char *name)
{
	const char *at = strcasestr(answer, name);

	if (!at || at >= end)
		return NULL;
	at += strlen(name);
	return at + strspn(at, " ");
}

/* Chunks of have bytes from body on, joined in place. True once the last one is there. */
static bool join_chunks(char *body, const char *end)
{
	char *out = body, *at = body;

	/* Looks first and moves after: an unfinished body must stay as it came. */
	for (int pass = 0; pass < 2; pass++)
		for (out = at = body; ; ) {
			char *data;
			size_t n = strtoul(at, &data, 16);

			data = data == at ? NULL : strstr(data, "\r\n");
			if (!data || data + 2 + n + 2 > end)
				return false;
			if (pass)
				memmove(out, data + 2, n);
			out += n;
			at = data + 2 + n + 2;
			if (!n)
				break;
		}
	*out = 0;
	return true;
}

struct frame { size_t want; bool chunked, known; char *body; };

static void read_head(struct channel *c, struct frame *f, bool *ret_close)
{
	char *end = strstr(c->answer, "\r\n\r\n");
	const char *value;

	if (!end)
		return;
	f->known = true;
	f->body = end + 4;
	value = header(c->answer, end, "\r\ncontent-length:");
	f->want = (size_t)(f->body - c->answer) + (value ? strtoul(value, NULL, 10) : 0);
	value = header(c->answer, end, "\r\ntransfer-encoding:");
	f->chunked = value && strncasecmp(value, "chunked", 7) == 0;
	value = header(c->answer, end, "\r\nconnection:");
	*ret_close = value && strncasecmp(value, "close", 5) == 0;
}

int channel_receive(struct channel *c, bool *ret_close)
{
	struct frame f = { 0 };
	size_t have = 0;

	for (;;) {
		ssize_t r = receive_some(c, have);

		if (r <= 0)
			return 0;
		have += (size_t)r;
		if (!f.known)
			read_head(c, &f, ret_close);
		if (f.known && (f.chunked ? join_chunks(f.body, c->answer + have) : have >= f.want))
			return (int)strtoul(c->answer + 9, NULL, 10);
	}
}
