/* main.c - start-up of guichet-courier: the http courier or the mail courier, by its role. */
#include <stdlib.h>
#include <unistd.h>
#include "base/log.h"
#include "base/secret.h"
#include "roles/boot/boot.h"
#include "roles/courier/http_fetch.h"
#include "roles/courier/mail_send.h"
#include "roles/courier/outward.h"

enum { ORIGINS_MAX = 64, CA_MAX = 1 << 20, SECRET_MAX = 1024, ARENA_BYTES = 1 << 20 };

static void stop_if(struct err e)
{
	if (!failed(e))
		return;
	log_line("courier.start", log_c("error", e.slug));
	exit(1);
}

/* A file that the supervisor opened for us; empty when it was not given. */
static struct str file_load(const struct boot *b, const char *name, size_t max)
{
	struct secret s = { 0 };
	int fd = boot_file(b, name);

	if (fd < 0)
		return STR_NONE;
	stop_if(secret_read_fd(fd, max, &s));
	close(fd);
	return secret_peek(&s);   /* kept as long as the process */
}

static struct str ca_load(const struct boot *b)
{
	struct str ca = file_load(b, "courier.ca", CA_MAX);

	if (ca.n == 0)
		stop_if(outward_system_ca(b->arena, &ca));
	return ca;
}

static struct str line_of(struct str file)
{
	while (file.n > 0 && (file.p[file.n - 1] == '\n' || file.p[file.n - 1] == '\r'))
		file.n--;
	return file;
}

/* The identity provider calls back services that it does not run, anywhere in public, and those
 * of its list. A service has one peer: its issuer. */
static void rules_fill(const struct boot *b, struct str *origins, struct fetch_rules *rules)
{
	bool idp = str_eq_c(b->start.daemon, "guichet-idp");
	const char *list = idp ? "logout_allow" : "fetch_origin";
	size_t n = 0;

	while (n < ORIGINS_MAX - 1 && boot_setting_nth(b, list, n, &origins[n]))
		n++;
	if (!idp) {
		struct str issuer = boot_setting(b, "issuer", STR_NONE);

		if (issuer.n > 0)
			origins[n++] = issuer;   /* its origin is what counts */
		rules->client_id = boot_setting(b, "client_id", STR_NONE);
		rules->client_secret = line_of(file_load(b, "client.secret", SECRET_MAX));
		rules->agents_id = boot_setting(b, "agents_client_id", STR_NONE);
		rules->agents_secret = line_of(file_load(b, "agents.secret", SECRET_MAX));
	}
	rules->origins = origins;
	rules->origin_n = n;
	rules->public_https = idp;
	rules->ca = ca_load(b);
	if (rules->client_secret.n == 0)
		rules->client_id = STR_NONE;
	if (rules->agents_secret.n == 0)
		rules->agents_id = STR_NONE;
}

_Noreturn static void http_courier(const struct boot *b)
{
	static struct str origins[ORIGINS_MAX];
	static struct fetch_rules rules;
	struct http_fetcher *fetcher = NULL;
	struct boot_files files[BOOT_RESOLVER_FILES];

	rules_fill(b, origins, &rules);
	stop_if(http_fetcher_create(&rules, &fetcher));
	boot_confine(b, files, boot_resolver_files(files));
	boot_ready(b);
	boot_serve(b, http_fetch_serve, fetcher, ARENA_BYTES, 0);
}

_Noreturn static void mail_courier(const struct boot *b)
{
	static struct mail_rules rules;
	struct mailer *mailer = NULL;
	struct boot_files files[BOOT_RESOLVER_FILES];
	size_t n = 0;

	rules.folder = boot_setting(b, "mail_folder", STR_NONE);
	rules.smtp = boot_setting(b, "mail_smtp", STR_NONE);
	rules.from = boot_setting(b, "mail_from", STR_NONE);
	rules.from_name = boot_setting(b, "town_name", STR_NONE);
	if (rules.folder.n > 0) {
		files[n++] = (struct boot_files){ arena_c(b->arena, rules.folder), true };
	} else {
		rules.ca = ca_load(b);
		n = boot_resolver_files(files);
	}
	stop_if(mailer_create(&rules, &mailer));
	boot_confine(b, files, n);
	boot_ready(b);
	boot_serve(b, mail_send_serve, mailer, ARENA_BYTES, 0);
}

int main(void)
{
	struct boot boot;

	boot_receive(&boot);
	if (boot.start.role == ROLE_COURIER_MAIL)
		mail_courier(&boot);
	http_courier(&boot);
}
