/* http.c - the tables of statuses, and looking up pairs; see http.h. */
#include "wire/http/http.h"

struct str http_get(const struct http_pairs *pairs, const char *name)
{
	for (size_t i = 0; i < pairs->n; i++)
		if (str_eq_c(pairs->v[i].name, name))
			return pairs->v[i].value;
	return STR_NONE;
}

bool http_has(const struct http_pairs *pairs, const char *name)
{
	for (size_t i = 0; i < pairs->n; i++)
		if (str_eq_c(pairs->v[i].name, name))
			return true;
	return false;
}

int http_status_of(enum err_kind kind)
{
	static const int statuses[ERR_KIND_COUNT] = {
		[ERR_NONE] = 200, [ERR_MALFORMED] = 400, [ERR_DENIED] = 403, [ERR_ABSENT] = 404,
		[ERR_CONFLICT] = 409, [ERR_THROTTLED] = 429, [ERR_BUSY] = 503, [ERR_BROKEN] = 500,
	};

	return (unsigned)kind < ERR_KIND_COUNT ? statuses[kind] : 500;
}

const char *http_status_text(int status)
{
	static const struct { int status; const char *text; } texts[] = {
		{ 100, "Continue" }, { 200, "OK" }, { 201, "Created" }, { 202, "Accepted" }, { 204, "No Content" },
		{ 301, "Moved Permanently" }, { 302, "Found" }, { 303, "See Other" }, { 304, "Not Modified" },
		{ 307, "Temporary Redirect" }, { 308, "Permanent Redirect" },
		{ 400, "Bad Request" }, { 401, "Unauthorized" }, { 403, "Forbidden" }, { 404, "Not Found" },
		{ 405, "Method Not Allowed" }, { 406, "Not Acceptable" }, { 408, "Request Timeout" },
		{ 409, "Conflict" }, { 410, "Gone" }, { 411, "Length Required" }, { 413, "Content Too Large" },
		{ 414, "URI Too Long" }, { 415, "Unsupported Media Type" }, { 417, "Expectation Failed" },
		{ 421, "Misdirected Request" }, { 422, "Unprocessable Content" }, { 429, "Too Many Requests" },
		{ 431, "Request Header Fields Too Large" },
		{ 500, "Internal Server Error" }, { 501, "Not Implemented" }, { 502, "Bad Gateway" },
		{ 503, "Service Unavailable" }, { 504, "Gateway Timeout" }, { 505, "HTTP Version Not Supported" },
	};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (texts[i].status == status)
			return texts[i].text;
	return "Status";
}
