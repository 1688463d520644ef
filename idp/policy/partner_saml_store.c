/* partner_saml_store.c - see partner_saml_store.h. */
#include "idp/policy/partner_saml_store.h"

enum { ENDPOINTS_MAX = 64, KEYS_MAX = 16, NAMES_MAX = 16 };

struct load { struct arena *a; struct partner *v; size_t n; };

/* Few partners speak SAML, and this runs when one changed: no need for more than a walk. */
static struct partner_saml *of(const struct load *l, struct str client_id)
{
	for (size_t i = 0; i < l->n; i++)
		if (str_eq(l->v[i].id, client_id))
			return l->v[i].saml;
	return NULL;
}

static enum saml_name_policy name_policy_of(struct str s)
{
	return str_eq_c(s, "transient") ? NAME_TRANSIENT : str_eq_c(s, "email") ? NAME_EMAIL : NAME_PERSISTENT;
}

static MUST struct err partner_row(const struct store_row *r, void *arg)
{
	struct load *l = arg;
	struct partner_saml *s = arena_new(l->a, struct partner_saml);

	*s = (struct partner_saml){ .name_id = name_policy_of(row_str(r, 1)), .sign_response = row_int(r, 2) != 0,
		.requests_signed = row_int(r, 3) != 0, .valid_until_s = row_int(r, 4), .idp_initiated = row_int(r, 5) != 0,
		.acs = arena_array(l->a, struct partner_endpoint, ENDPOINTS_MAX), .slo = arena_array(l->a, struct partner_endpoint, ENDPOINTS_MAX),
		.certificates = arena_array(l->a, struct str, KEYS_MAX), .names = arena_array(l->a, struct partner_attribute, NAMES_MAX) };
	for (size_t i = 0; i < l->n; i++)
		if (str_eq(l->v[i].id, row_str(r, 0)) && str_eq_c(l->v[i].protocol, "saml"))
			l->v[i].saml = s;
	return NO_ERR;
}

static MUST struct err endpoint_row(const struct store_row *r, void *arg)
{
	struct load *l = arg;
	struct partner_saml *s = of(l, row_str(r, 0));
	bool acs = str_eq_c(row_str(r, 1), "acs");
	struct partner_endpoint e = { .by_post = str_eq_c(row_str(r, 2), "post"), .location = arena_dup(l->a, row_str(r, 3)),
		.response_location = arena_dup(l->a, row_str(r, 4)), .place = row_int(r, 5), .is_default = row_int(r, 6) != 0 };

	if (s && acs && s->acs_n < ENDPOINTS_MAX)
		s->acs[s->acs_n++] = e;
	if (s && !acs && s->slo_n < ENDPOINTS_MAX)
		s->slo[s->slo_n++] = e;
	return NO_ERR;
}

static MUST struct err key_row(const struct store_row *r, void *arg)
{
	struct load *l = arg;
	struct partner_saml *s = of(l, row_str(r, 0));

	if (s && s->certificate_n < KEYS_MAX)
		s->certificates[s->certificate_n++] = arena_dup(l->a, row_str(r, 1));
	return NO_ERR;
}

static MUST struct err name_row(const struct store_row *r, void *arg)
{
	struct load *l = arg;
	struct partner_saml *s = of(l, row_str(r, 0));

	if (s && s->name_n < NAMES_MAX)
		s->names[s->name_n++] = (struct partner_attribute){ arena_dup(l->a, row_str(r, 1)), arena_dup(l->a, row_str(r, 2)),
			arena_dup(l->a, row_str(r, 3)) };
	return NO_ERR;
}

struct err partner_saml_load_tx(struct store_tx *tx, struct arena *a, struct partner *v, size_t n)
{
	struct load l = { a, v, n };

	TRY(store_each(tx, "SELECT client_id, name_id, sign_response, requests_signed, valid_until_s, idp_initiated FROM saml_partner", partner_row, &l));
	TRY(store_each(tx, "SELECT client_id, kind, binding, location, response_location, place, is_default FROM saml_endpoint"
		" ORDER BY client_id, n", endpoint_row, &l));
	TRY(store_each(tx, "SELECT client_id, certificate FROM saml_key ORDER BY client_id, n", key_row, &l));
	return store_each(tx, "SELECT client_id, attribute, name, name_format FROM saml_attribute ORDER BY client_id, attribute", name_row, &l);
}

static MUST struct err add_endpoints(struct store_tx *tx, struct str client_id, const char *kind, const struct partner_endpoint *v, size_t n, int64_t from)
{
	static const char sql[] = "INSERT INTO saml_endpoint (client_id, n, kind, binding, location, response_location, place, is_default)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

	for (size_t i = 0; i < n; i++)
		TRY(store_exec(tx, sql, NULL, str_(client_id), int_(from + (int64_t)i), str_(str_from_c(kind)),
			str_(v[i].by_post ? STR("post") : STR("redirect")), str_(v[i].location), str_(v[i].response_location),
			int_(v[i].place), int_(v[i].is_default)));
	return NO_ERR;
}

struct err partner_saml_add_tx(struct store_tx *tx, struct str client_id, const struct partner_saml *s)
{
	TRY(store_exec(tx, "INSERT INTO saml_partner (client_id, name_id, sign_response, requests_signed, valid_until_s, idp_initiated)"
		" VALUES ($1, $2, $3, $4, $5, $6)", NULL, str_(client_id), str_(str_from_c(saml_name_policy_name(s->name_id))),
		int_(s->sign_response), int_(s->requests_signed), int_(s->valid_until_s), int_(s->idp_initiated)));
	TRY(add_endpoints(tx, client_id, "acs", s->acs, s->acs_n, 0));
	TRY(add_endpoints(tx, client_id, "slo", s->slo, s->slo_n, (int64_t)s->acs_n));
	for (size_t i = 0; i < s->certificate_n; i++)
		TRY(store_exec(tx, "INSERT INTO saml_key (client_id, n, certificate) VALUES ($1, $2, $3)", NULL,
			str_(client_id), int_(i), bytes_(s->certificates[i])));
	for (size_t i = 0; i < s->name_n; i++)
		TRY(store_exec(tx, "INSERT INTO saml_attribute (client_id, attribute, name, name_format) VALUES ($1, $2, $3, $4)", NULL,
			str_(client_id), str_(s->names[i].attribute), str_(s->names[i].name), str_(s->names[i].name_format)));
	return NO_ERR;
}

struct err partner_saml_remove_tx(struct store_tx *tx, struct str client_id)
{
	TRY(store_exec(tx, "DELETE FROM saml_partner WHERE client_id = $1", NULL, str_(client_id)));
	TRY(store_exec(tx, "DELETE FROM saml_endpoint WHERE client_id = $1", NULL, str_(client_id)));
	TRY(store_exec(tx, "DELETE FROM saml_key WHERE client_id = $1", NULL, str_(client_id)));
	return store_exec(tx, "DELETE FROM saml_attribute WHERE client_id = $1", NULL, str_(client_id));
}
