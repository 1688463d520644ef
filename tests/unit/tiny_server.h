/* tiny_server.h - a server of the tests' own on loopback: HTTP, HTTPS or SMTP, a thread for each
 * connection, and a record of what it was asked last.
 */
#ifndef TESTS_UNIT_TINY_SERVER_H
#define TESTS_UNIT_TINY_SERVER_H
#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TINY_BYTES = 64 * 1024 };

struct tiny_server {
	int fd, port;
	bool smtp;
	SSL_CTX *tls;                /* NULL: plain */
	char ca[4096];               /* PEM of the certificate */
	atomic_int connections;
	char last[TINY_BYTES];       /* the last request, or message */
};

struct tiny_conn { struct tiny_server *server; int fd; SSL *ssl; };

static int tiny_read(struct tiny_conn *c, char *p, int n)
{
	return c->ssl ? SSL_read(c->ssl, p, n) : (int)read(c->fd, p, (size_t)n);
}

static void tiny_write(struct tiny_conn *c, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t done = c->ssl ? SSL_write(c->ssl, p, (int)n) : send(c->fd, p, n, MSG_NOSIGNAL);

		if (done <= 0)
			return;
		p += done;
		n -= (size_t)done;
	}
}

static void tiny_say(struct tiny_conn *c, const char *text)
{
	tiny_write(c, text, strlen(text));
}

/* Reads until `end` stands in the text. false: the peer went away. */
static bool tiny_read_until(struct tiny_conn *c, char *p, size_t max, size_t *n, const char *end)
{
	while (!strstr(p, end)) {
		int got = *n + 1 < max ? tiny_read(c, p + *n, (int)(max - *n - 1)) : 0;

		if (got <= 0)
			return false;
		*n += (size_t)got;
		p[*n] = 0;
	}
	return true;
}

static void tiny_body(struct tiny_conn *c, const char *status, size_t n)
{
	char head[160];
	char *body = malloc(n + 1);

	memset(body, 'x', n);
	snprintf(head, sizeof head, "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n", status, n);
	tiny_say(c, head);
	tiny_write(c, body, n);
	free(body);
}

/* false: the connection ends. */
static bool tiny_answer(struct tiny_conn *c, const char *path)
{
	char scrap[64];

	if (strncmp(path, "/hello", 6) == 0) {
		tiny_say(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{\"ok\":true}");
	} else if (strncmp(path, "/empty", 6) == 0) {
		tiny_say(c, "HTTP/1.1 204 No Content\r\n\r\n");
	} else if (strncmp(path, "/redirect", 9) == 0) {
		tiny_say(c, "HTTP/1.1 302 Found\r\nLocation: /hello\r\nContent-Length: 0\r\n\r\n");
	} else if (strncmp(path, "/error", 6) == 0) {
		tiny_body(c, "500 Oh", 3);
	} else if (strncmp(path, "/body/", 6) == 0) {
		tiny_body(c, "200 OK", (size_t)strtoul(path + 6, NULL, 10));
	} else if (strncmp(path, "/endless", 8) == 0) {
		tiny_say(c, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n");
		for (int i = 0; i < 1024; i++)
			tiny_write(c, (char[1024]){ "x" }, 1024);
		return false;
	} else if (strncmp(path, "/drip", 5) == 0) {
		tiny_say(c, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
		for (int i = 0; i < 100; i++) {
			tiny_say(c, "x");
			usleep(50000);
		}
		return false;
	} else if (strncmp(path, "/garbage", 8) == 0) {
		tiny_say(c, "SSH-2.0-OpenSSH_9.2\r\n\r\n");
		return false;
	} else if (strncmp(path, "/hang", 5) == 0) {
		tiny_read(c, scrap, sizeof scrap);
		return false;
	} else {
		return false;        /* /close, and all else */
	}
	return true;
}

static void tiny_http(struct tiny_conn *c)
{
	for (;;) {
		char text[TINY_BYTES] = { 0 };
		size_t n = 0;

		if (!tiny_read_until(c, text, sizeof text, &n, "\r\n\r\n"))
			return;
		const char *length = strstr(text, "Content-Length: ");
		size_t whole = (size_t)(strstr(text, "\r\n\r\n") - text) + 4 + (length ? strtoul(length + 16, NULL, 10) : 0);
		while (n < whole) {
			int got = tiny_read(c, text + n, (int)(sizeof text - 1 - n));
			if (got <= 0)
				return;
			n += (size_t)got;
		}
		memcpy(c->server->last, text, n + 1);
		if (!tiny_answer(c, strchr(text, ' ') + 1))
			return;
	}
}

static void tiny_smtp(struct tiny_conn *c)
{
	tiny_say(c, "220 tiny\r\n");
	for (;;) {
		char text[TINY_BYTES] = { 0 };
		size_t n = 0;

		if (!tiny_read_until(c, text, sizeof text, &n, "\r\n"))
			return;
		if (strncmp(text, "EHLO", 4) == 0) {
			tiny_say(c, "250-tiny\r\n250 8BITMIME\r\n");
		} else if (strstr(text, "refused@")) {
			tiny_say(c, "550 no such person\r\n");
		} else if (strstr(text, "later@")) {
			tiny_say(c, "451 try later\r\n");
		} else if (strncmp(text, "DATA", 4) == 0) {
			tiny_say(c, "354 go on\r\n");
			memset(text, 0, sizeof text);
			n = 0;
			if (!tiny_read_until(c, text, sizeof text, &n, "\r\n.\r\n"))
				return;
			memcpy(c->server->last, text, n + 1);
			tiny_say(c, "250 taken\r\n");
		} else {
			tiny_say(c, "250 fine\r\n");
		}
	}
}

static void *tiny_conn_run(void *arg)
{
	struct tiny_conn *c = arg;

	if (!c->ssl || SSL_accept(c->ssl) == 1)
		(c->server->smtp ? tiny_smtp : tiny_http)(c);
	SSL_free(c->ssl);
	close(c->fd);
	free(c);
	return NULL;
}

static void *tiny_accept(void *arg)
{
	struct tiny_server *s = arg;

	for (;;) {
		int fd = accept(s->fd, NULL, NULL);
		pthread_t thread;

		if (fd < 0)
			return NULL;
		struct tiny_conn *c = calloc(1, sizeof *c);
		*c = (struct tiny_conn){ s, fd, NULL };
		if (s->tls) {
			c->ssl = SSL_new(s->tls);
			SSL_set_fd(c->ssl, fd);
		}
		s->connections++;
		pthread_create(&thread, NULL, tiny_conn_run, c);
		pthread_detach(thread);
	}
}

/* A certificate of its own for `name`. */
static void tiny_certify(struct tiny_server *s, const char *name)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();
	char san[128];
	BIO *out = BIO_new(BIO_s_mem());

	snprintf(san, sizeof san, "DNS:%s", name);
	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -60);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	X509_set_pubkey(cert, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC, (const unsigned char *)"TEST-ONLY", -1, -1, 0);
	X509_set_issuer_name(cert, X509_get_subject_name(cert));
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, san);
	X509_add_ext(cert, ext, -1);
	X509_EXTENSION_free(ext);
	X509_sign(cert, key, EVP_sha256());
	PEM_write_bio_X509(out, cert);
	BIO_read(out, s->ca, sizeof s->ca - 1);
	BIO_free(out);
	s->tls = SSL_CTX_new(TLS_server_method());
	SSL_CTX_use_certificate(s->tls, cert);
	SSL_CTX_use_PrivateKey(s->tls, key);
	X509_free(cert);
	EVP_PKEY_free(key);
}

/* tls_name NULL: without TLS. Lives until the test program ends. */
static struct tiny_server *tiny_server_start(bool smtp, const char *tls_name)
{
	struct tiny_server *s = calloc(1, sizeof *s);
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof at;
	pthread_t thread;

	s->smtp = smtp;
	if (tls_name)
		tiny_certify(s, tls_name);
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(s->fd, (struct sockaddr *)&at, sizeof at) || listen(s->fd, 16) || getsockname(s->fd, (struct sockaddr *)&at, &n))
		abort();
	s->port = ntohs(at.sin_port);
	pthread_create(&thread, NULL, tiny_accept, s);
	pthread_detach(thread);
	return s;
}
#endif
