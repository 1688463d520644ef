/* test_front_tls.c - TLS at a front that has no private key: handshakes by the tls signer, and
 * resumption on another front. */
#include "front_rig.h"
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <sys/mman.h>
#include "wire/ipc/helper.h"
#include "wire/ipc/sign.h"

static EVP_PKEY *test_only_key;
static int signatures;              /* made by the signer so far */
static bool signer_is_mute;

/* ---- the tls signer: a thread with the key ---- */

static struct str digest_sign(struct arena *a, struct str digest)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(test_only_key, NULL);
	size_t n = 128;
	char *sig = arena_alloc(a, n);

	assert_true(ctx && EVP_PKEY_sign_init(ctx) == 1
		&& EVP_PKEY_sign(ctx, (unsigned char *)sig, &n, (const unsigned char *)digest.p, digest.n) == 1);
	EVP_PKEY_CTX_free(ctx);
	return (struct str){ sig, n };
}

static void *signer_run(void *arg)
{
	int fd = *(int *)arg;
	char *buffer = malloc(FRAME_MAX);
	struct arena *a = arena_create(65536);
	struct frame f;

	while (!failed(frame_recv(fd, buffer, INT64_MAX, &f))) {
		struct sign_tls m = { STR_NONE };

		assert_int_equal(f.type, SIGN_TLS);
		must(frame_read(&f, a, ipc_sign_tls_io, &m));
		struct str sig = digest_sign(a, m.digest);
		signatures++;
		if (!signer_is_mute)
			must(frame_send(fd, HELPER_OK, f.seq, ipc_text_io, &sig, INT64_MAX));
		arena_reset(a);
	}
	arena_destroy(a);
	free(buffer);
	close(fd);
	return NULL;
}

static int chain_make(int nid)
{
	X509 *x = X509_new();
	X509_NAME *name = X509_get_subject_name(x);
	BIO *bio = BIO_new(BIO_s_mem());
	char *p;
	int fd = memfd_create("chain", MFD_CLOEXEC);

	test_only_key = EVP_EC_gen(OBJ_nid2sn(nid));
	assert_non_null(test_only_key);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"TEST-ONLY compte.example", -1, -1, 0);
	X509_set_issuer_name(x, name);
	X509_set_pubkey(x, test_only_key);
	assert_true(X509_sign(x, test_only_key, EVP_sha256()) > 0 && PEM_write_bio_X509(bio, x) == 1);
	long n = BIO_get_mem_data(bio, &p);
	assert_int_equal(write(fd, p, (size_t)n), n);
	BIO_free(bio);
	X509_free(x);
	return fd;
}

/* ---- two fronts with one certificate and the same ticket keys ---- */

struct house { struct rig *fronts[2]; pthread_t signers[2]; int signer_fds[2], chain; };

static void tickets_send(struct rig *r, const struct boot_ticket *v, size_t n)
{
	struct boot_tickets t = { (struct boot_ticket *)(uintptr_t)v, n };

	must(frame_send(r->boot, BOOT_TICKETS, 0, ipc_boot_tickets_io, &t, INT64_MAX));
}

static const struct boot_ticket old_key = { STR_INIT("0123456789abcdef"), STR_INIT("hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh"),
	STR_INIT("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa") };
static const struct boot_ticket new_key = { STR_INIT("fedcba9876543210"), STR_INIT("HHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHH"),
	STR_INIT("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA") };

static int setup(void **state)
{
	static const char *const settings[] = { "public_url", "https://compte.example", "request_head_s", "2", NULL };
	struct house *h = calloc(1, sizeof *h);

	signatures = 0;
	signer_is_mute = false;
	h->chain = chain_make(NID_X9_62_prime256v1);
	for (int i = 0; i < 2; i++) {
		h->fronts[i] = rig_start(settings, h->chain);
		h->signer_fds[i] = rig_peer(h->fronts[i], ROLE_TLS_SIGNER);
		tickets_send(h->fronts[i], &old_key, 1);
		rig_engine(h->fronts[i]);
		assert_int_equal(pthread_create(&h->signers[i], NULL, signer_run, &h->signer_fds[i]), 0);
	}
	*state = h;
	return 0;
}

static int teardown(void **state)
{
	struct house *h = *state;

	for (int i = 0; i < 2; i++) {
		rig_stop(h->fronts[i]);
		pthread_join(h->signers[i], NULL);
	}
	EVP_PKEY_free(test_only_key);
	close(h->chain);
	free(h);
	return 0;
}

/* ---- the client ---- */

static SSL_SESSION *last_session;

static int session_came(SSL *ssl, SSL_SESSION *s)
{
	SSL_SESSION_free(last_session);
	last_session = s;
	return 1;
}

/* OpenSSL takes a session of TLS 1.3 out of use once a newer one has come. */
static SSL_SESSION *newest_session(void)
{
	assert_non_null(last_session);
	return last_session;
}

static void forget_sessions(void)
{
	SSL_SESSION_free(TAKE(last_session));
}

static SSL_CTX *client_create(int version)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	SSL_CTX_set_min_proto_version(ctx, version);
	SSL_CTX_set_max_proto_version(ctx, version);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(ctx, session_came);
	return ctx;
}

/* One request over TLS; 0 when the handshake failed, else the status. */
static int ask(SSL_CTX *ctx, struct rig *r, SSL_SESSION *session, bool *ret_resumed)
{
	static const char get[] = "GET /.well-known/openid-configuration HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n";
	SSL *ssl = SSL_new(ctx);
	char text[4096];
	int fd = rig_connect(r->port), n, status = 0, total = 0;

	SSL_set_fd(ssl, fd);
	if (session)
		SSL_set_session(ssl, session);
	if (SSL_connect(ssl) == 1) {
		*ret_resumed = SSL_session_reused(ssl) == 1;
		assert_int_equal(SSL_write(ssl, get, sizeof get - 1), sizeof get - 1);
		while ((n = SSL_read(ssl, text + total, (int)sizeof text - 1 - total)) > 0)
			total += n;
		/* a proper end, not a cut */
		assert_int_equal(SSL_get_error(ssl, n), SSL_ERROR_ZERO_RETURN);
		text[total] = '\0';
		assert_non_null(strstr(text, "Strict-Transport-Security: max-age=31536000\r\n"));
		assert_non_null(strstr(text, "{\"issuer\":\"x\"}"));
		status = status_of(text);
	}
	(void)SSL_shutdown(ssl);       /* or OpenSSL's client takes the session out of use */
	SSL_free(ssl);
	close(fd);
	return status;
}

static void both_versions_are_signed_elsewhere_and_resume_on_another_front(void **state)
{
	static const int versions[] = { TLS1_3_VERSION, TLS1_2_VERSION };
	struct house *h = *state;

	for (size_t i = 0; i < 2; i++) {
		SSL_CTX *ctx = client_create(versions[i]);
		bool resumed = true;
		int before = signatures;

		assert_int_equal(ask(ctx, h->fronts[0], NULL, &resumed), 200);
		assert_false(resumed);
		assert_int_equal(signatures, before + 1);
		assert_int_equal(ask(ctx, h->fronts[1], newest_session(), &resumed), 200);
		assert_true(resumed);
		assert_int_equal(signatures, before + 1);
		/* rotated: the old key still opens, and the answer is sealed with the new one */
		tickets_send(h->fronts[1], (struct boot_ticket[]){ new_key, old_key }, 2);
		usleep(20000);
		assert_int_equal(ask(ctx, h->fronts[1], newest_session(), &resumed), 200);
		assert_true(resumed);
		/* a key that a front does not have opens nothing, and costs a handshake only */
		assert_int_equal(ask(ctx, h->fronts[0], newest_session(), &resumed), 200);
		assert_false(resumed);
		tickets_send(h->fronts[1], &old_key, 1);
		forget_sessions();
		SSL_CTX_free(ctx);
	}
}

static int connect_slow_reader(const struct rig *r)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)r->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), few = 4096;

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &few, sizeof few), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
	return fd;
}

/* The front's socket is full long before the last answer. */
static void every_answer_reaches_a_client_that_does_not_read_for_a_while(void **state)
{
	enum { REQUESTS = 500 };
	static const char get[] = "GET /.well-known/openid-configuration HTTP/1.1\r\n" HOST "\r\n";
	static const char last[] = "GET /.well-known/openid-configuration HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n";
	struct house *h = *state;
	SSL_CTX *ctx = client_create(TLS1_3_VERSION);
	SSL *ssl = SSL_new(ctx);
	int fd = connect_slow_reader(h->fronts[0]), n, total = 0, whole = 0;
	char *text = calloc(1, REQUESTS * 4096);

	SSL_set_fd(ssl, fd);
	assert_int_equal(SSL_connect(ssl), 1);
	for (int i = 1; i < REQUESTS; i++)
		assert_int_equal(SSL_write(ssl, get, sizeof get - 1), sizeof get - 1);
	assert_int_equal(SSL_write(ssl, last, sizeof last - 1), sizeof last - 1);
	usleep(200000);
	while ((n = SSL_read(ssl, text + total, REQUESTS * 4096 - 1 - total)) > 0)
		total += n;
	assert_int_equal(SSL_get_error(ssl, n), SSL_ERROR_ZERO_RETURN);
	for (const char *p = text; (p = strstr(p, "{\"issuer\":\"x\"}")) != NULL; p++)
		whole++;
	assert_int_equal(whole, REQUESTS);
	free(text);
	SSL_free(ssl);
	close(fd);
	SSL_CTX_free(ctx);
	forget_sessions();
}

static void what_is_too_old_or_not_ours_is_refused(void **state)
{
	struct house *h = *state;
	bool resumed;
	SSL_CTX *ctx = client_create(TLS1_1_VERSION);

	SSL_CTX_set_cipher_list(ctx, "DEFAULT@SECLEVEL=0");
	assert_int_equal(ask(ctx, h->fronts[0], NULL, &resumed), 0);
	SSL_CTX_free(ctx);

	ctx = client_create(TLS1_2_VERSION);
	SSL_CTX_set_cipher_list(ctx, "ECDHE-ECDSA-AES128-SHA");
	assert_int_equal(ask(ctx, h->fronts[0], NULL, &resumed), 0);
	SSL_CTX_free(ctx);

	ctx = client_create(TLS1_3_VERSION);
	SSL_CTX_set_alpn_protos(ctx, (const unsigned char *)"\x02h2", 3);
	assert_int_equal(ask(ctx, h->fronts[0], NULL, &resumed), 0);
	SSL_CTX_set_alpn_protos(ctx, (const unsigned char *)"\x02h2\x08http/1.1", 12);
	assert_int_equal(ask(ctx, h->fronts[0], NULL, &resumed), 200);
	SSL_CTX_free(ctx);
	forget_sessions();
}

static void a_mute_signer_costs_one_handshake_not_the_front(void **state)
{
	struct house *h = *state;
	bool resumed;
	SSL_CTX *ctx = client_create(TLS1_3_VERSION);

	signer_is_mute = true;
	int64_t start = clock_mono_ms();
	assert_int_equal(ask(ctx, h->fronts[0], NULL, &resumed), 0);
	assert_true(clock_mono_ms() - start < 1000);
	signer_is_mute = false;
	int status = 0;
	for (int i = 0; i < 20 && status == 0; i++)     /* a signer that was late is given little time */
		status = ask(ctx, h->fronts[0], NULL, &resumed);
	assert_int_equal(status, 200);
	SSL_CTX_free(ctx);
	forget_sessions();
}

static void plain_bytes_on_the_tls_port_are_cut(void **state)
{
	struct house *h = *state;
	int plain = rig_connect(h->fronts[0]->port), mute = rig_connect(h->fronts[0]->port);

	rig_send(plain, "GET / HTTP/1.1\r\n\r\n", 18);
	char c[64];
	while (recv(plain, c, sizeof c, 0) > 0)
		;
	assert_true(rig_is_closed(mute));          /* a handshake that never comes has the deadline of a head */
	close(plain);
	close(mute);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(both_versions_are_signed_elsewhere_and_resume_on_another_front, setup, teardown),
		cmocka_unit_test_setup_teardown(every_answer_reaches_a_client_that_does_not_read_for_a_while, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_too_old_or_not_ours_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(a_mute_signer_costs_one_handshake_not_the_front, setup, teardown),
		cmocka_unit_test_setup_teardown(plain_bytes_on_the_tls_port_are_cut, setup, teardown),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
