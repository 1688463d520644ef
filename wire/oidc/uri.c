/* uri.c - the addresses that a partner may register, and how one asked for is compared.
 *
 * Comparison is byte for byte and nothing is normalised: every bypass on record (CVE-2024-8883,
 * CVE-2026-7504, ...) lived in a difference between two readings of one address.
 */
#include "wire/oidc/oidc.h"

/* Scheme, host (without port, brackets kept) and where the path begins; false when it has no such shape. */
static bool split_uri(struct str uri, struct str *ret_scheme, struct str *ret_host, size_t *ret_host_end, size_t *ret_path)
{
	size_t colon = str_index(uri, ':'), at, end;

	if (colon + 3 > uri.n || uri.p[colon + 1] != '/' || uri.p[colon + 2] != '/')
		return false;
	at = colon + 3;
	for (end = at; end < uri.n && !strchr("/?#", uri.p[end]); end++)
		;
	*ret_scheme = str_slice(uri, 0, colon);
	*ret_path = end;
	size_t host_end = at;
	if (at < end && uri.p[at] == '[') {
		while (host_end < end && uri.p[host_end] != ']')
			host_end++;
		if (host_end == end)
			return false;
		host_end++;
	} else {
		while (host_end < end && uri.p[host_end] != ':')
			host_end++;
	}
	*ret_host = str_slice(uri, at, host_end);
	*ret_host_end = host_end;
	return true;
}

static bool is_loopback(struct str host)
{
	return str_eq_c(host, "127.0.0.1") || str_eq_c(host, "[::1]") || str_eq_c(host, "localhost")
		|| (host.n > 10 && str_ends(host, STR(".localhost")));
}

static bool port_is_fine(struct str s)   /* "" or ":8443" */
{
	int64_t port;

	if (!s.n)
		return true;
	return s.p[0] == ':' && !failed(str_to_i64(str_slice(s, 1, s.n), 65535, &port)) && port > 0;
}

static bool host_is_fine(struct str host)
{
	if (!host.n || host.n > 253)
		return false;
	if (host.p[0] == '[')
		return str_eq_c(host, "[::1]");
	for (size_t i = 0; i < host.n; i++) {
		char c = host.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'))
			return false;
	}
	return host.p[0] != '.' && host.p[host.n - 1] != '.';
}

struct err oidc_uri_check(struct str uri)
{
	struct str scheme, host;
	size_t host_end, path;

	ENSURE(oidc_is_printable(uri, 2048) && !str_has(uri, ' ') && !str_has(uri, '\\') && !str_has(uri, '"')
	       && !str_has(uri, '<') && !str_has(uri, '>'), MALFORMED, "oidc.uri.bytes");
	ENSURE(split_uri(uri, &scheme, &host, &host_end, &path), MALFORMED, "oidc.uri.scheme");
	ENSURE(!str_has(uri, '#'), MALFORMED, "oidc.uri.fragment");
	ENSURE(!str_has(uri, '*'), MALFORMED, "oidc.uri.wildcard");
	ENSURE(!str_has(str_slice(uri, 0, path), '@'), MALFORMED, "oidc.uri.userinfo");
	ENSURE(str_eq_c(scheme, "https") || (str_eq_c(scheme, "http") && is_loopback(host)), MALFORMED, "oidc.uri.scheme");
	ENSURE(host_is_fine(host) && port_is_fine(str_slice(uri, host_end, path)), MALFORMED, "oidc.uri.host");
	return NO_ERR;
}

struct str oidc_uri_origin(struct str uri)
{
	struct str scheme, host;
	size_t host_end, path;

	return split_uri(uri, &scheme, &host, &host_end, &path) ? str_slice(uri, 0, path) : STR_NONE;
}

bool oidc_uri_matches(struct str registered, struct str asked, bool any_port)
{
	struct str scheme, host, scheme2, host2;
	size_t host_end, path, host_end2, path2;

	if (str_eq(registered, asked))
		return true;
	if (!any_port || !split_uri(registered, &scheme, &host, &host_end, &path)
	    || !split_uri(asked, &scheme2, &host2, &host_end2, &path2))
		return false;
	/* Only the literal addresses: "localhost" may resolve to anything (RFC 8252 8.3). */
	return str_eq_c(scheme, "http") && str_eq_c(scheme2, "http") && str_eq(host, host2)
		&& (str_eq_c(host, "127.0.0.1") || str_eq_c(host, "[::1]"))
		&& port_is_fine(str_slice(asked, host_end2, path2))
		&& str_eq(str_slice(registered, path, registered.n), str_slice(asked, path2, asked.n));
}
