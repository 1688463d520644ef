/* start.c - main() of a service's engine: settings and keys from the supervisor, sandbox, serve. */
#include "services/kit/kit_impl.h"
#include "base/log.h"
#include "base/secret.h"
#include <stdio.h>
#include <stdlib.h>

enum { KEY_MAX = 4096, LOGO_MAX = 128 * 1024, WORDS_MAX = 8 };

static _Noreturn void give_up(const char *what, const char *slug)
{
	log_line("kit.start", log_c("what", what), log_c("slug", slug));
	exit(1);
}

/* A small file that the supervisor opened for us; empty when it was not given. */
static struct str file_of(const struct boot *b, const char *name, size_t max)
{
	struct secret s = { 0 };
	int fd = boot_file(b, name);

	if (fd < 0)
		return STR_NONE;
	struct err e = secret_read_fd(fd, max, &s);
	if (failed(e))
		give_up(name, e.slug);
	return secret_peek(&s);      /* needed until the end */
}

static void settings_of(const struct boot *b, struct kit_settings *ret_s)
{
	struct str none = STR_NONE;

	*ret_s = (struct kit_settings){
		.public_url = boot_setting(b, "public_url", none), .issuer = boot_setting(b, "issuer", none),
		.client_id = boot_setting(b, "client_id", none), .saml = str_eq(boot_setting(b, "protocol", none), STR("saml")),
		.saml_entity = boot_setting(b, "saml_entity", none), .saml_idp_entity = boot_setting(b, "saml_idp_entity", none),
		.saml_idp_metadata = boot_setting(b, "saml_idp_metadata", none),
		.saml_response_signed = boot_setting_bool(b, "saml_response_signed", false), .store_url = boot_setting(b, "store", none),
		.seal_key = file_of(b, "seal.key", KEY_MAX),
		.service_name = boot_setting(b, "service_name", none), .service_contact = boot_setting(b, "service_contact", none),
		.town_name = boot_setting(b, "town_name", none), .town_place = boot_setting(b, "town_place", none),
		.town_phone = boot_setting(b, "town_phone", none), .town_hours = boot_setting(b, "town_hours", none),
		.town_colour = boot_setting(b, "town_colour", none), .town_colour_dark = boot_setting(b, "town_colour_dark", none),
		.town_logo = file_of(b, "town.logo", LOGO_MAX),
		.mail = boot_setting(b, "mail_folder", none).n || boot_setting(b, "mail_smtp", none).n,
		.agents_client_id = boot_setting(b, "agents_client_id", none),
		.agents_session_idle_s = boot_setting_i64(b, "agents_session_idle_s", 0),
		.agents_session_max_s = boot_setting_i64(b, "agents_session_max_s", 0),
		.session_idle_s = boot_setting_i64(b, "session_idle_s", 0), .session_max_s = boot_setting_i64(b, "session_max_s", 0),
		.threads = (unsigned)boot_setting_i64(b, "threads", 0), .store_readers = (unsigned)boot_setting_i64(b, "store_readers", 0),
	};
}

/* The folder of a SQLite file: the only one that this engine may touch. Empty: a server has the data. */
static struct str store_folder(const struct boot *b, struct str url)
{
	struct str path = str_slice(url, sizeof "sqlite:" - 1, url.n);
	size_t end = path.n;

	if (!str_starts(url, STR("sqlite:")))
		return STR_NONE;
	while (end > 0 && path.p[end - 1] != '/')
		end--;
	return end > 1 ? str_slice(path, 0, end - 1) : boot_setting(b, "state_dir", STR("."));
}

static _Noreturn void run(const struct kit_service *service)
{
	struct boot b;
	struct kit_settings s;
	struct kit *k = NULL;

	boot_receive(&b);
	/* Before the store: the files of the database belong to the engine's user. */
	boot_become(&b);
	settings_of(&b, &s);
	struct str folder = store_folder(&b, s.store_url);
	struct boot_files files[] = { { arena_c(b.arena, folder), true } };
	struct err e = kit_create(service, &s, &k);
	if (failed(e))
		give_up("engine", e.slug);
	boot_confine(&b, files, folder.n ? 1 : 0);
	engine_run(kit_engine(k), &b);
}

/* Only what touches nothing but the store. */
static bool is_offline(const struct str *argv, size_t argc)
{
	return argc == 2 && str_eq(argv[0], STR("db"))
		&& (str_eq(argv[1], STR("check")) || str_eq(argv[1], STR("migrate")) || str_eq(argv[1], STR("purge")));
}

static MUST struct err offline_open(struct kit *k, const char *url)
{
	struct store_options o = {
		.url = str_from_c(url), .readers = 1, .busy_ms = KIT_STORE_BUSY_MS,
		.migrations = k->service->migrations, .migration_n = *k->service->migration_n,
	};

	return store_open(&o, &k->store);
}

static int offline(const struct kit_service *service, const char *url, int n, char **words)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(8 << 20);
	struct str argv[WORDS_MAX], out = STR_NONE, complaint = STR_NONE;
	struct kit k = { .service = service };
	bool json = n > 0 && strcmp(words[n - 1], "--json") == 0;
	size_t argc = 0;
	uint32_t status;

	for (int i = 0; i < n - json && argc < WORDS_MAX; i++)
		argv[argc++] = str_from_c(words[i]);
	if (!is_offline(argv, argc)) {
		fprintf(stderr, "on a stopped daemon: db check|migrate|purge\n");
		return 2;
	}
	struct err e = offline_open(&k, url);
	if (failed(e)) {
		fprintf(stderr, "%s\n", e.slug);
		return 1;
	}
	status = kit_ctl(&k, a, argv, argc, json, STR_NONE, STR_NONE, &out, &complaint);
	store_close(k.store);
	printf(STR_FMT, STR_ARG(out));
	fprintf(stderr, STR_FMT, STR_ARG(complaint));
	return (int)status;
}

int kit_main(const struct kit_service *service, int argc, char **argv)
{
	if (argc >= 3 && strcmp(argv[1], "--offline") == 0)
		return offline(service, argv[2], argc - 3, argv + 3);
	run(service);
}
