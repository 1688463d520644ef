/* ticket.c - see ticket.h. libkrb5 writes and reads the messages, kdc.c carries them. */
#include "roles/directory/ticket.h"
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/clock.h"
#include "roles/directory/text_rules.h"

enum { ROUNDS_MAX = 8 };        /* an honest one takes two, or three */

struct tickets {
	krb5_context ctx;
	krb5_principal account;
	krb5_keytab keys;
	size_t answered;        /* which Kerberos server has: it is asked first */
};

/* ---- the keys ---- */

static krb5_error_code key_copy(struct tickets *t, krb5_keytab_entry *entry, size_t *copied)
{
	krb5_error_code code = 0;

	if (krb5_principal_compare(t->ctx, entry->principal, t->account)) {
		code = krb5_kt_add_entry(t->ctx, t->keys, entry);
		++*copied;
	}
	krb5_free_keytab_entry_contents(t->ctx, entry);
	return code;
}

static MUST struct err keys_copy(struct tickets *t, krb5_keytab from)
{
	krb5_keytab_entry entry;
	krb5_kt_cursor cursor;
	size_t copied = 0;
	krb5_error_code code;

	ENSURE(krb5_kt_start_seq_get(t->ctx, from, &cursor) == 0, BROKEN, "directory.keytab");
	while ((code = krb5_kt_next_entry(t->ctx, from, &entry, &cursor)) == 0 && key_copy(t, &entry, &copied) == 0)
		;
	(void)krb5_kt_end_seq_get(t->ctx, from, &cursor);
	ENSURE(code == KRB5_KT_END && copied > 0, BROKEN, "directory.keytab");
	return NO_ERR;
}

struct err tickets_open(int keytab_fd, const char *principal, struct tickets **ret_tickets)
{
	struct tickets *t = calloc(1, sizeof *t);
	krb5_keytab file = NULL;
	char path[48];

	if (!t)
		abort();
	/* libkrb5 computes by libcrypto, which would look for its settings at first use. */
	ENSURE(OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) == 1, BROKEN, "directory.library");
	/* No such file is no settings: what this machine's krb5.conf says is for others. */
	ENSURE(setenv("KRB5_CONFIG", "/nonexistent", 1) == 0 && krb5_init_context(&t->ctx) == 0, BROKEN, "directory.library");
	ENSURE(krb5_parse_name_flags(t->ctx, principal, KRB5_PRINCIPAL_PARSE_REQUIRE_REALM, &t->account) == 0, BROKEN,
		"directory.principal");
	snprintf(path, sizeof path, "FILE:/proc/self/fd/%d", keytab_fd);
	ENSURE(krb5_kt_resolve(t->ctx, "MEMORY:guichet", &t->keys) == 0 && krb5_kt_resolve(t->ctx, path, &file) == 0, BROKEN,
		"directory.library");
	struct err e = keys_copy(t, file);
	(void)krb5_kt_close(t->ctx, file);
	TRY(e);
	*ret_tickets = t;
	return NO_ERR;
}

/* ---- what a refusal means ---- */

static struct err refusal_of(krb5_error_code code)
{
	switch (code) {
	case KRB5KRB_AP_ERR_SKEW:
	case KRB5_KDCREP_SKEW:
	case KRB5KRB_AP_ERR_TKT_NYV:
	case KRB5KRB_AP_ERR_TKT_EXPIRED:
		return err_of(BROKEN, "directory.clock");
	case KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN:
	case KRB5KDC_ERR_MUST_USE_USER2USER:
		return err_of(BROKEN, "directory.service");
	case KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN:
	case KRB5KDC_ERR_PREAUTH_FAILED:
	case KRB5_PREAUTH_FAILED:
	case KRB5KDC_ERR_CLIENT_REVOKED:
	case KRB5KDC_ERR_CLIENT_NOTYET:
	case KRB5KDC_ERR_NAME_EXP:
	case KRB5KDC_ERR_KEY_EXP:
	case KRB5KDC_ERR_ETYPE_NOSUPP:
	case KRB5KDC_ERR_POLICY:
	case KRB5KDC_ERR_WRONG_REALM:
	case KRB5KRB_AP_ERR_BAD_INTEGRITY:
	case KRB5_KT_NOTFOUND:
	case KRB5_KT_KVNONOTFOUND:
		return err_of(BROKEN, "directory.credential");
	default:
		return err_of(BUSY, "directory.kdc");
	}
}

/* ---- asking ---- */

struct asking {
	struct tickets *tickets;
	const struct ticket_question *q;
	struct buf answer;
	struct arena *a;
	struct str *ret_words;
};

static struct err refused(struct asking *s, krb5_error_code code)
{
	const char *text = krb5_get_error_message(s->tickets->ctx, code);

	if (s->ret_words)
		*s->ret_words = words_for_people(s->a, text, "no reason given");
	krb5_free_error_message(s->tickets->ctx, text);
	return refusal_of(code);
}

/* One after the other, the same question; beginning where there was an answer, so that one that hangs costs its
 * time limit once. */
static MUST struct err ask_some_kdc(struct asking *s, const krb5_data *question)
{
	struct err e = err_of(BUSY, "directory.kdc");

	for (size_t i = 0; i < s->q->kdc_n && failed(e); i++) {
		int64_t until_ms = clock_mono_ms() + s->q->kdc_ms;
		size_t which = (s->tickets->answered + i) % s->q->kdc_n;

		e = kdc_ask(&s->q->kdcs[which], (struct str){ question->data, question->length },
			until_ms < s->q->deadline_ms ? until_ms : s->q->deadline_ms, &s->answer);
		if (!failed(e))
			s->tickets->answered = which;
	}
	return e;
}

typedef krb5_error_code step_fn(krb5_context ctx, void *conversation, krb5_data *answer, krb5_data *question, krb5_data *realm,
	unsigned *flags);

static krb5_error_code login_step(krb5_context ctx, void *c, krb5_data *answer, krb5_data *question, krb5_data *realm, unsigned *flags)
{
	return krb5_init_creds_step(ctx, c, answer, question, realm, flags);
}

static krb5_error_code service_step(krb5_context ctx, void *c, krb5_data *answer, krb5_data *question, krb5_data *realm, unsigned *flags)
{
	return krb5_tkt_creds_step(ctx, c, answer, question, realm, flags);
}

/* One message there and one back; *ret_over: libkrb5 has what it wants. */
static MUST struct err round_trip(struct asking *s, step_fn *step, void *conversation, bool *ret_over)
{
	krb5_context ctx = s->tickets->ctx;
	krb5_data answer = { .length = (unsigned)s->answer.n, .data = s->answer.p }, question = { 0 }, realm = { 0 };
	unsigned flags = 0;
	krb5_error_code code = step(ctx, conversation, &answer, &question, &realm, &flags);
	const krb5_data *ours = krb5_princ_realm(ctx, s->tickets->account);
	struct err e = NO_ERR;

	*ret_over = !(flags & KRB5_INIT_CREDS_STEP_FLAG_CONTINUE);
	if (code != 0)
		e = refused(s, code);
	else if (!*ret_over && !str_eq((struct str){ realm.data, realm.length }, (struct str){ ours->data, ours->length }))
		e = err_of(BROKEN, "directory.service");      /* sent on to a realm whose servers we do not know */
	else if (!*ret_over)
		e = ask_some_kdc(s, &question);
	krb5_free_data_contents(ctx, &question);
	krb5_free_data_contents(ctx, &realm);
	return e;
}

static MUST struct err converse(struct asking *s, step_fn *step, void *conversation)
{
	bool over = false;

	buf_reset(&s->answer);
	for (unsigned i = 0; i < ROUNDS_MAX && !over; i++)
		TRY(round_trip(s, step, conversation, &over));
	ENSURE(over, BUSY, "directory.kdc");
	return NO_ERR;
}

/* Source  RFC 4120 3.1 */
static MUST struct err log_in(struct asking *s, krb5_ccache cache)
{
	struct tickets *t = s->tickets;
	krb5_get_init_creds_opt *options = NULL;
	krb5_init_creds_context login = NULL;
	struct err e = err_of(BROKEN, "directory.library");
	krb5_error_code code = krb5_get_init_creds_opt_alloc(t->ctx, &options);

	if (code == 0 && krb5_get_init_creds_opt_set_out_ccache(t->ctx, options, cache) == 0
		&& krb5_init_creds_init(t->ctx, t->account, NULL, NULL, 0, options, &login) == 0) {
		code = krb5_init_creds_set_keytab(t->ctx, login, t->keys);
		e = code == 0 ? converse(s, login_step, login) : refused(s, code);
	}
	if (login)
		krb5_init_creds_free(t->ctx, login);
	krb5_get_init_creds_opt_free(t->ctx, options);
	return e;
}

/* Source  RFC 4120 3.3; RFC 4752 3.1 (the service's name is "ldap": RFC 4513 5.2.1.1) */
static MUST struct err ask_for_service(struct asking *s, struct ticket *ticket)
{
	struct tickets *t = s->tickets;
	const krb5_data *realm = krb5_princ_realm(t->ctx, t->account);
	krb5_creds wanted = { .client = t->account };
	krb5_tkt_creds_context service = NULL;
	krb5_ticket_times times = { 0 };
	krb5_timestamp now = 0;
	struct err e = err_of(BROKEN, "directory.library");

	if (krb5_build_principal(t->ctx, &wanted.server, realm->length, realm->data, "ldap", s->q->host, (char *)NULL) == 0
		&& krb5_unparse_name(t->ctx, wanted.server, &ticket->service) == 0
		&& krb5_tkt_creds_init(t->ctx, ticket->cache, &wanted, 0, &service) == 0) {
		e = converse(s, service_step, service);
		if (!failed(e) && (krb5_tkt_creds_get_times(t->ctx, service, &times) != 0 || krb5_timeofday(t->ctx, &now) != 0))
			e = err_of(BROKEN, "directory.library");
	}
	krb5_tkt_creds_free(t->ctx, service);
	krb5_free_principal(t->ctx, wanted.server);
	/* By the realm's clock, which libkrb5 has learned by now. */
	ticket->until_ms = clock_mono_ms() + ((int64_t)(uint32_t)times.endtime - (uint32_t)now) * 1000;
	return e;
}

struct err ticket_get(struct tickets *t, const struct ticket_question *q, struct arena *a, struct str *ret_words,
	struct ticket *ret_ticket)
{
	AUTO(ticket_done) struct ticket ticket = { .ctx = t->ctx };
	struct asking s = { .tickets = t, .q = q, .a = a, .ret_words = ret_words };

	ENSURE(krb5_cc_new_unique(t->ctx, "MEMORY", NULL, &ticket.cache) == 0, BROKEN, "directory.library");
	buf_init(&s.answer, KDC_ANSWER_MAX);
	struct err e = log_in(&s, ticket.cache);
	if (!failed(e))
		e = ask_for_service(&s, &ticket);
	buf_done(&s.answer);
	TRY(e);
	*ret_ticket = ticket;
	ticket = (struct ticket){ 0 };
	return NO_ERR;
}

void ticket_done(struct ticket *ticket)
{
	if (ticket->cache)
		(void)krb5_cc_destroy(ticket->ctx, ticket->cache);
	if (ticket->service)
		krb5_free_unparsed_name(ticket->ctx, ticket->service);
	*ticket = (struct ticket){ 0 };
}
