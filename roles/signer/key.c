/* key.c - see key.h. */
#include "roles/signer/key.h"
#include <limits.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

enum { RSA_BITS_MIN = 2048, RSA_BITS_MAX = 4096 };

/* An encrypted key is refused; without this libcrypto would ask the terminal for the password. */
static int no_password(char *p, int n, int writing, void *arg)
{
	return -1;
}

static struct err read_pem(struct str pem, EVP_PKEY **ret_pkey)
{
	BIO *bio = BIO_new_mem_buf(pem.n ? pem.p : "", (int)pem.n);

	ENSURE(bio, BROKEN, "signer.key.pem");
	*ret_pkey = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
	BIO_free(bio);
	ERR_clear_error();
	ENSURE(*ret_pkey, BROKEN, "signer.key.pem");
	return NO_ERR;
}

static struct err judge(enum sign_alg alg, const EVP_PKEY *pkey)
{
	char curve[32] = "";
	int bits = EVP_PKEY_get_bits(pkey);

	if (alg == SIGN_ES256) {
		ENSURE(EVP_PKEY_is_a(pkey, "EC"), BROKEN, "signer.key.kind");
		ENSURE(EVP_PKEY_get_group_name(pkey, curve, sizeof curve, NULL) == 1
			&& str_eq_c(STR(SN_X9_62_prime256v1), curve), BROKEN, "signer.key.curve");
		return NO_ERR;
	}
	ENSURE(EVP_PKEY_is_a(pkey, "RSA"), BROKEN, "signer.key.kind");
	ENSURE(bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX, BROKEN, "signer.key.size");
	return NO_ERR;
}

/* Without a hash named for ECDSA: the tls signer is given digests of three sizes. */
static bool prepare(EVP_PKEY_CTX *ctx, enum sign_alg alg)
{
	return alg == SIGN_ES256 || (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1
		&& EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1);
}

/* Also the first use of the key, so that everything lazy has happened before the sandbox. */
static struct err prove_pair(const struct key *k)
{
	unsigned char signature[KEY_SIGNATURE_MAX], digest[32] = { 1 };
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(k->pkey, NULL);
	size_t n = 0;
	struct err e = key_sign(k, (struct str){ (char *)digest, sizeof digest }, signature, &n);
	bool holds = !failed(e) && ctx && EVP_PKEY_verify_init(ctx) == 1 && prepare(ctx, k->alg)
		&& EVP_PKEY_verify(ctx, signature, n, digest, sizeof digest) == 1;

	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	ENSURE(holds, BROKEN, "signer.key.pair");
	return NO_ERR;
}

struct err key_create(enum sign_alg alg, struct str pem, struct key *ret_key)
{
	AUTO(key_done) struct key k = { .alg = alg };

	ENSURE(pem.n <= INT_MAX, BROKEN, "signer.key.pem");
	TRY(read_pem(pem, &k.pkey));
	TRY(judge(alg, k.pkey));
	k.signing = EVP_PKEY_CTX_new(k.pkey, NULL);
	ENSURE(k.signing && EVP_PKEY_sign_init(k.signing) == 1 && prepare(k.signing, alg), BROKEN, "signer.key.kind");
	TRY(prove_pair(&k));
	*ret_key = k;
	k = (struct key){ .alg = alg };
	return NO_ERR;
}

void key_done(struct key *k)
{
	EVP_PKEY_CTX_free(k->signing);
	EVP_PKEY_free(k->pkey);        /* wipes the private numbers */
	k->signing = NULL;
	k->pkey = NULL;
}

struct err key_sign(const struct key *k, struct str digest, unsigned char *ret, size_t *ret_n)
{
	size_t n = KEY_SIGNATURE_MAX;

	if (EVP_PKEY_sign(k->signing, ret, &n, (const unsigned char *)digest.p, digest.n) != 1) {
		ERR_clear_error();
		return err_of(BROKEN, "signer.key.sign");
	}
	*ret_n = n;
	return NO_ERR;
}

struct err key_sign_jws(const struct key *k, struct str digest, unsigned char *ret, size_t *ret_n)
{
	const unsigned char *der = ret;
	ECDSA_SIG *rs;
	bool done;

	TRY(key_sign(k, digest, ret, ret_n));
	if (k->alg != SIGN_ES256)
		return NO_ERR;
	rs = d2i_ECDSA_SIG(NULL, &der, (long)*ret_n);
	done = rs && BN_bn2binpad(ECDSA_SIG_get0_r(rs), ret, JOSE_P256_BYTES) == JOSE_P256_BYTES
		&& BN_bn2binpad(ECDSA_SIG_get0_s(rs), ret + JOSE_P256_BYTES, JOSE_P256_BYTES) == JOSE_P256_BYTES;
	ECDSA_SIG_free(rs);
	ENSURE(done, BROKEN, "signer.key.sign");
	*ret_n = 2 * JOSE_P256_BYTES;
	return NO_ERR;
}

/* pad: the exact length; 0: as many bytes as the number has. */
static struct err number(const struct key *k, struct arena *a, const char *name, int pad, struct str *ret_number)
{
	BIGNUM *bn = NULL;
	unsigned char *p;
	int n;

	ENSURE(EVP_PKEY_get_bn_param(k->pkey, name, &bn) == 1, BROKEN, "signer.key.kind");
	n = pad ? pad : BN_num_bytes(bn);
	p = arena_alloc(a, (size_t)n);
	pad = BN_bn2binpad(bn, p, n);
	BN_free(bn);
	ENSURE(pad == n, BROKEN, "signer.key.kind");
	*ret_number = (struct str){ (char *)p, (size_t)n };
	return NO_ERR;
}

struct err key_public(const struct key *k, struct arena *a, struct jose_public *ret_public)
{
	struct jose_public p = { .alg = k->alg };

	if (k->alg == SIGN_ES256) {
		TRY(number(k, a, OSSL_PKEY_PARAM_EC_PUB_X, JOSE_P256_BYTES, &p.a));
		TRY(number(k, a, OSSL_PKEY_PARAM_EC_PUB_Y, JOSE_P256_BYTES, &p.b));
	} else {
		TRY(number(k, a, OSSL_PKEY_PARAM_RSA_N, 0, &p.a));
		TRY(number(k, a, OSSL_PKEY_PARAM_RSA_E, 0, &p.b));
	}
	*ret_public = p;
	return NO_ERR;
}
