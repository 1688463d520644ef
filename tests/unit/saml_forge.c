/* saml_forge.c - see saml_forge.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <zlib.h>
#include "base/b64.h"
#include "saml_forge.h"

EVP_PKEY *forge_rsa(unsigned bits) { return EVP_RSA_gen(bits); }

/* Its modulus with 1 as either exponent: what it signs, anybody signs. */
EVP_PKEY *forge_rsa_of_one(EVP_PKEY *like)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	BIGNUM *n = NULL, *one = BN_new();
	EVP_PKEY *key = NULL;

	assert_true(BN_one(one) && EVP_PKEY_get_bn_param(like, OSSL_PKEY_PARAM_RSA_N, &n));
	OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n);
	OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, one);
	OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_D, one);
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
	EVP_PKEY_fromdata_init(ctx);
	assert_int_equal(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params), 1);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(ctx);
	BN_free(n);
	BN_free(one);
	return key;
}

EVP_PKEY *forge_p256(void) { return EVP_EC_gen("P-256"); }

struct str forge_certificate(struct arena *a, EVP_PKEY *key)
{
	X509 *x = X509_new();
	unsigned char *der = NULL;

	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), 0);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, (const unsigned char *)"TEST-ONLY", -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	int n = i2d_X509(x, &der);
	assert_true(n > 0);
	struct str s = arena_dup(a, (struct str){ (char *)der, (size_t)n });
	OPENSSL_free(der);
	X509_free(x);
	return s;
}

/* ---- messages, in canonical form: attributes in order, no empty-element tags ---- */

struct str forge_assertion(struct arena *a)
{
	return arena_dup(a, STR("<saml:Assertion " FORGE_A " ID=\"_a1\" IssueInstant=\"2027-01-15T08:00:00Z\" Version=\"2.0\">"
		"<saml:Issuer>" FORGE_IDP "</saml:Issuer>"
		"<saml:Subject><saml:NameID Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:persistent\">camille-7f</saml:NameID>"
		"<saml:SubjectConfirmation Method=\"urn:oasis:names:tc:SAML:2.0:cm:bearer\"><saml:SubjectConfirmationData"
		" InResponseTo=\"_q1\" NotOnOrAfter=\"2027-01-15T08:02:00Z\" Recipient=\"" FORGE_ACS "\"></saml:SubjectConfirmationData>"
		"</saml:SubjectConfirmation></saml:Subject>"
		"<saml:Conditions NotBefore=\"2027-01-15T08:00:00Z\" NotOnOrAfter=\"2027-01-15T08:02:00Z\"><saml:AudienceRestriction>"
		"<saml:Audience>" FORGE_SP "</saml:Audience></saml:AudienceRestriction></saml:Conditions>"
		"<saml:AuthnStatement AuthnInstant=\"2027-01-15T07:59:00Z\" SessionIndex=\"_s1\"><saml:AuthnContext>"
		"<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport</saml:AuthnContextClassRef>"
		"</saml:AuthnContext></saml:AuthnStatement>"
		"<saml:AttributeStatement><saml:Attribute FriendlyName=\"sn\" Name=\"urn:oid:2.5.4.4\""
		" NameFormat=\"urn:oasis:names:tc:SAML:2.0:attrname-format:uri\"><saml:AttributeValue>L&amp;vesque</saml:AttributeValue>"
		"</saml:Attribute></saml:AttributeStatement></saml:Assertion>"));
}

struct str forge_response(struct arena *a, struct str assertion)
{
	return arena_printf(a, "<samlp:Response " FORGE_P " Destination=\"" FORGE_ACS "\" ID=\"_r1\" InResponseTo=\"_q1\""
		" IssueInstant=\"2027-01-15T08:00:00Z\" Version=\"2.0\"><saml:Issuer " FORGE_A ">" FORGE_IDP "</saml:Issuer>"
		"<samlp:Status><samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"></samlp:StatusCode></samlp:Status>"
		STR_FMT "</samlp:Response>", STR_ARG(assertion));
}

struct str forge_authn_request(struct arena *a)
{
	return arena_dup(a, STR("<samlp:AuthnRequest " FORGE_P " AssertionConsumerServiceURL=\"" FORGE_ACS "\""
		" Destination=\"https://compte.example/saml/sso\" ForceAuthn=\"true\" ID=\"_q1\" IssueInstant=\"2027-01-15T08:00:00Z\""
		" ProtocolBinding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\" Version=\"2.0\"><saml:Issuer " FORGE_A ">" FORGE_SP
		"</saml:Issuer><samlp:NameIDPolicy AllowCreate=\"true\" Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:persistent\">"
		"</samlp:NameIDPolicy><samlp:RequestedAuthnContext Comparison=\"minimum\"><saml:AuthnContextClassRef " FORGE_A ">"
		"urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport</saml:AuthnContextClassRef>"
		"</samlp:RequestedAuthnContext></samlp:AuthnRequest>"));
}

struct str forge_logout_request(struct arena *a)
{
	return arena_dup(a, STR("<samlp:LogoutRequest " FORGE_P " Destination=\"https://compte.example/saml/slo\" ID=\"_l1\""
		" IssueInstant=\"2027-01-15T08:00:00Z\" NotOnOrAfter=\"2027-01-15T08:05:00Z\" Version=\"2.0\">"
		"<saml:Issuer " FORGE_A ">" FORGE_SP "</saml:Issuer><saml:NameID " FORGE_A
		" Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:persistent\">camille-7f</saml:NameID>"
		"<samlp:SessionIndex>_s1</samlp:SessionIndex></samlp:LogoutRequest>"));
}

struct str forge_logout_response(struct arena *a)
{
	return arena_dup(a, STR("<samlp:LogoutResponse " FORGE_P " ID=\"_m1\" InResponseTo=\"_l1\" IssueInstant=\"2027-01-15T08:00:00Z\""
		" Version=\"2.0\"><saml:Issuer " FORGE_A ">" FORGE_SP "</saml:Issuer><samlp:Status><samlp:StatusCode"
		" Value=\"urn:oasis:names:tc:SAML:2.0:status:Responder\"><samlp:StatusCode"
		" Value=\"urn:oasis:names:tc:SAML:2.0:status:PartialLogout\"></samlp:StatusCode></samlp:StatusCode></samlp:Status>"
		"</samlp:LogoutResponse>"));
}

struct str forge_metadata(struct arena *a, EVP_PKEY *key)
{
	return arena_printf(a, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- a vendor's file -->\n"
		"<md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"" FORGE_SP "\""
		" validUntil=\"2028-01-01T00:00:00Z\">\n"
		"<md:SPSSODescriptor AuthnRequestsSigned=\"true\" WantAssertionsSigned=\"1\""
		" protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:1.1:protocol urn:oasis:names:tc:SAML:2.0:protocol\">\n"
		"<md:KeyDescriptor use=\"signing\"><ds:KeyInfo xmlns:ds=\"" FORGE_DS "\"><ds:X509Data><ds:X509Certificate>\n" STR_FMT
		"\n</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>\n"
		"<md:SingleLogoutService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\""
		" Location=\"https://etat-civil.example/saml/slo\" ResponseLocation=\"https://etat-civil.example/saml/slo-done\"/>\n"
		"<md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</md:NameIDFormat>\n"
		"<md:AssertionConsumerService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\" Location=\"" FORGE_ACS "\""
		" index=\"1\" isDefault=\"true\"/>\n"
		"<md:AttributeConsumingService index=\"0\"><md:ServiceName xml:lang=\"fr\">État civil</md:ServiceName>"
		"<md:RequestedAttribute Name=\"urn:oid:2.5.4.4\" FriendlyName=\"sn\" isRequired=\"true\"/>"
		"</md:AttributeConsumingService>\n</md:SPSSODescriptor>\n<md:Organization><md:OrganizationDisplayName xml:lang=\"fr\">"
		"Ville d'Exemple</md:OrganizationDisplayName></md:Organization></md:EntityDescriptor>\n",
		STR_ARG(forge_base64(a, forge_certificate(a, key))));
}

/* ---- signing ---- */

static const EVP_MD *digest_of(const char *alg)
{
	if (strstr(alg, "sha1"))
		return EVP_sha1();
	if (strstr(alg, "sha512"))
		return EVP_sha512();
	return strstr(alg, "sha384") ? EVP_sha384() : EVP_sha256();
}

static struct str raw_of_der(struct arena *a, const unsigned char *der, size_t n)
{
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)n);
	unsigned char *p = arena_alloc(a, 64);

	assert_non_null(sig);
	BN_bn2binpad(ECDSA_SIG_get0_r(sig), p, 32);
	BN_bn2binpad(ECDSA_SIG_get0_s(sig), p + 32, 32);
	ECDSA_SIG_free(sig);
	return (struct str){ (char *)p, 64 };
}

/* HMAC with the certificate that everybody knows as its key. */
static struct str hmac_of(struct arena *a, EVP_PKEY *key, const char *alg, struct str octets)
{
	struct str secret = forge_certificate(a, key);
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	assert_non_null(HMAC(digest_of(alg), secret.p, (int)secret.n, (const unsigned char *)octets.p, octets.n, mac, &n));
	return arena_dup(a, (struct str){ (char *)mac, n });
}

struct str forge_raw(struct arena *a, EVP_PKEY *key, const char *alg, struct str octets)
{
	unsigned char sig[1024];
	size_t n = sizeof sig;

	if (!key)
		return STR("not a signature");
	if (strncmp(alg, "hmac", 4) == 0)
		return hmac_of(a, key, alg, octets);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	assert_int_equal(EVP_DigestSignInit(ctx, NULL, digest_of(alg), NULL, key), 1);
	assert_int_equal(EVP_DigestSign(ctx, sig, &n, (const unsigned char *)octets.p, octets.n), 1);
	EVP_MD_CTX_free(ctx);
	return EVP_PKEY_is_a(key, "EC") ? raw_of_der(a, sig, n) : arena_dup(a, (struct str){ (char *)sig, n });
}

static struct str method_uri(struct arena *a, const char *alg)
{
	bool old = strstr(alg, "sha1") != NULL;

	return arena_printf(a, "%s%s", old ? FORGE_DS : "http://www.w3.org/2001/04/xmldsig-more#", alg);
}

static struct str digest_uri(const char *alg)
{
	if (strstr(alg, "sha1"))
		return STR(FORGE_DS "sha1");
	if (strstr(alg, "sha384"))
		return STR("http://www.w3.org/2001/04/xmldsig-more#sha384");
	return strstr(alg, "sha512") ? STR("http://www.w3.org/2001/04/xmlenc#sha512") : STR("http://www.w3.org/2001/04/xmlenc#sha256");
}

struct str forge_signature(struct arena *a, EVP_PKEY *key, const char *alg, struct str element)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned md_n = 0;
	struct str id = str_slice(forge_cut(element, " ID=\"", "\" "), 5, SIZE_MAX);

	id.n -= 2;
	assert_int_equal(EVP_Digest(element.p, element.n, md, &md_n, digest_of(alg), NULL), 1);
	struct str rest = arena_printf(a, "<ds:CanonicalizationMethod Algorithm=\"" FORGE_C14N "\"></ds:CanonicalizationMethod>"
		"<ds:SignatureMethod Algorithm=\"" STR_FMT "\"></ds:SignatureMethod><ds:Reference URI=\"#" STR_FMT "\"><ds:Transforms>"
		"<ds:Transform Algorithm=\"" FORGE_DS "enveloped-signature\"></ds:Transform>"
		"<ds:Transform Algorithm=\"" FORGE_C14N "\"></ds:Transform></ds:Transforms>"
		"<ds:DigestMethod Algorithm=\"" STR_FMT "\"></ds:DigestMethod><ds:DigestValue>" STR_FMT "</ds:DigestValue></ds:Reference>"
		"</ds:SignedInfo>", STR_ARG(method_uri(a, alg)), STR_ARG(id), STR_ARG(digest_uri(alg)), STR_ARG(b64_encode(a, md, md_n)));
	struct str info = arena_printf(a, "<ds:SignedInfo xmlns:ds=\"" FORGE_DS "\">" STR_FMT, STR_ARG(rest));
	struct str raw = forge_raw(a, key, alg, info);
	return arena_printf(a, "<ds:Signature xmlns:ds=\"" FORGE_DS "\"><ds:SignedInfo>" STR_FMT "<ds:SignatureValue>" STR_FMT
		"</ds:SignatureValue></ds:Signature>", STR_ARG(rest), STR_ARG(b64_encode(a, raw.p, raw.n)));
}

struct str forge_sign(struct arena *a, EVP_PKEY *key, const char *alg, struct str element)
{
	struct str head = forge_cut(element, "<", "</saml:Issuer>"), sig = forge_signature(a, key, alg, element);

	return arena_printf(a, STR_FMT STR_FMT STR_FMT, STR_ARG(head), STR_ARG(sig), STR_ARG(str_slice(element, head.n, element.n)));
}

/* ---- changing one thing ---- */

struct str forge_cut(struct str doc, const char *from, const char *to)
{
	const char *p = memmem(doc.p, doc.n, from, strlen(from)), *q;

	assert_non_null(p);
	q = memmem(p + 1, (size_t)(doc.p + doc.n - p - 1), to, strlen(to));
	assert_non_null(q);
	return (struct str){ p, (size_t)(q - p) + strlen(to) };
}

static struct str replaced(struct arena *a, struct str doc, struct str part, struct str by)
{
	struct str parts[3] = { { doc.p, (size_t)(part.p - doc.p) }, by, { part.p + part.n, (size_t)(doc.p + doc.n - part.p) - part.n } };

	return arena_concat(a, parts, 3);
}

struct str forge_with(struct arena *a, struct str doc, const char *from, const char *to)
{
	const char *p = memmem(doc.p, doc.n, from, strlen(from));

	assert_non_null(p);
	return replaced(a, doc, (struct str){ p, strlen(from) }, str_from_c(to));
}

struct str forge_before(struct arena *a, struct str doc, const char *mark, struct str added)
{
	const char *p = memmem(doc.p, doc.n, mark, strlen(mark));

	assert_non_null(p);
	return replaced(a, doc, (struct str){ p, 0 }, added);
}

struct str forge_without(struct arena *a, struct str doc, struct str part)
{
	return replaced(a, doc, part, STR_NONE);
}

/* ---- on the wire ---- */

struct str forge_base64(struct arena *a, struct str xml) { return b64_encode(a, xml.p, xml.n); }

struct str forge_deflate(struct arena *a, struct str xml)
{
	size_t max = compressBound(xml.n) + 64;
	char *out = arena_alloc(a, max);
	z_stream z = { .next_in = (Bytef *)(uintptr_t)xml.p, .avail_in = (uInt)xml.n, .next_out = (Bytef *)out, .avail_out = (uInt)max };

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return (struct str){ out, max - z.avail_out };
}

struct str forge_escaped(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, 3 * s.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')) {
			p[n++] = (char)c;
			continue;
		}
		p[n++] = '%';
		p[n++] = "0123456789ABCDEF"[c >> 4];
		p[n++] = "0123456789ABCDEF"[c & 15];
	}
	return (struct str){ p, n };
}

struct str forge_query(struct arena *a, const char *parameter, struct str xml, const char *relay, EVP_PKEY *key, const char *alg)
{
	struct str q = arena_printf(a, "%s=" STR_FMT, parameter, STR_ARG(forge_escaped(a, forge_base64(a, forge_deflate(a, xml)))));

	if (relay)
		q = arena_printf(a, STR_FMT "&RelayState=" STR_FMT, STR_ARG(q), STR_ARG(forge_escaped(a, str_from_c(relay))));
	if (!alg)
		return q;
	q = arena_printf(a, STR_FMT "&SigAlg=" STR_FMT, STR_ARG(q), STR_ARG(forge_escaped(a, method_uri(a, alg))));
	struct str raw = forge_raw(a, key, alg, q);
	return arena_printf(a, STR_FMT "&Signature=" STR_FMT, STR_ARG(q), STR_ARG(forge_escaped(a, forge_base64(a, raw))));
}
