/* fuzz_saml_metadata.c - a partner's metadata file: read to bounded rows, or refused at a place in the
 * file with a sentence for whoever wrote it. */
#include "base/frame.h"
#include "tests/fuzz/fuzz.h"
#include "wire/ipc/check.h"
#include "wire/saml/saml_metadata.h"

enum { ARENA_BYTES = 1 << 20 };

static void check_refusal(struct err e, struct str xml, size_t at)
{
	const char *sentence = saml_metadata_explain(e.slug);
	size_t line = saml_metadata_line(xml, at);

	assert(fuzz_is_error(e, ERR_MALFORMED, "saml.*"));
	assert(sentence && *sentence && at <= xml.n && line >= 1 && line <= xml.n + 1);
}

static bool is_address(struct str url)
{
	return (str_starts(url, STR("https://")) || str_starts(url, STR("http://"))) && !str_has_control(url)
		&& !str_has(url, '"') && !str_has(url, '<') && !str_has(url, ' ');
}

static void check_metadata(const struct saml_metadata *m)
{
	assert(m->entity_id.n > 0 && !str_has_control(m->entity_id) && (m->is_sp || m->is_idp));
	assert(m->endpoint_n > 0 && m->endpoint_n <= SAML_LIST_MAX && m->key_n <= SAML_KEYS_MAX);
	assert(m->formats.n <= SAML_LIST_MAX && m->requested_n <= SAML_ATTRIBUTES_MAX);
	for (size_t i = 0; i < m->endpoint_n; i++) {
		assert(is_address(m->endpoints[i].location));
		assert(!m->endpoints[i].response_location.n || is_address(m->endpoints[i].response_location));
		assert(m->endpoints[i].index >= -1 && m->endpoints[i].index <= 65535);
	}
	for (size_t i = 0; i < m->key_n; i++)
		assert((m->keys[i].signing || m->keys[i].encryption) && m->keys[i].certificate.n > 0);
	for (size_t i = 0; i < m->requested_n; i++)
		assert(m->requested[i].name.n > 0);
	assert(!failed(saml_metadata_check_time(m, 0)));
	assert(failed(saml_metadata_check_time(m, INT64_MAX)) == (m->valid_until_s != 0));
}

/* As the reader's answer it travels, unless it is too large for one frame. */
static void check_frame(struct arena *a, const struct saml_metadata *m)
{
	static char body[FRAME_MAX - FRAME_HEAD], again[FRAME_MAX - FRAME_HEAD];
	struct check_metadata_result r = { .ok = true, .metadata = *m }, r2 = { 0 };
	size_t n = 0, n2 = 0;

	if (failed(frame_write_body(ipc_check_metadata_result_io, &r, body, sizeof body, &n)))
		return;
	assert(!failed(frame_read_body((struct str){ body, n }, a, ipc_check_metadata_result_io, &r2)));
	assert(!failed(frame_write_body(ipc_check_metadata_result_io, &r2, again, sizeof again, &n2)));
	assert(str_eq((struct str){ body, n }, (struct str){ again, n2 }));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(ARENA_BYTES);
	struct str xml = fuzz_str(data, size);
	struct saml_metadata m;
	size_t at = 0;

	if (size > 8192)
		return 0;
	fuzz_stain(&m, sizeof m);
	struct err e = saml_metadata_read(a, xml, &m, &at);
	if (failed(e)) {
		check_refusal(e, xml, at);
		assert(fuzz_is_stained(&m, sizeof m));
		return 0;
	}
	fuzz_accepted++;
	check_metadata(&m);
	check_frame(a, &m);
	return 0;
}
