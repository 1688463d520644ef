/* link_kerberos.c - binding our own account by Kerberos, inside TLS and tied to it; see link.h.
 *
 * The server is sent the hash of the certificate that we see. Whoever ends TLS in between, with
 * whatever certificate, can pass our messages on but not alter that hash: a directory that checks it
 * refuses. Passed on, our messages hold no password either.
 */
#include "roles/directory/link_impl.h"
#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>
#include <openssl/x509.h>
#include "roles/directory/state_rules.h"
#include "roles/directory/text_rules.h"
#include "roles/directory/ticket.h"

enum { BINDING_MAX = 128 };

/* ---- what ties the bind to this connection ---- */

static void certificate_freep(X509 **c)
{
	X509_free(*c);
}

static X509 *certificate_of(LDAP *ld)
{
	struct berval der = { 0 };
	X509 *certificate = NULL;

	if (ldap_get_option(ld, LDAP_OPT_X_TLS_PEERCERT, &der) == LDAP_OPT_SUCCESS && der.bv_val) {
		const uint8_t *p = (const uint8_t *)der.bv_val;

		certificate = d2i_X509(NULL, &p, (long)der.bv_len);
	}
	ber_memfree(der.bv_val);
	return certificate;
}

/* The hash that the certificate was signed with, but SHA-256 for the two that are broken. NULL: none.
 * Source  RFC 5929 4.1 */
static const EVP_MD *hash_of(const X509 *certificate)
{
	int hash = NID_undef;

	if (X509_get_signature_info((X509 *)(uintptr_t)certificate, &hash, NULL, NULL, NULL) != 1)
		return NULL;
	return hash == NID_md5 || hash == NID_sha1 ? EVP_sha256() : EVP_get_digestbynid(hash);
}

/* Source  RFC 5929 4. BROKEN directory.kerberos: undefined for this certificate (Ed25519) */
static MUST struct err binding_make(LDAP *ld, char ret[BINDING_MAX], size_t *ret_n)
{
	static const struct str prefix = STR_INIT("tls-server-end-point:");
	AUTO(certificate_freep) X509 *certificate = certificate_of(ld);
	const EVP_MD *hash;
	unsigned n = 0;

	_Static_assert(sizeof "tls-server-end-point:" + EVP_MAX_MD_SIZE <= BINDING_MAX, "room");
	ENSURE(certificate, BROKEN, "directory.library");
	hash = hash_of(certificate);
	ENSURE(hash, BROKEN, "directory.kerberos");
	memcpy(ret, prefix.p, prefix.n);
	ENSURE(X509_digest(certificate, hash, (uint8_t *)ret + prefix.n, &n) == 1, BROKEN, "directory.library");
	*ret_n = prefix.n + n;
	return NO_ERR;
}

/* ---- what is said ---- */

struct bind {
	struct link *link;
	const struct directory_rules *r;
	int64_t deadline_ms;
	struct arena *a;
	struct str *ret_words;
	struct ticket ticket;
	gss_cred_id_t ours;
	gss_name_t server;
	gss_ctx_id_t context;
	char binding[BINDING_MAX];
	struct gss_channel_bindings_struct bindings;
};

static void bind_done(struct bind *b)
{
	OM_uint32 minor;

	(void)gss_delete_sec_context(&minor, &b->context, GSS_C_NO_BUFFER);
	(void)gss_release_name(&minor, &b->server);
	(void)gss_release_cred(&minor, &b->ours);
	ticket_done(&b->ticket);
}

static void buffer_donep(gss_buffer_desc *b)
{
	OM_uint32 minor;

	(void)gss_release_buffer(&minor, b);
}

static void berval_freep(struct berval **b)
{
	ber_bvfree(*b);
}

static struct err gss_failed(const struct bind *b, OM_uint32 minor, const char *slug)
{
	AUTO(buffer_donep) gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
	OM_uint32 ignored, more = 0;

	if (b->ret_words && minor != 0 && gss_display_status(&ignored, minor, GSS_C_MECH_CODE, (gss_OID)(uintptr_t)gss_mech_krb5, &more,
		&text) == GSS_S_COMPLETE)
		*b->ret_words = words_for_people(b->a, arena_c(b->a, (struct str){ text.value, text.length }), "no reason given");
	return err_of(BROKEN, slug);
}

/* The directory's refusal of a bind whose ticket the realm has just made. */
static struct err bind_refusal(const struct bind *b, int code, struct str words)
{
	switch (code) {
	case LDAP_INVALID_CREDENTIALS:
		return kerberos_refusal(words);
	case LDAP_BUSY:
	case LDAP_UNAVAILABLE:
		return err_of(BUSY, "directory.gone");
	default:
		return err_of(BROKEN, "directory.kerberos");
	}
}

/* The server must answer with this code, or says why not. */
static MUST struct err answer_read(const struct bind *b, LDAPMessage *m, int wanted, struct berval **ret_token)
{
	LDAP *ld = b->link->ld;
	char *text = NULL;
	int code = LDAP_OTHER;
	struct err e;

	ENSURE(ldap_msgtype(m) == LDAP_RES_BIND, MALFORMED, "directory.answer");
	(void)ldap_parse_sasl_bind_result(ld, m, ret_token, 0);
	ENSURE(ldap_parse_result(ld, m, &code, NULL, &text, NULL, NULL, 0) == LDAP_SUCCESS, MALFORMED, "directory.answer");
	/* An early yes comes from somebody who has not shown who they are. */
	if (code == LDAP_SUCCESS || code == LDAP_SASL_BIND_IN_PROGRESS)
		e = code == wanted ? NO_ERR : err_of(MALFORMED, "directory.answer");
	else {
		if (b->ret_words)
			*b->ret_words = words_for_people(b->a, text, ldap_err2string(code));
		e = bind_refusal(b, code, str_from_c(text));
	}
	ldap_memfree(text);
	return e;
}

static MUST struct err say(const struct bind *b, const gss_buffer_desc *token, int wanted, struct berval **ret_token)
{
	AUTO(link_message_freep) LDAPMessage *m = NULL;
	struct berval said = { token->length, token->length > 0 ? token->value : (char *)(uintptr_t)"" };
	int id = 0;

	ENSURE(ldap_sasl_bind(b->link->ld, "", "GSSAPI", &said, NULL, NULL, &id) == LDAP_SUCCESS, BUSY, "directory.gone");
	TRY(link_next(b->link, b->r, id, LDAP_MSG_ALL, b->deadline_ms, &m));
	return answer_read(b, m, wanted, ret_token);
}

/* ---- RFC 4752 ---- */

static OM_uint32 context_step(struct bind *b, const struct berval *heard, gss_buffer_desc *ret_token, OM_uint32 *ret_minor)
{
	gss_buffer_desc in = { heard ? heard->bv_len : 0, heard ? heard->bv_val : NULL };
	OM_uint32 flags = 0;
	/* Neither signing nor sealing: TLS does that, and Active Directory refuses them inside it. */
	OM_uint32 major = gss_init_sec_context(ret_minor, b->ours, &b->context, b->server, (gss_OID)(uintptr_t)gss_mech_krb5,
		GSS_C_MUTUAL_FLAG | GSS_C_SEQUENCE_FLAG | GSS_C_CHANNEL_BOUND_FLAG, 0, &b->bindings, heard ? &in : GSS_C_NO_BUFFER, NULL,
		ret_token, &flags, NULL);

	return major == GSS_S_COMPLETE && !(flags & GSS_C_MUTUAL_FLAG) ? GSS_S_FAILURE : major;
}

/* Who we are; then who the server is, which is said in answer to these very messages. */
static MUST struct err introduce(struct bind *b, struct berval **ret_heard)
{
	AUTO(buffer_donep) gss_buffer_desc first = GSS_C_EMPTY_BUFFER, second = GSS_C_EMPTY_BUFFER;
	AUTO(berval_freep) struct berval *heard = NULL;
	OM_uint32 minor = 0;

	if (context_step(b, NULL, &first, &minor) != GSS_S_CONTINUE_NEEDED)
		return gss_failed(b, minor, "directory.kerberos");
	TRY(say(b, &first, LDAP_SASL_BIND_IN_PROGRESS, &heard));
	ENSURE(heard, MALFORMED, "directory.answer");
	if (context_step(b, heard, &second, &minor) != GSS_S_COMPLETE)
		return gss_failed(b, minor, "directory.binding");
	return say(b, &second, LDAP_SASL_BIND_IN_PROGRESS, ret_heard);
}

/*= RFC 4752 3.1: The client then constructs data, with the first octet containing the bit-mask specifying the selected security layer */
static MUST struct err choose_no_layer(struct bind *b, const struct berval *offer)
{
	static const char none[] = { 1, 0, 0, 0 };
	AUTO(buffer_donep) gss_buffer_desc plain = GSS_C_EMPTY_BUFFER, sealed = GSS_C_EMPTY_BUFFER;
	AUTO(berval_freep) struct berval *nothing = NULL;
	gss_buffer_desc in = { offer ? offer->bv_len : 0, offer ? offer->bv_val : NULL };
	gss_buffer_desc choice = { sizeof none, (char *)(uintptr_t)none };
	OM_uint32 minor = 0;

	ENSURE(gss_unwrap(&minor, b->context, &in, &plain, NULL, NULL) == GSS_S_COMPLETE && plain.length == sizeof none, MALFORMED,
		"directory.answer");
	ENSURE(((const char *)plain.value)[0] & 1, BROKEN, "directory.kerberos");
	ENSURE(gss_wrap(&minor, b->context, 0, GSS_C_QOP_DEFAULT, &choice, NULL, &sealed) == GSS_S_COMPLETE, BROKEN, "directory.library");
	return say(b, &sealed, LDAP_SUCCESS, &nothing);
}

static MUST struct err names_import(struct bind *b)
{
	gss_buffer_desc name = { strlen(b->ticket.service), b->ticket.service };
	OM_uint32 minor = 0;

	ENSURE(gss_import_name(&minor, &name, (gss_OID)(uintptr_t)GSS_KRB5_NT_PRINCIPAL_NAME, &b->server) == GSS_S_COMPLETE, BROKEN,
		"directory.library");
	ENSURE(gss_krb5_import_cred(&minor, b->ticket.cache, NULL, NULL, &b->ours) == GSS_S_COMPLETE, BROKEN, "directory.library");
	return NO_ERR;
}

static MUST struct err bind_run(struct bind *b, const struct ticket_question *q)
{
	AUTO(berval_freep) struct berval *offer = NULL;
	size_t n;

	TRY(binding_make(b->link->ld, b->binding, &n));
	b->bindings.application_data = (gss_buffer_desc){ n, b->binding };
	TRY(ticket_get(b->r->tickets, q, b->a, b->ret_words, &b->ticket));
	TRY(names_import(b));
	TRY(introduce(b, &offer));
	TRY(choose_no_layer(b, offer));
	b->link->until_ms = b->ticket.until_ms;
	return NO_ERR;
}

static void url_freep(LDAPURLDesc **u)
{
	ldap_free_urldesc(*u);
}

struct err link_bind_kerberos(struct link *l, const struct directory_rules *r, int64_t deadline_ms, struct arena *a,
	struct str *ret_words)
{
	AUTO(bind_done) struct bind b = { .link = l, .r = r, .deadline_ms = deadline_ms, .a = a, .ret_words = ret_words };
	AUTO(url_freep) LDAPURLDesc *url = NULL;

	ENSURE(ldap_url_parse(r->urls[l->server], &url) == LDAP_URL_SUCCESS, BROKEN, "directory.library");
	struct kdc itself = { url->lud_host, "88" };
	struct ticket_question q = { url->lud_host, r->kdcs, r->kdc_n, deadline_ms, r->server_ms };

	/* A domain controller of Active Directory is its own Kerberos server. */
	if (q.kdc_n == 0) {
		q.kdcs = &itself;
		q.kdc_n = 1;
	}
	return bind_run(&b, &q);
}
