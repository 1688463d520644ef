/* saml_explain.c - what to tell the vendor of a metadata file; see saml_metadata.h. */
#include "wire/saml/saml_metadata.h"

static const struct { struct str slug; const char *sentence; } sentences[] = {
	{ STR_INIT("saml.xml.size"), "The file is empty, or larger than 192 KiB, 5000 elements, 32 levels, 256 children or 32 attributes an element." },
	{ STR_INIT("saml.xml.bytes"), "The file is not UTF-8 text, or holds a character that XML does not allow." },
	{ STR_INIT("saml.xml.encoding"), "The XML declaration is wrong, or names another encoding than UTF-8. Save the file as UTF-8." },
	{ STR_INIT("saml.xml.dtd"), "The file has a document type declaration (<!DOCTYPE ...>). Remove it: SAML metadata needs none." },
	{ STR_INIT("saml.xml.cdata"), "The file has a CDATA section. Write the text itself, with &amp; and &lt; where needed." },
	{ STR_INIT("saml.xml.instruction"), "The file has a processing instruction (<?...?>). Remove it." },
	{ STR_INIT("saml.xml.comment"), "There is a comment inside a value, or one that is not closed. Comments may stand between elements." },
	{ STR_INIT("saml.xml.mixed"), "There is text between elements where only elements may be." },
	{ STR_INIT("saml.xml.text"), "The characters \"]]>\" stand in a text. Write \"]]&gt;\"." },
	{ STR_INIT("saml.xml.entity"), "There is an entity other than &amp; &lt; &gt; &quot; &apos; and numbers; an address with '&' needs \"&amp;\"." },
	{ STR_INIT("saml.xml.name"), "A name of an element or attribute is not plain ASCII, or is too long." },
	{ STR_INIT("saml.xml.namespace"), "A prefix is used that nothing declares, or a namespace is not an absolute URI." },
	{ STR_INIT("saml.xml.attribute"), "An attribute is there twice on one element." },
	{ STR_INIT("saml.xml.tag"), "The XML is not well-formed here: check quotes, and that each element is closed in turn." },
	{ STR_INIT("saml.xml.root"), "There is something before or after the one root element." },
	{ STR_INIT("saml.xml.end"), "The file ends in the middle. It was probably cut when it was copied." },
	{ STR_INIT("saml.metadata.root"), "This is not SAML 2.0 metadata: the root element must be EntityDescriptor of urn:oasis:names:tc:SAML:2.0:metadata." },
	{ STR_INIT("saml.metadata.aggregate"), "The file holds several entities (EntitiesDescriptor). Give the EntityDescriptor of one entity only." },
	{ STR_INIT("saml.metadata.entity"), "The attribute entityID is missing, longer than 1024 characters, or holds a blank." },
	{ STR_INIT("saml.metadata.until"), "validUntil is not a date like 2027-01-31T12:00:00Z (UTC, with the Z)." },
	{ STR_INIT("saml.metadata.expired"), "validUntil is over. Ask for the current file." },
	{ STR_INIT("saml.metadata.norole"), "There is no SPSSODescriptor or IDPSSODescriptor whose protocolSupportEnumeration names urn:oasis:names:tc:SAML:2.0:protocol." },
	{ STR_INIT("saml.metadata.role"), "The same role is described twice for SAML 2.0." },
	{ STR_INIT("saml.metadata.acs"), "There is no AssertionConsumerService with the HTTP-POST binding: we would not know where to send an answer." },
	{ STR_INIT("saml.metadata.sso"), "There is no SingleSignOnService with the HTTP-Redirect or HTTP-POST binding." },
	{ STR_INIT("saml.metadata.binding"), "An endpoint has no Binding." },
	{ STR_INIT("saml.metadata.location"), "A Location is not a whole http or https address, or holds a blank, a fragment (#) or a user name." },
	{ STR_INIT("saml.metadata.use"), "The attribute use of a KeyDescriptor is neither signing nor encryption." },
	{ STR_INIT("saml.metadata.keyinfo"), "A KeyDescriptor holds no X509Certificate. We need the certificate itself, not only a key or its name." },
	{ STR_INIT("saml.metadata.certificate"), "An X509Certificate is not a certificate in base64: give it without the BEGIN and END lines." },
	{ STR_INIT("saml.metadata.key"), "A signing certificate has a key that we do not accept: RSA of 2048 to 8192 bits, or EC on P-256." },
	{ STR_INIT("saml.metadata.nokey"), "The entity signs, but gives no certificate for signing." },
	{ STR_INIT("saml.metadata.many"), "There are more endpoints, keys, formats or attributes than we take (64, 16, 64, 128)." },
	{ STR_INIT("saml.metadata.attribute"), "A RequestedAttribute has no Name." },
	{ STR_INIT("saml.read.text"), "A value is empty, longer than 1024 characters, or holds other elements or control characters." },
	{ STR_INIT("saml.read.index"), "An index is not a number from 0 to 65535." },
	{ STR_INIT("saml.boolean"), "A value that must be true or false is something else." },
};

const char *saml_metadata_explain(const char *slug)
{
	for (size_t i = 0; i < sizeof sentences / sizeof *sentences; i++)
		if (str_eq_c(sentences[i].slug, slug))
			return sentences[i].sentence;
	return "The file could not be read.";
}

size_t saml_metadata_line(struct str xml, size_t at)
{
	size_t line = 1;

	for (size_t i = 0; i < at && i < xml.n; i++)
		line += xml.p[i] == '\n';
	return line;
}
