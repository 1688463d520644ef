/* fuzz_directory_text.c - whatever is typed as a login: as a filter's value it has no metacharacter left
 * and means the same; as a DN's value, libldap reads the same value and not one component more (RFC 4515,
 * RFC 4514). What is accepted as a login or a key is what its header says. */
#include <ldap.h>
#include "roles/directory/text_rules.h"
#include "tests/fuzz/fuzz.h"
#include "wire/ipc/directory.h"

static int hex(char c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

static void check_filter(struct str in)
{
	struct buf b;
	size_t at = 0;

	buf_init(&b, in.n * 3 + 1);
	filter_add_value(&b, in);
	assert(!b.overflowed);
	for (size_t i = 0; i < b.n; i++, at++) {
		char c = b.p[i];

		assert(c >= ' ' && c < 0x7f && c != '*' && c != '(' && c != ')' && at < in.n);
		if (c == '\\') {
			assert(i + 2 < b.n);
			c = (char)(hex(b.p[i + 1]) << 4 | hex(b.p[i + 2]));
			i += 2;
		}
		assert(c == in.p[at]);
	}
	assert(at == in.n);
	buf_done(&b);
}

static void check_dn(struct str in)
{
	LDAPDN dn = NULL;
	struct buf b;

	buf_init(&b, in.n * 3 + 64);
	buf_add_c(&b, "cn=");
	dn_add_value(&b, in);
	buf_add_c(&b, ",dc=ville");
	buf_add_char(&b, '\0');
	assert(!b.overflowed);
	assert(ldap_str2dn(b.p, &dn, LDAP_DN_FORMAT_LDAPV3) == LDAP_SUCCESS);
	assert(dn[0] && dn[1] && !dn[2] && !dn[0][1]);
	struct berval value = dn[0][0]->la_value;
	assert(str_eq((struct str){ value.bv_val, value.bv_len }, in));
	ldap_dnfree(dn);
	buf_done(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = fuzz_str(data, size);
	uint8_t guid[GUID_BYTES];

	if (size == 0 || size > DIRECTORY_VALUE_MAX)
		return 0;
	check_filter(in);
	if (str_is_utf8(in) && !str_has(in, '\0'))
		check_dn(in);
	struct err e = directory_login_check(in);
	assert(!failed(e) || fuzz_is_error(e, ERR_DENIED, "directory.login"));
	if (!failed(e)) {
		fuzz_accepted++;
		assert(size <= DIRECTORY_LOGIN_MAX && !str_has_control(in) && str_is_utf8(in));
	}
	assert(failed(key_to_guid(in, guid)) == !key_is_valid(in));
	return 0;
}
