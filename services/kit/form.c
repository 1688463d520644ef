/* form.c - the sealed values of forms: against forged ones (csrf) and doubled ones (form number). */
#include "services/kit/kit_impl.h"
#include "base/b64.h"
#include "base/ct.h"

enum { ID_BYTES = 16, FORM_TTL_S = 7 * 86400 };

struct sealed_form { struct str id, pseudonym; int64_t issued_at_s; };

static void sealed_form_io(struct frame_io *io, void *m)
{
	struct sealed_form *f = m;

	io_str(io, &f->id);
	io_str(io, &f->pseudonym);
	io_i64(io, &f->issued_at_s);
}

static struct str pseudonym_of(const struct kit_usager *u)
{
	return u ? u->pseudonym : STR_NONE;
}

static struct str seal_form(struct kit *k, const struct http_req *req, struct str purpose, struct str id, const struct kit_usager *u)
{
	struct sealed_form f = { id, pseudonym_of(u), req->now_s };
	struct str text = STR_NONE;
	struct err e = seal(req->arena, k->keys, purpose, sealed_form_io, &f, &text);

	/* It fails for size alone, and this is small; an empty value opens nothing. */
	return failed(e) ? STR_NONE : text;
}

static MUST struct err open_form(struct kit *k, const struct http_req *req, struct str purpose, struct str text, struct sealed_form *ret_f)
{
	TRY(unseal(req->arena, k->keys, purpose, text, sealed_form_io, ret_f));
	ENSURE(req->now_s >= ret_f->issued_at_s - 60, MALFORMED, "kit.form");
	return NO_ERR;
}

static bool is_old(const struct http_req *req, const struct sealed_form *f)
{
	return req->now_s - f->issued_at_s > FORM_TTL_S;
}

struct str kit_csrf(struct kit *k, const struct http_req *req, const struct kit_usager *u)
{
	return seal_form(k, req, STR("kit.csrf"), STR_NONE, u);
}

/* Bound to the citizen and not to one session: a page that stayed open while they signed in again
 * in another tab still works. */
struct err kit_csrf_check(struct kit *k, const struct http_req *req, const struct kit_usager *u)
{
	struct sealed_form f = { 0 };

	ENSURE(!failed(open_form(k, req, STR("kit.csrf"), http_get(&req->form, "csrf"), &f)), DENIED, "kit.csrf");
	ENSURE(ct_str_equal(f.pseudonym, pseudonym_of(u)), DENIED, "kit.csrf");
	ENSURE(!is_old(req, &f), DENIED, "kit.csrf.old");
	return NO_ERR;
}

struct str kit_form_new(struct kit *k, const struct http_req *req, const struct kit_usager *u)
{
	unsigned char id[ID_BYTES];

	random_bytes(id, sizeof id);
	return seal_form(k, req, STR("kit.form"), b64url_encode(req->arena, id, sizeof id), u);
}

static MUST struct err form_read(struct kit *k, const struct http_req *req, struct str sealed, struct sealed_form *ret_f)
{
	ENSURE(!failed(open_form(k, req, STR("kit.form"), sealed, ret_f)), MALFORMED, "kit.form");
	ENSURE(ret_f->id.n > 0, MALFORMED, "kit.form");
	return NO_ERR;
}

struct err kit_form_open(struct kit *k, const struct http_req *req, struct str sealed, struct kit_form *ret_form)
{
	struct sealed_form f = { 0 };

	TRY(form_read(k, req, sealed, &f));
	ENSURE(!is_old(req, &f), MALFORMED, "kit.form");
	*ret_form = (struct kit_form){ f.id, f.pseudonym };
	return NO_ERR;
}

struct err kit_form_whose(struct kit *k, const struct http_req *req, struct str sealed, struct kit_form *ret_form)
{
	struct sealed_form f = { 0 };

	TRY(form_read(k, req, sealed, &f));
	*ret_form = (struct kit_form){ f.id, f.pseudonym };
	return NO_ERR;
}
