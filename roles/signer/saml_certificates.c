/* saml_certificates.c - see saml_certificates.h. */
#include "roles/signer/saml_certificates.h"
#include "base/b64.h"
#include "base/clock.h"
#include "base/seal.h"
#include "roles/signer/key_file.h"
#include "roles/signer/signer_impl.h"
#include <openssl/err.h>
#include <openssl/pem.h>

/* The keys of which a certificate may be; from them comes its state. */
struct known { struct { struct str kid; enum sign_key_state state; int64_t since_s; } v[SIGNER_KEYS_MAX]; size_t n; };

static struct err kid_of(struct arena *a, EVP_PKEY *pkey, struct str *ret_kid)
{
	struct key k = { .alg = SIGN_RS256, .pkey = pkey };
	struct jose_public public;

	/* A certificate of another kind of key is published, and is of none of ours. */
	*ret_kid = STR_NONE;
	if (!pkey || !EVP_PKEY_is_a(pkey, "RSA"))
		return NO_ERR;
	TRY(key_public(&k, a, &public));
	*ret_kid = signer_kid(a, &public);
	return NO_ERR;
}

static struct err know_own(struct arena *a, struct str file, struct known *ret)
{
	struct key_entry v[KEY_FILE_MAX];
	size_t n = 0;

	TRY(key_file_parse(file, v, &n));
	for (size_t i = 0; i < n; i++) {
		AUTO(key_done) struct key k = { .alg = SIGN_RS256 };

		TRY(key_create(SIGN_RS256, v[i].pem, &k));
		TRY(kid_of(a, k.pkey, &ret->v[ret->n].kid));
		ret->v[ret->n].state = v[i].state;
		ret->v[ret->n++].since_s = v[i].since_s;
	}
	return NO_ERR;
}

static void know_shared(const struct signer *s, struct known *ret)
{
	for (size_t i = 0; i < s->list.n; i++)
		if (s->published[i].alg == SIGN_RS256) {
			ret->v[ret->n].kid = s->published[i].kid;
			ret->v[ret->n].state = s->published[i].state;
			ret->v[ret->n++].since_s = s->published[i].since_s;
		}
}

static int64_t end_of(const X509 *x)
{
	struct tm tm;

	return ASN1_TIME_to_tm(X509_get0_notAfter(x), &tm) == 1
		? date_to_days(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday) * 86400 + tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec : 0;
}

/* The first of the signing key goes to the front. A certificate only carries the key: partners compare keys,
 * dates and names of it are not looked at. */
static void place(struct saml_certificates *d, struct str text, struct sign_certificate facts)
{
	size_t at = d->n++;

	if (facts.state == SIGN_KEY_CURRENT && at > 0 && d->facts[0].state != SIGN_KEY_CURRENT) {
		memmove(d->text + 1, d->text, at * sizeof *d->text);
		memmove(d->facts + 1, d->facts, at * sizeof *d->facts);
		at = 0;
	}
	d->text[at] = text;
	d->facts[at] = facts;
}

static struct err add_certificate(struct saml_certificates *d, struct arena *a, const struct known *known, X509 *x)
{
	struct sign_certificate facts = { .state = SIGN_KEY_NEXT, .ends_s = end_of(x) };
	unsigned char *der = NULL, hash[32];
	struct str text;
	int n;

	ENSURE(d->n < SIGNER_SAML_CERTIFICATES_MAX, BROKEN, "signer.saml.certificate");
	TRY(kid_of(a, X509_get0_pubkey(x), &facts.kid));
	for (size_t i = 0; i < known->n; i++)
		if (facts.kid.n && str_eq(known->v[i].kid, facts.kid)) {
			facts.state = known->v[i].state;
			facts.since_s = known->v[i].since_s;
		}
	n = i2d_X509(x, &der);
	ENSURE(n > 0, BROKEN, "signer.saml.certificate");
	text = b64_encode(a, der, (size_t)n);
	sha256((struct str){ (char *)der, (size_t)n }, hash);
	facts.sha256 = hex_encode(a, hash, sizeof hash);
	OPENSSL_free(der);
	place(d, text, facts);
	return NO_ERR;
}

static struct err read_all(struct saml_certificates *d, struct arena *a, const struct known *known, struct str pem)
{
	BIO *bio = BIO_new_mem_buf(pem.n ? pem.p : "", (int)pem.n);
	struct err e = bio ? NO_ERR : err_of(BROKEN, "signer.saml.certificate");
	X509 *x;

	while (!failed(e) && (x = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
		e = add_certificate(d, a, known, x);
		X509_free(x);
	}
	/* The loop ends well only where no further PEM begins. */
	if (!failed(e) && (d->n == 0 || ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE))
		e = err_of(BROKEN, "signer.saml.certificate");
	ERR_clear_error();
	BIO_free(bio);
	return e;
}

struct err saml_certificate_kid(struct arena *a, const X509 *x, struct str *ret_kid)
{
	return kid_of(a, X509_get0_pubkey(x), ret_kid);
}

struct err saml_certificates_read(const struct signer *s, struct str key_file, struct str pem, struct saml_certificates *ret)
{
	struct known known = { .n = 0 };

	*ret = (struct saml_certificates){ .n = 0 };
	if (key_file.n)
		TRY(know_own(s->arena, key_file, &known));
	else
		know_shared(s, &known);
	TRY(read_all(ret, s->arena, &known, pem));
	ENSURE(ret->facts[0].state == SIGN_KEY_CURRENT, BROKEN, "signer.saml.pair");
	return NO_ERR;
}
