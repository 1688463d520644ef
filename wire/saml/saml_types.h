/* saml_types.h - SAML 2.0 messages and metadata as plain facts: parsed, believed by nobody.
 *
 * Nothing here says whether a signature holds or a date is right. Strings are borrowed from
 * whatever was read. An instant is UTC seconds; 0 stands for an absent one.
 */
#ifndef WIRE_SAML_TYPES_H
#define WIRE_SAML_TYPES_H
#include "base/str.h"

#define SAML_NS_PROTOCOL  "urn:oasis:names:tc:SAML:2.0:protocol"
#define SAML_NS_ASSERTION "urn:oasis:names:tc:SAML:2.0:assertion"
#define SAML_NS_METADATA  "urn:oasis:names:tc:SAML:2.0:metadata"
#define SAML_NS_DSIG      "http://www.w3.org/2000/09/xmldsig#"
#define SAML_NS_EXC_C14N  "http://www.w3.org/2001/10/xml-exc-c14n#"

#define SAML_ALG_RSA_SHA256   "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
#define SAML_ALG_RSA_SHA384   "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384"
#define SAML_ALG_RSA_SHA512   "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"
#define SAML_ALG_ECDSA_SHA256 "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"

#define SAML_BINDING_REDIRECT "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
#define SAML_BINDING_POST     "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"

#define SAML_NAME_ID_PERSISTENT  "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
#define SAML_NAME_ID_TRANSIENT   "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
#define SAML_NAME_ID_ENTITY      "urn:oasis:names:tc:SAML:2.0:nameid-format:entity"
#define SAML_NAME_ID_EMAIL       "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
#define SAML_NAME_ID_UNSPECIFIED "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"

#define SAML_STATUS_SUCCESS "urn:oasis:names:tc:SAML:2.0:status:Success"
#define SAML_METHOD_BEARER  "urn:oasis:names:tc:SAML:2.0:cm:bearer"

/* Root elements; a set of them is a mask of SAML_ROOT(r). */
enum saml_root { SAML_AUTHN_REQUEST, SAML_RESPONSE, SAML_LOGOUT_REQUEST, SAML_LOGOUT_RESPONSE, SAML_ROOT_COUNT };
#define SAML_ROOT(r) (1u << (r))

/* What of a message may be how many. */
enum { SAML_LIST_MAX = 64, SAML_ATTRIBUTES_MAX = 128, SAML_KEYS_MAX = 16 };

struct saml_strs { struct str *v; size_t n; };

struct saml_name_id { struct str value, format, name_qualifier, sp_name_qualifier; };

/* Core 3.2.1 and 3.2.2: what every message carries. */
struct saml_head {
	struct str id, issuer;
	int64_t issue_instant_s;
	struct str destination;        /* empty: absent */
	struct str in_response_to;     /* responses only; empty: unsolicited */
};

struct saml_status { struct str code, subcode, message; };

enum saml_comparison { SAML_EXACT, SAML_MINIMUM, SAML_MAXIMUM, SAML_BETTER, SAML_COMPARISON_COUNT };

struct saml_authn_request {
	bool force_authn, is_passive;
	struct str acs_url, protocol_binding;          /* empty: absent */
	int64_t acs_index, attributes_index;           /* -1: absent */
	bool has_policy, allow_create;
	struct str name_id_format, sp_name_qualifier;  /* of NameIDPolicy */
	bool has_subject;
	struct saml_name_id subject;
	enum saml_comparison comparison;
	struct saml_strs contexts;                     /* AuthnContextClassRef, in the order of preference */
};

struct saml_logout_request {
	struct saml_name_id name_id;
	struct saml_strs sessions;                     /* SessionIndex */
	int64_t not_on_or_after_s;
	struct str reason;
};

/* Core 2.5.1. Audiences of one restriction are alternatives; all restrictions must hold. */
struct saml_conditions {
	int64_t not_before_s, not_on_or_after_s;
	struct saml_strs *restrictions; size_t restriction_n;
	bool one_time_use;
};

struct saml_confirmation {
	struct str method, recipient, in_response_to;
	int64_t not_before_s, not_on_or_after_s;
};

struct saml_attribute { struct str name, format, friendly; struct saml_strs values; };

struct saml_assertion {
	struct str id, issuer;
	int64_t issue_instant_s;
	struct saml_name_id name_id;
	struct saml_confirmation *confirmations; size_t confirmation_n;
	struct saml_conditions conditions;
	int64_t authn_instant_s, session_not_on_or_after_s;
	struct str session_index, context;             /* context: AuthnContextClassRef */
	struct saml_attribute *attributes; size_t attribute_n;
};

/* One message. Of the parts, those of `root` are filled. */
struct saml_message {
	enum saml_root root;
	struct saml_head head;
	struct saml_status status;                     /* Response, LogoutResponse */
	struct saml_authn_request authn;
	struct saml_logout_request logout;
	bool has_assertion;                            /* a Response that says Success has exactly one */
	struct saml_assertion assertion;
};

/* ---- metadata of one entity (Metadata 2.4) ---- */

enum saml_endpoint_kind { SAML_ACS, SAML_SSO, SAML_SLO, SAML_ENDPOINT_COUNT };
enum saml_role { SAML_ROLE_SP, SAML_ROLE_IDP, SAML_ROLE_COUNT };

struct saml_endpoint {
	enum saml_role role;
	enum saml_endpoint_kind kind;
	struct str binding, location, response_location;   /* response_location: empty when it is location */
	int64_t index;                                     /* -1: absent */
	bool is_default;
};

struct saml_md_key {
	enum saml_role role;
	bool signing, encryption;      /* both when the file does not say */
	struct str certificate;        /* DER */
};

struct saml_requested { struct str name, format, friendly; bool required; };

struct saml_metadata {
	struct str entity_id;
	int64_t valid_until_s;         /* 0: the file sets no end */
	bool is_sp, is_idp;
	bool requests_signed;          /* SP: AuthnRequestsSigned */
	bool wants_requests_signed;    /* IdP: WantAuthnRequestsSigned */
	bool wants_assertions_signed;  /* SP */
	struct saml_strs formats;      /* NameIDFormat of all roles */
	struct saml_endpoint *endpoints; size_t endpoint_n;
	struct saml_md_key *keys; size_t key_n;
	struct saml_requested *requested; size_t requested_n;
	struct str organisation;       /* OrganizationDisplayName, for people; may be empty */
};
#endif
