/* key_file.h - the file of a signing key, as a change of keys leaves it: the key that signs, and behind it
 * the one that will sign next, or that did before. Pure text.
 *
 * Each is a block of PEM under a line "# next since 1795557600 (2026-11-24T22:00:00Z)". Readers of PEM pass
 * over such lines, and a file without them, as openssl writes it, is one current key. One file, so that one
 * rename changes the key that signs, and nothing can be cut in half.
 */
#ifndef ROLES_SIGNER_KEY_FILE_H
#define ROLES_SIGNER_KEY_FILE_H
#include "wire/ipc/sign.h"

enum { KEY_FILE_MAX = 3 };

struct key_entry {
	enum sign_key_state state;
	int64_t since_s;               /* 0: not said */
	struct str pem;                /* one block, borrowed from the file's text */
};

/* The first is current whatever is written over it; one without a line of its own behind it is next.
 * Errors  BROKEN signer.key.pem (no block, or an open one), signer.key.many */
MUST struct err key_file_parse(struct str text, struct key_entry v[KEY_FILE_MAX], size_t *ret_n);
void key_file_write(struct buf *out, struct arena *a, const struct key_entry *v, size_t n);
const char *key_state_name(enum sign_key_state state);
/* The next block of PEM of *rest; false: no further one. Also for certificates. */
bool key_file_block(struct str *rest, struct str *ret_before, struct str *ret_pem);
#endif
