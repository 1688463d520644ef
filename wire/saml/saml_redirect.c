/* saml_redirect.c - see saml_redirect.h. */
#include "wire/saml/saml_redirect.h"
#include "wire/saml/saml_bytes.h"
#include "wire/saml/saml_check.h"
#include <zlib.h>

#define ENCODING_DEFLATE "urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE"

enum parameter { REQUEST, RESPONSE, RELAY_STATE, SIG_ALG, SIGNATURE, ENCODING, ARTIFACT, PARAMETER_COUNT };
static const struct str parameter_names[PARAMETER_COUNT] = {
	[REQUEST] = STR_INIT("SAMLRequest"), [RESPONSE] = STR_INIT("SAMLResponse"), [RELAY_STATE] = STR_INIT("RelayState"),
	[SIG_ALG] = STR_INIT("SigAlg"), [SIGNATURE] = STR_INIT("Signature"), [ENCODING] = STR_INIT("SAMLEncoding"),
	[ARTIFACT] = STR_INIT("SAMLart"),
};

enum { SAML_FIELD_MAX = (SAML_XML_BYTES + 2) / 3 * 4 };    /* base64 of the largest document */

/* Raw, as received: whole is "name=value". p is NULL when absent. */
struct raw_parameter { struct str whole, value; };

static int hex_value(char c)
{
	if (c >= '0' && c <= '9') return c - '0';
	if (c >= 'a' && c <= 'f') return c - 'a' + 10;
	if (c >= 'A' && c <= 'F') return c - 'A' + 10;
	return -1;
}

static struct err percent_decode(struct arena *a, struct str s, struct str *ret_text)
{
	char *p = arena_try(a, s.n + 1);
	size_t n = 0;

	ENSURE(p, MALFORMED, "saml.redirect.size");
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] != '%') {
			p[n++] = s.p[i] == '+' ? ' ' : s.p[i];
			continue;
		}
		int high = i + 2 < s.n ? hex_value(s.p[i + 1]) : -1;
		int low = i + 2 < s.n ? hex_value(s.p[i + 2]) : -1;

		ENSURE(high >= 0 && low >= 0, MALFORMED, "saml.redirect.encoding");
		p[n++] = (char)(high << 4 | low);
		i += 2;
	}
	*ret_text = (struct str){ p, n };
	return NO_ERR;
}

static struct err parameter_add(struct arena *a, struct str whole, struct raw_parameter found[PARAMETER_COUNT])
{
	size_t equals = str_index(whole, '=');
	struct str raw = str_slice(whole, 0, equals), name;

	TRY(percent_decode(a, raw, &name));
	for (size_t i = 0; i < PARAMETER_COUNT; i++) {
		if (!str_eq_nocase(name, parameter_names[i]))
			continue;
		/* One spelling: what another reader might also take for it is not passed over in silence. */
		ENSURE(str_eq(raw, parameter_names[i]) && equals < whole.n, MALFORMED, "saml.redirect.query");
		ENSURE(!found[i].whole.p, MALFORMED, "saml.redirect.twice");
		found[i] = (struct raw_parameter){ whole, str_slice(whole, equals + 1, whole.n) };
	}
	return NO_ERR;
}

static struct err query_split(struct arena *a, struct str query, struct raw_parameter found[PARAMETER_COUNT])
{
	struct str rest = query, whole;

	ENSURE(query.n > 0 && query.n <= SAML_QUERY_MAX, MALFORMED, "saml.redirect.size");
	ENSURE(!str_has(query, ';') && !str_has_control(query) && !str_has(query, ' '), MALFORMED, "saml.redirect.query");
	while (str_split(&rest, '&', &whole))
		if (whole.n)
			TRY(parameter_add(a, whole, found));
	/* Exactly one message. */
	ENSURE(!found[REQUEST].whole.p != !found[RESPONSE].whole.p && !found[ARTIFACT].whole.p, MALFORMED, "saml.redirect.query");
	return NO_ERR;
}

/* ---- deflate ---- */

static struct err inflate_all(struct str in, char *out, size_t max, size_t *ret_n)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)in.p, .avail_in = (uInt)in.n, .next_out = (Bytef *)out, .avail_out = (uInt)max };
	int rc;

	if (inflateInit2(&z, -MAX_WBITS) != Z_OK)
		return err_of(BROKEN, "saml.redirect.zlib");
	rc = inflate(&z, Z_FINISH);
	*ret_n = max - z.avail_out;
	inflateEnd(&z);
	ENSURE(rc == Z_STREAM_END || z.avail_out > 0, MALFORMED, "saml.redirect.size");
	ENSURE(rc == Z_STREAM_END && z.avail_in == 0, MALFORMED, "saml.redirect.deflate");
	return NO_ERR;
}

static struct err message_inflate(struct arena *a, struct str in, struct str *ret_xml)
{
	size_t max = in.n * SAML_INFLATE_RATIO, n = 0;
	char *out;

	if (max > SAML_INFLATED_MAX)
		max = SAML_INFLATED_MAX;
	out = arena_try(a, max + 1);
	ENSURE(out && in.n > 0, MALFORMED, "saml.redirect.size");
	TRY(inflate_all(in, out, max, &n));
	*ret_xml = (struct str){ out, n };
	return NO_ERR;
}

/* ---- the whole ---- */

static struct err base64_take(struct arena *a, struct str raw, struct str *ret_bytes)
{
	struct str text;

	TRY(percent_decode(a, raw, &text));
	if (failed(saml_b64_strict(a, text, ret_bytes)))
		return err_of(MALFORMED, "saml.redirect.encoding");
	return NO_ERR;
}

static struct err relay_state_take(struct arena *a, const struct raw_parameter *p, struct saml_redirect *r)
{
	r->has_relay_state = p->whole.p != NULL;
	if (!p->whole.p)
		return NO_ERR;
	TRY(percent_decode(a, p->value, &r->relay_state));
	ENSURE(r->relay_state.n <= SAML_RELAY_MAX && !str_has_control(r->relay_state) && str_is_utf8(r->relay_state),
		MALFORMED, "saml.redirect.relaystate");
	return NO_ERR;
}

/*= SAML Bindings 3.4.4.1: The relying party MUST ensure that the parameter values to be verified are ordered as
 * required by the signing rules above ... the original URL-encoded values */
static struct err signature_take(struct arena *a, const struct raw_parameter found[PARAMETER_COUNT], struct saml_redirect *r)
{
	struct str parts[5];
	size_t n = 0;

	ENSURE(!found[SIG_ALG].whole.p == !found[SIGNATURE].whole.p, MALFORMED, "saml.redirect.signature");
	if (!found[SIGNATURE].whole.p)
		return NO_ERR;
	TRY(percent_decode(a, found[SIG_ALG].value, &r->algorithm));
	ENSURE(saml_algorithm_is_allowed(r->algorithm), DENIED, "saml.algorithm");
	TRY(base64_take(a, found[SIGNATURE].value, &r->signature));
	ENSURE(r->signature.n > 0, MALFORMED, "saml.redirect.signature");
	parts[n++] = found[r->is_response ? RESPONSE : REQUEST].whole;
	if (r->has_relay_state) {
		parts[n++] = STR("&");
		parts[n++] = found[RELAY_STATE].whole;
	}
	parts[n++] = STR("&");
	parts[n++] = found[SIG_ALG].whole;
	r->signed_octets = arena_concat(a, parts, n);
	return NO_ERR;
}

struct err saml_redirect_decode(struct arena *a, struct str query, struct saml_redirect *ret_redirect)
{
	struct raw_parameter found[PARAMETER_COUNT] = { 0 };
	struct saml_redirect r = { 0 };
	struct str bytes, encoding = STR_NONE;

	TRY(query_split(a, query, found));
	r.is_response = found[RESPONSE].whole.p != NULL;
	if (found[ENCODING].whole.p)
		TRY(percent_decode(a, found[ENCODING].value, &encoding));
	ENSURE(!encoding.n || str_eq_c(encoding, ENCODING_DEFLATE), MALFORMED, "saml.redirect.encoding");
	TRY(relay_state_take(a, &found[RELAY_STATE], &r));
	TRY(signature_take(a, found, &r));
	TRY(base64_take(a, found[r.is_response ? RESPONSE : REQUEST].value, &bytes));
	TRY(message_inflate(a, bytes, &r.xml));
	*ret_redirect = r;
	return NO_ERR;
}

/* RFC 2045 6.8, which Bindings 3.5.4 refers to, folds base64 into lines; many clients do. */
static struct err unfold(struct arena *a, struct str s, struct str *ret_text)
{
	char *p;
	size_t n = 0;

	*ret_text = s;
	if (!str_has(s, '\n') && !str_has(s, '\r'))
		return NO_ERR;
	p = arena_try(a, s.n);
	ENSURE(p, MALFORMED, "saml.xml.size");
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '\r' && s.p[i] != '\n')
			p[n++] = s.p[i];
	*ret_text = (struct str){ p, n };
	return NO_ERR;
}

struct err saml_post_decode(struct arena *a, struct str field, bool may_inflate, struct str *ret_xml)
{
	struct str text, bytes;

	ENSURE(field.n <= SAML_FIELD_MAX, MALFORMED, "saml.xml.size");
	TRY(unfold(a, field, &text));
	if (failed(saml_b64_strict(a, text, &bytes)) || !bytes.n)
		return err_of(MALFORMED, "saml.post.encoding");
	/* A message deflated in one go is one final block, whose first byte is odd: never '<'. */
	if (!may_inflate || bytes.p[0] == '<') {
		*ret_xml = bytes;
		return NO_ERR;
	}
	return message_inflate(a, bytes, ret_xml);
}
