/* saml_check_dsig.c - see saml_check_dsig.h. */
#include "wire/saml/saml_check_dsig.h"
#include "wire/saml/saml_bytes.h"

enum { SIGNATURE_TEXT_MAX = 2048, PREFIX_LIST_MAX = 256 };

#define ENVELOPED SAML_NS_DSIG "enveloped-signature"

static const char *const signature_methods[] = {
	SAML_ALG_RSA_SHA256, SAML_ALG_RSA_SHA384, SAML_ALG_RSA_SHA512, SAML_ALG_ECDSA_SHA256, NULL
};
static const char *const digest_methods[] = {
	"http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2001/04/xmldsig-more#sha384",
	"http://www.w3.org/2001/04/xmlenc#sha512", NULL
};

static bool is_one_of(struct str s, const char *const *list)
{
	for (; *list; list++)
		if (str_eq_c(s, *list))
			return true;
	return false;
}

bool saml_algorithm_is_allowed(struct str signature_method)
{
	return is_one_of(signature_method, signature_methods);
}

/* The children of `el` are these elements of XML Signature, once each and in this order, of which the
 * first `needed` must be there. */
static bool has_children(const struct saml_el *el, const char *const *names, size_t needed)
{
	const struct saml_el *c = el->first;
	size_t i = 0;

	for (; names[i]; i++) {
		if (!c || !saml_el_is(c, SAML_NS_DSIG, names[i]))
			break;
		c = c->next;
	}
	return !c && i >= needed;
}

/* A method with parameters is another method: HMACOutputLength, XPath, a stylesheet. */
static struct err check_method(const struct saml_el *el, const char *const *allowed)
{
	ENSURE(is_one_of(saml_el_attr(el, "Algorithm"), allowed) && el->attr_n == 1, DENIED, "saml.algorithm");
	ENSURE(!el->first && saml_text_is_blank(el->text), DENIED, "saml.algorithm");
	return NO_ERR;
}

/* Exclusive canonicalisation without comments; it may name prefixes to include, a few: a canonicaliser looks
 * for each of them at each element, before anybody knows whose message it is. */
static struct err check_canonical(const struct saml_el *el)
{
	const struct saml_el *p = el->first;
	struct str prefixes;

	ENSURE(str_eq_c(saml_el_attr(el, "Algorithm"), SAML_NS_EXC_C14N) && el->attr_n == 1, DENIED, "saml.algorithm");
	ENSURE(saml_text_is_blank(el->text), DENIED, "saml.algorithm");
	if (!p)
		return NO_ERR;
	prefixes = saml_el_attr(p, "PrefixList");
	ENSURE(saml_el_is(p, SAML_NS_EXC_C14N, "InclusiveNamespaces") && !p->next && !p->first && p->attr_n == 1
		&& prefixes.p && prefixes.n <= PREFIX_LIST_MAX && saml_text_is_blank(p->text), DENIED, "saml.algorithm");
	return NO_ERR;
}

static struct err check_value(const struct saml_el *el)
{
	ENSURE(!el->first && el->text.n > 0 && el->text.n <= SIGNATURE_TEXT_MAX, MALFORMED, "saml.check.signature");
	return NO_ERR;
}

static struct err check_reference(const struct saml_el *ref, struct str id)
{
	static const char *const names[] = { "Transforms", "DigestMethod", "DigestValue", NULL };
	static const char *const transforms[] = { "Transform", "Transform", NULL };
	static const char *const enveloped[] = { ENVELOPED, NULL };
	struct str uri = saml_el_attr(ref, "URI");

	ENSURE(has_children(ref, names, 3) && has_children(ref->first, transforms, 2), MALFORMED, "saml.check.signature");
	/*= SAML Core 5.4.2: Signatures MUST contain a single <ds:Reference> containing a same-document reference
	 * to the ID attribute value of the root element of the assertion or protocol message being signed. */
	ENSURE(uri.n > 1 && uri.p[0] == '#' && str_eq(str_slice(uri, 1, uri.n), id), MALFORMED, "saml.check.reference");
	TRY(check_method(ref->first->first, enveloped));
	TRY(check_canonical(ref->first->last));
	TRY(check_method(ref->first->next, digest_methods));
	return check_value(ref->last);
}

struct err saml_check_dsig(const struct saml_el *el, bool *ret_signed, struct saml_signature *ret_signature)
{
	static const char *const names[] = { "SignedInfo", "SignatureValue", "KeyInfo", NULL };
	static const char *const info_names[] = { "CanonicalizationMethod", "SignatureMethod", "Reference", NULL };
	const struct saml_el *sig = saml_el_child(el, SAML_NS_DSIG, "Signature"), *info;

	*ret_signed = sig != NULL;
	if (!sig)
		return NO_ERR;
	ENSURE(el->first->next == sig && !saml_el_next(sig, SAML_NS_DSIG, "Signature"), MALFORMED, "saml.check.signature");
	ENSURE(has_children(sig, names, 2), MALFORMED, "saml.check.signature");
	info = sig->first;
	ENSURE(has_children(info, info_names, 3), MALFORMED, "saml.check.signature");
	TRY(check_canonical(info->first));
	TRY(check_method(info->first->next, signature_methods));
	TRY(check_reference(info->last, saml_el_attr(el, "ID")));
	TRY(check_value(info->next));
	*ret_signature = (struct saml_signature){ saml_el_attr(el, "ID"), saml_el_attr(info->first->next, "Algorithm") };
	return NO_ERR;
}
