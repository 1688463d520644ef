/* saml.c - see saml.h. Each request: fields read, linted, written canonical, hashed, signed once or twice. */
#include "roles/signer/saml.h"
#include "base/b64.h"
#include "base/ct.h"
#include "base/seal.h"
#include "roles/signer/saml_certificates.h"
#include "roles/signer/saml_lint_rules.h"
#include "roles/signer/signer_impl.h"
#include "wire/saml/saml_write.h"
#include <stdlib.h>

/* The answer travels in one frame. A query is read by servers that stop at 16 KiB or earlier. */
enum { XML_MAX = 48 * 1024, QUERY_XML_MAX = 8 * 1024, QUERY_MAX = 16 * 1024, SCRATCH_MAX = 8 * 1024, ID_BYTES = 20 };

struct saml_desk {
	enum sign_saml_role role;
	struct str entity, key_info;          /* in the signer's arena */
	struct saml_certificates certificates;
	struct key own;                       /* no pkey: the RS256 key signs */
	const struct key *key;
	struct buf part, whole, assertion, scratch;   /* kept between requests, wiped after each */
};

/* ---- the desk ---- */

static struct saml_desk *desk_create(void)
{
	struct saml_desk *d = calloc(1, sizeof *d);

	if (!d)
		abort();
	buf_init(&d->part, XML_MAX);
	buf_init(&d->whole, XML_MAX);
	buf_init(&d->assertion, XML_MAX);
	buf_init(&d->scratch, SCRATCH_MAX);
	return d;
}

void saml_desk_destroy(struct saml_desk *d)
{
	if (!d)
		return;
	key_done(&d->own);
	buf_done(&d->part);
	buf_done(&d->whole);
	buf_done(&d->assertion);
	buf_done(&d->scratch);
	free(d);
}

static void desk_destroyp(struct saml_desk **d)
{
	saml_desk_destroy(*d);
}

struct err signer_saml_add(struct signer *s, enum sign_saml_role role, struct str entity, struct str key, struct str certificates)
{
	AUTO(desk_destroyp) struct saml_desk *d = desk_create();

	ENSURE(saml_is_entity(entity), BROKEN, "signer.saml.entity");
	ENSURE(!s->saml, BROKEN, "signer.saml.twice");
	ENSURE(certificates.n <= SIGNER_SAML_CERTIFICATES_MAX * SIGNER_PEM_MAX, BROKEN, "signer.saml.certificate");
	d->role = role;
	d->entity = arena_dup(s->arena, entity);
	if (key.n)
		TRY(key_create(SIGN_RS256, key, &d->own));
	d->key = key.n ? &d->own : &s->keys[SIGN_RS256].key;
	ENSURE(d->key->pkey, BROKEN, "signer.saml.key");
	TRY(saml_certificates_read(s, key, certificates, &d->certificates));
	s->list.certificates = d->certificates.facts;
	s->list.certificate_n = d->certificates.n;
	saml_key_info_write(&d->scratch, d->certificates.text[0]);
	ENSURE(!d->scratch.overflowed, BROKEN, "signer.saml.certificate");
	d->key_info = arena_dup(s->arena, buf_str(&d->scratch));
	buf_reset(&d->scratch);
	s->saml = TAKE(d);
	return NO_ERR;
}

/* ---- signing ---- */

/* 160 bits of the kernel's; "_" because an xs:ID does not begin with a digit.
 *= SAML Core 1.3.4: the probability of two randomly chosen identifiers being identical MUST be less than
 *  or equal to 2^-128 and SHOULD be less than or equal to 2^-160 */
static struct str new_id(struct arena *a)
{
	unsigned char bytes[ID_BYTES];
	struct str parts[2] = { STR("_") };

	random_bytes(bytes, sizeof bytes);
	parts[1] = hex_encode(a, bytes, sizeof bytes);
	return arena_concat(a, parts, 2);
}

static struct err sign_text(const struct saml_desk *d, struct arena *a, struct str text, struct str *ret_signature)
{
	unsigned char digest[32], *signature = arena_alloc(a, KEY_SIGNATURE_MAX);
	size_t n = 0;

	sha256(text, digest);
	TRY(key_sign(d->key, (struct str){ (char *)digest, sizeof digest }, signature, &n));
	*ret_signature = (struct str){ (char *)signature, n };
	return NO_ERR;
}

/* Appends the element with its signature in it. */
static struct err sign_element(struct saml_desk *d, struct arena *a, const struct buf *element, size_t at, struct str id, struct buf *out)
{
	unsigned char hash[32];
	struct str bytes = buf_str(element), digest, signature;

	ENSURE(!element->overflowed, DENIED, "sign.lint.saml.size");
	sha256(bytes, hash);
	digest = b64_encode(a, hash, sizeof hash);
	buf_reset(&d->scratch);
	saml_signed_info_write(&d->scratch, id, digest);
	TRY(sign_text(d, a, buf_str(&d->scratch), &signature));
	buf_add(out, str_slice(bytes, 0, at));
	saml_signature_write(out, id, digest, b64_encode(a, signature.p, signature.n), d->key_info);
	buf_add(out, str_slice(bytes, at, bytes.n));
	ENSURE(!out->overflowed, DENIED, "sign.lint.saml.size");
	return NO_ERR;
}

/* Bindings 3.4.4.1: by Redirect the query is signed, and the XML carries no signature. */
static struct err sign_query(struct saml_desk *d, struct arena *a, bool is_response, struct str relay_state)
{
	struct buf *out = &d->whole;
	struct str signature;

	ENSURE(!d->part.overflowed && d->part.n <= QUERY_XML_MAX, DENIED, "sign.lint.saml.size");
	saml_query_write(out, a, is_response, buf_str(&d->part), relay_state);
	ENSURE(!out->overflowed && out->n <= QUERY_MAX, DENIED, "sign.lint.saml.size");
	TRY(sign_text(d, a, buf_str(out), &signature));
	saml_query_sign(out, a, signature);
	return buf_err(out);
}

/* What was written into part, signed as its binding asks, is the answer. */
static struct err deliver(struct saml_desk *d, struct arena *a, enum sign_saml_binding binding, bool is_response,
	struct str relay_state, size_t at, struct sign_saml_message *ret)
{
	if (binding == SIGN_BINDING_REDIRECT)
		TRY(sign_query(d, a, is_response, relay_state));
	else
		TRY(sign_element(d, a, &d->part, at, ret->id, &d->whole));
	ret->text = arena_dup(a, buf_str(&d->whole));
	return NO_ERR;
}

/* ---- messages ---- */

static struct saml_author author(const struct saml_desk *d, struct str id)
{
	return (struct saml_author){ d->entity, id };
}

static struct err name_of(const struct signer *s, struct arena *a, const struct sign_saml_subject *who, bool may_draw, struct str *ret_name)
{
	if (who->kind == SIGN_NAME_ID_PERSISTENT)
		return signer_subject(s, a, &who->who, ret_name);
	*ret_name = who->text;
	if (who->kind == SIGN_NAME_ID_TRANSIENT && who->text.n == 0 && may_draw)
		*ret_name = new_id(a);
	return NO_ERR;
}

static struct err assertion_sign(struct saml_desk *d, struct arena *a, const struct sign_saml_response *r, struct sign_saml_message *ret)
{
	size_t at;

	ret->assertion_id = new_id(a);
	at = saml_assertion_write(&d->part, r, author(d, ret->assertion_id), ret->name_id);
	TRY(sign_element(d, a, &d->part, at, ret->assertion_id, &d->assertion));
	buf_reset(&d->part);
	return NO_ERR;
}

static struct err serve_response(struct signer *s, struct arena *a, const struct frame *request, struct sign_saml_message *ret)
{
	struct saml_desk *d = s->saml;
	struct sign_saml_response r = { 0 };
	bool success;
	size_t at;

	TRY(frame_read(request, a, ipc_sign_saml_response_io, &r));
	ENSURE(d->role == SIGN_ROLE_IDP, DENIED, "sign.lint.saml.role");
	success = r.status == SIGN_STATUS_SUCCESS;
	if (success)
		TRY(name_of(s, a, &r.subject, true, &ret->name_id));
	TRY(lint_saml_response(&r, ret->name_id, s->now_s()));
	if (success)
		TRY(assertion_sign(d, a, &r, ret));
	at = saml_response_write(&d->part, &r, author(d, ret->id), buf_str(&d->assertion));
	if (r.sign_response || !success)
		return deliver(d, a, SIGN_BINDING_POST, true, STR_NONE, at, ret);
	ENSURE(!d->part.overflowed, DENIED, "sign.lint.saml.size");
	ret->text = arena_dup(a, buf_str(&d->part));
	return NO_ERR;
}

static struct err serve_logout_request(struct signer *s, struct arena *a, const struct frame *request, struct sign_saml_message *ret)
{
	struct sign_saml_logout_request r = { 0 };
	size_t at;

	TRY(frame_read(request, a, ipc_sign_saml_logout_request_io, &r));
	TRY(name_of(s, a, &r.subject, false, &ret->name_id));
	TRY(lint_saml_logout_request(&r, ret->name_id, s->now_s()));
	at = saml_logout_request_write(&s->saml->part, &r, author(s->saml, ret->id), ret->name_id);
	return deliver(s->saml, a, r.binding, false, r.relay_state, at, ret);
}

static struct err serve_logout_response(struct signer *s, struct arena *a, const struct frame *request, struct sign_saml_message *ret)
{
	struct sign_saml_logout_response r = { 0 };
	size_t at;

	TRY(frame_read(request, a, ipc_sign_saml_logout_response_io, &r));
	TRY(lint_saml_logout_response(&r, s->now_s()));
	at = saml_logout_response_write(&s->saml->part, &r, author(s->saml, ret->id));
	return deliver(s->saml, a, r.binding, true, r.relay_state, at, ret);
}

static struct err serve_authn_request(struct signer *s, struct arena *a, const struct frame *request, struct sign_saml_message *ret)
{
	struct sign_saml_authn_request r = { 0 };
	size_t at;

	TRY(frame_read(request, a, ipc_sign_saml_authn_request_io, &r));
	ENSURE(s->saml->role == SIGN_ROLE_SP, DENIED, "sign.lint.saml.role");
	TRY(lint_saml_authn_request(&r, s->now_s()));
	at = saml_authn_request_write(&s->saml->part, &r, author(s->saml, ret->id));
	return deliver(s->saml, a, r.binding, false, r.relay_state, at, ret);
}

static struct err serve_metadata(struct signer *s, struct arena *a, const struct frame *request, struct sign_saml_message *ret)
{
	struct saml_desk *d = s->saml;
	struct sign_saml_metadata m = { 0 };
	size_t at;

	TRY(frame_read(request, a, ipc_sign_saml_metadata_io, &m));
	ENSURE(d->role == m.role, DENIED, "sign.lint.saml.role");
	TRY(lint_saml_metadata(&m, s->now_s()));
	at = saml_metadata_write(&d->part, &m, author(d, ret->id), d->certificates.text, d->certificates.n);
	if (m.sign)
		return deliver(d, a, SIGN_BINDING_POST, false, STR_NONE, at, ret);
	ENSURE(!d->part.overflowed, DENIED, "sign.lint.saml.size");
	ret->text = arena_dup(a, buf_str(&d->part));
	return NO_ERR;
}

static struct err serve(struct signer *s, struct arena *a, const struct frame *request, struct sign_saml_message *ret)
{
	switch (request->type) {
	case SIGN_SAML_RESPONSE: return serve_response(s, a, request, ret);
	case SIGN_SAML_LOGOUT_REQUEST: return serve_logout_request(s, a, request, ret);
	case SIGN_SAML_LOGOUT_RESPONSE: return serve_logout_response(s, a, request, ret);
	case SIGN_SAML_AUTHN_REQUEST: return serve_authn_request(s, a, request, ret);
	case SIGN_SAML_METADATA: return serve_metadata(s, a, request, ret);
	default: return err_of(MALFORMED, "sign.type");
	}
}

struct err saml_serve(struct signer *s, struct arena *a, const struct frame *request, frame_io_fn **ret_fn, void **ret_reply)
{
	struct sign_saml_message *m = arena_new(a, struct sign_saml_message);
	struct err e;

	ENSURE(s->saml, DENIED, "sign.lint.saml.off");
	m->id = new_id(a);
	e = serve(s, a, request, m);
	signer_wipe(&s->saml->part);
	signer_wipe(&s->saml->whole);
	signer_wipe(&s->saml->assertion);
	signer_wipe(&s->saml->scratch);
	*ret_fn = ipc_sign_saml_message_io;
	*ret_reply = m;
	return e;
}
