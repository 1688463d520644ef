/* main.c - start-up of guichet-courier-ldap: settings, certificates, our credential; then no file is
 * opened but the resolver's. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/log.h"
#include "roles/boot/boot.h"
#include "roles/directory/directory.h"
#include "roles/directory/text_rules.h"
#include "roles/directory/ticket.h"

enum { PASSWORD_MAX = 1024, ARENA_BYTES = 4 << 20 };

static void stop_if(struct err e)
{
	if (!failed(e))
		return;
	log_line("courier.start", log_c("error", e.slug));
	exit(1);
}

static void certificates_load(const struct boot *b)
{
	int fd = boot_file(b, "directory.ca");
	char path[32];

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	stop_if(links_prepare(fd < 0 ? NULL : path));
	if (fd >= 0)
		close(fd);
}

static struct str password_load(int fd)
{
	struct secret s = { 0 };

	stop_if(secret_read_fd(fd, PASSWORD_MAX, &s));
	close(fd);
	struct str line = secret_peek(&s);      /* kept as long as the process */
	while (line.n > 0 && (line.p[line.n - 1] == '\n' || line.p[line.n - 1] == '\r'))
		line.n--;
	return line;
}

static const char *text(const struct boot *b, const char *name, struct str dflt)
{
	return arena_c(b->arena, boot_setting(b, name, dflt));
}

static const char *dn_load(const struct boot *b, const char *name, struct str value)
{
	struct str dn;

	stop_if(dn_normalise(b->arena, arena_c(b->arena, value), &dn));
	if (dn.n == 0) {
		log_line("courier.start", log_c("error", "directory.dn"), log_c("setting", name));
		exit(1);
	}
	return arena_c(b->arena, dn);
}

/* One that lies within another would find the same people twice. */
static void base_add(struct directory_bases *bases, const char *base)
{
	size_t kept = 0;

	for (size_t i = 0; i < bases->n; i++)
		if (dn_is_within(str_from_c(base), str_from_c(bases->v[i])))
			return;
	for (size_t i = 0; i < bases->n; i++)
		if (!dn_is_within(str_from_c(bases->v[i]), str_from_c(base)))
			bases->v[kept++] = bases->v[i];
	bases->v[kept++] = base;
	bases->n = kept;
}

static void bases_load(const struct boot *b, const char *name, struct directory_bases *bases)
{
	struct str base;

	for (size_t i = 0; i < BASES_MAX && boot_setting_nth(b, name, i, &base); i++)
		base_add(bases, dn_load(b, name, base));
}

/* One of the two: the configuration has been checked. */
static void account_load(const struct boot *b, struct directory_rules *r)
{
	int keytab = boot_file(b, "directory.keytab");

	if (keytab < 0) {
		r->bind_dn = text(b, "directory_bind_dn", STR_NONE);
		r->bind_password = password_load(boot_file(b, "directory.password"));
		return;
	}
	r->bind_dn = text(b, "directory_principal", STR_NONE);
	stop_if(tickets_open(keytab, r->bind_dn, &r->tickets));
	close(keytab);
}

static void kdcs_load(const struct boot *b, struct directory_rules *r)
{
	struct str kdc;

	while (r->kdc_n < SERVERS_MAX && boot_setting_nth(b, "directory_kdc", r->kdc_n, &kdc))
		stop_if(kdc_parse(b->arena, kdc, &r->kdcs[r->kdc_n++]));
}

static void rules_fill(const struct boot *b, struct directory_rules *r)
{
	struct str url;

	while (r->url_n < SERVERS_MAX && boot_setting_nth(b, "directory_url", r->url_n, &url)) {
		char *c = arena_c(b->arena, url);

		if (!ldap_is_ldap_url(c) && !ldap_is_ldaps_url(c))
			stop_if(err_of(BROKEN, "directory.url"));
		r->urls[r->url_n++] = c;
	}
	r->starttls = boot_setting_bool(b, "directory_starttls", false);
	r->kind = str_eq_c(boot_setting(b, "directory_kind", STR_NONE), "ad") ? KIND_AD : KIND_OPENLDAP;
	bases_load(b, "directory_base", &r->people);
	bases_load(b, "directory_groups_base", &r->groups);
	if (r->groups.n == 0)
		r->groups = r->people;
	stop_if(r->people.n > 0 ? NO_ERR : err_of(BROKEN, "directory.dn"));
	r->memberof = boot_setting_bool(b, "directory_memberof", false);
	r->login_attribute = text(b, "directory_login_attribute", STR("uid"));
	account_load(b, r);
	kdcs_load(b, r);
	r->server_ms = boot_setting_i64(b, "directory_timeout_ms", 2000);
}

int main(void)
{
	static struct directory_rules rules;
	struct boot_files files[BOOT_RESOLVER_FILES];
	struct boot boot;

	boot_receive(&boot);
	certificates_load(&boot);
	rules_fill(&boot, &rules);
	struct directory *directory = directory_create(&rules);
	boot_confine(&boot, files, boot_resolver_files(files));
	boot_ready(&boot);
	boot_serve(&boot, directory_serve, directory, ARENA_BYTES, 0);
}
