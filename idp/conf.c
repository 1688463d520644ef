/* conf.c - the configuration and the roles of guichet-idp. Linked into its supervisor and into
 * guichetctl, never into its engine. */
#include "idp/policy/rights.h"
#include "roles/supervisor/common_rows.h"
#include "roles/supervisor/daemons.h"

#define KEY_ROW(key, travels_as, words) \
	{ .name = key, .type = CONF_FILE, .secret = true, .to = TO_SIGNER, .file = travels_as, .help = words }
#define SECONDS_ROW(key, usual, least, most, words) \
	{ .name = key, .type = CONF_INT, .dflt = usual, .min = least, .max = most, .to = TO_ENGINE, .help = words }

static const struct conf_row rows[] = {
	SUPERVISOR_COMMON_ROWS,
	{ .name = "issuer", .type = CONF_URL, .same_as = "public_url", .to = TO_ENGINE | TO_SIGNER | TO_COURIER_HTTP,
	  .help = "issuer identifier of OpenID Connect; partners know us by it for ever" },
	KEY_ROW("key_es256", "key.es256", "P-256 private key, PEM, that signs ES256 tokens; guichetctl key rotate adds the next one behind it"),
	KEY_ROW("key_rs256", "key.rs256", "RSA-2048 private key, PEM, that signs RS256 tokens; the next one behind it"),
	{ .name = "pseudonym_secret", .type = CONF_FILE, .required = true, .secret = true, .to = TO_SIGNER,
	  .file = "pseudonym.secret", .help = "at least 32 random bytes; losing it loses every link to the services" },
	{ .name = "saml_certificate", .type = CONF_FILE, .to = TO_SIGNER, .file = "saml.certificate",
	  .help = "certificates, PEM, one of key_saml and others of its next or previous key; SAML 2.0 is spoken when it is set" },
	KEY_ROW("key_saml", "key.saml", "RSA private key, PEM, that signs SAML messages; none: key_rs256"),
	{ .name = "saml_entity", .type = CONF_URL, .to = TO_ENGINE | TO_SIGNER,
	  .help = "our entityID; none: issuer/saml/metadata. Partners know us by it for ever" },
	{ .name = "hash_memory_kib", .type = CONF_INT, .dflt = "19456", .min = 8192, .max = 1048576, .to = TO_HASHER,
	  .help = "memory of one Argon2id hash" },
	{ .name = "hash_passes", .type = CONF_INT, .dflt = "2", .min = 1, .max = 16, .to = TO_HASHER,
	  .help = "passes of one Argon2id hash" },
	{ .name = "hashers", .type = CONF_INT, .dflt = "0", .min = 0, .max = 16, .to = TO_ENGINE,
	  .help = "processes that hash passwords; 0: one for each processor" },
	SECONDS_ROW("session_idle_s", "1800", 60, 86400, "a session ends after so long without use"),
	SECONDS_ROW("session_max_s", "28800", 300, 604800, "and at the latest after so long"),
	SECONDS_ROW("agent_session_idle_s", "900", 60, 14400, "an agent's session ends after so long without use"),
	SECONDS_ROW("agent_session_max_s", "28800", 300, 43200, "and at the latest after so long"),
	SECONDS_ROW("code_ttl_s", "60", 5, 600, "life of an authorization code"),
	SECONDS_ROW("access_ttl_s", "600", 30, 86400, "life of an access token"),
	SECONDS_ROW("refresh_ttl_s", "2592000", 300, 31536000, "life of a refresh token"),
	SECONDS_ROW("id_token_ttl_s", "300", 30, 3600, "life of an ID token"),
	SECONDS_ROW("flow_ttl_s", "1800", 60, 86400, "how long a sign-in page may stay open"),
	{ .name = "sector_join", .type = CONF_TEXT, .list = true, .max = 64, .to = TO_ENGINE,
	  .help = "service=sector: services that know a citizen by the same pseudonym" },
	{ .name = "logout_allow", .type = CONF_URL, .list = true, .max = 64, .to = TO_ENGINE | TO_COURIER_HTTP,
	  .help = "origins that may be told of a logout although they are not public https" },
	{ .name = "listen_admin", .type = CONF_ADDRESS,
	  .help = "address of the administration pages; keep it inside; none: there are no such pages" },
	{ .name = "admin_url", .type = CONF_URL, .to = TO_FRONT | TO_ENGINE,
	  .help = "their address for browsers: public_url's scheme and host with a port of their own" },
	{ .name = "directory_url", .type = CONF_TEXT, .list = true, .max = 8, .to = TO_COURIER_LDAP | TO_ENGINE,
	  .help = "ldaps://host[:port], or ldap://host[:port] with directory_starttls: the town's directory; tried in this order" },
	{ .name = "directory_kind", .type = CONF_TEXT, .dflt = "openldap", .max = 16, .to = TO_COURIER_LDAP,
	  .help = "openldap (inetOrgPerson, groupOfNames), or ad (Active Directory)" },
	{ .name = "directory_starttls", .type = CONF_BOOL, .dflt = "false", .to = TO_COURIER_LDAP,
	  .help = "begin in the clear and switch to TLS before anything is said" },
	{ .name = "directory_ca", .type = CONF_FILE, .to = TO_COURIER_LDAP, .file = "directory.ca",
	  .help = "certificates that may have signed the directory's own, PEM; none: the system's" },
	{ .name = "directory_bind_dn", .type = CONF_TEXT, .max = 512, .to = TO_COURIER_LDAP,
	  .help = "the account that searches the directory; it needs to read, and nothing else" },
	{ .name = "directory_password", .type = CONF_FILE, .secret = true, .to = TO_COURIER_LDAP, .file = "directory.password",
	  .help = "its password, one line" },
	{ .name = "directory_principal", .type = CONF_TEXT, .max = 256, .to = TO_COURIER_LDAP,
	  .help = "NAME@REALM, instead of directory_bind_dn: that account signs in by Kerberos, with channel binding" },
	{ .name = "directory_keytab", .type = CONF_FILE, .secret = true, .to = TO_COURIER_LDAP, .file = "directory.keytab",
	  .help = "its keys, a keytab, instead of directory_password" },
	{ .name = "directory_kdc", .type = CONF_TEXT, .list = true, .max = 8, .to = TO_COURIER_LDAP,
	  .help = "HOST[:PORT]: the realm's Kerberos servers; none: those of directory_url, port 88, as with Active Directory" },
	{ .name = "directory_base", .type = CONF_TEXT, .list = true, .max = 8, .to = TO_COURIER_LDAP,
	  .help = "people are looked for below these entries" },
	{ .name = "directory_groups_base", .type = CONF_TEXT, .list = true, .max = 8, .same_as = "directory_base", .to = TO_COURIER_LDAP,
	  .help = "groups are looked for below these entries" },
	{ .name = "directory_memberof", .type = CONF_BOOL, .dflt = "false", .to = TO_COURIER_LDAP,
	  .help = "openldap: a person's groups are read from memberOf, where the server puts nested ones too (overlay dynlist)" },
	{ .name = "directory_login_attribute", .type = CONF_TEXT, .dflt = "uid", .max = 64, .to = TO_COURIER_LDAP,
	  .help = "what an agent types as a name (openldap; Active Directory: sAMAccountName, or userPrincipalName)" },
	{ .name = "directory_timeout_ms", .type = CONF_INT, .dflt = "2000", .min = 200, .max = 10000, .to = TO_COURIER_LDAP,
	  .help = "how long one server may take for one answer" },
	SECONDS_ROW("directory_grace_s", "3600", 60, 86400, "agents who are signed in stay so for that long while no directory answers"),
	{ .name = "directory_right", .type = CONF_TEXT, .list = true, .max = 64, .to = TO_ENGINE,
	  .help = "GROUP = service:role, or GROUP = admin:right; GROUP is a name or a DN" },
};

/* ---- the administration pages: the agents' cookie and keys are those of public_url's host ---- */

/* "https://compte.ville.example" of "https://compte.ville.example:8443/": scheme and host. */
static struct str without_port(struct str url)
{
	size_t from = str_index(url, ':') + 3, at = from;

	if (at < url.n && url.p[at] == '[')
		while (at < url.n && url.p[at] != ']')
			at++;
	while (at < url.n && url.p[at] != ':' && url.p[at] != '/')
		at++;
	return str_slice(url, 0, at);
}

static struct str without_path(struct str url)
{
	size_t from = str_index(url, ':') + 3;

	return str_slice(url, 0, from + str_index(str_slice(url, from, url.n), '/'));
}

static MUST struct err check_admin(const struct conf *c, struct buf *complaints)
{
	struct str admin = conf_text(c, "admin_url"), ours = conf_text(c, "public_url"), origin = without_path(admin);
	const char *wrong = NULL;

	if (conf_is_set(c, "listen_admin") != conf_is_set(c, "admin_url")) {
		conf_complain(c, conf_is_set(c, "admin_url") ? "admin_url" : "listen_admin", complaints, "listen_admin and admin_url go together");
		return err_of(MALFORMED, "conf.admin");
	}
	if (!conf_is_set(c, "admin_url"))
		return NO_ERR;
	if (!conf_count(c, "directory_url"))
		wrong = "administrators come from the town's directory: directory_url is needed too";
	else if (!str_eq_nocase(without_port(admin), without_port(ours)))
		wrong = "is not on the scheme and host of public_url: whoever signs in there would not be known here";
	else if (origin.n != admin.n)
		wrong = "is SCHEME://HOST:PORT, without a path";
	else if (str_eq_nocase(origin, without_path(ours)))
		wrong = "is public_url itself: give it a port of its own";
	if (!wrong)
		return NO_ERR;
	conf_complain(c, "admin_url", complaints, "%s", wrong);
	return err_of(MALFORMED, "conf.admin");
}

/* ---- the directory: set whole or not at all ---- */

static MUST struct err check_urls(const struct conf *c, struct buf *complaints)
{
	for (size_t i = 0; i < conf_count(c, "directory_url"); i++) {
		struct str url = conf_nth(c, "directory_url", i);

		if (str_starts(url, STR("ldaps://")) || (str_starts(url, STR("ldap://")) && conf_bool(c, "directory_starttls")))
			continue;
		conf_complain(c, "directory_url", complaints,
			"\"" STR_FMT "\" is not ldaps://host[:port]; ldap:// only with directory_starttls = true, since passwords pass there", STR_ARG(url));
		return err_of(MALFORMED, "conf.directory");
	}
	return NO_ERR;
}

static MUST struct err check_rights(const struct conf *c, struct buf *complaints)
{
	struct rights_table table = { 0 };

	for (size_t i = 0; i < conf_count(c, "directory_right"); i++) {
		struct str rule = conf_nth(c, "directory_right", i);
		struct err e = rights_add(&table, rule);

		if (!failed(e))
			continue;
		conf_complain(c, "directory_right", complaints,
			"\"" STR_FMT "\" is not GROUP = service:role (lecture, instructeur, responsable), nor GROUP = admin:right "
			"(partenaires, comptes, cles, audit, exploitation)", STR_ARG(rule));
		return e;
	}
	return NO_ERR;
}

static MUST struct err needs(const struct conf *c, const char *name, struct buf *complaints)
{
	if (conf_is_set(c, name))
		return NO_ERR;
	conf_complain(c, "directory_url", complaints, "needs %s too", name);
	return err_of(MALFORMED, "conf.directory");
}

static MUST struct err check_principal(const struct conf *c, struct buf *complaints)
{
	struct str principal = conf_text(c, "directory_principal");
	size_t at = str_index(principal, '@');

	if (at > 0 && at + 1 < principal.n)
		return NO_ERR;
	conf_complain(c, "directory_principal", complaints, "\"" STR_FMT "\" is not NAME@REALM, the realm in capitals as it is written there",
		STR_ARG(principal));
	return err_of(MALFORMED, "conf.directory");
}

/* The account that reads: by password or by Kerberos. */
static MUST struct err check_account(const struct conf *c, struct buf *complaints)
{
	bool password = conf_is_set(c, "directory_bind_dn") || conf_is_set(c, "directory_password");
	bool kerberos = conf_is_set(c, "directory_principal") || conf_is_set(c, "directory_keytab");

	if (password == kerberos) {
		conf_complain(c, kerberos ? "directory_keytab" : "directory_url", complaints, "%s directory_bind_dn and directory_password, "
			"or directory_principal and directory_keytab", kerberos ? "is one of two ways to sign in, keep one:" : "needs");
		return err_of(MALFORMED, "conf.directory");
	}
	TRY(needs(c, kerberos ? "directory_principal" : "directory_bind_dn", complaints));
	TRY(needs(c, kerberos ? "directory_keytab" : "directory_password", complaints));
	if (!kerberos && conf_count(c, "directory_kdc")) {
		conf_complain(c, "directory_kdc", complaints, "is for directory_principal and directory_keytab: a password asks no Kerberos server");
		return err_of(MALFORMED, "conf.directory");
	}
	return kerberos ? check_principal(c, complaints) : NO_ERR;
}

static MUST struct err check_directory(const struct conf *c, struct buf *complaints)
{
	struct str kind = conf_text(c, "directory_kind");

	TRY(check_rights(c, complaints));
	if (conf_count(c, "directory_url")) {
		TRY(needs(c, "directory_base", complaints));
		TRY(check_account(c, complaints));
	}
	if (!str_eq_c(kind, "openldap") && !str_eq_c(kind, "ad")) {
		conf_complain(c, "directory_kind", complaints, "is openldap or ad");
		return err_of(MALFORMED, "conf.directory");
	}
	if (str_eq_c(kind, "ad") && conf_bool(c, "directory_memberof")) {
		conf_complain(c, "directory_memberof", complaints, "Active Directory puts direct groups there alone; the nested ones are asked for without it");
		return err_of(MALFORMED, "conf.directory");
	}
	return check_urls(c, complaints);
}

/* Services that were joined in nothing would know their citizens by one pseudonym. */
static MUST struct err check_joins(const struct conf *c, struct buf *complaints)
{
	for (size_t i = 0; i < conf_count(c, "sector_join"); i++) {
		struct str join = conf_nth(c, "sector_join", i);
		size_t at = str_index(join, '=');
		struct str sector = str_slice(join, at + 1, join.n);

		if (at > 0 && sector.n && !str_has(sector, '='))
			continue;
		conf_complain(c, "sector_join", complaints, "\"" STR_FMT "\" is not service=sector", STR_ARG(join));
		return err_of(MALFORMED, "conf.sector_join");
	}
	return NO_ERR;
}

static struct err idp_conf_check(const struct conf *c, struct buf *complaints)
{
	TRY(check_joins(c, complaints));
	TRY(check_directory(c, complaints));
	return check_admin(c, complaints);
}

const struct supervisor_daemon idp_daemon = {
	.name = "guichet-idp", .engine = "guichet-idp-engine", .rows = rows, .row_n = sizeof rows / sizeof *rows,
	.count = { [ROLE_FRONT] = 16, [ROLE_ENGINE] = 1, [ROLE_READER] = 2, [ROLE_SIGNER] = 1, [ROLE_TLS_SIGNER] = 16,
	           [ROLE_HASHER] = 16, [ROLE_COURIER_HTTP] = 2, [ROLE_COURIER_MAIL] = 1, [ROLE_COURIER_LDAP] = 2 },
	.check = idp_conf_check,
};
