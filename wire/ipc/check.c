/* check.c - see check.h. */
#include "wire/ipc/check.h"
#include "wire/ipc/helper.h"

void ipc_check_jws_io(struct frame_io *io, void *m)
{
	struct check_jws *c = m;

	io_str(io, &c->token);
	io_str(io, &c->jwks);
	io_str(io, &c->algs);
	io_str(io, &c->typ);
}

static void claim_io(struct frame_io *io, void *m)
{
	struct check_claim *c = m;

	io_str(io, &c->name);
	io_enum(io, &c->kind, CHECK_KIND_COUNT);
	io_str(io, &c->text);
	io_i64(io, &c->number);
}

void ipc_check_claims_io(struct frame_io *io, void *m)
{
	struct check_claims *c = m;

	io_str(io, &c->alg);
	io_str(io, &c->kid);
	io_str(io, &c->typ);
	io_list(io, &c->v, &c->n, sizeof *c->v, CHECK_CLAIMS_MAX, claim_io);
}

/* ---- SAML ---- */

static void strs_io(struct frame_io *io, struct saml_strs *s, size_t max)
{
	io_list(io, &s->v, &s->n, sizeof *s->v, max, ipc_text_io);
}

void ipc_check_saml_io(struct frame_io *io, void *m)
{
	struct check_saml *c = m;

	io_enum(io, &c->binding, CHECK_BINDING_COUNT);
	io_blob(io, &c->message, CHECK_SAML_MAX);
	io_u32(io, &c->roots);
	io_enum(io, &c->want, CHECK_WANT_COUNT);
	strs_io(io, &c->certificates, CHECK_CERTIFICATES_MAX);
}

static void name_id_io(struct frame_io *io, struct saml_name_id *v)
{
	io_str(io, &v->value);
	io_str(io, &v->format);
	io_str(io, &v->name_qualifier);
	io_str(io, &v->sp_name_qualifier);
}

static void head_io(struct frame_io *io, struct saml_head *v)
{
	io_str(io, &v->id);
	io_str(io, &v->issuer);
	io_i64(io, &v->issue_instant_s);
	io_str(io, &v->destination);
	io_str(io, &v->in_response_to);
}

static void status_io(struct frame_io *io, struct saml_status *v)
{
	io_str(io, &v->code);
	io_str(io, &v->subcode);
	io_str(io, &v->message);
}

static void authn_io(struct frame_io *io, struct saml_authn_request *v)
{
	io_bool(io, &v->force_authn);
	io_bool(io, &v->is_passive);
	io_str(io, &v->acs_url);
	io_str(io, &v->protocol_binding);
	io_i64(io, &v->acs_index);
	io_i64(io, &v->attributes_index);
	io_bool(io, &v->has_policy);
	io_bool(io, &v->allow_create);
	io_str(io, &v->name_id_format);
	io_str(io, &v->sp_name_qualifier);
	io_bool(io, &v->has_subject);
	name_id_io(io, &v->subject);
	io_enum(io, &v->comparison, SAML_COMPARISON_COUNT);
	strs_io(io, &v->contexts, SAML_LIST_MAX);
}

static void logout_io(struct frame_io *io, struct saml_logout_request *v)
{
	name_id_io(io, &v->name_id);
	strs_io(io, &v->sessions, SAML_LIST_MAX);
	io_i64(io, &v->not_on_or_after_s);
	io_str(io, &v->reason);
}

static void confirmation_io(struct frame_io *io, void *m)
{
	struct saml_confirmation *v = m;

	io_str(io, &v->method);
	io_str(io, &v->recipient);
	io_str(io, &v->in_response_to);
	io_i64(io, &v->not_before_s);
	io_i64(io, &v->not_on_or_after_s);
}

static void restriction_io(struct frame_io *io, void *m)
{
	strs_io(io, m, SAML_LIST_MAX);
}

static void attribute_io(struct frame_io *io, void *m)
{
	struct saml_attribute *v = m;

	io_str(io, &v->name);
	io_str(io, &v->format);
	io_str(io, &v->friendly);
	strs_io(io, &v->values, SAML_LIST_MAX);
}

static void assertion_io(struct frame_io *io, struct saml_assertion *v)
{
	struct saml_conditions *c = &v->conditions;

	io_str(io, &v->id);
	io_str(io, &v->issuer);
	io_i64(io, &v->issue_instant_s);
	name_id_io(io, &v->name_id);
	io_list(io, &v->confirmations, &v->confirmation_n, sizeof *v->confirmations, SAML_LIST_MAX, confirmation_io);
	io_i64(io, &c->not_before_s);
	io_i64(io, &c->not_on_or_after_s);
	io_list(io, &c->restrictions, &c->restriction_n, sizeof *c->restrictions, SAML_LIST_MAX, restriction_io);
	io_bool(io, &c->one_time_use);
	io_i64(io, &v->authn_instant_s);
	io_i64(io, &v->session_not_on_or_after_s);
	io_str(io, &v->session_index);
	io_str(io, &v->context);
	io_list(io, &v->attributes, &v->attribute_n, sizeof *v->attributes, SAML_ATTRIBUTES_MAX, attribute_io);
}

/* Only what the root element has: the message must be zeroed before it is read. */
static void message_io(struct frame_io *io, struct saml_message *v)
{
	io_enum(io, &v->root, SAML_ROOT_COUNT);
	head_io(io, &v->head);
	if (v->root == SAML_RESPONSE || v->root == SAML_LOGOUT_RESPONSE)
		status_io(io, &v->status);
	if (v->root == SAML_AUTHN_REQUEST)
		authn_io(io, &v->authn);
	if (v->root == SAML_LOGOUT_REQUEST)
		logout_io(io, &v->logout);
	io_bool(io, &v->has_assertion);
	if (v->has_assertion)
		assertion_io(io, &v->assertion);
}

void ipc_check_saml_result_io(struct frame_io *io, void *m)
{
	struct check_saml_result *r = m;

	if (!io->writing)
		*r = (struct check_saml_result){ 0 };
	io_u32(io, &r->signed_by);
	io_bool(io, &r->carries_signature);
	io_u32(io, &r->certificate);
	io_bool(io, &r->has_relay_state);
	io_str(io, &r->relay_state);
	message_io(io, &r->message);
}

void ipc_check_metadata_io(struct frame_io *io, void *m)
{
	struct check_metadata *c = m;

	io_blob(io, &c->xml, CHECK_SAML_MAX);
}

static void endpoint_io(struct frame_io *io, void *m)
{
	struct saml_endpoint *v = m;

	io_enum(io, &v->role, SAML_ROLE_COUNT);
	io_enum(io, &v->kind, SAML_ENDPOINT_COUNT);
	io_str(io, &v->binding);
	io_str(io, &v->location);
	io_str(io, &v->response_location);
	io_i64(io, &v->index);
	io_bool(io, &v->is_default);
}

static void md_key_io(struct frame_io *io, void *m)
{
	struct saml_md_key *v = m;

	io_enum(io, &v->role, SAML_ROLE_COUNT);
	io_bool(io, &v->signing);
	io_bool(io, &v->encryption);
	io_str(io, &v->certificate);
}

static void requested_io(struct frame_io *io, void *m)
{
	struct saml_requested *v = m;

	io_str(io, &v->name);
	io_str(io, &v->format);
	io_str(io, &v->friendly);
	io_bool(io, &v->required);
}

static void metadata_io(struct frame_io *io, struct saml_metadata *v)
{
	io_str(io, &v->entity_id);
	io_i64(io, &v->valid_until_s);
	io_bool(io, &v->is_sp);
	io_bool(io, &v->is_idp);
	io_bool(io, &v->requests_signed);
	io_bool(io, &v->wants_requests_signed);
	io_bool(io, &v->wants_assertions_signed);
	strs_io(io, &v->formats, SAML_LIST_MAX);
	io_list(io, &v->endpoints, &v->endpoint_n, sizeof *v->endpoints, SAML_LIST_MAX, endpoint_io);
	io_list(io, &v->keys, &v->key_n, sizeof *v->keys, SAML_KEYS_MAX, md_key_io);
	io_list(io, &v->requested, &v->requested_n, sizeof *v->requested, SAML_ATTRIBUTES_MAX, requested_io);
	io_str(io, &v->organisation);
}

void ipc_check_metadata_result_io(struct frame_io *io, void *m)
{
	struct check_metadata_result *r = m;

	if (!io->writing)
		*r = (struct check_metadata_result){ 0 };
	io_bool(io, &r->ok);
	io_str(io, &r->slug);
	io_str(io, &r->problem);
	io_u32(io, &r->line);
	if (r->ok)
		metadata_io(io, &r->metadata);
}
