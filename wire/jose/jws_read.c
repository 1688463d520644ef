/* jws_read.c - see jws_read.h. */
#include "wire/jose/jws_read.h"
#include "base/b64.h"
#include "wire/jose/json_read.h"

static const char *const alg_names[JOSE_ALG_COUNT] = { [JOSE_ES256] = "ES256", [JOSE_RS256] = "RS256" };

/* What would bring a key, change the meaning of the signature or of the payload, or demand an
 * extension that we do not know. */
static const char *const refused[] = {
	"crit", "b64", "zip", "enc", "cty", "jku", "jwk", "x5u", "x5c", "x5t", "x5t#S256",
};

const char *jose_alg_name(enum jose_alg alg)
{
	return alg_names[alg];
}

static struct err header_members_check(json_t *object)
{
	const char *name = NULL;
	json_t *value = NULL;

	json_object_foreach(object, name, value) {
		ENSURE(json_is_string(value), MALFORMED, "jose.header");
		for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
			ENSURE(!str_eq_c(str_from_c(name), refused[i]), MALFORMED, "jose.header");
	}
	return NO_ERR;
}

static struct err alg_find(struct str name, struct str accepted, enum jose_alg *ret_alg)
{
	ENSURE(str_has_word(accepted, name), DENIED, "jose.alg");
	for (int i = 0; i < JOSE_ALG_COUNT; i++) {
		if (str_eq_c(name, alg_names[i])) {
			*ret_alg = (enum jose_alg)i;
			return NO_ERR;
		}
	}
	return err_of(DENIED, "jose.alg");
}

/*= RFC 7515 4.1.9: ... a recipient using the media type value MUST treat it as if "application/"
 * were prepended to any "typ" value not containing a '/' */
static bool typ_is_accepted(struct str typ, struct str accepted)
{
	static const struct str prefix = STR_INIT("application/");
	struct str word;

	if (typ.n > prefix.n && str_eq_nocase(str_slice(typ, 0, prefix.n), prefix))
		typ = str_slice(typ, prefix.n, typ.n);
	if (typ.n == 0)
		return str_has_word(accepted, STR("-"));
	while (str_split(&accepted, ' ', &word))
		if (!str_eq_c(word, "-") && str_eq_nocase(word, typ))
			return true;
	return false;
}

static struct err header_read(struct arena *a, struct str part, struct str algs, struct str typ,
	struct jose_header *ret_header)
{
	AUTO(json_decrefp) json_t *object = NULL;
	struct jose_header h = { 0 };
	struct str bytes;

	ENSURE(!failed(b64url_decode(a, part, &bytes)), MALFORMED, "jose.form");
	ENSURE(!failed(jose_json_read(bytes, JOSE_HEADER_MAX, 2, &object)), MALFORMED, "jose.header");
	TRY(header_members_check(object));
	TRY(alg_find(jose_json_str(json_object_get(object, "alg")), algs, &h.alg));
	struct str given = jose_json_str(json_object_get(object, "typ"));
	ENSURE(given.n > 0 || !json_object_get(object, "typ"), DENIED, "jose.typ");
	ENSURE(typ_is_accepted(given, typ), DENIED, "jose.typ");
	h.typ = arena_dup(a, given);
	h.has_kid = json_object_get(object, "kid") != NULL;
	struct str kid = jose_json_str(json_object_get(object, "kid"));
	ENSURE(!h.has_kid || (kid.n > 0 && kid.n <= JOSE_KID_MAX && !str_has_control(kid)), MALFORMED, "jose.header");
	h.kid = arena_dup(a, kid);
	*ret_header = h;
	return NO_ERR;
}

struct err jose_jws_read(struct arena *a, struct str token, struct str algs, struct str typ,
	struct jose_jws *ret_jws)
{
	struct jose_jws jws = { .token = token };
	struct str part[3];
	size_t n = 0, from = 0;

	ENSURE(token.n <= JOSE_JWS_MAX, MALFORMED, "jose.form");
	for (size_t i = 0; i <= token.n; i++) {
		if (i < token.n && token.p[i] != '.')
			continue;
		ENSURE(n < 3, MALFORMED, "jose.form");
		part[n++] = str_slice(token, from, i);
		from = i + 1;
	}
	ENSURE(n == 3, MALFORMED, "jose.form");
	TRY(header_read(a, part[0], algs, typ, &jws.header));
	/* After the header, so that an unsigned token is refused for its `alg`. */
	ENSURE(part[1].n > 0 && part[2].n > 0, MALFORMED, "jose.form");
	ENSURE(!failed(b64url_decode(a, part[1], &jws.payload)), MALFORMED, "jose.form");
	ENSURE(!failed(b64url_decode(a, part[2], &jws.signature)), MALFORMED, "jose.form");
	*ret_jws = jws;
	return NO_ERR;
}
