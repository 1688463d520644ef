/* main.c - start-up of guichet-idp-engine: settings, key, store, then the hub. Nothing per request.
 *
 * guichet-idp-engine --offline STORE_URL db check|migrate|purge   works on a stopped daemon's store.
 */
#include "idp/admin/trial.h"
#include "idp/audit/audit_chain.h"
#include "idp/authn/throttle.h"
#include "idp/oidc/oidc_idp.h"
#include "idp/policy/rights.h"
#include "idp/saml/saml_idp.h"
#include "idp/session/recent.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include <stdio.h>
#include <stdlib.h>

enum { THREADS = 32, READERS = 4, STORE_BUSY_MS = 2000, THROTTLE_ENTRIES = 65536, AGENT_THROTTLE_ENTRIES = 8192, LOGO_MAX = 128 * 1024, SEAL_KEY_MAX = 4096 };

static _Noreturn void die(const char *what, struct err e)
{
	log_line("idp.start", log_c("part", what), log_c("slug", e.slug));
	exit(1);
}

static void read_joins(struct idp_settings *s, const struct boot *b)
{
	struct str value;

	for (size_t i = 0; s->join_n < SECTOR_JOINS_MAX && boot_setting_nth(b, "sector_join", i, &value); i++) {
		size_t at = str_index(value, '=');

		if (at == value.n)
			die("sector_join", err_of(BROKEN, "idp.sector_join"));
		s->joins[s->join_n].client_id = str_slice(value, 0, at);
		s->joins[s->join_n++].sector = str_slice(value, at + 1, value.n);
	}
}

/* A rule that cannot be read gives nobody a right by mistake: the start ends here. */
static const struct rights_table *read_rights(const struct boot *b)
{
	struct rights_table *t = arena_new(b->arena, struct rights_table);
	struct str line;

	for (size_t i = 0; boot_setting_nth(b, "directory_right", i, &line); i++) {
		struct err e = rights_add(t, line);

		if (failed(e)) {
			log_line("idp.start", log_c("part", "directory_right"), log_s("rule", line), log_c("slug", e.slug));
			exit(1);
		}
	}
	return t;
}

static struct str read_logo(const struct boot *b)
{
	struct secret logo = { NULL, 0 };
	int fd = boot_file(b, "town.logo");
	struct str copy;

	if (fd < 0 || failed(secret_read_fd(fd, LOGO_MAX, &logo)))
		return STR_NONE;
	copy = arena_dup(b->arena, secret_peek(&logo));
	secret_done(&logo);
	return copy;
}

static void read_settings(struct idp_settings *s, const struct boot *b)
{
	s->issuer = boot_setting(b, "issuer", boot_setting(b, "public_url", STR_NONE));
	if (!s->issuer.n)
		die("issuer", err_of(BROKEN, "idp.issuer"));
	s->https = str_starts(s->issuer, STR("https://"));
	s->town_name = boot_setting(b, "town_name", STR("Ville"));
	s->town_place = boot_setting(b, "town_place", STR_NONE);
	s->town_phone = boot_setting(b, "town_phone", STR_NONE);
	s->town_hours = boot_setting(b, "town_hours", STR_NONE);
	s->town_colour = boot_setting(b, "town_colour", STR_NONE);
	s->town_colour_dark = boot_setting(b, "town_colour_dark", STR_NONE);
	s->town_logo = read_logo(b);
	s->saml = boot_setting_bool(b, "saml", false);
	s->saml_entity = boot_setting(b, "saml_entity", STR_NONE);
	if (!s->saml_entity.n)
		s->saml_entity = arena_concat(b->arena, (struct str[]){ s->issuer, STR("/saml/metadata") }, 2);
	s->session_idle_s = boot_setting_i64(b, "session_idle_s", 1800);
	s->session_max_s = boot_setting_i64(b, "session_max_s", 28800);
	s->agent_session_idle_s = boot_setting_i64(b, "agent_session_idle_s", 900);
	s->agent_session_max_s = boot_setting_i64(b, "agent_session_max_s", 28800);
	s->directory_grace_s = boot_setting_i64(b, "directory_grace_s", 3600);
	s->code_ttl_s = boot_setting_i64(b, "code_ttl_s", 60);
	s->access_ttl_s = boot_setting_i64(b, "access_ttl_s", 600);
	s->refresh_ttl_s = boot_setting_i64(b, "refresh_ttl_s", 2592000);
	s->id_token_ttl_s = boot_setting_i64(b, "id_token_ttl_s", 300);
	s->flow_ttl_s = boot_setting_i64(b, "flow_ttl_s", 1800);
	s->admin_url = boot_setting(b, "admin_url", STR_NONE);
	read_joins(s, b);
	s->directory = boot_setting(b, "directory_url", STR_NONE).n > 0;
	s->rights = read_rights(b);
}

static struct seal_keys *read_seal_key(const struct boot *b)
{
	AUTO(secret_done) struct secret key = { NULL, 0 };
	struct seal_keys *keys = NULL;
	struct err e = secret_read_fd(boot_file(b, "seal.key"), SEAL_KEY_MAX, &key);

	if (!failed(e))
		e = seal_keys_create(secret_peek(&key), STR_NONE, STR("guichet-idp"), &keys);
	if (failed(e))
		die("seal_key", e);
	return keys;
}

static struct store *open_store(struct str url, unsigned readers)
{
	struct store_options o = { .url = url, .readers = readers, .busy_ms = STORE_BUSY_MS,
		.migrations = idp_migrations, .migration_n = idp_migrations_n };
	struct store *store = NULL;
	struct err e = store_open(&o, &store);

	if (failed(e))
		die("store", e);
	return store;
}

static int offline(struct str url, int argc, char **argv)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(8 << 20);
	struct str act = (argc == 2 || argc == 3) && strcmp(argv[0], "db") == 0 ? str_from_c(argv[1]) : STR_NONE, report = STR_NONE;
	bool json = argc == 3 && strcmp(argv[2], "--json") == 0;
	struct store *store;
	int64_t removed = 0;
	struct err e = NO_ERR;

	if (argc == 3 && !json)
		act = STR_NONE;
	if (!str_eq_c(act, "check") && !str_eq_c(act, "migrate") && !str_eq_c(act, "purge")) {
		fprintf(stderr, "usage: guichet-idp-engine --offline STORE_URL db check|migrate|purge [--json]\n");
		return 2;
	}
	store = open_store(url, 1);
	if (str_eq_c(act, "check"))
		e = store_verify(store, a, &report);
	else if (str_eq_c(act, "purge"))
		e = idp_purge(store, clock_wall_s(), &removed);
	store_close(store);
	if (failed(e)) {
		fprintf(stderr, "db " STR_FMT ": %s " STR_FMT "\n", STR_ARG(act), e.slug, STR_ARG(report));
		return 1;
	}
	if (json)
		printf("{\"ok\":true,\"removed\":%lld}\n", (long long)removed);
	else if (str_eq_c(act, "purge"))
		printf("%lld expired rows removed\n", (long long)removed);
	else
		printf(STR_FMT "\n", STR_ARG(report.n ? report : STR("ok")));
	return 0;
}

/* The folder of an SQLite file, for Landlock; its journal lies beside it. */
static const char *store_folder(const struct boot *b, struct str url)
{
	struct str path = str_slice(url, STR("sqlite:").n, url.n);
	size_t n = path.n;

	if (!str_starts(url, STR("sqlite:")))
		return NULL;
	while (n && path.p[n - 1] != '/')
		n--;
	return n ? arena_c(b->arena, str_slice(path, 0, n)) : ".";
}

static struct idp *create_idp(const struct boot *b, struct str store_url)
{
	struct idp *idp = calloc(1, sizeof *idp);
	struct err e;

	if (!idp)
		abort();
	read_settings(&idp->set, b);
	idp->started_s = clock_wall_s();
	idp->keys = read_seal_key(b);
	idp->audit = audit_create();
	idp->throttle = throttle_create(THROTTLE_ENTRIES, (uint32_t)boot_setting_i64(b, "threads", THREADS) * 3 / 8);
	idp->agent_throttle = throttle_create(AGENT_THROTTLE_ENTRIES, (uint32_t)boot_setting_i64(b, "threads", THREADS) / 4);
	idp->registry = registry_create();
	idp->recent = recent_create();
	idp->protocols[idp->protocol_n++] = oidc_protocol();
	if (idp->set.saml)
		idp->protocols[idp->protocol_n++] = saml_protocol();
	idp->protocols[idp->protocol_n++] = trial_protocol();
	idp->store = open_store(store_url, (unsigned)boot_setting_i64(b, "store_readers", READERS));
	e = audit_resume(idp->audit, idp->store);
	if (failed(e))
		die("audit", e);
	e = registry_load(idp->registry, idp);
	if (failed(e))
		die("partners", e);
	return idp;
}

int main(int argc, char **argv)
{
	struct engine_app app;
	struct boot_files files;
	struct boot boot;
	struct str url;
	struct idp *idp;

	if (argc >= 3 && strcmp(argv[1], "--offline") == 0)
		return offline(str_from_c(argv[2]), argc - 3, argv + 3);
	boot_receive(&boot);
	/* Before the store: the files of the database belong to the engine's user. */
	boot_become(&boot);
	url = boot_setting(&boot, "store", STR_NONE);
	files = (struct boot_files){ store_folder(&boot, url), true };
	idp = create_idp(&boot, url);
	idp_app_fill(idp, &app);
	idp->engine = engine_create(&app, (unsigned)boot_setting_i64(&boot, "threads", THREADS));
	boot_confine(&boot, &files, files.path ? 1 : 0);
	engine_run(idp->engine, &boot);
}
