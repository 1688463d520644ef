/* device.c - see device.h. */
#include "idp/authn/device.h"
#include "idp/account/account.h"
#include "base/ct.h"

enum { KEEP_S = 180 * 86400 };

struct device { unsigned char identifier_hash[32], id[ID_BYTES]; };

static void device_io(struct frame_io *io, void *m)
{
	struct device *d = m;

	io_bytes(io, d->identifier_hash, sizeof d->identifier_hash);
	io_bytes(io, d->id, sizeof d->id);
}

static void hash_of(const struct http_req *req, struct str identifier, unsigned char out[32])
{
	struct str value;

	sha256(failed(account_email_normalise(req->arena, identifier, &value)) ? identifier : value, out);
}

struct str device_key(struct idp *idp, const struct http_req *req, struct str identifier, bool *ret_known)
{
	struct str cookie = http_cookie(req, idp->set.https, COOKIE_DEVICE);
	struct device d = { 0 };
	char *key = arena_alloc(req->arena, 32 + ID_BYTES);
	unsigned char hash[32];

	hash_of(req, identifier, hash);
	*ret_known = cookie.n && !failed(unseal(req->arena, idp->keys, STR("device"), cookie, device_io, &d))
		&& ct_equal(d.identifier_hash, hash, sizeof hash);
	memcpy(key, hash, sizeof hash);
	if (*ret_known)
		memcpy(key + 32, d.id, ID_BYTES);
	return (struct str){ key, *ret_known ? 32 + ID_BYTES : 32 };
}

void device_remember(struct idp *idp, const struct http_req *req, struct str identifier, struct http_resp *r)
{
	struct device d;
	struct str text;

	hash_of(req, identifier, d.identifier_hash);
	random_bytes(d.id, sizeof d.id);
	if (!failed(seal(req->arena, idp->keys, STR("device"), device_io, &d, &text)))
		http_set_cookie(req, r, idp->set.https, COOKIE_DEVICE, text, KEEP_S);
}
