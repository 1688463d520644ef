/* fuzz_frames.c - the body of every frame between our processes, each read as its receiver would: what
 * can be read is written back to the same bytes, and one byte less is refused. The first byte of an
 * input chooses the description. No descriptors travel here. */
#include "tests/fuzz/fuzz.h"
#include "wire/ipc/boot.h"
#include "wire/ipc/check.h"
#include "wire/ipc/ctl.h"
#include "wire/ipc/directory.h"
#include "wire/ipc/fetch.h"
#include "wire/ipc/hash.h"
#include "wire/ipc/helper.h"
#include "wire/ipc/passkey.h"
#include "wire/ipc/sign.h"
#include "wire/ipc/web.h"

static const struct { frame_io_fn *fn; size_t size; } frames[] = {
	{ ipc_refusal_io, sizeof(struct ipc_refusal) },
	{ ipc_empty_io, 1 },
	{ ipc_text_io, sizeof(struct str) },
	{ ipc_boot_start_io, sizeof(struct boot_start) },
	{ ipc_boot_peer_io, sizeof(struct boot_peer) },
	{ ipc_boot_tickets_io, sizeof(struct boot_tickets) },
	{ ipc_boot_ctl_io, sizeof(int) },
	{ ipc_check_jws_io, sizeof(struct check_jws) },
	{ ipc_check_claims_io, sizeof(struct check_claims) },
	{ ipc_check_saml_io, sizeof(struct check_saml) },
	{ ipc_check_saml_result_io, sizeof(struct check_saml_result) },
	{ ipc_check_metadata_io, sizeof(struct check_metadata) },
	{ ipc_check_metadata_result_io, sizeof(struct check_metadata_result) },
	{ ipc_ctl_request_io, sizeof(struct ctl_request) },
	{ ipc_ctl_answer_io, sizeof(struct ctl_answer) },
	{ ipc_fetch_http_io, sizeof(struct fetch_http) },
	{ ipc_fetch_answer_io, sizeof(struct fetch_answer) },
	{ ipc_fetch_mail_io, sizeof(struct fetch_mail) },
	{ ipc_hash_make_io, sizeof(struct hash_make) },
	{ ipc_hash_verify_io, sizeof(struct hash_verify) },
	{ ipc_hash_verdict_io, sizeof(struct hash_verdict) },
	{ ipc_sign_id_token_io, sizeof(struct sign_id_token) },
	{ ipc_sign_logout_token_io, sizeof(struct sign_logout_token) },
	{ ipc_sign_subject_io, sizeof(struct sign_subject) },
	{ ipc_sign_token_io, sizeof(struct sign_token) },
	{ ipc_sign_keys_io, sizeof(struct sign_keys) },
	{ ipc_sign_tls_io, sizeof(struct sign_tls) },
	{ ipc_sign_saml_response_io, sizeof(struct sign_saml_response) },
	{ ipc_sign_saml_logout_request_io, sizeof(struct sign_saml_logout_request) },
	{ ipc_sign_saml_logout_response_io, sizeof(struct sign_saml_logout_response) },
	{ ipc_sign_saml_authn_request_io, sizeof(struct sign_saml_authn_request) },
	{ ipc_sign_saml_metadata_io, sizeof(struct sign_saml_metadata) },
	{ ipc_sign_saml_message_io, sizeof(struct sign_saml_message) },
	{ ipc_web_request_io, sizeof(struct http_req) },
	{ ipc_web_response_io, sizeof(struct http_resp) },
	{ ipc_web_publish_io, sizeof(struct web_publish) },
	{ ipc_web_document_io, sizeof(struct web_document) },
	{ ipc_directory_bind_io, sizeof(struct directory_bind) },
	{ ipc_directory_find_io, sizeof(struct directory_find) },
	{ ipc_directory_check_io, sizeof(struct directory_check) },
	{ ipc_directory_person_io, sizeof(struct directory_person) },
	{ ipc_directory_report_io, sizeof(struct directory_report) },
	{ ipc_passkey_new_io, sizeof(struct passkey_new) },
	{ ipc_passkey_made_io, sizeof(struct passkey_made) },
	{ ipc_passkey_proof_io, sizeof(struct passkey_proof) },
	{ ipc_passkey_held_io, sizeof(struct passkey_held) },
};
enum { FRAMES = sizeof frames / sizeof *frames, ARENA_BYTES = 1 << 20 };

/* On the heap in memory of just its size, zeroed as every receiver does. */
static struct err body_read(struct arena *a, size_t which, struct str body, void **ret_message)
{
	*ret_message = calloc(1, frames[which].size);
	assert(*ret_message);
	return frame_read_body(body, a, frames[which].fn, *ret_message);
}

static void check_cut(struct arena *a, size_t which, struct str body)
{
	void *message;
	struct err e = body_read(a, which, body, &message);

	assert(fuzz_is_error(e, ERR_MALFORMED, "frame.body"));
	free(message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char again[FRAME_MAX - FRAME_HEAD];
	AUTO(arena_destroyp) struct arena *a = arena_create(ARENA_BYTES);
	struct str body = fuzz_str(data + 1, size ? size - 1 : 0);
	void *message;
	size_t n = 0;

	if (size == 0 || body.n > sizeof again)
		return 0;
	size_t which = data[0] % FRAMES;
	struct err e = body_read(a, which, body, &message);
	if (failed(e)) {
		assert(fuzz_is_error(e, ERR_MALFORMED, "frame.body"));
	} else {
		fuzz_accepted++;
		assert(!failed(frame_write_body(frames[which].fn, message, again, sizeof again, &n)));
		assert(str_eq(body, (struct str){ again, n }));
		if (body.n)
			check_cut(a, which, str_slice(body, 0, body.n - 1));
	}
	free(message);
	return 0;
}
