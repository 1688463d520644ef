/* saml_keys.c - see saml_keys.h. */
#include "roles/reader/saml_keys.h"
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <xmlsec/xmlsec.h>
#include <xmlsec/keys.h>
#include <xmlsec/openssl/evp.h>
#include "wire/saml/saml_bytes.h"

enum { SLOTS = 128, CERTIFICATE_MAX = 16 * 1024, RSA_MIN_BITS = 2048, RSA_MAX_BITS = 8192 };

struct slot { char *p; size_t n; struct saml_key key; };

struct saml_keys { struct slot slots[SLOTS]; size_t next; };

struct saml_keys *saml_keys_create(void)
{
	struct saml_keys *k = calloc(1, sizeof *k);

	if (!k)
		abort();
	return k;
}

static void slot_done(struct slot *s)
{
	if (s->key.xmlsec)
		xmlSecKeyDestroy(s->key.xmlsec);
	EVP_PKEY_free(s->key.pkey);
	free(s->p);
	*s = (struct slot){ 0 };
}

void saml_keys_destroy(struct saml_keys *k)
{
	if (!k)
		return;
	for (size_t i = 0; i < SLOTS; i++)
		slot_done(&k->slots[i]);
	free(k);
}

static struct err to_der(struct arena *a, struct str certificate, struct str *ret_der)
{
	const struct str begin = STR("-----BEGIN CERTIFICATE-----"), end = STR("-----END CERTIFICATE-----");
	const char *from, *to;

	*ret_der = certificate;
	if (certificate.n && certificate.p[0] == '\x30')
		return NO_ERR;
	from = certificate.n ? memmem(certificate.p, certificate.n, begin.p, begin.n) : NULL;
	ENSURE(from, DENIED, "saml.key");
	from += begin.n;
	to = memmem(from, (size_t)(certificate.p + certificate.n - from), end.p, end.n);
	if (!to || failed(saml_b64_decode(a, (struct str){ from, (size_t)(to - from) }, ret_der)))
		return err_of(DENIED, "saml.key");
	return NO_ERR;
}

static void x509_freep(X509 **x) { X509_free(*x); }

static bool is_p256(EVP_PKEY *pkey)
{
	char group[32] = "";
	size_t n = 0;

	return EVP_PKEY_is_a(pkey, "EC") && EVP_PKEY_get_group_name(pkey, group, sizeof group, &n) == 1
		&& str_eq(str_from_c(group), STR("prime256v1"));
}

static void bn_freep(BIGNUM **n) { BN_free(*n); }

/* With an exponent of 1 a signature is the padded digest itself: anybody writes it. */
static bool has_exponent(const EVP_PKEY *rsa)
{
	AUTO(bn_freep) BIGNUM *e = NULL;

	return EVP_PKEY_get_bn_param(rsa, OSSL_PKEY_PARAM_RSA_E, &e) == 1 && BN_is_odd(e) && !BN_is_one(e);
}

static struct err kind_of(EVP_PKEY *pkey, enum saml_key_kind *ret_kind)
{
	int bits = EVP_PKEY_get_bits(pkey);

	if (EVP_PKEY_is_a(pkey, "RSA")) {
		ENSURE(bits >= RSA_MIN_BITS && bits <= RSA_MAX_BITS && has_exponent(pkey), DENIED, "saml.key");
		*ret_kind = SAML_KEY_RSA;
		return NO_ERR;
	}
	ENSURE(is_p256(pkey), DENIED, "saml.key");
	*ret_kind = SAML_KEY_P256;
	return NO_ERR;
}

static struct err key_make(struct str der, struct saml_key *key)
{
	const unsigned char *p = (const unsigned char *)der.p;
	AUTO(x509_freep) X509 *x = d2i_X509(NULL, &p, (long)der.n);
	xmlSecKeyDataPtr data;

	ENSURE(x && p == (const unsigned char *)der.p + der.n, DENIED, "saml.key");
	key->pkey = X509_get_pubkey(x);
	ENSURE(key->pkey, DENIED, "saml.key");
	TRY(kind_of(key->pkey, &key->kind));
	/* The key data owns one reference, we another. */
	EVP_PKEY_up_ref(key->pkey);
	data = xmlSecOpenSSLEvpKeyAdopt(key->pkey);
	if (!data)
		EVP_PKEY_free(key->pkey);
	ENSURE(data, DENIED, "saml.key");
	key->xmlsec = xmlSecKeyCreate();
	if (!key->xmlsec || xmlSecKeySetValue(key->xmlsec, data) < 0) {
		xmlSecKeyDataDestroy(data);
		return err_of(DENIED, "saml.key");
	}
	return NO_ERR;
}

static struct err slot_fill(struct slot *s, struct arena *a, struct str certificate)
{
	struct str der;

	ENSURE(certificate.n <= CERTIFICATE_MAX, DENIED, "saml.key");
	TRY(to_der(a, certificate, &der));
	slot_done(s);
	TRY(key_make(der, &s->key));
	s->p = malloc(certificate.n);
	if (!s->p)
		abort();
	memcpy(s->p, certificate.p, certificate.n);
	s->n = certificate.n;
	return NO_ERR;
}

struct err saml_keys_find(struct saml_keys *k, struct arena *a, struct str certificate, const struct saml_key **ret_key)
{
	struct slot *s = &k->slots[k->next];

	for (size_t i = 0; i < SLOTS; i++)
		if (k->slots[i].p && str_eq((struct str){ k->slots[i].p, k->slots[i].n }, certificate)) {
			*ret_key = &k->slots[i].key;
			return NO_ERR;
		}
	struct err e = slot_fill(s, a, certificate);
	ERR_clear_error();
	if (failed(e)) {
		slot_done(s);
		return e;
	}
	k->next = (k->next + 1) % SLOTS;
	*ret_key = &s->key;
	return NO_ERR;
}
