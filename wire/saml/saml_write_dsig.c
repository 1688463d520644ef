/* saml_write_dsig.c - the envelope of a signature, in XML and in a query; see saml_write.h. */
#include "base/b64.h"
#include "wire/saml/saml_types.h"
#include "wire/saml/saml_write.h"
#include "wire/saml/saml_write_xml.h"

#define XMLNS_DS " xmlns:ds=\"" SAML_NS_DSIG "\""

enum { BLOCK_MAX = 65535 };

/* Empty elements have an end tag in canonical form. */
static void signed_info(struct buf *out, const char *xmlns, struct str id, struct str digest)
{
	buf_add(out, STR("<ds:SignedInfo"));
	buf_add_c(out, xmlns);
	buf_add(out, STR("><ds:CanonicalizationMethod Algorithm=\"" SAML_NS_EXC_C14N "\"></ds:CanonicalizationMethod>"
		"<ds:SignatureMethod Algorithm=\"" SAML_ALG_RSA_SHA256 "\"></ds:SignatureMethod>"
		"<ds:Reference URI=\"#"));
	xml_add_value(out, id);
	buf_add(out, STR("\"><ds:Transforms>"
		"<ds:Transform Algorithm=\"" SAML_NS_DSIG "enveloped-signature\"></ds:Transform>"
		"<ds:Transform Algorithm=\"" SAML_NS_EXC_C14N "\"></ds:Transform></ds:Transforms>"
		"<ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"></ds:DigestMethod><ds:DigestValue>"));
	buf_add(out, digest);
	buf_add(out, STR("</ds:DigestValue></ds:Reference></ds:SignedInfo>"));
}

/* Canonicalized alone it declares the prefix that ds:Signature declares in the document. */
void saml_signed_info_write(struct buf *out, struct str id, struct str digest)
{
	signed_info(out, XMLNS_DS, id, digest);
}

void saml_key_info_write(struct buf *out, struct str certificate)
{
	buf_add(out, STR("<ds:KeyInfo><ds:X509Data><ds:X509Certificate>"));
	buf_add(out, certificate);
	buf_add(out, STR("</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"));
}

void saml_signature_write(struct buf *out, struct str id, struct str digest, struct str signature, struct str key)
{
	buf_add(out, STR("<ds:Signature" XMLNS_DS ">"));
	signed_info(out, "", id, digest);
	buf_add(out, STR("<ds:SignatureValue>"));
	buf_add(out, signature);
	buf_add(out, STR("</ds:SignatureValue>"));
	buf_add(out, key);
	buf_add(out, STR("</ds:Signature>"));
}

/* ---- query ---- */

/* Unreserved characters stand for themselves (RFC 3986 2.3), so that any peer that encodes anew
 * before it verifies gets the same bytes; digits in upper case, as most write them. */
static void add_percent(struct buf *out, struct str s)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c && strchr("-._~", c)))
			buf_add_char(out, (char)c);
		else
			buf_add(out, (struct str){ (char[]){ '%', digits[c >> 4], digits[c & 15] }, 3 });
	}
}

/* Stored blocks (RFC 1951 3.2.4) are deflate too: no compressor beside the keys, and messages of
 * this size gain little from one. */
static struct str deflate_stored(struct arena *a, struct str in)
{
	size_t blocks = in.n / BLOCK_MAX + 1;
	unsigned char *p = arena_alloc(a, in.n + 5 * blocks), *at = p;

	for (size_t i = 0, done = 0; i < blocks; i++) {
		size_t n = in.n - done < BLOCK_MAX ? in.n - done : BLOCK_MAX;

		*at++ = i + 1 == blocks;
		*at++ = (unsigned char)n;
		*at++ = (unsigned char)(n >> 8);
		*at++ = (unsigned char)~n;
		*at++ = (unsigned char)(~n >> 8);
		if (n)
			memcpy(at, in.p + done, n);
		at += n;
		done += n;
	}
	return (struct str){ (char *)p, (size_t)(at - p) };
}

void saml_query_write(struct buf *out, struct arena *a, bool is_response, struct str xml, struct str relay_state)
{
	struct str deflated = deflate_stored(a, xml);

	buf_add_c(out, is_response ? "SAMLResponse=" : "SAMLRequest=");
	add_percent(out, b64_encode(a, deflated.p, deflated.n));
	if (relay_state.n) {
		buf_add(out, STR("&RelayState="));
		add_percent(out, relay_state);
	}
	buf_add(out, STR("&SigAlg="));
	add_percent(out, STR(SAML_ALG_RSA_SHA256));
}

void saml_query_sign(struct buf *out, struct arena *a, struct str signature)
{
	buf_add(out, STR("&Signature="));
	add_percent(out, b64_encode(a, signature.p, signature.n));
}
