/* saml_verify.c - see saml_verify.h. */
#include "roles/reader/saml_verify.h"
#include <libxml/parser.h>
#include <libxml/xmlIO.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <xmlsec/xmlsec.h>
#include <xmlsec/errors.h>
#include <xmlsec/io.h>
#include <xmlsec/keys.h>
#include <xmlsec/openssl/crypto.h>
#include <xmlsec/transforms.h>
#include <xmlsec/xmldsig.h>
#include <xmlsec/xmltree.h>

enum { P256_BYTES = 32 };

/* Positions in the document as libxml2 read it. */
struct saml_dom { xmlDocPtr doc; xmlNodePtr root, assertion; };

/* ---- once ---- */

static void say_nothing(void *unused, const char *format, ...)
{
	(void)unused;
	(void)format;
}

static void errors_ignored(const char *file, int line, const char *func, const char *object, const char *subject,
	int reason, const char *msg)
{
	(void)file, (void)line, (void)func, (void)object, (void)subject, (void)reason, (void)msg;
}

static xmlParserInputPtr no_entity(const char *url, const char *id, xmlParserCtxtPtr ctxt)
{
	(void)url, (void)id, (void)ctxt;
	return NULL;
}

/* What is not in xmlsec's list does not exist for it: not SHA-1, not HMAC, not XSLT, not XPath. The
 * list is emptied and filled anew: removing single entries leaves holes that its search stops at. */
static struct err keep_algorithms(void)
{
	const xmlSecTransformId kept[] = {
		xmlSecTransformEnvelopedId, xmlSecTransformExclC14NId,
		xmlSecOpenSSLTransformSha256Id, xmlSecOpenSSLTransformSha384Id, xmlSecOpenSSLTransformSha512Id,
		xmlSecOpenSSLTransformRsaSha256Id, xmlSecOpenSSLTransformRsaSha384Id, xmlSecOpenSSLTransformRsaSha512Id,
		xmlSecOpenSSLTransformEcdsaSha256Id,
	};

	xmlSecPtrListEmpty(xmlSecTransformIdsGet());
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		ENSURE(xmlSecTransformIdsRegister(kept[i]) >= 0, BROKEN, "reader.selftest");
	return NO_ERR;
}

struct err saml_verify_init(void)
{
	static bool done;

	if (done)
		return NO_ERR;
	/* Nothing reads it without lasso; nothing of it stays for whoever might. */
	unsetenv("LASSO_FLAG");
	xmlInitParser();
	xmlSetGenericErrorFunc(NULL, say_nothing);
	ENSURE(xmlSecInit() >= 0 && xmlSecCheckVersion() == 1, BROKEN, "reader.selftest");
	xmlSecErrorsSetCallback(errors_ignored);
	ENSURE(xmlSecOpenSSLInit() >= 0, BROKEN, "reader.selftest");
	TRY(keep_algorithms());
	xmlSecIOCleanupCallbacks();
	xmlCleanupInputCallbacks();
	xmlSetExternalEntityLoader(no_entity);
	done = true;
	return NO_ERR;
}

/* ---- the document ---- */

static bool is_named(xmlNodePtr node, struct str ns, struct str name)
{
	return node->type == XML_ELEMENT_NODE && node->ns && str_eq(str_from_c((const char *)node->name), name)
		&& str_eq(str_from_c((const char *)node->ns->href), ns);
}

static xmlNodePtr child_named(xmlNodePtr parent, struct str ns, struct str name)
{
	for (xmlNodePtr n = parent->children; n; n = n->next)
		if (is_named(n, ns, name))
			return n;
	return NULL;
}

/* Makes the identifier known, after making sure that it is the one we read. */
static struct err declare_id(xmlDocPtr doc, xmlNodePtr node, const struct saml_el *el)
{
	struct str want = saml_el_attr(el, "ID");
	xmlAttrPtr attr = xmlHasNsProp(node, BAD_CAST "ID", NULL);
	xmlNodePtr text = attr ? attr->children : NULL;

	ENSURE(is_named(node, el->ns, el->name), MALFORMED, "saml.check.differs");
	ENSURE(text && text->type == XML_TEXT_NODE && !text->next, MALFORMED, "saml.check.differs");
	ENSURE(str_eq(str_from_c((const char *)text->content), want), MALFORMED, "saml.check.differs");
	ENSURE(xmlAddID(NULL, doc, text->content, attr), MALFORMED, "saml.check.differs");
	return NO_ERR;
}

struct err saml_dom_create(struct str doc, const struct saml_shape *shape, struct saml_dom **ret_dom)
{
	AUTO(saml_dom_destroyp) struct saml_dom *d = calloc(1, sizeof *d);

	if (!d)
		abort();
	d->doc = xmlReadMemory(doc.p, (int)doc.n, "message", "UTF-8", XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	ENSURE(d->doc && !d->doc->intSubset && !d->doc->extSubset, MALFORMED, "saml.check.differs");
	d->root = xmlDocGetRootElement(d->doc);
	ENSURE(d->root, MALFORMED, "saml.check.differs");
	TRY(declare_id(d->doc, d->root, shape->root));
	if (shape->assertion) {
		d->assertion = child_named(d->root, shape->assertion->ns, shape->assertion->name);
		ENSURE(d->assertion, MALFORMED, "saml.check.differs");
		TRY(declare_id(d->doc, d->assertion, shape->assertion));
	}
	*ret_dom = TAKE(d);
	return NO_ERR;
}

void saml_dom_destroy(struct saml_dom *d)
{
	if (!d)
		return;
	if (d->doc)
		xmlFreeDoc(d->doc);
	free(d);
}

void saml_dom_destroyp(struct saml_dom **d)
{
	saml_dom_destroy(*d);
}

/* ---- one signature ---- */

static void dsig_destroyp(xmlSecDSigCtxPtr *ctx)
{
	if (*ctx)
		xmlSecDSigCtxDestroy(*ctx);
}

static bool fits(struct str algorithm, const struct saml_key *key)
{
	return (key->kind == SAML_KEY_P256) == str_eq_c(algorithm, SAML_ALG_ECDSA_SHA256);
}

/* The one thing that was digested. An empty canonical form is what a broken canonicaliser returns. */
static struct err digested_octets(xmlSecDSigCtxPtr ctx, struct arena *a, struct str *ret_octets)
{
	xmlSecDSigReferenceCtxPtr ref;
	xmlSecBufferPtr buffer;
	struct str octets;
	char *p;

	ENSURE(xmlSecPtrListGetSize(&ctx->signedInfoReferences) == 1, DENIED, "saml.signature");
	ref = xmlSecPtrListGetItem(&ctx->signedInfoReferences, 0);
	ENSURE(ref && ref->status == xmlSecDSigStatusSucceeded, DENIED, "saml.signature");
	buffer = xmlSecDSigReferenceCtxGetPreDigestBuffer(ref);
	ENSURE(buffer && xmlSecBufferGetSize(buffer) > 0, DENIED, "saml.signature");
	octets = (struct str){ (const char *)xmlSecBufferGetData(buffer), xmlSecBufferGetSize(buffer) };
	p = arena_try(a, octets.n);
	ENSURE(p, MALFORMED, "saml.xml.size");
	memcpy(p, octets.p, octets.n);
	*ret_octets = (struct str){ p, octets.n };
	return NO_ERR;
}

static struct err verify_node(xmlNodePtr signature, struct arena *a, const struct saml_key *key, struct str *ret_octets)
{
	AUTO(dsig_destroyp) xmlSecDSigCtxPtr ctx = xmlSecDSigCtxCreate(NULL);

	if (!ctx)
		abort();
	ctx->flags |= XMLSEC_DSIG_FLAGS_STORE_SIGNEDINFO_REFERENCES;
	ctx->enabledReferenceUris = xmlSecTransformUriTypeSameDocument;
	/* With a key given, KeyInfo is not even looked at. */
	ctx->signKey = xmlSecKeyDuplicate(key->xmlsec);
	ENSURE(ctx->signKey, BROKEN, "saml.key");
	ENSURE(xmlSecDSigCtxVerify(ctx, signature) == 0 && ctx->status == xmlSecDSigStatusSucceeded, DENIED, "saml.signature");
	return digested_octets(ctx, a, ret_octets);
}

struct err saml_dom_verify(struct saml_dom *d, struct arena *a, bool of_assertion, const struct saml_signature *signature,
	const struct saml_key *key, struct str *ret_octets)
{
	xmlNodePtr element = of_assertion ? d->assertion : d->root;
	xmlNodePtr node = element ? child_named(element, STR(SAML_NS_DSIG), STR("Signature")) : NULL;

	ENSURE(node, DENIED, "saml.signature");
	ENSURE(fits(signature->method, key), DENIED, "saml.signature");
	struct err e = verify_node(node, a, key, ret_octets);
	ERR_clear_error();
	return e;
}

/* ---- a redirect's ---- */

static const EVP_MD *digest_of(struct str algorithm)
{
	if (str_ends(algorithm, STR("sha512")))
		return EVP_sha512();
	return str_ends(algorithm, STR("sha384")) ? EVP_sha384() : EVP_sha256();
}

static void ecdsa_freep(ECDSA_SIG **s) { ECDSA_SIG_free(*s); }

/* r and s side by side, as XML Signature writes them, to the DER that OpenSSL reads. */
static struct err to_der(struct str raw, unsigned char **der, struct str *ret_der)
{
	AUTO(ecdsa_freep) ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r, *s;
	int n;

	ENSURE(sig && raw.n == 2 * P256_BYTES, DENIED, "saml.signature");
	r = BN_bin2bn((const unsigned char *)raw.p, P256_BYTES, NULL);
	s = BN_bin2bn((const unsigned char *)raw.p + P256_BYTES, P256_BYTES, NULL);
	if (!r || !s || !ECDSA_SIG_set0(sig, r, s))
		abort();
	n = i2d_ECDSA_SIG(sig, der);
	ENSURE(n > 0, DENIED, "saml.signature");
	*ret_der = (struct str){ (const char *)*der, (size_t)n };
	return NO_ERR;
}

static void der_freep(unsigned char **p) { OPENSSL_free(*p); }
static void md_ctx_freep(EVP_MD_CTX **c) { EVP_MD_CTX_free(*c); }

struct err saml_query_verify(struct str octets, struct str algorithm, struct str signature, const struct saml_key *key)
{
	AUTO(der_freep) unsigned char *der = NULL;
	AUTO(md_ctx_freep) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	struct str sig = signature;
	int rc;

	ENSURE(ctx && saml_algorithm_is_allowed(algorithm) && fits(algorithm, key), DENIED, "saml.signature");
	if (key->kind == SAML_KEY_P256)
		TRY(to_der(signature, &der, &sig));
	rc = EVP_DigestVerifyInit(ctx, NULL, digest_of(algorithm), NULL, key->pkey);
	if (rc == 1)
		rc = EVP_DigestVerify(ctx, (const unsigned char *)sig.p, sig.n, (const unsigned char *)octets.p, octets.n);
	ERR_clear_error();
	ENSURE(rc == 1, DENIED, "saml.signature");
	return NO_ERR;
}
