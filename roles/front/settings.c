/* settings.c - the settings that a front reads, and the small things it needs for each request. */
#include "base/clock.h"
#include "roles/front/front.h"
#include "wire/http/fields.h"

static struct str host_of(struct str origin)
{
	size_t from = str_index(origin, '/') + 2;
	struct str host = str_slice(origin, from, origin.n);

	if (host.n && host.p[0] == '[')
		return str_slice(host, 0, str_index(host, ']') + 1);
	return str_slice(host, 0, str_index(host, ':'));
}

static size_t clamp(int64_t v, int64_t min, int64_t max)
{
	return (size_t)(v < min ? min : v > max ? max : v);
}

void front_settings_read(const struct boot *b, struct front_settings *set)
{
	static const char *const urls[HTTP_LISTENER_COUNT] = { [HTTP_PUBLIC] = "public_url", [HTTP_ADMIN] = "admin_url" };
	struct str address;

	for (int l = 0; l < HTTP_LISTENER_COUNT; l++) {
		set->sites[l].origin = urls[l] ? http_origin_of(boot_setting(b, urls[l], STR_NONE)) : STR_NONE;
		set->sites[l].host = host_of(set->sites[l].origin);
	}
	set->https = str_starts(set->sites[HTTP_PUBLIC].origin, STR("https://"));
	set->head_ms = boot_setting_i64(b, "request_head_s", 10) * 1000;
	set->body_ms = boot_setting_i64(b, "request_body_s", 30) * 1000;
	set->idle_ms = boot_setting_i64(b, "idle_s", 15) * 1000;
	set->connections = clamp(boot_setting_i64(b, "limit_connections", 4096), 8, CONNECTIONS_MAX);
	set->connections_source = clamp(boot_setting_i64(b, "limit_source_connections", 64), 1, CONNECTIONS_MAX);
	for (size_t i = 0; set->proxy_n < PROXIES_MAX && boot_setting_nth(b, "trusted_proxy", i, &address); i++)
		if (!failed(source_parse(address, &set->proxies[set->proxy_n])))
			set->proxy_n++;
}

/* A counter behind a mixing function (splitmix64): distinct within the process, unlike between
 * processes, and no system call. It names a request and protects nothing. */
void front_new_id(struct front *f, char id[16])
{
	static const char digits[] = "0123456789abcdef";
	uint64_t z = f->id_seed + ++f->id_count * 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	z ^= z >> 31;
	for (int i = 0; i < 16; i++, z >>= 4)
		id[i] = digits[z & 15];
}

const char *front_date(struct front *f)
{
	int64_t now_s = clock_wall_s();

	if (now_s != f->date_s) {
		http_write_date(f->date, now_s);
		f->date_s = now_s;
	}
	return f->date;
}
