/* main.c - start-up of guichet-signer: the keys from their descriptors, then nothing but requests. */
#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "roles/boot/boot.h"
#include "roles/signer/signer.h"
#include <openssl/crypto.h>
#include <stdlib.h>
#include <unistd.h>

enum { SECURE_HEAP = 64 * 1024, SECURE_MIN = 32 };

/* The setting is what an operator can look up: "key.es256" is the file of key_es256. */
static _Noreturn void die(const char *setting, struct err e)
{
	log_line("signer.start", log_c("file", setting), log_c("slug", e.slug));
	exit(1);
}

/* false: not given. The descriptor is closed: what was read is all that we ever need of the file. */
static bool read_file(const struct boot *b, const char *name, size_t max, struct secret *ret_secret)
{
	int fd = boot_file(b, name);

	if (fd < 0)
		return false;
	struct err e = secret_read_fd(fd, max, ret_secret);
	(void)close(fd);
	if (failed(e))
		die(name, e);
	return true;
}

static bool add_keys(const struct boot *b, struct signer *s, enum sign_alg alg, const char *name)
{
	AUTO(secret_done) struct secret pem = { NULL, 0 };

	if (!read_file(b, name, SIGNER_PEM_MAX, &pem))
		return false;
	struct err e = signer_key_file_add(s, alg, secret_peek(&pem));
	if (failed(e))
		die(name, e);
	return true;
}

/* The name by which we are known to partners: said, or where our metadata lie. */
static void entity_of(const struct boot *b, const char *base, struct buf *ret_entity)
{
	struct str said = boot_setting(b, "saml_entity", STR_NONE);

	buf_add(ret_entity, said.n ? said : boot_setting(b, base, STR_NONE));
	if (said.n == 0)
		buf_add(ret_entity, STR("/saml/metadata"));
}

/* With a file "saml.certificate" SAML is spoken, with the key of "key.saml" or else "key.rs256". Who
 * holds the secret of the pseudonyms is the identity provider; a service's signer has none. */
static bool add_saml(const struct boot *b, struct signer *s, bool has_secret)
{
	AUTO(secret_done) struct secret certificates = { NULL, 0 };
	AUTO(secret_done) struct secret pem = { NULL, 0 };
	AUTO(buf_done) struct buf entity = { .max = 4096 };

	if (!read_file(b, "saml.certificate", SIGNER_SAML_CERTIFICATES_MAX * SIGNER_PEM_MAX, &certificates))
		return false;
	(void)read_file(b, "key.saml", SIGNER_PEM_MAX, &pem);
	entity_of(b, has_secret ? "issuer" : "public_url", &entity);
	struct err e = signer_saml_add(s, has_secret ? SIGN_ROLE_IDP : SIGN_ROLE_SP, buf_str(&entity), secret_peek(&pem), secret_peek(&certificates));
	if (failed(e))
		die(strcmp(e.slug, "signer.saml.entity") == 0 ? "saml_entity" : "saml.certificate", e);
	return true;
}

static struct signer *create_signer(const struct boot *b)
{
	AUTO(secret_done) struct secret secret = { NULL, 0 };
	struct signer *s = NULL;
	bool has_secret = read_file(b, "pseudonym.secret", SIGNER_SECRET_MAX, &secret);
	bool some;

	/* An empty file is a mistake, not a choice. */
	if (has_secret ? secret.n == 0 : boot_file(b, "saml.certificate") < 0)
		die("pseudonym.secret", err_of(BROKEN, "signer.missing"));
	struct err e = signer_create(boot_setting(b, "issuer", STR_NONE), secret_peek(&secret), clock_wall_s, &s);
	if (failed(e))
		die(strcmp(e.slug, "signer.issuer") == 0 ? "issuer" : "pseudonym.secret", e);
	some = add_keys(b, s, SIGN_ES256, "key.es256");
	some |= add_keys(b, s, SIGN_RS256, "key.rs256");
	some |= add_saml(b, s, has_secret);
	if (!some)
		die("key.es256", err_of(BROKEN, "signer.missing"));
	return s;
}

static struct tls_signer *create_tls_signer(const struct boot *b)
{
	AUTO(secret_done) struct secret pem = { NULL, 0 };
	struct tls_signer *s = NULL;

	if (!read_file(b, "tls.key", SIGNER_PEM_MAX, &pem))
		die("tls.key", err_of(BROKEN, "signer.missing"));
	struct err e = signer_tls_create(secret_peek(&pem), &s);
	if (failed(e))
		die("tls.key", e);
	return s;
}

/* No configuration file of libcrypto: it could load code into the process that holds the keys.
 * The private numbers live in memory that is locked where allowed, and never in a core dump. */
static void prepare_crypto(void)
{
	if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1
	    || CRYPTO_secure_malloc_init(SECURE_HEAP, SECURE_MIN) == 0)
		die("libcrypto", err_of(BROKEN, "signer.libcrypto"));
}

int main(void)
{
	boot_serve_fn *serve;
	struct boot boot;
	void *self;

	boot_receive(&boot);
	prepare_crypto();
	if (boot.start.role == ROLE_TLS_SIGNER) {
		self = create_tls_signer(&boot);
		serve = signer_tls_serve;
	} else {
		self = create_signer(&boot);
		serve = signer_serve;
	}
	boot_confine(&boot, NULL, 0);
	boot_ready(&boot);
	boot_serve(&boot, serve, self, SIGNER_ARENA_BYTES, 0);
}
