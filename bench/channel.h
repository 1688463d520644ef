/* channel.h - one kept-alive HTTP/1.1 connection of the load driver, in the clear or under TLS. */
#ifndef BENCH_CHANNEL_H
#define BENCH_CHANNEL_H
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

enum { ANSWER_BYTES = 512 * 1024 };

struct where {
	int port;
	const char *host;        /* the Host header */
	const char *name;        /* the name in the certificate */
	SSL_CTX *tls;            /* NULL: in the clear */
	int sources;             /* how many loopback addresses to come from; 0: whichever the kernel takes */
	int net;                 /* 127.net.0.1 is the first of them */
};
struct channel { const struct where *where; int fd; SSL *ssl; char *answer; };

SSL_CTX *channel_tls(const char *ca_file);
/* Closes what there was. False: the server did not take it. */
bool channel_open(struct channel *c);
void channel_close(struct channel *c);
bool channel_send(struct channel *c, const char *bytes, size_t n);
/* The whole answer, in c->answer and ended by NUL: its status; 0: the connection ended before. A body in
 * chunks is joined. *ret_close: the server will close. */
int channel_receive(struct channel *c, bool *ret_close);
#endif
