/* fuzz_saml_write.c - what we write is read back: any text, put where a name, an address or a session
 * index stands in a message of ours, comes out the same or is refused, and never becomes markup. */
#include "tests/fuzz/fuzz.h"
#include "wire/saml/saml_bytes.h"
#include "wire/saml/saml_read.h"
#include "wire/saml/saml_write.h"
#include "wire/saml/saml_write_xml.h"

enum { TEXT_MAX = 256, ARENA_BYTES = 1 << 18 };

static struct err written_read(struct arena *a, struct buf *out, struct str text, struct saml_message *ret_message)
{
	struct sign_saml_logout_request r = {
		.binding = SIGN_BINDING_POST, .destination = text,
		.subject = { .kind = SIGN_NAME_ID_PERSISTENT, .name_qualifier = text },
		.session_indexes = &text, .session_index_n = 1, .issued_at_s = 1767225600, .expires_at_s = 1767225660,
	};
	struct saml_shape shape;

	(void)saml_logout_request_write(out, &r, (struct saml_author){ STR("https://a.example/saml"), STR("_m1") }, text);
	assert(!out->overflowed);
	TRY(saml_check(a, buf_str(out), SAML_ROOT(SAML_LOGOUT_REQUEST), &shape));
	assert(!shape.root_signed && !shape.assertion && str_eq_c(saml_el_attr(shape.root, "ID"), "_m1"));
	return saml_read_message(a, shape.root, shape.kind, ret_message);
}

static void check_message(const struct saml_message *m, struct str text)
{
	assert(str_eq_c(m->head.issuer, "https://a.example/saml") && str_eq(m->head.destination, text));
	assert(m->head.issue_instant_s == 1767225600 && m->logout.not_on_or_after_s == 1767225660);
	assert(str_eq(m->logout.name_id.value, text) && str_eq(m->logout.name_id.name_qualifier, text));
	assert(m->logout.sessions.n == 1 && str_eq(m->logout.sessions.v[0], saml_text_trim(text)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(ARENA_BYTES);
	AUTO(buf_done) struct buf out = { 0 };
	struct str text = fuzz_str(data, size);
	struct saml_message m;

	if (size > TEXT_MAX)
		return 0;
	buf_init(&out, ARENA_BYTES);
	struct err e = written_read(a, &out, text, &m);
	if (failed(e)) {
		assert(e.kind == ERR_MALFORMED);
		/* A line is understood. */
		assert(!xml_is_line(text) || saml_text_is_blank(text));
		return 0;
	}
	fuzz_accepted++;
	check_message(&m, text);
	return 0;
}
