/* key_make.c - see key_make.h. */
#include "roles/signer/key_make.h"
#include "roles/signer/saml_certificates.h"
#include "roles/signer/signer_impl.h"
#include "base/ct.h"
#include <limits.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

enum { RSA_BITS = 2048, SERIAL_BYTES = 16, PEM_MAX = 16 * 1024 };

static void bio_freep(BIO **b)
{
	BIO_free(*b);
}

static void x509_freep(X509 **x)
{
	X509_free(*x);
}

static void pkey_freep(EVP_PKEY **k)
{
	EVP_PKEY_free(*k);
}

static struct err text_of(struct arena *a, BIO *bio, struct str *ret)
{
	char *p;
	long n = BIO_get_mem_data(bio, &p);

	ENSURE(n > 0 && n <= PEM_MAX, BROKEN, "key.make");
	*ret = arena_dup(a, (struct str){ p, (size_t)n });
	return NO_ERR;
}

struct err key_make(struct arena *a, enum sign_alg alg, struct str *ret_pem)
{
	AUTO(pkey_freep) EVP_PKEY *k = alg == SIGN_ES256 ? EVP_EC_gen("P-256") : EVP_RSA_gen(RSA_BITS);
	AUTO(bio_freep) BIO *bio = BIO_new(BIO_s_secmem());

	ENSURE(k && bio && PEM_write_bio_PKCS8PrivateKey(bio, k, NULL, NULL, 0, NULL, NULL) == 1, BROKEN, "key.make");
	return text_of(a, bio, ret_pem);
}

static bool fill(X509 *x, EVP_PKEY *k, const char *name, int64_t now_s, int64_t days)
{
	unsigned char serial[SERIAL_BYTES];
	BIGNUM *number;
	bool done;

	random_bytes(serial, sizeof serial);
	serial[0] &= 0x7f;
	number = BN_bin2bn(serial, sizeof serial, NULL);
	done = number && X509_set_version(x, 2) == 1 && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x))
		&& ASN1_TIME_set(X509_getm_notBefore(x), (time_t)now_s) && ASN1_TIME_set(X509_getm_notAfter(x), (time_t)(now_s + days * 86400))
		&& X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1, 0) == 1
		&& X509_set_issuer_name(x, X509_get_subject_name(x)) == 1 && X509_set_pubkey(x, k) == 1;
	BN_free(number);
	return done;
}

struct err key_make_certificate(struct arena *a, struct str key_pem, const char *name, int64_t now_s, int64_t days, struct str *ret_pem)
{
	AUTO(key_done) struct key k = { .alg = SIGN_RS256 };
	AUTO(x509_freep) X509 *x = X509_new();
	AUTO(bio_freep) BIO *bio = BIO_new(BIO_s_mem());

	TRY(key_create(SIGN_RS256, key_pem, &k));
	ENSURE(x && bio && fill(x, k.pkey, name, now_s, days) && X509_sign(x, k.pkey, EVP_sha256()) > 0
		&& PEM_write_bio_X509(bio, x) == 1, BROKEN, "key.make");
	return text_of(a, bio, ret_pem);
}

struct err key_kid(struct arena *a, enum sign_alg alg, struct str key_pem, struct str *ret_kid)
{
	AUTO(key_done) struct key k = { .alg = alg };
	struct jose_public public;

	TRY(key_create(alg, key_pem, &k));
	TRY(key_public(&k, a, &public));
	*ret_kid = signer_kid(a, &public);
	return NO_ERR;
}

struct err key_certificate_kid(struct arena *a, struct str certificate_pem, struct str *ret_kid)
{
	AUTO(bio_freep) BIO *bio = BIO_new_mem_buf(certificate_pem.n ? certificate_pem.p : "", (int)certificate_pem.n);
	AUTO(x509_freep) X509 *x = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;

	ERR_clear_error();
	ENSURE(x, BROKEN, "signer.saml.certificate");
	return saml_certificate_kid(a, x, ret_kid);
}
