/* tls.c - see tls.h. */
#include "roles/front/tls.h"
#include <event2/bufferevent_ssl.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/log.h"
#include "roles/front/tls_signer.h"

enum { RENEW_DAYS = 14, CHAIN_MAX_BYTES = 65536, RECORD_BYTES = 16384, TICKET_NAME = 16, TICKET_KEY = 32 };

struct ticket { unsigned char name[TICKET_NAME], hmac_key[TICKET_KEY], aes_key[TICKET_KEY]; };

struct tls {
	SSL_CTX *ctx;
	struct tls_signer signer;
	struct ticket tickets[BOOT_TICKETS_MAX];
	size_t ticket_n;
};

/* ---- session tickets ---- */

static int ticket_setup(const struct ticket *t, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int sealing)
{
	static char sha256[] = "SHA256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, (void *)(uintptr_t)t->hmac_key, TICKET_KEY),
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, sha256, 0),
		OSSL_PARAM_construct_end(),
	};

	return EVP_MAC_CTX_set_params(mac, params) == 1
		&& EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, t->aes_key, iv, sealing) == 1;
}

/* As OpenSSL asks: -1 broken, 0 no such key, 1 fine, 2 fine and worth a new ticket. */
static int ticket_key(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int sealing)
{
	const struct tls *t = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

	if (t->ticket_n == 0)
		return 0;
	if (sealing) {
		memcpy(name, t->tickets[0].name, TICKET_NAME);
		return RAND_bytes(iv, EVP_MAX_IV_LENGTH) == 1 && ticket_setup(&t->tickets[0], iv, cipher, mac, 1) ? 1 : -1;
	}
	for (size_t i = 0; i < t->ticket_n; i++) {
		if (memcmp(t->tickets[i].name, name, TICKET_NAME) != 0)
			continue;
		if (!ticket_setup(&t->tickets[i], iv, cipher, mac, 0))
			return -1;
		/* A ticket of TLS 1.3 is used once (RFC 8446 C.4), so that each needs a successor. */
		return i == 0 && SSL_version(ssl) < TLS1_3_VERSION ? 1 : 2;
	}
	return 0;
}

void tls_set_tickets(struct tls *t, const struct boot_tickets *tickets)
{
	explicit_bzero(t->tickets, sizeof t->tickets);
	t->ticket_n = 0;
	for (size_t i = 0; i < tickets->n && i < BOOT_TICKETS_MAX; i++) {
		const struct boot_ticket *in = &tickets->v[i];
		struct ticket *out = &t->tickets[t->ticket_n];

		if (in->name.n != TICKET_NAME || in->hmac_key.n != TICKET_KEY || in->aes_key.n != TICKET_KEY)
			continue;
		memcpy(out->name, in->name.p, TICKET_NAME);
		memcpy(out->hmac_key, in->hmac_key.p, TICKET_KEY);
		memcpy(out->aes_key, in->aes_key.p, TICKET_KEY);
		t->ticket_n++;
	}
	if (t->ticket_n)
		SSL_CTX_clear_options(t->ctx, SSL_OP_NO_TICKET);
}

/* ---- context ---- */

/* http/1.1 is all that we speak; a client that wants something else alone is told so. */
static int alpn_select(SSL *ssl, const unsigned char **out, unsigned char *out_n, const unsigned char *in, unsigned int n, void *arg)
{
	static const unsigned char ours[] = "\x08http/1.1";
	unsigned char *chosen = NULL;

	if (SSL_select_next_proto(&chosen, out_n, ours, sizeof ours - 1, in, n) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

static bool context_configure(struct tls *t)
{
	static const unsigned char session_context[] = "guichet";
	SSL_CTX *ctx = t->ctx;

	SSL_CTX_set_app_data(ctx, t);
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CLEANSE_PLAINTEXT
		| SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA | SSL_OP_NO_TICKET);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);      /* an idle connection keeps none */
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_alpn_select_cb(ctx, alpn_select, NULL);
	return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1
		&& SSL_CTX_set_cipher_list(ctx, "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
			"ECDHE-ECDSA-CHACHA20-POLY1305") == 1
		&& SSL_CTX_set1_groups_list(ctx, "X25519:P-256") == 1
		&& SSL_CTX_set_session_id_context(ctx, session_context, sizeof session_context - 1) == 1
		&& SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, ticket_key) == 1;
}

static BIO *chain_read(int fd)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char piece[4096];
	size_t total = 0;
	ssize_t n;

	while (bio && total < CHAIN_MAX_BYTES && (n = pread(fd, piece, sizeof piece, (off_t)total)) > 0) {
		if (BIO_write(bio, piece, (int)n) != n)
			break;
		total += (size_t)n;
	}
	return bio;
}

/* No browser would go on, and its user would be told something frightening: better that the operator
 * is told, here, before anybody connects. */
static struct err check_validity(const X509 *leaf)
{
	int days = 0, seconds = 0;

	ENSURE(ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(leaf)) == 1, BROKEN, "front.tls.chain");
	ENSURE(days > 0 || seconds > 0, BROKEN, "front.tls.expired");
	if (days < RENEW_DAYS)
		log_line("front.tls.expires", log_i("days", days), log_c("file", "tls_certificate"),
			log_c("cure", "renew the certificate, then reload"));
	return NO_ERR;
}

static struct err chain_use(struct tls *t, BIO *bio)
{
	X509 *leaf = PEM_read_bio_X509(bio, NULL, NULL, NULL), *next;
	EVP_PKEY *key = NULL;

	ENSURE(leaf, BROKEN, "front.tls.chain");
	struct err e = check_validity(leaf);
	if (!failed(e))
		e = tls_signer_key(&t->signer, X509_get0_pubkey(leaf), &key);
	if (!failed(e) && (SSL_CTX_use_certificate(t->ctx, leaf) != 1 || SSL_CTX_use_PrivateKey(t->ctx, key) != 1))
		e = err_of(BROKEN, "front.tls.chain");
	X509_free(leaf);
	EVP_PKEY_free(key);
	TRY(e);
	while ((next = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL)
		ENSURE(SSL_CTX_add0_chain_cert(t->ctx, next) == 1, BROKEN, "front.tls.chain");
	ERR_clear_error();               /* "no start line": the end of the file */
	return NO_ERR;
}

struct err tls_create(int chain_fd, struct tls **ret_tls)
{
	struct tls *t = calloc(1, sizeof *t);
	struct err e = err_of(BROKEN, "front.tls.context");
	BIO *bio = chain_read(chain_fd);

	if (!t)
		abort();
	t->signer.fd = -1;
	t->ctx = SSL_CTX_new(TLS_server_method());
	if (t->ctx && bio && context_configure(t))
		e = chain_use(t, bio);
	BIO_free(bio);
	if (failed(e)) {
		SSL_CTX_free(t->ctx);
		free(t);
		return e;
	}
	*ret_tls = t;
	return NO_ERR;
}

void tls_set_signer(struct tls *t, int fd)
{
	if (t->signer.fd >= 0)
		close(t->signer.fd);
	t->signer.fd = fd;
	t->signer.was_late = false;
}

bool tls_has_signer(const struct tls *t)
{
	return t->signer.fd >= 0;
}

struct bufferevent *tls_accept(struct tls *t, struct event_base *base, int fd)
{
	SSL *ssl = SSL_new(t->ctx);
	struct bufferevent *bev;

	if (!ssl)
		return NULL;
	bev = bufferevent_openssl_socket_new(base, fd, ssl, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
	if (!bev) {
		SSL_free(ssl);
		return NULL;
	}
	bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);
	return bev;
}

size_t tls_send(struct bufferevent *bev, const char *p, size_t n)
{
	SSL *ssl = bufferevent_openssl_get_ssl(bev);
	size_t sent = 0;

	if (n == 0 || n > RECORD_BYTES || !SSL_is_init_finished(ssl))
		return 0;
	/* A record that the socket has no room for stays in ssl until it is given the same bytes again, wherever they
	 * lie then: libevent does that next, and meets any error itself. */
	if (SSL_write_ex(ssl, p, n, &sent) != 1)
		sent = 0;
	ERR_clear_error();
	return sent;
}

void tls_say_goodbye(struct bufferevent *bev)
{
	SSL *ssl = bufferevent_openssl_get_ssl(bev);

	if (!ssl || !SSL_is_init_finished(ssl) || (SSL_get_shutdown(ssl) & SSL_SENT_SHUTDOWN))
		return;
	(void)SSL_shutdown(ssl);
	ERR_clear_error();
}
