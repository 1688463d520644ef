/* sign.c - see sign.h. */
#include "wire/ipc/sign.h"

void ipc_sign_subject_io(struct frame_io *io, void *m)
{
	struct sign_subject *s = m;

	io_str(io, &s->account);
	io_str(io, &s->sector);
	io_str(io, &s->alias);
}

static void claim_io(struct frame_io *io, void *m)
{
	struct sign_claim *c = m;

	io_str(io, &c->name);
	io_enum(io, &c->kind, CLAIM_KIND_COUNT);
	io_str(io, &c->text);
	io_i64(io, &c->number);
}

void ipc_sign_id_token_io(struct frame_io *io, void *m)
{
	struct sign_id_token *t = m;

	io_enum(io, &t->alg, SIGN_ALG_COUNT);
	ipc_sign_subject_io(io, &t->subject);
	io_str(io, &t->audience);
	io_str(io, &t->nonce);
	io_str(io, &t->sid);
	io_str(io, &t->acr);
	io_str(io, &t->amr);
	io_str(io, &t->at_hash);
	io_i64(io, &t->auth_time_s);
	io_i64(io, &t->issued_at_s);
	io_i64(io, &t->expires_at_s);
	io_list(io, &t->claims, &t->claim_n, sizeof *t->claims, SIGN_CLAIMS_MAX, claim_io);
}

void ipc_sign_logout_token_io(struct frame_io *io, void *m)
{
	struct sign_logout_token *t = m;

	io_enum(io, &t->alg, SIGN_ALG_COUNT);
	ipc_sign_subject_io(io, &t->subject);
	io_str(io, &t->audience);
	io_str(io, &t->sid);
	io_str(io, &t->jti);
	io_i64(io, &t->issued_at_s);
	io_i64(io, &t->expires_at_s);
}

void ipc_sign_token_io(struct frame_io *io, void *m)
{
	struct sign_token *t = m;

	io_str(io, &t->jws);
	io_str(io, &t->subject);
}

static void key_io(struct frame_io *io, void *m)
{
	struct sign_key *k = m;

	io_enum(io, &k->alg, SIGN_ALG_COUNT);
	io_str(io, &k->kid);
	io_str(io, &k->jwk);
	io_enum(io, &k->state, SIGN_KEY_STATE_COUNT);
	io_i64(io, &k->since_s);
}

static void certificate_io(struct frame_io *io, void *m)
{
	struct sign_certificate *c = m;

	io_str(io, &c->kid);
	io_str(io, &c->sha256);
	io_enum(io, &c->state, SIGN_KEY_STATE_COUNT);
	io_i64(io, &c->since_s);
	io_i64(io, &c->ends_s);
}

void ipc_sign_keys_io(struct frame_io *io, void *m)
{
	struct sign_keys *k = m;

	io_list(io, &k->v, &k->n, sizeof *k->v, 16, key_io);
	io_list(io, &k->certificates, &k->certificate_n, sizeof *k->certificates, 16, certificate_io);
}

void ipc_sign_tls_io(struct frame_io *io, void *m)
{
	io_str(io, &((struct sign_tls *)m)->digest);
}

/* ---- SAML ---- */

static void text_io(struct frame_io *io, void *m)
{
	io_str(io, m);
}

static void texts_io(struct frame_io *io, struct str **v, size_t *n, size_t max)
{
	io_list(io, v, n, sizeof **v, max, text_io);
}

static void saml_subject_io(struct frame_io *io, struct sign_saml_subject *s)
{
	io_enum(io, &s->kind, SIGN_NAME_ID_COUNT);
	ipc_sign_subject_io(io, &s->who);
	io_str(io, &s->text);
	io_str(io, &s->name_qualifier);
	io_str(io, &s->sp_name_qualifier);
}

static void attribute_io(struct frame_io *io, void *m)
{
	struct sign_saml_attribute *at = m;

	io_str(io, &at->name);
	io_str(io, &at->name_format);
	io_str(io, &at->friendly_name);
	texts_io(io, &at->values, &at->value_n, SIGN_SAML_VALUES_MAX);
}

void ipc_sign_saml_response_io(struct frame_io *io, void *m)
{
	struct sign_saml_response *r = m;

	io_bool(io, &r->sign_response);
	io_enum(io, &r->status, SIGN_STATUS_COUNT);
	io_str(io, &r->destination);
	io_str(io, &r->in_response_to);
	io_i64(io, &r->issued_at_s);
	io_str(io, &r->audience);
	saml_subject_io(io, &r->subject);
	io_str(io, &r->session_index);
	io_str(io, &r->authn_context);
	io_i64(io, &r->not_before_s);
	io_i64(io, &r->expires_at_s);
	io_i64(io, &r->authn_instant_s);
	io_i64(io, &r->session_ends_at_s);
	io_list(io, &r->attributes, &r->attribute_n, sizeof *r->attributes, SIGN_SAML_ATTRIBUTES_MAX, attribute_io);
}

void ipc_sign_saml_logout_request_io(struct frame_io *io, void *m)
{
	struct sign_saml_logout_request *r = m;

	io_enum(io, &r->binding, SIGN_BINDING_COUNT);
	io_str(io, &r->destination);
	saml_subject_io(io, &r->subject);
	texts_io(io, &r->session_indexes, &r->session_index_n, SIGN_SAML_LIST_MAX);
	io_str(io, &r->relay_state);
	io_i64(io, &r->issued_at_s);
	io_i64(io, &r->expires_at_s);
}

void ipc_sign_saml_logout_response_io(struct frame_io *io, void *m)
{
	struct sign_saml_logout_response *r = m;

	io_enum(io, &r->binding, SIGN_BINDING_COUNT);
	io_enum(io, &r->status, SIGN_STATUS_COUNT);
	io_str(io, &r->destination);
	io_str(io, &r->in_response_to);
	io_str(io, &r->relay_state);
	io_i64(io, &r->issued_at_s);
}

void ipc_sign_saml_authn_request_io(struct frame_io *io, void *m)
{
	struct sign_saml_authn_request *r = m;

	io_enum(io, &r->binding, SIGN_BINDING_COUNT);
	io_str(io, &r->destination);
	io_str(io, &r->acs_url);
	io_enum(io, &r->name_id, SIGN_NAME_ID_COUNT);
	io_bool(io, &r->force_authn);
	io_bool(io, &r->is_passive);
	texts_io(io, &r->authn_contexts, &r->authn_context_n, SIGN_SAML_LIST_MAX);
	io_str(io, &r->relay_state);
	io_i64(io, &r->issued_at_s);
}

static void endpoint_io(struct frame_io *io, void *m)
{
	struct sign_saml_endpoint *e = m;

	io_enum(io, &e->binding, SIGN_BINDING_COUNT);
	io_str(io, &e->url);
}

static void name_id_kind_io(struct frame_io *io, void *m)
{
	enum sign_saml_name_id *kind = m;

	io_enum(io, kind, SIGN_NAME_ID_COUNT);
}

void ipc_sign_saml_metadata_io(struct frame_io *io, void *m)
{
	struct sign_saml_metadata *d = m;

	io_enum(io, &d->role, SIGN_ROLE_COUNT);
	io_bool(io, &d->sign);
	io_bool(io, &d->want_requests_signed);
	io_i64(io, &d->valid_until_s);
	io_list(io, &d->logout, &d->logout_n, sizeof *d->logout, SIGN_SAML_LIST_MAX, endpoint_io);
	io_list(io, &d->main, &d->main_n, sizeof *d->main, SIGN_SAML_LIST_MAX, endpoint_io);
	io_list(io, &d->name_ids, &d->name_id_n, sizeof *d->name_ids, SIGN_NAME_ID_COUNT, name_id_kind_io);
	io_str(io, &d->organization);
	io_str(io, &d->organization_url);
	io_str(io, &d->language);
	io_str(io, &d->technical_contact);
}

void ipc_sign_saml_message_io(struct frame_io *io, void *m)
{
	struct sign_saml_message *t = m;

	io_str(io, &t->text);
	io_str(io, &t->id);
	io_str(io, &t->assertion_id);
	io_str(io, &t->name_id);
}
