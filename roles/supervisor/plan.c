/* plan.c - from the configuration to what each role is given; see plan.h. */
#include "roles/supervisor/plan.h"
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/core.h"

enum { PLAN_ARENA = 1 << 20 };

static const struct { const char *row; uint32_t roles; } users[] = {
	{ "user_front", TO_FRONT }, { "user_engine", TO_ENGINE }, { "user_reader", 1u << ROLE_READER },
	{ "user_signer", TO_SIGNER }, { "user_tls_signer", TO_TLS_SIGNER }, { "user_hasher", TO_HASHER },
	{ "user_courier", TO_COURIERS | TO_COURIER_LDAP },
};

/* ---- users ---- */

struct err plan_find_user(const struct conf *c, const char *row, struct buf *complaints, struct plan_user *ret_user)
{
	struct str name = conf_text(c, row);
	struct passwd *pw;
	int64_t number;

	*ret_user = (struct plan_user){ 0, 0 };
	if (!conf_is_set(c, row))
		return NO_ERR;
	if (!failed(str_to_i64(name, UINT32_MAX - 1, &number)) && number > 0) {
		pw = getpwuid((uid_t)number);
		*ret_user = (struct plan_user){ (uint32_t)number, pw ? pw->pw_gid : (uint32_t)number };
	} else if ((pw = getpwnam(name.p)) && pw->pw_uid != 0) {
		*ret_user = (struct plan_user){ pw->pw_uid, pw->pw_gid };
	} else {
		conf_complain(c, row, complaints, "there is no such user, or it is root; create it (useradd --system)");
		return err_of(MALFORMED, "plan.user");
	}
	if (geteuid() == 0)
		return NO_ERR;
	if (ret_user->uid != geteuid()) {
		conf_complain(c, row, complaints, "only root may start roles as another user; start the daemon as root, or leave this out");
		return err_of(MALFORMED, "plan.user");
	}
	*ret_user = (struct plan_user){ 0, 0 };
	return NO_ERR;
}

static MUST struct err find_users(struct plan *p, struct buf *complaints)
{
	for (size_t i = 0; i < sizeof users / sizeof *users; i++) {
		struct plan_user user;

		TRY(plan_find_user(p->conf, users[i].row, complaints, &user));
		for (unsigned role = 0; role < ROLE_COUNT; role++)
			if (users[i].roles & (1u << role))
				p->user[role] = user;
	}
	return NO_ERR;
}

/* ---- how many ---- */

static unsigned processors(void)
{
	return core_count() > PLAN_SLOTS ? PLAN_SLOTS : core_count();
}

/* There are files for that role, and none of them is given. */
static bool lacks_its_files(const struct plan *p, uint32_t to)
{
	bool lacks = false;

	for (size_t i = 0; i < p->daemon->row_n; i++) {
		const struct conf_row *row = &p->daemon->rows[i];

		if (row->type != CONF_FILE || !(row->to & to))
			continue;
		if (conf_is_set(p->conf, row->name))
			return false;
		lacks = true;
	}
	return lacks;
}

static void count_roles(struct plan *p)
{
	const struct supervisor_daemon *d = p->daemon;
	const struct conf *c = p->conf;

	for (unsigned role = 0; role < ROLE_COUNT; role++)
		p->count[role] = d->count[role];
	p->count[ROLE_FRONT] = conf_i64(c, "fronts") ? (unsigned)conf_i64(c, "fronts") : processors();
	if (d->count[ROLE_HASHER])
		p->count[ROLE_HASHER] = conf_i64(c, "hashers") ? (unsigned)conf_i64(c, "hashers") : processors();
	p->pinned = conf_bool(c, "pin") && p->count[ROLE_FRONT] > 1 && p->count[ROLE_FRONT] == core_count();
	p->count[ROLE_TLS_SIGNER] = p->tls ? p->count[ROLE_FRONT] : 0;
	if (p->pinned && d->count[ROLE_SIGNER])
		p->count[ROLE_SIGNER] = p->count[ROLE_FRONT];
	if (lacks_its_files(p, TO_SIGNER))
		p->count[ROLE_SIGNER] = 0;
	if (!conf_is_set(c, "mail_folder") && !conf_is_set(c, "mail_smtp"))
		p->count[ROLE_COURIER_MAIL] = 0;
	if (d->count[ROLE_COURIER_LDAP] && !conf_count(c, "directory_url"))
		p->count[ROLE_COURIER_LDAP] = 0;
}

/* Roles of which each core has one. A hash takes too long to wait for one core while another is idle. */
int plan_core(const struct plan *p, enum boot_role role, unsigned slot)
{
	bool may = role == ROLE_FRONT || role == ROLE_SIGNER || role == ROLE_TLS_SIGNER || role == ROLE_READER;

	return p->pinned && may && p->count[role] == p->count[ROLE_FRONT] ? (int)slot : -1;
}

/* ---- what a table of rows cannot say ---- */

static bool is_store_url(struct str url)
{
	return str_starts(url, STR("sqlite:/")) || str_starts(url, STR("postgresql://")) || str_starts(url, STR("postgres://"));
}

static MUST struct err check_together(struct plan *p, struct buf *complaints)
{
	const struct conf *c = p->conf;
	bool https = str_starts(conf_text(c, "public_url"), STR("https://"));
	bool certificate = conf_is_set(c, "tls_certificate"), key = conf_is_set(c, "tls_key");

	if (!str_eq_c(conf_text(c, "daemon"), p->daemon->name)) {
		conf_complain(c, "daemon", complaints, "this file is for another daemon than %s", p->daemon->name);
		return err_of(MALFORMED, "plan.daemon");
	}
	if (certificate != key) {
		conf_complain(c, certificate ? "tls_certificate" : "tls_key", complaints, "tls_certificate and tls_key go together");
		return err_of(MALFORMED, "plan.tls");
	}
	if (https && !certificate && !conf_count(c, "trusted_proxy")) {
		conf_complain(c, "public_url", complaints,
			"https needs tls_certificate and tls_key, or a trusted_proxy that speaks TLS for us");
		return err_of(MALFORMED, "plan.tls");
	}
	if (conf_is_set(c, "store") && !is_store_url(conf_text(c, "store"))) {
		conf_complain(c, "store", complaints, "is not sqlite:/path/file.db or postgresql://...");
		return err_of(MALFORMED, "plan.store");
	}
	p->tls = certificate;
	return p->daemon->check ? p->daemon->check(c, complaints) : NO_ERR;
}

/* All of them, so that one --check tells everything that is missing. */
static MUST struct err open_keys(struct plan *p, struct buf *complaints)
{
	size_t n;
	const struct conf_row *rows = conf_rows(p->conf, &n);
	struct err e = NO_ERR;

	for (size_t i = 0; i < n; i++) {
		if (rows[i].type != CONF_FILE || !conf_is_set(p->conf, rows[i].name) || p->key_n == PLAN_KEYS)
			continue;
		struct plan_key key = { &rows[i], -1 };
		struct err one = conf_open_file(p->conf, &rows[i], complaints, &key.fd);
		if (failed(one))
			e = one;
		else
			p->keys[p->key_n++] = key;
	}
	return e;
}

static MUST struct err load_into(struct plan *p, const char *path, struct buf *complaints)
{
	TRY(conf_load(p->arena, path, p->daemon->rows, p->daemon->row_n, complaints, &p->conf));
	TRY(check_together(p, complaints));
	TRY(find_users(p, complaints));
	count_roles(p);
	return open_keys(p, complaints);
}

struct err plan_load(const struct supervisor_daemon *d, const char *path, struct buf *complaints, struct plan **ret_plan)
{
	struct plan *p = calloc(1, sizeof *p);
	struct err e;

	if (!p)
		abort();
	p->arena = arena_create(PLAN_ARENA);
	p->daemon = d;
	e = load_into(p, path, complaints);
	if (failed(e))
		plan_destroy(p);
	else
		*ret_plan = p;
	return e;
}

void plan_destroy(struct plan *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->key_n; i++)
		close(p->keys[i].fd);
	for (size_t i = 0; i < p->listener_n; i++)
		close(p->listeners[i].fd);
	arena_destroy(p->arena);
	free(p);
}

/* ---- what a role is told ---- */

static void give_setting(const struct plan *p, struct arena *a, const struct conf_row *row, struct boot_start *s)
{
	size_t n = conf_count(p->conf, row->name);

	for (size_t k = 0; k < n && s->setting_n < BOOT_SETTINGS_MAX; k++) {
		struct str value = conf_nth(p->conf, row->name, k);

		/* 0 means "by the machine": roles hear the number that it came to. */
		if (strcmp(row->name, "fronts") == 0)
			value = arena_printf(a, "%u", p->count[ROLE_FRONT]);
		if (strcmp(row->name, "hashers") == 0)
			value = arena_printf(a, "%u", p->count[ROLE_HASHER]);
		if (strcmp(row->name, "pin") == 0)
			value = p->pinned ? STR("true") : STR("false");
		s->settings[s->setting_n++] = (struct boot_setting){ str_from_c(row->name), value };
	}
}

/* Who reads or routes SAML hears that it is spoken; the certificate itself goes to the signer alone. */
static void give_saml(const struct plan *p, enum boot_role role, struct boot_start *s)
{
	for (size_t i = 0; i < p->key_n && (role == ROLE_ENGINE || role == ROLE_READER); i++)
		if (strcmp(p->keys[i].row->file, "saml.certificate") == 0 && s->setting_n < BOOT_SETTINGS_MAX)
			s->settings[s->setting_n++] = (struct boot_setting){ STR("saml"), STR("true") };
}

static void give_file(struct boot_start *s, struct str name, int fd)
{
	if (s->file_n < BOOT_FILES_MAX)
		s->files[s->file_n++] = (struct boot_file){ name, fd };
}

struct boot_start plan_start(const struct plan *p, struct arena *a, enum boot_role role, unsigned slot)
{
	struct boot_start s = { .daemon = str_from_c(p->daemon->name), .role = role, .slot = slot,
		.uid = p->user[role].uid, .gid = p->user[role].gid };
	size_t n;
	const struct conf_row *rows = conf_rows(p->conf, &n);

	s.settings = arena_array(a, struct boot_setting, BOOT_SETTINGS_MAX);
	s.files = arena_array(a, struct boot_file, BOOT_FILES_MAX);
	for (size_t i = 0; i < n; i++)
		if ((rows[i].to & (1u << role)) && rows[i].type != CONF_FILE)
			give_setting(p, a, &rows[i], &s);
	give_saml(p, role, &s);
	for (size_t i = 0; i < p->key_n; i++)
		if (p->keys[i].row->to & (1u << role))
			give_file(&s, str_from_c(p->keys[i].row->file), p->keys[i].fd);
	for (size_t i = 0; role == ROLE_FRONT && i < p->listener_n; i++)
		if (p->listeners[i].slot == slot)
			give_file(&s, p->listeners[i].file, p->listeners[i].fd);
	return s;
}
